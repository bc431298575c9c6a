"""The filter: one row that says what is shown, and becomes a field on `f`, with what can be written next below it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widget import Widget

from webhook_inspector.core import units
from webhook_inspector.errors import QueryError
from webhook_inspector.tui.base import Row
from webhook_inspector.tui.completion import Choice
from webhook_inspector.tui.keys import bind
from webhook_inspector.tui.safe import Line, Piece, PlainInput, clean, spread
from webhook_inspector.tui.widgets.rows import Rows


class FilterLine(Widget):
    """Says `12 of 9 871`, and edits.

    Args:
        lead: What stands at the left where the header line is not shown; empty elsewhere.
    """

    DEFAULT_CSS = """
    FilterLine { height: 1; layout: horizontal; background: $surface; }
    FilterLine #filter-label, FilterLine PlainInput { display: none; }
    FilterLine #filter-label { width: 3; }
    FilterLine PlainInput { width: 1fr; }
    FilterLine #filter-rest { width: 1fr; }
    FilterLine.-editing #filter-label, FilterLine.-editing PlainInput { display: block; }
    FilterLine.-editing #filter-rest { width: 36; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("back", "undo", "put the filter back as it was"),
        Binding("tab", "complete", "complete", show=False),
        Binding("down", "choose(1)", "next choice", show=False),
        Binding("up", "choose(-1)", "choice before", show=False),
    ]

    class Edited(Message):
        """The text changed while editing: show what it finds, and what can follow."""

        def __init__(self, text: str, before_cursor: str) -> None:
            super().__init__()
            self.text = text
            self.before_cursor = before_cursor

    class Kept(Message):
        """`⏎`: the filter stands."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Undone(Kept):
        """`esc`: the filter is what it was before."""

    def __init__(self, lead: Callable[[], Line], *, id: str | None = None) -> None:  # noqa: A002 (Textual's name)
        super().__init__(id=id)
        self._lead = lead
        self.text = ""
        self.error: QueryError | None = None
        self._shown = 0
        self._total = 0
        self._looking = False
        self._news = Line()
        self._history: list[str] = []
        self._choices: Sequence[Choice] = ()
        self._popup: Rows | None = None

    def compose(self) -> ComposeResult:
        """The words; the field is made when it is first opened."""
        yield Row(self._words, ground="raised", id="filter-rest")

    def _field(self) -> PlainInput:
        for field in self.query(PlainInput):
            return field
        field = PlainInput(id="filter-field")
        label = Row(lambda _width: Line.of(" ", ("key", "f"), " "), ground="raised", id="filter-label")
        self.mount(label, field, before=0)
        return field

    def attach(self, popup: Rows) -> None:
        """The list that lies over the screen below this row."""
        self._popup = popup

    @property
    def editing(self) -> bool:
        """Whether the field is open."""
        return self.has_class("-editing")

    def tell(self, *, shown: int, total: int, looking: bool = False, news: Line | None = None) -> None:
        """How many there are, and what arrived unseen."""
        self._shown, self._total, self._looking = shown, total, looking
        self._news = news or Line()
        self.query_one("#filter-rest", Row).again()

    def tell_error(self, error: QueryError | None) -> None:
        """What cannot be read, and where; the result before stays."""
        self.error = error
        self._draw_popup()

    def offer(self, choices: Sequence[Choice]) -> None:
        """What can be written next."""
        self._choices = choices
        self._draw_popup()

    def edit(self) -> None:
        """Open the field."""
        field = self._field()
        self.add_class("-editing")
        field.value = self.text
        field.focus()
        field.cursor_position = len(self.text)
        self.post_message(self.Edited(self.text, self.text))

    def set_text(self, text: str) -> None:
        """Another filter, from elsewhere."""
        self.text = text
        self.error = None
        self.query_one("#filter-rest", Row).again()

    def _words(self, width: int) -> Line:
        count = self._count()
        lead = self._lead()
        if lead.width == 0 and not self.text and not self.editing:
            count = Line()  # the header says it
        right = Line.of(count, "   ", self._news, " ") if self._news.width else Line.of(count, " ")
        if self.editing:
            keys = Line.of(("key", "⏎"), ("dim", " keep "), ("key", "esc"), ("dim", " undo "))
            return spread(Line.of(" ", count), keys, width)
        text = Line.captured(self.text) if self.text else Line.of(("dim", "all deliveries"))
        return spread(lead + Line((Piece(" f ", "key", "screen.filter"),)) + text, right, width)

    def _count(self) -> Line:
        if self._looking:
            return Line.of(("dim", "…"))
        total = units.count(self._total)
        if not self.text and not self.editing:
            return Line.of(total, ("dim", " delivery" if self._total == 1 else " deliveries"))
        role = "text" if self._shown else "warn"
        return Line.of((role, units.count(self._shown)), ("dim", " of "), total)

    def _draw_popup(self) -> None:
        popup = self._popup
        if popup is None:
            return
        lines: list[Line] = []
        if self._tells_error:
            assert self.error is not None
            lines.append(Line.of(" " * (2 + self.error.position), ("bad", "▲ "), ("text", clean(self.error.message))))
        lines += [Line.of(" ", choice.line) for choice in self._choices]
        popup.display = self.editing and bool(lines)
        if self._choices:
            lines.append(Line.of(("dim", ' ⇥ complete   ↑↓ choose   or - ( ) work   "text" searches everything')))
        keep = popup.cursor
        popup.set_lines(
            lines, fixed=[i for i in range(len(lines)) if not self._first <= i < self._first + len(self._choices)]
        )
        popup.move_to(max(self._first, min(keep, self._first + len(self._choices) - 1)))
        popup.styles.height = len(lines)

    @property
    def _tells_error(self) -> bool:
        if self.error is None or not self.editing:
            return False
        unfinished = self.error.position >= len(self.query_one(PlainInput).value.rstrip())
        return not (unfinished and self._choices)

    @property
    def _first(self) -> int:
        return 1 if self._tells_error else 0

    @on(PlainInput.Changed)
    def _changed(self, event: PlainInput.Changed) -> None:
        event.stop()
        if self.editing:
            field = self.query_one(PlainInput)
            self.post_message(self.Edited(event.value, event.value[: field.cursor_position]))

    @on(PlainInput.Submitted)
    def _submitted(self, event: PlainInput.Submitted) -> None:
        event.stop()
        text = event.value.strip()
        if text and text not in self._history[-1:]:
            self._history.append(text)
        self.text = text
        self._leave()
        self.post_message(self.Kept(text))

    def action_undo(self) -> None:
        """Back to the filter before."""
        self._leave()
        self.post_message(self.Undone(self.text))

    def _leave(self) -> None:
        self.remove_class("-editing")
        self.error = None
        self._choices = ()
        self._draw_popup()
        self.query_one("#filter-rest", Row).again()

    def action_complete(self) -> None:
        """Take the chosen completion."""
        if not self._choices or self._popup is None:
            return
        at = max(0, min(self._popup.cursor - self._first, len(self._choices) - 1))
        field = self.query_one(PlainInput)
        tail = field.value[field.cursor_position :].lstrip()
        done = self._choices[at].text
        field.value = done + tail
        field.cursor_position = len(done)

    def action_choose(self, step: int) -> None:
        """Another completion; above the first, and without any, another filter of before."""
        at_first = step < 0 and self._popup is not None and self._popup.cursor <= self._first
        if self._choices and self._popup is not None and not (at_first and self._history):
            self._popup.move_to(self._popup.cursor + step, step)
            return
        field = self.query_one(PlainInput)
        if self._history and step < 0:
            at = self._history.index(field.value) if field.value in self._history else len(self._history)
            field.value = self._history[max(0, at - 1)]
            field.cursor_position = len(field.value)
