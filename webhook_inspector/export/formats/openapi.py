"""OpenAPI 3.1: the event types as webhooks, with schemas learned from the deliveries."""

from __future__ import annotations

from collections.abc import Sequence

from webhook_inspector.core.delivery import Record
from webhook_inspector.export.api import ExportContext
from webhook_inspector.export.described import described, learned_from, written


class OpenapiFormat:
    """One document for all deliveries."""

    name = "openapi"
    suffix = ".openapi.json"
    help = "an OpenAPI 3.1 document whose webhooks are the event types, with learned schemas"

    def render(self, records: Sequence[Record], context: ExportContext) -> bytes:  # noqa: ARG002 (the protocol's)
        """JSON; `webhooks` is empty where no payload has a structure."""
        from webhook_inspector.shapes.schema import openapi  # noqa: PLC0415 (see `described`)

        summaries, without = described(records)
        document = openapi(summaries, "Webhooks")
        document["info"]["description"] = learned_from(records, without)
        return written(document)


FORMAT = OpenapiFormat()
