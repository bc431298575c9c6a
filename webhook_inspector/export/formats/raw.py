"""The request as bytes: request line, headers, empty line, body."""

from __future__ import annotations

from collections.abc import Sequence

from webhook_inspector.core.delivery import Record
from webhook_inspector.export.api import ExportContext


class RawFormat:
    """Several requests follow each other as on one connection."""

    name = "raw"
    suffix = ".bin"
    help = "the request as bytes, as it was received"

    def render(self, records: Sequence[Record], context: ExportContext) -> bytes:  # noqa: ARG002 (the protocol's)
        """The requests' bytes, nothing added."""
        parts = []
        for record in records:
            request = record.delivery.request
            # A request that could not be parsed has no method; its body is what was received.
            parts.append(request.raw() if request.method else request.body)
        return b"".join(parts)


FORMAT = RawFormat()
