"""The four boxes of a first session: they tick themselves, and go when all are ticked or when `esc` is pressed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from webhook_inspector.core.delivery import Summary
from webhook_inspector.core.verification import VerificationStatus
from webhook_inspector.tui.bridge import News
from webhook_inspector.tui.safe import Line

FEW = 50
"""With more deliveries than these nobody is new here."""
_MOST_LOOKED_AT = 50
"""Deliveries whose signature is asked for in one go."""
_CHECKED = {VerificationStatus.VALID, VerificationStatus.INVALID, VerificationStatus.STALE}
"""A secret was there and the signature was held against it."""
_WORDS = (
    ("first event", "signature checked", "delivered to your app", "replayed"),
    ("first event", "signature checked", "delivered", "replayed"),
    ("event", "signature", "app", "replay"),
)
"""From the fullest to the shortest."""


@dataclass
class FirstSteps:
    """What was done so far in a session that began with an empty log."""

    open: bool = False
    """Whether the boxes are shown."""
    event: bool = False
    checked: bool = False
    delivered: bool = False
    replayed: bool = False

    left: bool = False
    """`esc` was pressed."""

    def begin(self) -> None:
        """The log is empty: somebody may be new here."""
        self.open = not self.left

    def close(self) -> bool:
        """Show them no more; False when they are not shown."""
        was, self.open = self.open, False
        self.left = self.left or was
        return was

    def hear(self, news: News, total: int, summaries: Callable[[Sequence[int]], Sequence[Summary]]) -> None:
        """Tick what the engine told of.

        Args:
            news: What it told.
            total: Deliveries in the log now.
            summaries: Reads what the list knows of deliveries.

        Raises:
            StoreError: The log cannot be read.
        """
        if not self.open:
            return
        self.event = self.event or total > 0
        if news.analysed and not self.checked:
            looked = summaries(sorted(news.analysed)[:_MOST_LOOKED_AT])
            self.checked = any(summary.sig in _CHECKED for summary in looked)
        live = [one for one in news.attempts if one.run_id is None and one.status is not None]
        self.delivered = self.delivered or any(200 <= (one.status or 0) < 300 for one in live)
        self.replayed = self.replayed or bool(news.runs)
        if total > FEW or all(self._ticks):
            self.open = False

    @property
    def _ticks(self) -> tuple[bool, bool, bool, bool]:
        return self.event, self.checked, self.delivered, self.replayed

    def line(self, width: int) -> Line:
        """The boxes in the fullest words that fit a width in cells; empty when they are not shown."""
        if not self.open:
            return Line()
        made = Line()
        for words, gap in zip(_WORDS, (4, 2, 2), strict=True):
            made = Line()
            for tick, word in zip(self._ticks, words, strict=True):
                box = Line.of(("ok", "[x] "), ("dim", word)) if tick else Line.of(("dim", "[ ] "), ("text", word))
                made = made + (Line.of(" " * gap, box) if made.width else box)
            if made.width <= width:
                break
        return made
