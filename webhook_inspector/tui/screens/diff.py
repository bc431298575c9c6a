"""What differs between two deliveries: by meaning, or side by side as text."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from webhook_inspector.core.clock import NS_PER_MS
from webhook_inspector.core.delivery import Summary
from webhook_inspector.core.units import duration, plural
from webhook_inspector.errors import InspectorError
from webhook_inspector.shapes import Change, PayloadDiff
from webhook_inspector.tui.base import InspectorScreen, KeyLine, Row, StatusLine
from webhook_inspector.tui.copying import CopyEntry, copy_menu
from webhook_inspector.tui.keys import bind, binds
from webhook_inspector.tui.safe import Line, clean, fit, spread
from webhook_inspector.tui.widgets.change_table import ChangeTable, meaning, path_words, report, sides
from webhook_inspector.tui.widgets.prompt_line import PromptLine, number_in
from webhook_inspector.tui.widgets.rows import Rows
from webhook_inspector.tui.widgets.side_by_side import SideBySide, TextTable

if TYPE_CHECKING:
    from webhook_inspector.engine.inspector import Inspector

_MOST_LINES = 200_000
"""Lines of a body that are shown side by side."""


class DiffScreen(InspectorScreen):
    """The differences between two deliveries.

    Args:
        a: The first, usually the older one.
        b: The second.
    """

    TITLE_WORDS = "Diff"
    CSS = """
    DiffScreen #change { display: none; height: 5; }
    DiffScreen.-tall #change { display: block; }
    DiffScreen.-side #change, DiffScreen.-zoom #change { display: none; }
    """
    VERTICAL_BREAKPOINTS = [(0, "-small"), (30, "-tall")]  # noqa: RUF012 (Textual declares it as an instance attribute)
    BINDINGS: ClassVar[list[BindingType]] = [
        *binds("search_next", "search_prev", "copy", "zoom"),
        bind("diff_with", "other", "the other side: the one before of this type, or a number"),
        Binding("i", "hidden", "show what always differs: ids, times, signatures", show=False, id="diff_hidden"),
        Binding("X", "swap", "swap the sides", show=False, id="diff_swap"),
        bind("layout", "side", "side by side as text, or by meaning"),
    ]

    def __init__(self, a: int, b: int) -> None:
        super().__init__()
        self.a, self.b = a, b
        self._diff: PayloadDiff | None = None
        self._rows: dict[int, Summary] = {}
        self._show_hidden = False
        self._texts: SideBySide | None = None

    def compose(self) -> ComposeResult:
        """Title, changes, the chosen change in full, status, keys."""
        yield Row(self._title, ground="raised", id="title")
        yield _DiffRows(id="changes")
        yield Rows(cursor=False, id="change")
        yield StatusLine(self._resting, id="status")
        yield PromptLine(id="prompt")
        yield KeyLine([
            "search_next", "search_prev", ("i", "ids too", "screen.hidden"), ("layout", "side by side"),
            "diff_with", ("X", "swap", "screen.swap"), "copy", "help", "back",
        ])  # fmt: skip

    def on_mount(self) -> None:
        """Compare in a worker: large bodies take a moment."""
        self.query_one("#change", Rows).can_focus = False
        self.changes.focus()
        self._load()

    @property
    def _inspector(self) -> Inspector:
        return self.inspector_app.inspector

    @property
    def changes(self) -> _DiffRows:
        """The list."""
        return self.query_one(_DiffRows)

    # Loading

    def _load(self) -> None:
        self._diff, self._texts = None, None
        self.remove_class("-side")
        self.changes.show(None)
        a, b = self.a, self.b
        self.run_worker(lambda: self._compare(a, b), thread=True, exclusive=True, group="diff", description="diff")

    def _compare(self, a: int, b: int) -> None:
        try:
            diff = self._inspector.diff(a, b)
            rows = {summary.id: summary for summary in self._inspector.summaries([a, b])}
        except InspectorError as error:
            self.app.call_from_thread(self._failed, error.message)
            return
        self.app.call_from_thread(self._loaded, a, b, diff, rows)

    def _failed(self, message: str) -> None:
        self.say(("bad", "✗ "), clean(message), seconds=0)

    def _loaded(self, a: int, b: int, diff: PayloadDiff, rows: dict[int, Summary]) -> None:
        if (a, b) == (self.a, self.b) and self.is_attached:
            self._diff, self._rows = diff, rows
            self._redraw()

    def _redraw(self) -> None:
        if self._diff is None:
            return
        diff, hidden = self._diff, self._show_hidden
        if self._texts is not None:
            self.changes.show(self._texts.table)
        else:
            self.changes.show(lambda width: ChangeTable(diff, (f"#{self.a}", f"#{self.b}"), width, show_hidden=hidden))
        self.query_one("#title", Row).refresh()
        self._show_change()

    # What is drawn

    def _title(self, width: int) -> Line:
        left = Line.of(("strong", " Diff   "), self._called(self.b), ("dim", "  against  "), self._called(self.a))
        first, second = self._rows.get(self.a), self._rows.get(self.b)
        if first is not None and second is not None:
            gap = (second.received_ns - first.received_ns) / NS_PER_MS
            left = left + Line.of(("dim", f"  {duration(abs(gap))} {'before' if gap >= 0 else 'after'}"))
        if self._diff is None:
            return spread(left, Line.of(("dim", "comparing … ")), width)
        words = plural(len(self._diff.changes), "change") if self._diff.differs else "no change"
        return spread(left, Line.of(("warn" if self._diff.differs else "ok", f"{words} ")), width)

    def _called(self, number: int) -> Line:
        summary = self._rows.get(number)
        label = "" if summary is None else summary.event_type or f"{summary.method} {summary.target}"
        return Line.of(("text", clean(label, 40)), " " if label else "", ("strong", f"#{number}"))

    def _resting(self, width: int) -> Line:
        change = self.changes.change()
        if change is None:
            return Line()
        return Line.of(("dim", " "), ("text", path_words(change)), ("dim", f"  ·  {meaning(change)}")).cut(width)

    def on_rows_moved(self, event: Rows.Moved) -> None:
        """Show the chosen change in full."""
        if event.rows is self.changes:
            self._show_change()

    def _show_change(self) -> None:
        change = self.changes.change()
        lines: list[Line] = []
        if change is not None:
            before, after = sides(change)
            lines = [
                Line(),
                Line.of("  ", ("strong", path_words(change))),
                Line.of(("dim", f"  {fit(f'#{self.a}', 8)} "), Line.captured(before)),
                Line.of(("dim", f"  {fit(f'#{self.b}', 8)} "), Line.captured(after)),
            ]
        self.query_one("#change", Rows).set_lines(lines, keep=False)
        self.query_one(StatusLine).refresh()

    # Keys

    def action_search_next(self) -> None:
        """The next change."""
        self.changes.next_change(1)

    def action_search_prev(self) -> None:
        """The change before."""
        self.changes.next_change(-1)

    def action_hidden(self) -> None:
        """Show or hide what always differs."""
        self._show_hidden = not self._show_hidden
        self._redraw()

    def action_swap(self) -> None:
        """The second against the first."""
        self.a, self.b = self.b, self.a
        self._load()

    def action_other(self) -> None:
        """Ask for the other side; the one before of the same type is proposed."""
        try:
            before = self._inspector.previous_of_type(self.a)
        except InspectorError:
            before = None
        self.query_one(PromptLine).ask(
            f"compare #{self.b} with", self._other, value="" if before is None else str(before), placeholder="a number"
        )

    def _other(self, text: str | None) -> None:
        self.changes.focus()
        if text is None or not text.strip():
            return
        try:
            self.a = self._inspector.record(number_in(text)).delivery.id
        except InspectorError as error:
            self.say(("bad", "✗ "), clean(error.message))
            return
        self._load()

    def action_side(self) -> None:
        """Side by side as text, or back."""
        if self._texts is not None:
            self._texts = None
            self.remove_class("-side")
            self._redraw()
            return
        a, b = self.a, self.b
        self.run_worker(
            lambda: self._align(a, b), thread=True, exclusive=True, group="diff", description="side by side"
        )

    def _align(self, a: int, b: int) -> None:
        try:
            texts = SideBySide(body_lines(self._inspector, a), body_lines(self._inspector, b), (f"#{a}", f"#{b}"))
        except InspectorError as error:
            self.app.call_from_thread(self._failed, error.message)
            return
        self.app.call_from_thread(self._aligned, a, b, texts)

    def _aligned(self, a: int, b: int, texts: SideBySide) -> None:
        if (a, b) == (self.a, self.b) and self.is_attached:
            self._texts = texts
            self.add_class("-side")
            self._redraw()

    def action_copy(self) -> None:
        """Copy the diff as text or as a JSON Patch, or the chosen value."""
        diff = self._diff
        if diff is None:
            return
        names, hidden = (f"#{self.a}", f"#{self.b}"), self._show_hidden
        entries = [CopyEntry("r", "report", "diff", lambda: report(diff, names, show_hidden=hidden))]
        if diff.documents is not None:
            entries.append(CopyEntry("j", "JSON Patch", "patch", lambda: _patch(diff), ".json"))
        change = self.changes.change()
        if change is not None:
            value = change.before if change.kind in {"removed", "null_removed"} else change.after
            entries.append(CopyEntry("p", "path", "path", lambda: change.path))
            entries.append(
                CopyEntry("v", "value", "value", lambda: value if isinstance(value, str) else json.dumps(value))
            )
        copy_menu(self, entries, name=f"diff-{self.a}-{self.b}")


def _patch(diff: PayloadDiff) -> str:
    return json.dumps(diff.patch(), indent=2) + "\n"


def body_lines(inspector: Inspector, number: int) -> list[str]:
    """The body of a delivery as indented text lines, not yet safe to show."""
    lines = inspector.body(number).lines
    return ["  " * line.indent + line.text for line in (lines[at] for at in range(min(len(lines), _MOST_LINES)))]


class _DiffRows(Rows):
    """Changes, or two texts, made for its width."""

    def __init__(self, *, id: str) -> None:  # noqa: A002 (Textual's name)
        super().__init__(id=id)
        self._make: Callable[[int], ChangeTable | TextTable] | None = None
        self._table: ChangeTable | TextTable | None = None

    def show(self, make: Callable[[int], ChangeTable | TextTable] | None) -> None:
        """Draw the rows that `make` gives for a width; None: nothing yet."""
        self._make = make
        self._remake(keep=False)

    def on_resize(self) -> None:
        """The columns depend on the width."""
        self._remake(keep=self._table is not None)
        super().on_resize()
        self.post_message(self.Moved(self, self.cursor))  # rows that came before there was a size are chosen only now

    def _remake(self, *, keep: bool) -> None:
        if self._make is not None and self.outer_size.width:
            self._table = self._make(self.outer_size.width - 2)  # the edge, and room for a scroll bar
            self.set_lines(self._table, fixed=self._table.fixed, keep=keep)
            if not keep:
                self.move_to(self._table.first if isinstance(self._table, ChangeTable) else 1)
        elif self._make is None:
            self._table = None
            self.set_lines([], keep=False)

    def change(self) -> Change | None:
        """The change of the selected row, or None."""
        return self._table.change_at(self.cursor) if isinstance(self._table, ChangeTable) else None

    def next_change(self, step: int) -> None:
        """To the next row, or the row before, that is a change."""
        table = self._table
        if isinstance(table, TextTable):
            at = self.cursor + step
            while 0 < at < len(table):
                if table.mark(at) != " ":
                    self.move_to(at, step)
                    return
                at += step
        elif table is not None:
            self.move_to(self.cursor + step, step)


SCREEN = DiffScreen
