"""The command palette: everything that can be done here, found by typing, with its key."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import Screen
from textual.timer import Timer

from webhook_inspector.tui.base import InspectorScreen, Row
from webhook_inspector.tui.keys import bind
from webhook_inspector.tui.palette import Command, command_line, commands, matching, used
from webhook_inspector.tui.safe import Line, PlainInput
from webhook_inspector.tui.widgets.rows import Rows

_MOST_ROWS = 12
_WIDEST = 80
"""Cells that words and keys keep to: further apart the eye loses the row."""
REST_S = 0.08
"""Seconds that the cursor rests before colours change: every change restyles the whole screen."""


class CommandsScreen(InspectorScreen):
    """A field and the commands that fit, over the whole width of the screen they belong to.

    Args:
        view: The screen whose commands these are.
    """

    TITLE_WORDS = "Commands"
    CSS = """
    CommandsScreen { background: $background 60%; align: center top; }
    CommandsScreen > Vertical { width: 100%; height: auto; margin: 2 0 0 0; background: $surface; }
    CommandsScreen Horizontal { height: 1; background: $surface; }
    CommandsScreen #label { width: 4; }
    CommandsScreen PlainInput { width: 1fr; }
    CommandsScreen Rows { height: auto; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("back", "back", "close"),
        Binding("down", "move(1)", "next", show=False, id="commands_down"),
        Binding("up", "move(-1)", "before", show=False, id="commands_up"),
        Binding("pagedown", "move(10)", "a page down", show=False, id="commands_page_down"),
        Binding("pageup", "move(-10)", "a page up", show=False, id="commands_page_up"),
    ]

    def __init__(self, view: Screen[Any]) -> None:
        super().__init__()
        self._commands = commands(view)
        self._shown: list[Command] = []
        self._theme = ""
        """The theme before any other was looked at."""
        self._resting: Timer | None = None

    def compose(self) -> ComposeResult:
        """Field and list."""
        with Vertical():
            with Horizontal():
                yield Row(lambda _: Line.of(("key", "  ›")), ground="raised", id="label")
                yield PlainInput(placeholder="what to do", id="typed")
            yield Rows(ground="raised", id="found")
            yield Row(ground="raised")

    def on_mount(self) -> None:
        """Everything, until something is typed."""
        self._theme = self.app.theme
        self.query_one(Rows).can_focus = False
        self.query_one(PlainInput).focus()
        self._search("")

    def on_input_changed(self, event: PlainInput.Changed) -> None:
        """Search while typing."""
        self._search(event.value)

    def on_input_submitted(self) -> None:
        """Do the selected command."""
        self._choose(self.query_one(Rows).cursor)

    def on_rows_chosen(self, event: Rows.Chosen) -> None:
        """A click on the selected row."""
        self._choose(event.index)

    def on_resize(self) -> None:
        """The keys stand at the right edge."""
        self._search(self.query_one(PlainInput).value)

    def _search(self, typed: str) -> None:
        self._shown = matching(self.app, self._commands, typed)
        rows = self.query_one(Rows)
        width = min(_WIDEST, self.size.width)
        rows.styles.max_height = max(3, min(_MOST_ROWS, self.size.height - 6))
        rows.styles.height = max(1, min(len(self._shown), _MOST_ROWS, self.size.height - 6))
        lines = [command_line(command, typed, width - 2) for command in self._shown]
        rows.set_lines(lines or [Line.of(("dim", " nothing of that name"))], keep=False)
        self._look()

    def on_rows_moved(self, event: Rows.Moved) -> None:
        """Another command is the selected one."""
        event.stop()
        self._look()

    def _look(self) -> None:
        """Show the colours that the selected command would bring, and those from before under any other."""
        if self._resting is not None:
            self._resting.stop()
        at = self.query_one(Rows).cursor
        wanted = (self._shown[at].theme if at < len(self._shown) else "") or self._theme
        if wanted != self.app.theme:
            self._resting = self.set_timer(REST_S, lambda: setattr(self.app, "theme", wanted))

    def action_back(self) -> None:
        """Nothing is done, and the colours are what they were."""
        self._still()
        self.app.theme = self._theme
        self.dismiss(None)

    def _still(self) -> None:
        if self._resting is not None:
            self._resting.stop()

    def action_move(self, rows: int) -> None:
        """Another row."""
        found = self.query_one(Rows)
        found.move_to(found.cursor + rows, rows)

    def _choose(self, index: int) -> None:
        if index < len(self._shown):
            command = self._shown[index]
            used(self.app, command)
            app = self.app
            self._still()
            app.theme = self._theme
            self.dismiss(None)
            app.call_later(_run, command.run)

    def on_click(self, event: events.Click) -> None:
        """A click beside the list closes it."""
        if event.widget is self:
            self.action_back()


async def _run(action: Callable[[], Any]) -> None:
    made = action()
    if inspect.isawaitable(made):
        await made


SCREEN = CommandsScreen
