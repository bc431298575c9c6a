"""The first screen: what its choices do."""

from __future__ import annotations

from textual import on, work
from textual.timer import Timer

from webhook_inspector.core.clock import NS_PER_S
from webhook_inspector.errors import InspectorError
from webhook_inspector.tui.copying import CopyEntry, copy_now
from webhook_inspector.tui.log.bringing_in import BringingIn
from webhook_inspector.tui.safe import Line, clean
from webhook_inspector.tui.widgets.welcome import Welcome, curl_command

SAMPLE_PROVIDER = "stripe"
SHOWN_FROM_S = 10
"""How long somebody waits before the seconds are counted."""


class FirstRun(BringingIn):
    """The part of the log's screen that greets."""

    _waiting_since = 0
    """When the first screen came, monotonic nanoseconds."""
    _waiting: Timer | None = None
    _sampled = False
    """Whether the first delivery is a sample that was asked for here."""

    def show_welcome(self, *, empty: bool) -> None:
        """Show the first screen while nothing was captured; after the first arrival say what can be done with it."""
        if empty == self.has_class("-empty"):
            return
        self.set_class(empty, "-empty")
        if empty:
            self.steps.begin()
            self.welcome.steps_line = self.steps.line
            self._waiting_since = self.inspector.clock.monotonic_ns()
            self.welcome.set_state(self._state())
            self._waiting = self.set_interval(1, self._wait_on)
        elif self._waiting is not None:
            self._waiting.stop()
            self._waiting = None
        self.call_after_refresh(self._focus_what_shows)
        if empty or self.brings_in:  # what was read from the file is to be told
            return
        gap = "  " if self.narrow else "   "
        why = (" why the signature passed" if self._sampled else " its signature") + gap
        self.say(
            ("dim", "Try: "), ("key", "r"), ("dim", f" replay{gap}"), ("key", "3"), ("dim", why),
            ("key", "y c"), ("dim", " copy as curl"),
            seconds=20, yields=True,
        )  # fmt: skip

    def _focus_what_shows(self) -> None:
        """Move the keyboard with the first screen, unless something is being typed by now."""
        if not self.filter_line.editing and not self.prompt.asking:
            self.focus_pane()

    def show_steps(self) -> None:
        """The boxes say something else now."""
        self.welcome.draw()

    def fit_welcome(self) -> None:
        """Say no more about the listener than there is room for."""
        if self.has_class("-empty"):
            self.welcome.set_state(self._state())

    def _wait_on(self) -> None:
        """Another second without a delivery."""
        self.welcome.set_state(self._state())

    def _state(self) -> Line:
        listening = self.inspector.listening
        if listening is None or not listening.url:
            return Line.of(("dim", f"○ not listening · {clean(self.inspector.log_path, 80)}"))
        if listening.attached:
            return Line.of(("ok", "● "), ("dim", "another process listens; what it captures appears here"))
        if listening.exposed:
            return Line.of(("bad", "● "), ("warn", "other machines can send here: set listen.path_token or allow_ips"))
        waited = (self.inspector.clock.monotonic_ns() - self._waiting_since) // NS_PER_S
        time = f"  {waited // 60}:{waited % 60:02}" if waited >= SHOWN_FROM_S else ""
        where = "listening on 127.0.0.1 only" if self._local else "listening"
        if self.narrow:
            where = where.removeprefix("listening ")
        return Line.of(("ok", "● "), ("dim", f"{where}{time} · nothing leaves this machine"))

    @property
    def _local(self) -> bool:
        listening = self.inspector.listening
        hosts = {address.rpartition(":")[0] for address in listening.addresses} if listening is not None else set()
        return bool(hosts) and hosts <= {"127.0.0.1", "[::1]"}

    @property
    def _url(self) -> str:
        """Where to send to, with the token that is asked for: it is copied, not shown."""
        listening = self.inspector.listening
        return "" if listening is None or not listening.url else listening.address

    @on(Welcome.Chosen)
    def _chosen(self, event: Welcome.Chosen) -> None:
        if event.rows is not self.welcome:
            return
        event.stop()
        step = self.welcome.step_at(event.index)
        if step is not None:
            getattr(self, f"_step_{step.id}")()

    def choose_step(self, number: int) -> None:
        """A choice by its number."""
        if 1 <= number <= len(self.welcome.steps):
            getattr(self, f"_step_{self.welcome.steps[number - 1].id}")()

    def copy_address(self) -> None:
        """Copy where to send to."""
        if self._url:
            url = self._url + "/"
            copy_now(self, CopyEntry("u", "address", "address", lambda: url))

    @work(thread=True, exclusive=True, group="sample", description="sample")
    def _step_sample(self) -> None:
        self._sampled = True
        try:
            attempt = self.inspector.send_sample(SAMPLE_PROVIDER)
        except InspectorError as error:
            self.call_later(self.say, ("bad", "✗ "), clean(error.message))
            return
        if attempt.status is None:
            self.call_later(self.say, ("bad", "✗ The sample was not answered: "), clean(attempt.detail))

    def _step_curl(self) -> None:
        listening = self.inspector.listening
        command = curl_command(self._url, None if listening is None else listening.ca)
        self.welcome.unfold("curl", [Line.of(("text", self.inspector.sources.access.shown(command)))])
        copy_now(self, CopyEntry("c", "curl", "curl command", lambda: command))

    def _step_tunnel(self) -> None:
        self.inspector_app.open_screen("tunnel")

    def _step_target(self) -> None:
        self.ask("deliver to", self._set_target, "localhost:3000/webhooks")

    def _set_target(self, text: str | None) -> None:
        if not text or not text.strip():
            return
        target = text.strip() if "://" in text else f"http://{text.strip()}"
        try:
            self.inspector.set_forward(target)
        except InspectorError as error:
            self.say(("bad", "✗ "), clean(error.message), seconds=10)
            return
        self.forward_ok = None
        self.repaint_lines()
        self.say("Delivers to ", clean(self.inspector.forward_target or "", 80), ("dim", " from the next delivery on"))

    def _step_capture(self) -> None:
        self.import_file()

    def _step_secret(self) -> None:
        self.inspector_app.open_screen("sources", "secret")
