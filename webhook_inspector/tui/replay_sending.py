"""Sending from the replay dialog: the run is followed in place, can be stopped, and ends in its result."""

from __future__ import annotations

from typing import TYPE_CHECKING

from webhook_inspector.core.attempt import Attempt
from webhook_inspector.core.units import plural
from webhook_inspector.tui.base import StatusLine
from webhook_inspector.tui.last_replay import LastReplay, remember, send_plan
from webhook_inspector.tui.replay_parts import ReplayParts
from webhook_inspector.tui.safe import clean

if TYPE_CHECKING:
    from webhook_inspector.engine.run import Run
    from webhook_inspector.engine.run_result import RunResult

_FRAME_S = 0.1
"""Seconds between two pictures of a run."""


class ReplaySending(ReplayParts):
    """The run of the plan that is drawn."""

    def action_send(self) -> None:
        """Send the plan as drawn."""
        if self.plan is None or self._sending:
            return
        self._sending = True
        self._attempts.clear()
        plan, target, sending = self.plan, self.target, self._send_options()
        send_plan(
            self.app, self._inspector, plan, target, sending,
            on_start=self._begun, on_attempt=self._note, on_end=self._ended, on_error=self._failed,
        )  # fmt: skip
        self._redraw()

    def _note(self, attempt: Attempt) -> None:
        self._attempts[attempt.n] = attempt  # from an engine thread; drawn by the next frame

    def _begun(self, run: Run) -> None:
        self._run = run
        self.run_id = run.id
        self._started_ns = self._inspector.clock.monotonic_ns()
        assert self.plan is not None
        remember(self.app, LastReplay(self.plan, self.target, self._send_options(), self.form, run.id))
        self.query_one(StatusLine).hush()
        self._clockwork = self.set_interval(_FRAME_S, self._redraw)
        self._redraw()

    def _ended(self, result: RunResult) -> None:
        if self.is_attached:
            self._stop_clockwork()
            self._result = result
            self._show_result()

    def on_screen_resume(self) -> None:
        """The run may have ended while another screen was on top."""
        self._show_result()

    def _show_result(self) -> None:
        from webhook_inspector.tui.screens.result import ResultScreen  # noqa: PLC0415 (they open each other)

        if self._result is not None and self.app.screen is self:
            self.app.switch_screen(ResultScreen(self._result, form=self.form, stopped=self._stopping))

    def _failed(self, message: str) -> None:
        if self.is_attached:
            self._stop_clockwork()
            self._sending = self._stopping = False
            self._run = self.run_id = None
            self.say(("bad", "✗ "), clean(message), seconds=0)
            self._redraw()

    def _stop_clockwork(self) -> None:
        if self._clockwork is not None:
            self._clockwork.stop()
            self._clockwork = None

    def _stop_run(self) -> None:
        """Cancel what is not sent yet; what is under way ends."""
        if self._run is None or self._stopping:
            return
        self._stopping = True
        self._run.cancel()
        assert self.plan is not None
        unsent = len(self.plan.attempts) - len(self._attempts)
        self.say(f"Stopping: {plural(unsent, 'request')} will not be sent", seconds=0)
        self._redraw()
