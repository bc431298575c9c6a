"""What `y` offers for a delivery."""

from __future__ import annotations

from webhook_inspector.core.delivery import Record
from webhook_inspector.core.headers import decode_header
from webhook_inspector.engine.inspector import Inspector
from webhook_inspector.tui.copying import CopyEntry
from webhook_inspector.tui.report import delivery_report
from webhook_inspector.tui.widgets.line_view import LineView


def copy_entries(inspector: Inspector, delivery_id: int, view: LineView | None) -> list[CopyEntry]:
    """Everything of a delivery that can be copied.

    Args:
        inspector: Where it is read from.
        delivery_id: Which.
        view: The document on the screen, for the value and the path under its cursor; None: there is none.
    """

    def record() -> Record:
        return inspector.record(delivery_id)

    def headers() -> str:
        pairs = record().delivery.request.headers
        return "".join(f"{decode_header(name)}: {decode_header(value)}\n" for name, value in pairs)

    def report() -> str:
        return delivery_report(record(), inspector.attempts(delivery_id), inspector.sources.access.shown)

    entries = [
        CopyEntry("c", "curl", "curl command", lambda: inspector.export([delivery_id], "curl", redact=False), ".sh"),
        CopyEntry("b", "body", "body", lambda: record().delivery.request.body, ".body"),
        CopyEntry("h", "headers", "headers", headers),
        CopyEntry("i", "id", "event id", lambda: record().facts.event.id or str(delivery_id)),
        CopyEntry("r", "report", "report", report),
    ]
    if inspector.listening is not None and inspector.listening.url:
        url = inspector.listening.address
        entries.append(CopyEntry("u", "address", "address", lambda: url + "/"))
    if view is not None and len(view.document):
        value, path = view.document.value(view.cursor), view.document.path(view.cursor)
        if value:
            entries.append(CopyEntry("v", "value", "value", lambda: value))
        if path:
            entries.append(CopyEntry("p", "path", "path", lambda: path))
    return entries
