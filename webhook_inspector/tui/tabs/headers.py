"""The headers in three groups: what identifies and signs, what describes the content, and the rest."""

from __future__ import annotations

from webhook_inspector.core.delivery import Record
from webhook_inspector.core.headers import decode_header
from webhook_inspector.engine.inspector import Inspector
from webhook_inspector.tui.safe import MAX_CELLS, Line, cells, clean
from webhook_inspector.tui.tabs.api import Tab
from webhook_inspector.tui.widgets.documents import Document, FixedDocument

_SIGNING = ("signature", "hmac", "webhook", "delivery", "event", "topic", "idempotency", "hook", "timestamp", "retry")
_CONTENT = ("content-", "transfer-", "accept", "host", "user-agent")
_SECRET = ("authorization", "cookie", "token", "api-key", "apikey", "secret", "password")


def _group(name: str) -> int:
    low = name.lower()
    if any(low.startswith(word) for word in _CONTENT):
        return 1
    return 0 if any(word in low for word in _SIGNING) else 2


def is_secret(name: str) -> bool:
    """Whether the value of a header is masked until it is asked for."""
    low = name.lower()
    return any(word in low for word in _SECRET)


def build(_inspector: Inspector, record: Record, flipped: bool) -> Document:
    """The headers; flipped: nothing is masked."""
    pairs = [(decode_header(name), decode_header(value)) for name, value in record.delivery.request.headers]
    width = min(28, max((cells(clean(name)) for name, _ in pairs), default=0))
    lines: list[Line] = []
    values: dict[int, str] = {}
    about: dict[int, Line] = {}
    for number, title in enumerate(("Signature and delivery", "Content", "The rest")):
        group = [pair for pair in pairs if _group(pair[0]) == number]
        if not group:
            continue
        lines += [*([Line()] if lines else []), Line.of(("dim", title))]
        for name, value in group:
            values[len(lines)] = value
            about[len(lines)] = Line.of(
                ("key", "y v"), ("dim", " copy the value · "), ("key", "⏎"), ("dim", _toggle(flipped))
            )
            lines.append(_line(name, value, width, masked=is_secret(name) and not flipped))
    if not lines:
        lines = [Line(), Line.of(("dim", "  No headers."))]
    return FixedDocument(lines, values=values, about=about)


def _toggle(flipped: bool) -> str:
    return " mask secrets" if flipped else " show masked values"


def _line(name: str, value: str, width: int, *, masked: bool) -> Line:
    label = Line.captured(name[:200], "name")
    gap = max(0, width - label.width) + 2
    shown = Line.of(("dim", f"•••••• {len(value)} characters")) if masked else Line.captured(value[:MAX_CELLS])
    return Line.of("  ") + label + Line.of(" " * gap) + shown


TAB = Tab(2, "Headers", "Hdr", build)
