"""What the payloads of some deliveries look like, by event type, as schemas."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from webhook_inspector.core.delivery import Record
from webhook_inspector.core.display import one_line
from webhook_inspector.core.headers import decode_header
from webhook_inspector.core.units import plural

if TYPE_CHECKING:
    from webhook_inspector.shapes.summary import Summary


def described(records: Sequence[Record]) -> tuple[dict[str, Summary], int]:
    """A summary for each event type, in the order of the first of each, and how many deliveries have no structure.

    Without an event type, method and path stand for it. All variants and versions of a type are one.
    """
    # Loaded when a schema is made: shapes are heavy, and whoever lists the formats needs none.
    from webhook_inspector.events.kinds import kinds_of  # noqa: PLC0415
    from webhook_inspector.shapes.summary import Summary, add, settled  # noqa: PLC0415

    made: dict[str, Summary] = {}
    without = 0
    for record in records:
        request = record.delivery.request
        headers = [(decode_header(name).lower(), decode_header(value)) for name, value in request.headers]
        found = False
        for kind, document in kinds_of(request, None, record.facts.event.type):
            found = True
            add(made.setdefault(one_line(kind.event_type), Summary()), document, record.delivery.id, headers)
        without += not found
    return {name: settled(summary) for name, summary in made.items()}, without


def learned_from(records: Sequence[Record], without: int) -> str:
    """Where a schema comes from, for its description."""
    text = f"Learned by webhook-inspector from {plural(len(records), 'delivery', 'deliveries')}."
    return text + (f" {without} of them had no structure to describe." if without else "")


def written(document: dict[str, Any]) -> bytes:
    """A JSON document, pure ASCII, so that nothing in it is lost or acted on."""
    return (json.dumps(document, indent=2) + "\n").encode("ascii")
