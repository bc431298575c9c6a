"""How many deliveries came, how many failed and how fast they were answered, over time and by event type."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.strip import Strip

from webhook_inspector.core.clock import NS_PER_S
from webhook_inspector.engine.series import RANGES, SeriesReport, csv_of, query_of, query_of_kind
from webhook_inspector.errors import InspectorError
from webhook_inspector.events.findings import NEW_SHAPE, Finding
from webhook_inspector.events.series import Kind
from webhook_inspector.tui import stats_lines
from webhook_inspector.tui.base import InspectorScreen, KeyLine, Row, StatusLine
from webhook_inspector.tui.bridge import News
from webhook_inspector.tui.copying import CopyEntry, copy_menu, write_new
from webhook_inspector.tui.keys import bind, binds
from webhook_inspector.tui.safe import Line, clean
from webhook_inspector.tui.theme import palette_of
from webhook_inspector.tui.widgets.prompt_line import PromptLine
from webhook_inspector.tui.widgets.rows import Rows

_NAMES = tuple(RANGES)
_BEAT_S = 1.0
"""At most so often it counts again."""
_IDLE_S = 10.0
"""So often it counts again when nothing came: time goes on."""
_REST = 4
"""Counting takes at most one part of so many."""
_MOST_FINDINGS = 20
_MARGIN = 2
"""Cells beside a row: the edge of the selection and the scrollbar."""
_ROOMY = 24
"""Rows from which groups stand apart."""


class Findings(Rows):
    """A second list: its selection shows while it has the keyboard."""

    def render_line(self, y: int) -> Strip:
        """Textual's line API."""
        index, width = y + self.scroll_offset.y, self.size.width
        if self.has_focus or index != self.cursor or index >= len(self.lines):
            return super().render_line(y)
        return palette_of(self.app).strip(Line.of(" ", self.lines[index].cut(max(1, width - 1))), width)


class StatsScreen(InspectorScreen):
    """Bars, kinds, findings."""

    TITLE_WORDS = "Stats"
    CSS = """
    StatsScreen #rest { height: 1fr; }
    StatsScreen.-asking StatusLine { display: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("left", "range(-1)", "a shorter range"),
        bind("right", "range(1)", "a longer range"),
        bind("next_pane", "other_list"),
        bind("prev_pane", "other_list"),
        *binds("copy", "export", "problem"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._range = 1
        self._chosen = False
        """The range is the user's, or has something in it."""
        self._coarse = False
        self._report: SeriesReport | None = None
        self._counting = False
        self._stale = True
        self._counted_ns = 0
        self._took_ns = 0

    def compose(self) -> ComposeResult:
        """Title, bars, kinds, findings, status, keys."""
        yield Row(self._title, ground="raised", id="title")
        yield Row(classes="gap")
        yield Row(self._arrivals, id="arrivals")
        yield Row(self._failures, id="failures")
        yield Row(self._answers, id="answers")
        yield Row(classes="gap")
        yield Row(lambda width: stats_lines.head_line(width - _MARGIN), id="columns")
        yield Rows(id="kinds")
        yield Row(classes="gap")
        yield Row(self._look_words, id="look")
        yield Findings(id="findings")
        yield Row(id="rest")
        yield StatusLine(self._resting)
        yield PromptLine(id="prompt")
        yield KeyLine(["open", ("← →", "range", "screen.range(1)"), "problem", "copy", "export", "help", "back"])

    def on_mount(self) -> None:
        """Count, and again while news come."""
        self.query_one("#kinds", Rows).focus()
        self.set_interval(_BEAT_S, self._beat)
        self._beat()

    def on_resize(self) -> None:
        """The columns depend on the width, and so do the steps."""
        for gap in self.query(".gap"):
            gap.display = self.size.height >= _ROOMY
        coarse = self.size.width < stats_lines.WIDE
        if coarse != self._coarse:
            self._coarse = coarse
            self._count_now()
        self._draw()

    def news(self, news: News) -> None:
        """Something came or was answered."""
        self._stale = self._stale or bool(news.captured or news.analysed or news.attempts or news.foreign)

    # Counting

    def _beat(self) -> None:
        if self._counting or self.app.screen is not self:
            return
        since = self.inspector_app.inspector.clock.monotonic_ns() - self._counted_ns
        due = self._stale or since >= _IDLE_S * NS_PER_S
        if due and since >= _REST * self._took_ns:
            self._count_now()

    def _count_now(self) -> None:
        self._counting, self._stale = True, False
        self._count(_NAMES[self._range], coarse=self._coarse)
        self.query_one("#title", Row).refresh()

    @work(thread=True, exclusive=True, group="stats", description="stats")
    def _count(self, name: str, *, coarse: bool) -> None:
        inspector = self.inspector_app.inspector
        begun = inspector.clock.monotonic_ns()
        try:
            report = inspector.series(name, coarse=coarse)
        except InspectorError as error:
            self.call_later(self._failed, name, error.message)
            return
        self.call_later(self._counted, report, coarse, inspector.clock.monotonic_ns() - begun)

    def _failed(self, name: str, message: str) -> None:
        if self.is_attached and name == _NAMES[self._range]:
            self._counting = False
            self._counted_ns = self.inspector_app.inspector.clock.monotonic_ns()
            self.say(("bad", "✗ "), clean(message))

    def _counted(self, report: SeriesReport, coarse: bool, took_ns: int) -> None:
        if not self.is_attached or (report.range.name, coarse) != (_NAMES[self._range], self._coarse):
            return
        self._counting = False
        self._counted_ns = self.inspector_app.inspector.clock.monotonic_ns()
        self._report, self._took_ns = report, took_ns
        if not self._chosen and report.series is not None and not report.series.deliveries:
            # What came is older: the first range is the shortest with something in it.
            self._range += 1
            self._count_now()
            return
        self._chosen = True
        self._draw()

    # Drawing

    @property
    def _kinds(self) -> tuple[Kind, ...]:
        series = self._report.series if self._report is not None else None
        return () if series is None else series.kinds

    @property
    def _findings(self) -> tuple[Finding, ...]:
        return () if self._report is None else self._report.findings[:_MOST_FINDINGS]

    def _draw(self) -> None:
        kinds, findings = self.query_one("#kinds", Rows), self.query_one("#findings", Rows)
        if self._report is not None:
            room = max(20, self.size.width - _MARGIN)
            kept = self._kept_kind(kinds.cursor)
            kinds.set_lines(stats_lines.KindLines(self._kinds, room))
            if kept is not None:
                kinds.move_to(kept)
            now = self._report.now_ns
            findings.set_lines([stats_lines.finding_line(finding, now) for finding in self._findings])
            self._drawn = self._kinds
        self._share_rows(kinds, findings)
        findings.display = bool(self._findings)
        findings.can_focus = bool(self._findings)
        if findings.has_focus and not self._findings:
            kinds.focus()
        for row in self.query(Row):
            row.refresh()

    _drawn: tuple[Kind, ...] = ()

    def _share_rows(self, kinds: Rows, findings: Rows) -> None:
        """The findings stand right below the kinds; both scroll when they have no room."""
        rest = self.query_one("#rest")
        others = [child for child in self.children if child.display and child not in {kinds, findings, rest}]
        free = self.size.height - len(others)  # each of them is one row
        below = min(len(self._findings), max(1, free * 2 // 5))
        findings.styles.height = below
        above = max(1, min(len(self._kinds) or 1, free - below))
        kinds.styles.height = above
        # A row that shares what is left takes one even when nothing is.
        rest.display = above + below < free

    def _kept_kind(self, cursor: int) -> int | None:
        """Where the kind under the cursor stands now."""
        if cursor >= len(self._drawn):
            return None
        was = self._drawn[cursor]
        places = (
            n for n, one in enumerate(self._kinds) if (one.source, one.event_type) == (was.source, was.event_type)
        )
        return next(places, None)

    def _title(self, width: int) -> Line:
        return stats_lines.title_line(
            self._report, RANGES[_NAMES[self._range]].words, width, counting=self._counting and self._report is None
        )

    def _arrivals(self, width: int) -> Line:
        report = self._report
        if report is None or report.series is None:
            return Line()
        return stats_lines.arrival_line(report, report.series, width)

    def _failures(self, width: int) -> Line:
        series = self._report.series if self._report is not None else None
        return Line() if series is None else stats_lines.failure_line(series, width)

    def _answers(self, width: int) -> Line:
        series = self._report.series if self._report is not None else None
        return Line() if series is None else stats_lines.answer_line(series, width)

    def _look_words(self, _width: int) -> Line:
        if not self._findings:
            return Line()
        return Line.of(("strong", " Worth a look"), ("dim", "   "), ("key", "!"), ("dim", " next"))

    def _resting(self, _width: int) -> Line:
        if self._report is None or self._kinds:
            return Line()
        if self._report.series is None:
            return Line.of(
                ("dim", " Nothing came yet   "), ("key", "esc"), ("dim", " to the log, which says where to send")
            )
        return Line.of(
            ("dim", f" Nothing came: {self._report.range.words}   "), ("key", "→"), ("dim", " a longer range")
        )

    # Acting

    def action_range(self, step: int) -> None:
        """Another range."""
        wanted = max(0, min(len(_NAMES) - 1, self._range + step))
        if wanted == self._range:
            self.say(f"The {'longest' if step > 0 else 'shortest'} range there is")
            return
        self._range, self._chosen = wanted, True
        self._count_now()

    def action_other_list(self) -> None:
        """From the kinds to the findings, or back."""
        kinds, findings = self.query_one("#kinds", Rows), self.query_one("#findings", Rows)
        (findings if kinds.has_focus and self._findings else kinds).focus()

    def action_problem(self) -> None:
        """The next finding."""
        findings = self.query_one("#findings", Rows)
        if not self._findings:
            self.say(("ok", "✓ "), "Nothing here is worth a look")
            return
        if findings.has_focus:
            findings.move_to((findings.cursor + 1) % len(self._findings))
        findings.focus()

    def on_rows_chosen(self, event: Rows.Chosen) -> None:
        """Go to what the row is about."""
        event.stop()
        report, app = self._report, self.inspector_app
        if report is None:
            return
        if event.rows.id == "findings" and event.index < len(self._findings):
            finding = self._findings[event.index]
            if finding.kind == NEW_SHAPE:
                # The shapes screen leaves by itself before the log is shown.
                app.open_screen("shapes", finding.event_type, partial(app.call_later, app.show_in_log))
            else:
                app.show_in_log(query_of(finding))
        elif event.rows.id == "kinds" and event.index < len(self._kinds):
            app.show_in_log(query_of_kind(report, self._kinds[event.index]))

    def action_copy(self) -> None:
        """Copy the view as text."""
        report = self._report
        if report is None:
            return
        entries = [
            CopyEntry("t", "text", "text", lambda: stats_lines.as_text(report)),
            CopyEntry("c", "CSV", "CSV", lambda: csv_of(report).decode()),
        ]
        copy_menu(self, entries, name=f"webhook-stats-{report.range.name}")

    def action_export(self) -> None:
        """Save as CSV."""
        if self._report is None:
            return
        self.add_class("-asking")
        name = f"webhook-stats-{self._report.range.name}.csv"
        self.query_one(PromptLine).ask("CSV file", self._save, value=name, placeholder=name)

    def _save(self, text: str | None) -> None:
        self.remove_class("-asking")
        self.query_one("#kinds", Rows).focus()
        if not text or not text.strip() or self._report is None:
            return
        path = Path(text.strip()).expanduser()
        try:
            written = write_new(path.parent, path.stem, path.suffix or ".csv", csv_of(self._report))
        except (OSError, ValueError) as error:
            number = getattr(error, "errno", None)
            reason = os.strerror(number) if number else "the name is not valid"
            self.say(("bad", "✗ "), f"Not written to {clean(path, 60)}: {clean(reason)}")
            return
        self.say(f"Wrote {clean(written, 80)}")


SCREEN = StatsScreen
