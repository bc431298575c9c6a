"""Reach the listener from the internet: the commands of tunnel programs, and one of them run."""

from __future__ import annotations

from typing import ClassVar
from urllib.parse import urlsplit

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from webhook_inspector.adapters.tunnels import EXPOSED, PROGRAMS, TunnelProgram
from webhook_inspector.engine.tunneling import Tunneling, guards
from webhook_inspector.errors import InspectorError
from webhook_inspector.tui.base import InspectorScreen, KeyLine, Row, StatusLine
from webhook_inspector.tui.copying import CopyEntry, copy_now
from webhook_inspector.tui.keys import binds
from webhook_inspector.tui.safe import Line, clean, fit, spread
from webhook_inspector.tui.widgets.prompt_line import PromptLine
from webhook_inspector.tui.widgets.rows import Rows

_LOOK_S = 0.3
_NAME_CELLS = 15


class TunnelScreen(InspectorScreen):
    """Programs above, what the one that runs says below."""

    TITLE_WORDS = "Reach it from the internet"
    CSS = """
    TunnelScreen #programs { height: auto; max-height: 50%; }
    TunnelScreen #said { height: 1fr; }
    TunnelScreen.-asking StatusLine { display: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        *binds("copy"),
        Binding("x", "end", "end the tunnel", show=False, id="tunnel_end"),
        Binding("p", "public", "set the address as the public URL of a source", show=False, id="tunnel_public"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._found = [each for each in PROGRAMS if each.found()]
        self._absent = [each for each in PROGRAMS if each not in self._found]
        self._port = 0
        self._drawn: object = None

    def compose(self) -> ComposeResult:
        """Title, warning, programs, state, output, status, keys."""
        yield Row(self._title, ground="raised", id="title")
        yield Row(classes="gap")
        yield Row(lambda _width: Line.of(("warn", f" ! {EXPOSED}")))
        yield Row(self._guards)
        yield Row(classes="gap")
        yield Rows(id="programs")
        yield Row()
        yield Row(self._state, id="state")
        yield Rows(cursor=False, id="said")
        yield StatusLine(self._resting)
        yield PromptLine()
        yield KeyLine([])

    def on_mount(self) -> None:
        """The port is that of the listener."""
        listening = self.inspector_app.inspector.listening
        self._port = urlsplit(listening.url).port or 80 if listening is not None and listening.url else 0
        programs = self.query_one("#programs", Rows)
        programs.set_lines([*map(self._line, self._found), *map(self._line, self._absent)])
        programs.focus()
        self.query_one("#said", Rows).can_focus = False
        self.set_interval(_LOOK_S, self._look)
        self._look()

    @property
    def _tunneling(self) -> Tunneling:
        return self.inspector_app.inspector.tunneling

    @property
    def _chosen(self) -> TunnelProgram:
        return [*self._found, *self._absent][self.query_one("#programs", Rows).cursor]

    # Drawing

    def _line(self, program: TunnelProgram) -> Line:
        if program in self._found:
            return Line.of(" ", ("strong", fit(program.name, _NAME_CELLS)), program.command(self._port))
        return Line.of(" ", ("dim", fit(program.name, _NAME_CELLS)), ("dim", f"not here: {program.get}"))

    def _title(self, width: int) -> Line:
        listening = self.inspector_app.inspector.listening
        url = listening.url if listening is not None else ""
        return spread(Line.of(("strong", " Reach it from the internet")), Line.of(("dim", f"{clean(url, 60)} ")), width)

    def _guards(self, _width: int) -> Line:
        names = guards()
        return (
            Line.of(("dim", f"   [listen] {', '.join(names)} in the configuration limit who may.")) if names else Line()
        )

    def _state(self, _width: int) -> Line:
        tunneling, program = self._tunneling, self._tunneling.program
        if program is None:
            return Line()
        if tunneling.url is not None:
            return Line.of(
                " ", ("ok", "● "), ("accent", clean(tunneling.url, 200)), ("dim", f"  leads here, by {program.name}")
            )
        if tunneling.running:
            return Line.of(" ", ("dim", f"◌ {program.name} runs; its address is not known yet"))
        return Line.of(" ", ("dim", f"○ {program.name} has ended"))

    def _resting(self, _width: int) -> Line:
        return Line.of(("dim", f" {self._chosen.caution}"))

    def _look(self) -> None:
        """Draw what has changed."""
        tunneling = self._tunneling
        said = tunneling.lines()
        now = (tunneling.program, tunneling.url, tunneling.running, len(said), said[-1:])
        if now == self._drawn:
            return
        self._drawn = now
        view = self.query_one("#said", Rows)
        view.set_lines([Line.of("   ", ("dim", clean(line, 500))) for line in said])
        view.scroll_end(animate=False)
        self.query_one("#state", Row).refresh()
        self._hints()

    def _hints(self) -> None:
        hints: list[str | tuple[str, str, str]] = [("⏎", "run", "screen.press('enter')"), "copy"]
        if self._tunneling.running:
            hints.append(("x", "end it", "screen.end"))
        if self._tunneling.url is not None:
            hints.append(("p", "public URL of a source", "screen.public"))
        self.query_one(KeyLine).set_hints([*hints, "help", "back"])

    def on_rows_moved(self) -> None:
        """Another program, another caution."""
        self.query_one(StatusLine).refresh()

    # Acting

    def on_rows_chosen(self, event: Rows.Chosen) -> None:
        """Run the program."""
        event.stop()
        program = self._chosen
        if program not in self._found:
            self.say(("bad", "✗ "), f"{program.name} is not on PATH   ", ("dim", f"get it: {program.get}"), seconds=12)
        elif not self._port:
            self.say(("bad", "✗ "), "Nothing listens here, so there is nothing to reach")
        elif self._tunneling.running and self._tunneling.program is program:
            self.say(f"{program.name} runs already   ", ("key", "x"), ("dim", " ends it"))
        else:
            self._run(program)

    @work(thread=True, exclusive=True, group="tunnel", description="tunnel")
    def _run(self, program: TunnelProgram | None) -> None:
        try:
            if program is None:
                self._tunneling.stop()
            else:
                self._tunneling.start(program, self._port)
        except InspectorError as error:
            self.call_later(self.say, ("bad", "✗ "), clean(error.message))
            return
        if program is None:
            self.call_later(self.say, "Ended: the address leads nowhere now")
        self.call_later(self._look)

    def action_end(self) -> None:
        """End the tunnel."""
        if self._tunneling.running:
            self._run(None)

    def action_copy(self) -> None:
        """The public address, or the command while there is none."""
        url, command = self._tunneling.url, self._chosen.command(self._port)
        if url is not None:
            copy_now(self, CopyEntry("u", "address", "public address", lambda: url))
        else:
            copy_now(self, CopyEntry("c", "command", "command", lambda: command))

    def action_public(self) -> None:
        """Ask which source has this address."""
        url = self._tunneling.url
        names = [source.name for source in self.inspector_app.inspector.sources.all()]
        if url is None:
            return
        if not names:
            self.say("There is no source yet   ", ("key", "esc O a"), ("dim", " adds one"))
            return

        def answered(text: str | None) -> None:
            self.remove_class("-asking")
            self.query_one("#programs", Rows).focus()
            if text and text.strip():
                self._set_public(text.strip(), url)

        self.add_class("-asking")
        self.query_one(PromptLine).ask(
            "public URL of the source", answered, value=names[0] if len(names) == 1 else "", suggest=names,
            placeholder=", ".join(names)[:60],
        )  # fmt: skip

    @work(thread=True, exclusive=True, group="change", description="change of a source")
    def _set_public(self, name: str, url: str) -> None:
        try:
            self.inspector_app.inspector.source_editing.set_keys(name, {"public_url": url})
        except InspectorError as error:
            self.call_later(self.say, ("bad", "✗ "), clean(error.message))
            return
        self.call_later(
            self.say, f"{clean(name, 40)}: public_url is {clean(url, 80)}   ", ("key", "O u"), ("dim", " undoes it")
        )


SCREEN = TunnelScreen
