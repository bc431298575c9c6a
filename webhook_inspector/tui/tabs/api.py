"""What a tab of the detail is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from webhook_inspector.core.delivery import Record
from webhook_inspector.engine.inspector import Inspector
from webhook_inspector.tui.safe import Line
from webhook_inspector.tui.widgets.documents import Document


def no_badge(_record: Record) -> Line:
    """Nothing beside the title."""
    return Line()


@dataclass(frozen=True, slots=True)
class Tab:
    """One way to look at a delivery.

    Args:
        number: The key that opens it, from 1.
        title: Its name.
        short: Its name where room is short.
        build: Makes the document; runs in a worker thread. The last argument is True after `⏎` was pressed on a line
            that does not fold: the other way to show the same (hex, unmasked).
        badge: What is shown beside the title.
    """

    number: int
    title: str
    short: str
    build: Callable[[Inspector, Record, bool], Document]
    badge: Callable[[Record], Line] = no_badge
