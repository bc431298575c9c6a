"""Past runs, newest first, with what came of them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from webhook_inspector.core.clock import NS_PER_MS, NS_PER_S
from webhook_inspector.core.units import duration, plural
from webhook_inspector.errors import InspectorError
from webhook_inspector.replay import preview
from webhook_inspector.tui.base import InspectorScreen, KeyLine, Row, StatusLine
from webhook_inspector.tui.copying import CopyEntry, copy_menu
from webhook_inspector.tui.keys import binds
from webhook_inspector.tui.last_replay import failure_words, where
from webhook_inspector.tui.safe import Line, clean, fit, fit_middle, fit_right, spread
from webhook_inspector.tui.screens.result import ResultScreen
from webhook_inspector.tui.widgets.result_rows import report
from webhook_inspector.tui.widgets.rows import Rows

if TYPE_CHECKING:
    from webhook_inspector.engine.run_result import RunResult

_MOST_RUNS = 100


def run_line(result: RunResult, width: int) -> Line:
    """One run as a row of a width in cells."""
    wide = width >= 100
    deliveries = len(preview.captured_ids(result.plan))
    took = "" if result.finished_ns is None else duration((result.finished_ns - result.started_ns) / NS_PER_MS)
    started = _moment(result.started_ns, "%d %b %H:%M:%S" if wide else "%d %b %H:%M")
    requests = str(len(result.plan.attempts))
    line = _cells((str(result.id), started, str(deliveries), requests, where(result.target), took), wide=wide)
    if result.verdict is None:
        return line + Line.of(("warn", "! did not end"))
    if result.verdict.holds:
        return line + Line.of(("ok", "✓ "), "as expected")
    words = failure_words(result)
    return line + Line.of(("bad", f"✗ {words if wide else words.replace(' deliveries', '')}"))


def head_line(width: int) -> Line:
    """The names of the columns."""
    wide = width >= 100
    names = _cells(("RUN", "STARTED", "OF", "SENT", "TARGET", "TOOK"), wide=wide)
    return (Line.of(" ") + names + Line.of("VERDICT")).recolour("dim")


def _cells(values: tuple[str, str, str, str, str, str], *, wide: bool) -> Line:
    run, started, of, sent, target, took = values
    return Line.of(
        ("dim", fit_right(run, 5)), "  ", fit(started, 15 if wide else 12), fit_right(of, 6 if wide else 4),
        fit_right(sent, 7 if wide else 6), "  ", ("dim", fit_middle(target, 36 if wide else 17)),
        ("dim", fit_right(took, 9)), "  ",
    )  # fmt: skip


def _moment(ns: int, pattern: str) -> str:
    """Local time, as everywhere on the screen."""
    try:
        return time.strftime(pattern, time.localtime(ns // NS_PER_S))
    except (OverflowError, OSError, ValueError):
        return "–"


class RunsScreen(InspectorScreen):
    """The list of runs."""

    TITLE_WORDS = "Runs"
    BINDINGS: ClassVar[list[BindingType]] = [*binds("copy", "problem")]

    def __init__(self) -> None:
        super().__init__()
        self._runs: list[RunResult] = []
        self._loaded = False

    def compose(self) -> ComposeResult:
        """Title, columns, runs, status, keys."""
        yield Row(self._title, ground="raised", id="title")
        yield Row(classes="gap")
        yield Row(head_line)
        yield Rows(id="runs")
        yield StatusLine(self._resting)
        yield KeyLine(["open", "problem", "copy", "help", "back"])

    def on_mount(self) -> None:
        """Read the runs in a worker."""
        self.query_one(Rows).focus()
        self.run_worker(self._load, thread=True, group="runs", description="runs")

    def on_resize(self) -> None:
        """The columns depend on the width."""
        self._draw()

    def _load(self) -> None:
        try:
            runs = self.inspector_app.inspector.runs(_MOST_RUNS)
        except InspectorError as error:
            self.app.call_from_thread(self.say, ("bad", "✗ "), clean(error.message))
            return
        self.app.call_from_thread(self._show, runs)

    def _show(self, runs: list[RunResult]) -> None:
        self._runs, self._loaded = runs, True
        self._draw()

    def _draw(self) -> None:
        width = self.size.width - 2
        self.query_one(Rows).set_lines([run_line(result, width) for result in self._runs])
        self.query_one("#title", Row).refresh()
        self.query_one(StatusLine).refresh()

    def _title(self, width: int) -> Line:
        words = plural(len(self._runs), "run") if self._loaded else "reading … "
        newest = " newest" if len(self._runs) == _MOST_RUNS else ""
        return spread(Line.of(("strong", " Runs")), Line.of(("dim", f"{words}{newest} ")), width)

    def _resting(self, width: int) -> Line:  # noqa: ARG002 (the signature of a resting line)
        if self._loaded and not self._runs:
            return Line.of(("dim", " Nothing was replayed yet   "), ("key", "r"), ("dim", " in the log plans a replay"))
        return Line()

    def on_rows_chosen(self, event: Rows.Chosen) -> None:
        """Open the result."""
        if event.index < len(self._runs):
            self.app.push_screen(ResultScreen(self._runs[event.index]))

    def action_problem(self) -> None:
        """The next run below that did not hold."""
        rows = self.query_one(Rows)
        bad = [index for index, run in enumerate(self._runs) if run.verdict is None or not run.verdict.holds]
        later = [index for index in bad if index > rows.cursor] or bad
        if later:
            rows.move_to(later[0])
        else:
            self.say(("ok", "✓ "), "Every run came out as expected")

    def action_copy(self) -> None:
        """Copy the report of the selected run, or the list."""
        at = self.query_one(Rows).cursor
        if at >= len(self._runs):
            return
        chosen, runs = self._runs[at], list(self._runs)
        listed = "\n".join(run_line(run, 120).text.rstrip() for run in runs) + "\n"
        entries = [
            CopyEntry("r", "report", "report", lambda: report(chosen)),
            CopyEntry("l", "list", "list of runs", lambda: listed),
        ]
        copy_menu(self, entries, name=f"run-{chosen.id}")


SCREEN = RunsScreen
