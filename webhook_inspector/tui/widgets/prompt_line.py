"""One row that asks for a line of text, in the place of the status line. It always shows how to leave."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.suggester import SuggestFromList
from textual.widget import Widget

from webhook_inspector.errors import UsageError
from webhook_inspector.tui.base import KeyLine, Row
from webhook_inspector.tui.keys import bind
from webhook_inspector.tui.safe import Line, PlainInput, clean

Answer = Callable[[str | None], None]
"""Called with the text, or None when it was left."""

_MOST_DIGITS = 18
"""More are no number that a log could hold."""


def number_in(text: str) -> int:
    """The number of a delivery as it is typed: `12` or `#12`.

    Raises:
        UsageError: It is no number.
    """
    word = text.strip().removeprefix("#")
    if not (word.isascii() and word.isdigit()):
        raise UsageError(f"{clean(word, 30)} is not the number of a delivery")
    return int(word[:_MOST_DIGITS])


class PromptLine(Widget):
    """Hidden until `ask` is called. What it shows is made then: most screens are left without a question."""

    DEFAULT_CSS = """
    PromptLine { height: 1; layout: horizontal; display: none; background: $surface; }
    PromptLine.-asking { display: block; }
    PromptLine #prompt-label { width: auto; }
    PromptLine PlainInput { width: 1fr; }
    PromptLine #prompt-hint { width: 20; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [bind("back", "leave", "leave the field as it was")]

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 (Textual's name)
        super().__init__(id=id)
        self._answer: Answer | None = None
        self._typed: Callable[[str], None] | None = None

    def _build(self) -> None:
        """Label, field, way out."""
        hint = Line.of(("key", "⏎"), ("dim", " keep  "), ("key", "esc"), ("dim", " undo"))
        self.mount(
            Row(ground="raised", id="prompt-label"),
            PlainInput(id="prompt-field"),
            Row(lambda _width: hint, ground="raised", id="prompt-hint"),
        )

    @property
    def asking(self) -> bool:
        """Whether it is open."""
        return self.has_class("-asking")

    def ask(
        self,
        label: str,
        answer: Answer,
        *,
        value: str = "",
        placeholder: str = "",
        password: bool = False,
        typed: Callable[[str], None] | None = None,
        suggest: Sequence[str] = (),
    ) -> None:
        """Ask for a line.

        Args:
            label: What for.
            answer: Gets it, or None.
            value: What stands there at first, selected: typing replaces it, an arrow keeps it.
            placeholder: An example.
            password: Show dots.
            typed: Gets the text after each key.
            suggest: Words of ours; the rest of the first that fits stands behind what is typed, and `→` takes it.
        """
        self._answer, self._typed = answer, None
        if not self.children:
            self._build()
        row = self.query_one("#prompt-label", Row)
        row.show(Line.of(" ", ("key", label), "  "))
        row.styles.width = row.line(0).width
        field = self.query_one(PlainInput)
        field.password = password
        field.placeholder = placeholder
        field.suggester = SuggestFromList(suggest, case_sensitive=False) if suggest else None
        field.value = value
        self.add_class("-asking")
        self._silence(True)
        field.focus()
        field.select_all()
        self._typed = typed

    def _silence(self, silent: bool) -> None:
        for line in self.screen.query(KeyLine):
            line.silence(silent)

    @on(PlainInput.Changed)
    def _changed(self, event: PlainInput.Changed) -> None:
        event.stop()
        if self._typed is not None and self.asking:
            self._typed(event.value)

    @on(PlainInput.Submitted)
    def _submitted(self, event: PlainInput.Submitted) -> None:
        event.stop()
        self._close(event.value)

    def action_leave(self) -> None:
        """Leave without an answer."""
        self._close(None)

    def _close(self, value: str | None) -> None:
        answer, self._answer, self._typed = self._answer, None, None
        self.remove_class("-asking")
        self._silence(False)
        field = self.query_one(PlainInput)
        if self.app.focused is field:
            self.screen.set_focus(None)
        field.value = ""
        if answer is not None:
            answer(value)
