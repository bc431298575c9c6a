"""What the replay dialog shows: the plan of the deliveries chosen, and how far its run has come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from textual.timer import Timer

from webhook_inspector.core.attempt import Attempt
from webhook_inspector.core.clock import NS_PER_MS
from webhook_inspector.core.units import duration, plural, size
from webhook_inspector.replay import preview
from webhook_inspector.replay.plan import Plan
from webhook_inspector.tui.base import InspectorScreen, KeyLine, Row
from webhook_inspector.tui.last_replay import where
from webhook_inspector.tui.replay_form import PRESETS, ReplayForm, preset_of
from webhook_inspector.tui.safe import Line, Piece, clean, spread
from webhook_inspector.tui.widgets.stepper import Steppers
from webhook_inspector.tui.widgets.timeline import Progress, Timeline, draw
from webhook_inspector.tui.widgets.wrapping import remark

if TYPE_CHECKING:
    from webhook_inspector.core.request import Request
    from webhook_inspector.engine.inspector import Inspector
    from webhook_inspector.engine.replay_options import SendOptions
    from webhook_inspector.engine.run import Run
    from webhook_inspector.engine.run_result import RunResult

LONG_MS = 10_000
"""A plan that takes longer because of captured gaps offers to shorten them."""


class ReplayParts(InspectorScreen):
    """Deliveries, choices, plan and run, as lines.

    Args:
        ids: The deliveries.
        form: The choices to begin with.
        target: Where to; empty: not known yet.
        plan: A plan that was saved; it holds until a choice is changed.
    """

    def __init__(self, ids: Sequence[int], form: ReplayForm, target: str, plan: Plan | None) -> None:
        super().__init__()
        self.ids = list(ids)
        self.form = form
        self.target = target
        self.plan: Plan | None = None
        self._saved = plan
        self.run_id: int | None = None
        self._run: Run | None = None
        self._result: RunResult | None = None
        self._sending = False
        self._stopping = False
        self._attempts: dict[int, Attempt] = {}
        self._signing: list[str] = []
        self._signing_of: tuple[object, ...] = ()
        self._edited: dict[int, Request] = {}
        """Requests as the user's editor left them, by delivery."""
        self._started_ns = 0
        self._clockwork: Timer | None = None

    @property
    def _inspector(self) -> Inspector:
        return self.inspector_app.inspector

    @property
    def _timeline(self) -> Timeline:
        return self.query_one("#timeline", Timeline)

    def _elapsed_ms(self) -> float:
        return (self._inspector.clock.monotonic_ns() - self._started_ns) / NS_PER_MS

    def _title(self, width: int) -> Line:
        if self.run_id is not None:
            done = sum(attempt.outcome is not None for attempt in list(self._attempts.values()))
            total = len(self.plan.attempts) if self.plan else 0
            state = "stopping" if self._stopping else f"{done} of {total} answered"
            left = Line.of(
                ("strong", f" Run {self.run_id}"), ("dim", f"   {plural(total, 'request')} to "), where(self.target)
            )
            return spread(left, Line.of(("accent", state), ("dim", f"  {duration(self._elapsed_ms())} ")), width)
        left = Line.of(("strong", " Replay "), self._subject())
        seed = Line.of(("dim", "seed "), ("text" if self.form.random() else "dim", f"{self.form.seed}"), "  ")
        return spread(left, seed + Line.of(Piece("n", "letter", "screen.seed"), ("dim", " new seed ")), width)

    def _subject(self) -> Line:
        planned = preview.captured_ids(self.plan) if self.plan else self.ids
        if len(planned) == 1 and self.plan and self.plan.items:
            return Line.of(("strong", f"#{planned[0]} "), ("text", clean(self.plan.items[0].label, 60)))
        skipped = len(set(self.ids)) - len(planned) if self.plan else 0
        words = Line.of(("strong", plural(len(planned), "delivery", "deliveries")))
        return words + Line.of(("dim", f", {skipped} refused left out")) if skipped > 0 else words

    def _target_line(self, width: int) -> Line:
        left = Line.of(("dim", " send to    "), ("strong", self.target))
        return spread(left, Line.of(Piece("t", "letter", "screen.target"), ("dim", " change ")), width)

    def _preset_line(self, width: int) -> Line:
        current = preset_of(self.form)
        parts: list[Line] = [Line.of(("dim", " preset     " if width >= 90 else " "))]
        for letter, name, _ in PRESETS:
            action = f"screen.preset('{letter}')"
            parts.append(Line.of(
                Piece(letter, "key", action), " ",
                Piece(name, "current" if letter == current else "dim", action), "   " if width >= 90 else " ",
            ))  # fmt: skip
        if width >= 90:  # where there is no room, no preset underlined says the same
            parts.append(Line.of(("current" if current is None else "hidden", "custom")))
        return Line.of(*parts)

    def _resting(self, width: int) -> Line:  # noqa: ARG002 (the signature of a resting line)
        if self.run_id is not None:
            return Line.of(("dim", " The marks turn into answers as they come in"))
        if self._is_long():
            takes = duration(preview.duration_ms(self.plan)) if self.plan else ""
            quicker = Piece("s", "letter", "screen.quicker"), Piece(" shortens them", "dim", "screen.quicker")
            return Line.of(("dim", " The captured gaps make it take "), takes, "   ", *quicker)
        return Line.of(("dim", " Nothing is sent before ⏎; targets are on this machine"))

    def _is_long(self) -> bool:
        slower = self.form.speed is not None and self._saved is None
        return slower and self.plan is not None and preview.duration_ms(self.plan) > LONG_MS

    def _hints(self) -> list[str | tuple[str, str, str]]:
        if self._sending:
            return [("esc", "stop", "screen.back")]
        return [
            ("⏎", "send", "screen.send"), ("0-9", "copies", "screen.help"), ("←→", "change", "screen.help"),
            ("⇥", "next field", "screen.help"), "copy", ("w", "save plan", "screen.save"), ("e", "edit", "screen.edit"),
            "help", ("esc", "cancel", "screen.back"),
        ]  # fmt: skip

    def _picture(self, width: int) -> list[Line]:
        if self.plan is None:
            return []
        progress = None
        if self.run_id is not None:
            progress = Progress(dict(self._attempts), self._elapsed_ms())
        lines = draw(self.plan, width, progress, legend=width >= 100)
        captured, replayed = "  ".join(preview.captured_order(self.plan)), "  ".join(preview.replay_order(self.plan))
        if self.run_id is None and len(self.plan.attempts) > 1 and len(preview.captured_ids(self.plan)) > 1:
            order = Line.of(("dim", " captured order   "), captured, ("dim", "       replay order   "), replayed)
            lines += [
                Line(),
                order if order.width <= width else Line.of(("dim", " replay order   "), replayed).cut(width),
            ]
        lines += [Line(), Line.of(" ", ("strong", preview.counts(self.plan)[0]))]
        for part in preview.counts(self.plan)[1:]:
            lines[-1] = lines[-1] + Line.of(("dim", "  ·  " if width >= 100 else " · "), part)
        for note in (*self._edit_notes(), *self.plan.notes, *self._signing):
            lines += remark(note, width)
        return lines

    def _edit_notes(self) -> list[str]:
        """What was changed by hand, for the deliveries of the plan."""
        signed = ", the old signature stays" if self.form.signing == "captured" else ", signed again"
        # Where it cannot be signed as chosen, the sentences on signing say so.
        words = "" if self._signing else signed
        planned = preview.captured_ids(self.plan) if self.plan is not None else []
        edited = [(number, self._edited[number]) for number in planned if number in self._edited]
        return [f"Edited: #{number} is sent with {size(len(request.body))}{words}" for number, request in edited]

    def _send_options(self) -> SendOptions:
        return replace(self.form.sending(), edited=dict(self._edited))

    def _redraw(self) -> None:
        for row in self.query(Row):
            row.refresh()
        self.query_one(Steppers).show(self.form, frozen=self._sending)
        self.query_one(KeyLine).set_hints(self._hints())
        self._timeline.show(self._picture)
