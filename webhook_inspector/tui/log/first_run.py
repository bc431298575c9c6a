"""The first screen: what its choices do."""

from __future__ import annotations

from textual import on, work

from webhook_inspector.errors import InspectorError
from webhook_inspector.tui.copying import CopyEntry, copy_now
from webhook_inspector.tui.log.parts import LogParts
from webhook_inspector.tui.safe import Line, clean
from webhook_inspector.tui.widgets.welcome import Welcome, curl_command

SAMPLE_PROVIDER = "stripe"


class FirstRun(LogParts):
    """The part of the log's screen that greets."""

    def show_welcome(self, *, empty: bool) -> None:
        """Show the first screen while nothing was captured; after the first arrival say what can be done with it."""
        if empty == self.has_class("-empty"):
            return
        self.set_class(empty, "-empty")
        if empty:
            self.welcome.set_state(self._state())
        if not self.filter_line.editing and not self.prompt.asking:
            self.call_after_refresh(self.focus_pane)
        if empty:
            return
        self.say(
            ("dim", "Try  "), ("key", "r"), ("dim", " replay   "), ("key", "3"), ("dim", " why the signature holds   "),
            ("key", "y c"), ("dim", " copy as curl"),
            seconds=20,
        )  # fmt: skip

    def _state(self) -> Line:
        listening = self.inspector.listening
        if listening is None or not listening.url:
            return Line.of(("dim", f"○ not listening · {clean(self.inspector.log_path, 80)}"))
        if listening.attached:
            return Line.of(("ok", "● "), ("dim", "another process listens; what it captures appears here"))
        if listening.exposed:
            return Line.of(("bad", "● "), ("warn", "other machines can send here: set listen.path_token or allow_ips"))
        return Line.of(("ok", "● "), ("dim", "listening · nothing leaves this machine"))

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

    def _step_secret(self) -> None:
        self.inspector_app.open_screen("sources", "secret")
