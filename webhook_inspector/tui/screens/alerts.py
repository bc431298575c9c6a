"""What alert rules said, newest first."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from webhook_inspector.core.units import plural
from webhook_inspector.engine.alerts import KEPT
from webhook_inspector.engine.announcements import Alerted
from webhook_inspector.tui.base import InspectorScreen, KeyLine, Row, StatusLine
from webhook_inspector.tui.bridge import News
from webhook_inspector.tui.copying import CopyEntry, copy_menu
from webhook_inspector.tui.keys import binds
from webhook_inspector.tui.safe import Line, clean, fit, spread
from webhook_inspector.tui.stats_lines import WIDE, moment
from webhook_inspector.tui.widgets.rows import Rows


def alert_mark(alert: Alerted) -> Line:
    """`!` begins, `✓` is over, `Δ` changed."""
    if not alert.begins:
        return Line.of(("ok", "✓ "))
    return Line.of(("warn", "Δ " if alert.rule.startswith("new_shape") else "! "))


def alert_line(alert: Alerted, now_ns: int, width: int) -> Line:
    """One alert as a row."""
    line = Line.of(("dim", fit(moment(alert.at_ns, now_ns, seconds=True), 17)), alert_mark(alert))
    if width < WIDE:
        return line + Line.of(clean(alert.sentence))
    return line + Line.of(("dim", fit(alert.rule, 26)), "  ", clean(alert.sentence))


class AlertsScreen(InspectorScreen):
    """The alert log of this process."""

    TITLE_WORDS = "Alerts"
    TELLS_ALERTS = True
    BINDINGS: ClassVar[list[BindingType]] = [*binds("copy")]

    def __init__(self) -> None:
        super().__init__()
        self._alerts: list[Alerted] = []

    def compose(self) -> ComposeResult:
        """Title, alerts, status, keys."""
        yield Row(self._title, ground="raised", id="title")
        yield Row()
        yield Rows(id="alerts")
        yield StatusLine()
        yield KeyLine(["open", "copy", "help", "back"])

    def on_mount(self) -> None:
        """They are in memory."""
        self.query_one(Rows).focus()
        self._read()

    def on_resize(self) -> None:
        """The columns depend on the width."""
        self._draw()

    def news(self, news: News) -> None:
        """More were said."""
        if news.alerts:
            self._read()

    def _read(self) -> None:
        before, rows = self._alerts, self.query_one(Rows)
        at = before[rows.cursor] if rows.cursor < len(before) else None
        self._alerts = self.inspector_app.inspector.alerts.history()
        self._draw()
        # The cursor stays with its alert; at the top it goes to what is new.
        if rows.cursor and at is not None:
            rows.move_to(next((n for n, one in enumerate(self._alerts) if one is at), 0))

    def _draw(self) -> None:
        now = self.inspector_app.inspector.clock.wall_ns()
        room = self.size.width - 2
        rows = self.query_one(Rows)
        if self._alerts:
            rows.set_lines([alert_line(alert, now, room) for alert in self._alerts])
        else:
            words = self._nothing()
            rows.set_lines([Line.of("  ", line) for line in words], fixed=range(len(words)))
        for row in self.query(Row):
            row.refresh()

    def _title(self, width: int) -> Line:
        newest = "newest " if len(self._alerts) == KEPT else ""
        words = f"{newest}{plural(len(self._alerts), 'alert')} " if self._alerts else ""
        return spread(Line.of(("strong", " Alerts")), Line.of(("dim", words)), width)

    def _nothing(self) -> list[Line]:
        listening = self.inspector_app.inspector.listening
        if listening is None or listening.attached:
            return [Line.of("No alert here: the process that listens says them.")]
        rules = ", ".join(clean(rule, 60) for rule in self.inspector_app.inspector.config.alerts)
        return [
            Line.of("No alert since this started."),
            Line(),
            Line.of(("dim", fit("rules", 8)), rules or "none"),
            Line.of(("dim", fit("", 8) + "`alerts` in the configuration sets them")),
        ]

    def on_rows_chosen(self, event: Rows.Chosen) -> None:
        """Go to the delivery, or to those that it is about."""
        event.stop()
        if event.index >= len(self._alerts):
            return
        alert = self._alerts[event.index]
        if alert.delivery is not None:
            self.inspector_app.show_in_log("", alert.delivery)
        elif alert.query:
            self.inspector_app.show_in_log(alert.query)
        else:
            self.say("This is about no delivery")

    def action_copy(self) -> None:
        """Copy the list."""
        now = self.inspector_app.inspector.clock.wall_ns()
        text = "".join(alert_line(alert, now, WIDE).text.rstrip() + "\n" for alert in self._alerts)
        if text:
            copy_menu(self, [CopyEntry("l", "list", "list of alerts", lambda: text)], name="webhook-alerts")


SCREEN = AlertsScreen
