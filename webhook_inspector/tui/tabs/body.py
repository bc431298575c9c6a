"""The body as a reader wants it: JSON, form, XML, ... by its type, folded and coloured."""

from __future__ import annotations

from webhook_inspector.adapters.highlight import language_of
from webhook_inspector.bodies.kinds import looks_like
from webhook_inspector.core.delivery import Record
from webhook_inspector.core.units import size
from webhook_inspector.engine.inspector import Inspector
from webhook_inspector.tui.tabs.api import Tab
from webhook_inspector.tui.widgets.documents import BodyDocument, Document, sentences


def build(inspector: Inspector, record: Record, flipped: bool) -> Document:
    """The body in its best view; flipped: as text."""
    if not record.delivery.request.body:
        return sentences("", "  No body.")
    body = inspector.body(record.delivery.id, "text" if flipped else None)
    notes: list[str] = []
    if body.view == "hex":
        guess = looks_like(record.delivery.request.body)
        notes += [f"Looks like {guess}" if guess else "Not text", "Its bytes, as sent; y f b writes them to a file"]
    if body.truncated:
        whole = size(len(record.delivery.request.body))
        notes += [f"{whole} in all, more than is laid out here", "6 has every byte; y f b writes them to a file"]
    return BodyDocument(body, notes, language=language_of(record.delivery.request.content_type))


TAB = Tab(1, "Body", "Body", build)
