"""The request exactly as received: request line, headers, body. `⏎` changes between text and hex."""

from __future__ import annotations

from webhook_inspector.core.delivery import Record
from webhook_inspector.engine.inspector import Inspector
from webhook_inspector.tui.safe import Line
from webhook_inspector.tui.tabs.api import Tab
from webhook_inspector.tui.widgets.documents import BodyDocument, Document, FixedDocument, JoinedDocument, RawDocument


def build(inspector: Inspector, record: Record, flipped: bool) -> Document:
    """Head and body as text; flipped: the body as hex."""
    delivery = record.delivery
    request = delivery.request
    if delivery.refused is not None and not request.method:
        return RawDocument(request.body)
    head = request.raw()[: -len(request.body) or None].rstrip(b"\r\n").replace(b"\r\n", b"\n")
    blank = FixedDocument([Line()])
    body: Document = RawDocument(request.body)
    if flipped and request.body:
        body = BodyDocument(inspector.body(delivery.id, "hex"))
    return JoinedDocument(RawDocument(head, "name"), blank, body, wraps=not flipped)


TAB = Tab(6, "Raw", "Raw", build)
