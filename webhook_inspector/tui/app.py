"""The app: screens, themes, news from the engine, and the ways out."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import importlib
import os
import signal
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual import events
from textual.app import App
from textual.binding import BindingType
from textual.driver import Driver

from webhook_inspector.adapters.app_memory import AppMemory
from webhook_inspector.config.paths import memory_file
from webhook_inspector.config.problems import write_details
from webhook_inspector.core import garbage
from webhook_inspector.engine.app_options import AppOptions
from webhook_inspector.engine.inspector import Inspector
from webhook_inspector.errors import InspectorError
from webhook_inspector.tui import crash, theme
from webhook_inspector.tui import screens as screens_folder
from webhook_inspector.tui.base import InspectorScreen
from webhook_inspector.tui.bridge import Bridge, News
from webhook_inspector.tui.driver import steadfast
from webhook_inspector.tui.ground import SILENT, Ground, Question
from webhook_inspector.tui.in_turn import InTurn
from webhook_inspector.tui.keyboard import Keyboard, keyboard_of
from webhook_inspector.tui.keys import bind, binds
from webhook_inspector.tui.last_replay import repeat
from webhook_inspector.tui.log.head import head_line
from webhook_inspector.tui.notices import Notices
from webhook_inspector.tui.safe import Line, Piece, clean
from webhook_inspector.tui.terminal import draws_ascii, use_scrollbars

if TYPE_CHECKING:
    from webhook_inspector.engine.demo import Demo
    from webhook_inspector.tui.screens.log import LogScreen

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
        memory: What was chosen in earlier runs; None: nothing is remembered.
        ground: What the terminal said of its ground.
    """

    TITLE = "webhook-inspector"
    ENABLE_COMMAND_PALETTE = False
    CSS = """
    Screen { background: $background; }
    Toast { border: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [*binds("commands", "quit", "interrupt"), bind("view_alerts", "alerts")]

    def __init__(
        self,
        inspector: Inspector,
        options: AppOptions,
        env: Mapping[str, str] | None = None,
        *,
        memory: AppMemory | None = None,
        ground: Ground = SILENT,
    ) -> None:
        env = env or {}
        settings = options.config.app
        self.options, self._ground = options, ground  # before Textual asks for the driver
        super().__init__(ansi_color=True if "NO_COLOR" in env else None)
        self.inspector = inspector
        for made in theme.THEMES:
            self.register_theme(made)
        self.memory = memory or AppMemory(None)
        """What is remembered from run to run."""
        self.theme = theme.first_theme(
            settings.theme, self.memory.read().theme, env, self.available_themes, light=ground.light
        )
        self.keyboard: Keyboard = keyboard_of(options.config)
        """The keys as they are now."""
        self.set_keymap(self.keyboard.keymap)
        self.writing = theme.Writing(draws_ascii(settings.ascii, env), tuple(self.keyboard.words.items()))
        """How the app's own words are drawn."""
        use_scrollbars(ascii_only=self.writing.ascii)
        self.replaying = 0
        """Runs under way: quitting asks while there are any."""
        self.crash: BaseException | None = None
        """The error of ours that ended the app."""
        self.signals = False
        """Whether SIGTERM and SIGHUP end the app as `q` does."""
        self.notices = Notices(self)
        self._typed = InTurn(self, super().on_event)
        self._leaving = False
        self._demo: Demo | None = None
        self._bridge = Bridge(inspector.subscribe, self, self._news)

    def get_driver_class(self) -> type[Driver]:
        """The platform's driver, made to survive a terminal that goes away."""
        return steadfast(
            super().get_driver_class(), cursor=self.options.config.app.cursor == "visible", late=self._ground.pending
        )

    async def on_event(self, event: events.Event) -> None:
        """Keys and pastes go on in their turn."""
        if isinstance(event, (events.Key, events.Paste)) and not event.is_forwarded:
            await self._typed.take(event)
        else:
            await super().on_event(event)

    def on_mount(self) -> None:
        """Open home and begin to hear the engine."""
        self.open_screen("log", self.inspector)
        self._bridge.start()
        if self.signals:
            for name in ("SIGTERM", "SIGHUP"):
                with contextlib.suppress(NotImplementedError, AttributeError):  # Windows has neither
                    asyncio.get_running_loop().add_signal_handler(getattr(signal, name), self.exit, 0)
        if self.options.demo:
            from webhook_inspector.engine.demo import Demo  # noqa: PLC0415 (only the demo pays for it)

            self._demo = Demo(self.inspector)
            self._demo.start()

    def painted(self) -> None:
        """The first picture is on the screen: load the server, and answer who waits for it."""
        self.run_worker(self._serve, thread=True, group="serve", description="serve")

    def _serve(self) -> None:
        try:
            self.inspector.serve()
            told = self.inspector.forwarding.interrupted()
        except InspectorError as error:
            self.call_later(self.home.say, ("bad", "✗ "), clean(error.message), seconds=0)
        else:
            for sentence in told:
                self.call_later(self.home.say, ("bad", "! "), clean(sentence), seconds=0)
        finally:
            if not gc.isenabled():  # see `__main__`
                gc.collect()  # what loading left behind
                garbage.settle()

    def on_unmount(self) -> None:
        """Hear no more."""
        self._bridge.stop()
        if self._demo is not None:
            self._demo.stop()

    def _handle_exception(self, error: Exception) -> None:
        # Textual would print every local variable, and with them secrets and captured text.
        if self._exception is None:
            self._exception = error
            self._exception_event.set()
        if self.crash is None:
            self.crash = crash.cause_of(error)
        self._return_code = crash.EXIT_CODE
        self._close_messages_no_wait()

    def on_bridge_poke(self, event: Bridge.Poke) -> None:
        """There is news."""
        event.bridge.poked()

    def _news(self, news: News) -> None:
        if not self.is_running:
            return  # the app is being closed: its screens lose one widget after the other
        self.notices.hear(news)
        for screen in self.screen_stack:
            if isinstance(screen, InspectorScreen):
                screen.news(news)
                screen.head_changed()

    # What screens ask for

    def open_screen(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Open a screen of the folder over this one."""
        self.push_screen(screen_class(name)(*args, **kwargs))

    def show_in_log(self, query: str, delivery: int | None = None) -> None:
        """Go to the log: filtered, or to a delivery."""
        if self.replaying and len(self.screen_stack) > 3:
            self.say("A replay is running: ", ("key", "esc"), " goes back to it")
            return
        while self.screen is not self.home:
            self.pop_screen()
        if delivery is not None:
            self.home.go_to(delivery)
        else:
            self.home.filter_with(query)

    @property
    def home(self) -> LogScreen:
        """The log, over which everything else is opened."""
        return cast("LogScreen", self.screen_stack[1])

    def open_view(self, name: str) -> None:
        """Show another main view in the place of the one on top; the log lies below them all."""
        if not isinstance(self.screen, InspectorScreen) or self.screen.view_name == name:
            return
        if self.screen is not self.home:
            self.pop_screen()
        if name != self.home.view_name:
            self.home.open_view(name)

    def head_line(self, view: str, width: int) -> Line:
        """The header of a main view."""
        return head_line(self.inspector, self.home.standing, view, width)

    def use_theme(self, name: str, *, keep: bool) -> None:
        """Draw in other colours.

        Args:
            name: Of a registered theme.
            keep: Begin with it next time too; else it is only a look at it.
        """
        self.theme = name
        if keep:
            self.memory.keep_theme(name)

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

    def action_alerts(self) -> None:
        """What alert rules said."""
        self.notices.clear()
        if not isinstance(self.screen, screen_class("alerts")):
            self.open_screen("alerts")

    def action_commands(self) -> None:
        """What can be done here, by name."""
        self.open_screen("commands", self.screen)

    def action_interrupt(self) -> None:
        """Quit, when asked twice; a selection was copied by the screen."""
        if self._leaving:
            self.exit(0)
        else:
            self._ask_again("Press ctrl+c")


def run_app(options: AppOptions, question: Question | None = None) -> int:
    """Open the log, listen, and show the app until it is left.

    Args:
        options: How it was started.
        question: What the terminal was asked before this was loaded.

    Returns:
        The exit code.

    Raises:
        InspectorError: Before the screen opens: the log cannot be opened, the port is taken, a target may not be used.
    """
    env = os.environ
    # What the configuration asks of the screen is refused before the log is touched.
    keyboard_of(options.config)
    wanted = options.config.app.theme
    theme.check_theme(wanted)
    memory = AppMemory(memory_file())
    with Inspector.open(options.config, env=env) as inspector:
        other = inspector.other_listener()
        if other is not None:
            inspector.attach(other)
        elif options.listen:
            # The port is taken before the screen opens; the server is loaded once there is something to look at.
            listening = inspector.listen(
                host=options.host, port=options.port, forward=options.forward, tls=options.tls, later=True
            )
            if listening.told:
                sys.stderr.write(listening.told + "\n")
        ground = SILENT if question is None else question.ground()
        app = InspectorApp(inspector, options, env, memory=memory, ground=ground)
        app.signals = True
        code = app.run(mouse=options.config.app.mouse)
        if app.crash is not None:
            details = write_details(app.crash, inspector.clock)
            sys.stderr.write(crash.sentence(app.crash, details, inspector.log_path) + "\n")
            return crash.EXIT_CODE
        return code or 0
