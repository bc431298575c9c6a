"""The one notice: something that happened elsewhere, said in the status line of whatever view is open.

It never lies over content: it stands at the right of the status line, or takes that line for a while when there is no
room beside what the view says there. A newer one takes the place of the older; `A` keeps what alert rules said.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.timer import Timer

from webhook_inspector.core.clock import NS_PER_S
from webhook_inspector.engine.announcements import Alerted
from webhook_inspector.tui.base import InspectorScreen, StatusLine
from webhook_inspector.tui.bridge import News
from webhook_inspector.tui.safe import Line, Piece, clean

if TYPE_CHECKING:
    from webhook_inspector.tui.app import InspectorApp

SENTENCE_S = 10.0
ALERT_S = 60.0
"""An alert's notice goes away after so long, or once the alert log was opened."""

BELL_S = 10
"""The bell rings at most so often."""


class Notices:
    """What is noticed now.

    Args:
        app: Whose views show it.
    """

    def __init__(self, app: InspectorApp) -> None:
        self._app = app
        self._line = Line()
        self._of_alert = False
        self._trouble = Line()
        """The log cannot keep deliveries: stays until it can."""
        self._timer: Timer | None = None
        self._rung_ns: int | None = None

    def line(self, screen: InspectorScreen) -> Line:
        """The notice of a screen; empty: none."""
        if self._trouble.width and not screen.TELLS_TROUBLE:
            return self._trouble
        return Line() if self._of_alert and screen.TELLS_ALERTS else self._line

    def show(self, line: Line, seconds: float, *, of_alert: bool = False) -> None:
        """Show a notice for some seconds."""
        if self._timer is not None:
            self._timer.stop()
        self._line, self._of_alert = line, of_alert
        self._timer = self._app.set_timer(seconds, self.clear)
        for status in self._status_lines():
            status.notice()

    def clear(self) -> None:
        """Notice nothing any more."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        self._line = Line()
        self._again()

    def hear(self, news: News) -> None:
        """The engine told something."""
        if news.trouble:
            message = news.trouble[-1]
            self._trouble = Line() if message is None else Line.of(("bad", "✗ not kept: "), clean(message))
            self._again()
        for run_id, verdict in news.runs:
            if self._is_left(run_id):
                mark = ("ok", "✓ as expected") if verdict.holds else ("bad", "✗ not as expected")
                self.show(Line.of(f"Run {run_id} ended  ", mark, "   ", ("key", "esc"), ("dim", " back")), ALERT_S)
        if news.sentences:
            self.show(Line.of(("warn", "! "), clean(news.sentences[-1])), SENTENCE_S)
        if news.alerts:
            self._alerted(news.alerts)

    def _alerted(self, alerts: list[Alerted]) -> None:
        alert = alerts[-1]
        mark = ("warn", "Δ " if alert.rule.startswith("new_shape") else "! ") if alert.begins else ("ok", "✓ ")
        keys = Piece("A", "key", "app.alerts"), Piece(" alerts", "dim", "app.alerts")
        self.show(Line.of(mark, clean(alert.sentence), "   ", *keys), ALERT_S, of_alert=True)
        # A terminal that does not tell whether it is looked at never rings.
        if self._app.inspector.config.alert_bell and not self._app.app_focus and any(one.begins for one in alerts):
            now = self._app.inspector.clock.monotonic_ns()
            if self._rung_ns is None or now - self._rung_ns >= BELL_S * NS_PER_S:
                self._rung_ns = now
                self._app.bell()

    def _is_left(self, run_id: int) -> bool:
        """Whether the screen that sent a run is under another one."""
        return any(getattr(screen, "run_id", None) == run_id for screen in self._app.screen_stack[:-1])

    def _again(self) -> None:
        for status in self._status_lines():
            status.refresh()

    def _status_lines(self) -> list[StatusLine]:
        return [status for screen in self._app.screen_stack for status in screen.query(StatusLine)]
