"""The app: screens, themes, news from the engine, and the way out."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any, ClassVar

from textual.app import App
from textual.binding import BindingType

from webhook_inspector.engine.app_options import AppOptions
from webhook_inspector.engine.inspector import Inspector
from webhook_inspector.tui import screens as screens_folder
from webhook_inspector.tui import theme
from webhook_inspector.tui.base import InspectorScreen
from webhook_inspector.tui.bridge import Bridge, News
from webhook_inspector.tui.keys import binds
from webhook_inspector.tui.last_replay import repeat
from webhook_inspector.tui.safe import Line, Piece, clean

QUIT_AGAIN_S = 2.0
"""The second ctrl+c must come within so many seconds."""


def screen_class(name: str) -> type[InspectorScreen]:
    """The screen of a file in `tui/screens/`, which names it `SCREEN`. Imported when it is first opened."""
    module = importlib.import_module(f"{screens_folder.__name__}.{name}")
    found: type[InspectorScreen] = module.SCREEN
    return found


class InspectorApp(App[int]):
    """The terminal app over an engine.

    Args:
        inspector: Open; the app does not close it.
        options: How it was started.
        env: The environment, for colours.
    """

    TITLE = "webhook-inspector"
    ENABLE_COMMAND_PALETTE = True
    CSS = """
    Screen { background: $background; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [*binds("commands", "quit", "interrupt")]

    def __init__(self, inspector: Inspector, options: AppOptions, env: Mapping[str, str] | None = None) -> None:
        env = env or {}
        super().__init__(ansi_color=True if "NO_COLOR" in env else None)
        self.inspector = inspector
        self.options = options
        for made in theme.THEMES:
            self.register_theme(made)
        self.theme = theme.default_theme(env)
        self.replaying = 0
        """Runs under way: quitting asks while there are any."""
        self._leaving = False
        self._bridge = Bridge(inspector.subscribe, self, self._news)

    def on_mount(self) -> None:
        """Open home and begin to hear the engine."""
        self.open_screen("log", self.inspector)
        self._bridge.start()

    def on_unmount(self) -> None:
        """Hear no more."""
        self._bridge.stop()

    def on_bridge_poke(self, event: Bridge.Poke) -> None:
        """There is news."""
        event.bridge.poked()

    def _news(self, news: News) -> None:
        for screen in self.screen_stack:
            if isinstance(screen, InspectorScreen):
                screen.news(news)

    # What screens ask for

    def open_screen(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Open a screen of the folder over this one."""
        self.push_screen(screen_class(name)(*args, **kwargs))

    def show_help(self, screen: InspectorScreen) -> None:
        """All keys of a view."""
        self.open_screen("help", screen)

    def say(self, *parts: Piece | Line | tuple[str, str] | str) -> None:
        """Say something in the status line of the screen on top."""
        for screen in reversed(self.screen_stack):
            if isinstance(screen, InspectorScreen):
                screen.say(*parts)
                return

    def repeat_last_replay(self) -> None:
        """Send the last replay again, and say what was sent."""
        repeat(self, self.inspector, self.say)

    def leave(self) -> None:
        """End the app; while a replay runs, only when asked twice."""
        if self.replaying and not self._leaving:
            self._ask_again("A replay is running")
        else:
            self.exit(0)

    def _ask_again(self, why: str) -> None:
        self._leaving = True
        self.set_timer(QUIT_AGAIN_S, self._stay)
        self.say(f"{why}: again to quit")

    def _stay(self) -> None:
        self._leaving = False

    # Keys

    async def action_quit(self) -> None:
        """Back; at the top: quit."""
        if len(self.screen_stack) > 2:
            self.pop_screen()
        else:
            self.leave()

    def action_commands(self) -> None:
        """The command palette."""
        self.action_command_palette()

    def action_interrupt(self) -> None:
        """Copy the selection; else quit, when asked twice."""
        selected = self.screen.get_selected_text()
        if selected:
            self.copy_to_clipboard(clean(selected) if "\n" not in selected else selected)
            self.screen.clear_selection()
            self.say("Sent the selection to the terminal's clipboard")
        elif self._leaving:
            self.exit(0)
        else:
            self._ask_again("Press ctrl+c")
