"""Steppers: one-row choices such as `copies ‹ 2 ›`, two columns of them in one widget."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Offset
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from webhook_inspector.tui.keys import bind
from webhook_inspector.tui.replay_form import FIELDS, Field, ReplayForm, hint
from webhook_inspector.tui.safe import Line, Piece, fit
from webhook_inspector.tui.theme import palette_of

COLUMNS = 2
ROWS = -(-len(FIELDS) // COLUMNS)


class Steppers(Widget, can_focus=True):
    """All fields of the replay form. `⇥ ↑ ↓` choose one, `← →` change it, digits set the copies."""

    DEFAULT_CSS = f"Steppers {{ height: {ROWS}; }}"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "change(-1)", "a step less", show=False, key_display="←", id="replay_left"),
        Binding("right", "change(1)", "a step more", show=False, key_display="→", id="replay_right"),
        bind("next_pane", "move(1)", "next field"),
        bind("prev_pane", "move(-1)", "field before"),
        Binding("down", f"move({COLUMNS})", "field below", show=False, key_display="↓", id="replay_down"),
        Binding("up", f"move(-{COLUMNS})", "field above", show=False, key_display="↑", id="replay_up"),
    ]

    class Changed(Message):
        """The user changed a field."""

        def __init__(self, form: ReplayForm) -> None:
            super().__init__()
            self.form = form

    def __init__(self, form: ReplayForm, *, id: str | None = None) -> None:  # noqa: A002 (Textual's name)
        super().__init__(id=id)
        self._form = form
        self._current = 0
        self._typed = ""
        self._frozen = False

    @property
    def current(self) -> Field:
        """The field that `← →` change."""
        return FIELDS[self._current]

    def show(self, form: ReplayForm, *, frozen: bool = False) -> None:
        """Draw another form. A frozen one is dim and cannot be changed."""
        self._form, self._frozen = form, frozen
        self.refresh()

    def on_focus(self) -> None:
        """Brighten the edge."""
        self.call_after_refresh(self._place_cursor)
        self.refresh()

    def on_resize(self) -> None:
        """The fields stand elsewhere once the screen is laid out."""
        self.call_after_refresh(self._place_cursor)

    def _place_cursor(self) -> None:
        """Put the terminal's own cursor on the chosen field, as in every list."""
        if self.has_focus and self.region.area:
            row, column = divmod(self._current, COLUMNS)
            at = Offset(column * min(60, self.size.width // COLUMNS), row)
            self.app.cursor_position = self.region.offset + at

    def on_blur(self) -> None:
        """Dim the edge."""
        self.refresh()

    def action_move(self, step: int) -> None:
        """Choose another field; past the last one comes the first."""
        self._typed = ""
        self._current = (self._current + step) % len(FIELDS)
        self._place_cursor()
        self.refresh()

    def action_change(self, step: int) -> None:
        """Change the chosen field by a step."""
        self._typed = ""
        self._set(self.current.changed(self._form, step))

    def action_step(self, index: int, step: int) -> None:
        """A click on one end of a stepper."""
        self._current = index % len(FIELDS)
        self.action_change(step)
        self.refresh()

    def type_digit(self, digit: str) -> None:
        """Digits set the copies; digits in a row make one number."""
        typed = (self._typed + digit).lstrip("0")[-3:]
        self._typed = typed
        self._current = 0
        if typed:
            self._set(FIELDS[0].changed(self._form, int(typed) - self._form.copies))

    def on_key(self, event: events.Key) -> None:
        """Digits."""
        if event.character is not None and event.character in "0123456789" and not self._frozen:
            event.stop()
            self.type_digit(event.character)

    def _set(self, form: ReplayForm) -> None:
        if form != self._form and not self._frozen:
            self._form = form
            self.refresh()
            self.post_message(self.Changed(form))

    def render_line(self, y: int) -> Strip:
        """Textual's line API."""
        palette = palette_of(self.app)
        width = self.size.width
        cell = min(60, width // COLUMNS)
        line = Line()
        for column in range(COLUMNS):
            index = y * COLUMNS + column
            if index < len(FIELDS):
                line = line + self._cell(index, cell)
        return palette.strip(line, width)

    def _cell(self, index: int, width: int) -> Line:
        field = FIELDS[index]
        chosen = index == self._current and not self._frozen
        changed = field.words(self._form) != field.words(ReplayForm(seed=0))
        role = "dim" if self._frozen else "accent" if chosen else "text" if changed else "dim"
        ends = "key" if chosen else "dim"
        edge = Piece("▌" if chosen else " ", "accent" if self.has_focus else "dim")
        label = Piece(fit(field.label, 13), "text" if chosen else "dim")
        value = fit(field.words(self._form), 15) if field.values else fit(str(self._form.copies), 15)
        words = Line.of(
            Piece("‹ ", ends, f"step({index}, -1)"),
            Piece(value.rstrip(), role),
            Piece(" ›", ends, f"step({index}, 1)"),
        ).pad(19)
        line = Line.of(edge, label, words)
        room = width - line.width - 2
        note = hint(field, self._form)
        if room >= len(note) and not self._frozen:
            line = line + Line.of(("dim", " " + note))
        return line.pad(width)
