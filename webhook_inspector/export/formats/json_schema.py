"""JSON Schema 2020-12 of the payloads, learned from the deliveries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from webhook_inspector.core.delivery import Record
from webhook_inspector.export.api import ExportContext
from webhook_inspector.export.described import described, learned_from, written


class JsonSchemaFormat:
    """One schema: of the event type, or of any of several."""

    name = "json-schema"
    suffix = ".schema.json"
    help = "a JSON Schema 2020-12 of the payloads, learned from them"

    def render(self, records: Sequence[Record], context: ExportContext) -> bytes:  # noqa: ARG002 (the protocol's)
        """JSON; several event types stand in `$defs`, and `anyOf` names them."""
        from webhook_inspector.shapes.schema import json_schema  # noqa: PLC0415 (see `described`)
        from webhook_inspector.shapes.schema.emit import DIALECT  # noqa: PLC0415

        summaries, without = described(records)
        made = {name: json_schema(summary, name) for name, summary in summaries.items()}
        description = learned_from(records, without)
        if len(made) == 1:
            (document,) = made.values()
            return written({**document, "description": description})
        for schema in made.values():
            del schema["$schema"]
        several: dict[str, Any] = {"$schema": DIALECT, "title": "Webhooks", "description": description}
        if made:
            several["anyOf"] = [{"$ref": f"#/$defs/{_pointer(name)}"} for name in made]
        return written(several | {"$defs": made})


def _pointer(name: str) -> str:
    """A member's name as part of a JSON pointer in a URL."""
    return quote(name.replace("~", "~0").replace("/", "~1"), safe="")


FORMAT = JsonSchemaFormat()
