"""The replay dialog: the plan is drawn before anything is sent, and fills in place while it is sent."""

from __future__ import annotations

import os
import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.timer import Timer

from webhook_inspector.core.attempt import Attempt
from webhook_inspector.core.clock import NS_PER_MS
from webhook_inspector.core.units import duration, plural, size
from webhook_inspector.errors import InspectorError, TargetError
from webhook_inspector.replay import planfile, preview
from webhook_inspector.replay.editing import as_text, read_edited
from webhook_inspector.replay.plan import Plan
from webhook_inspector.replay.targets import check_target
from webhook_inspector.tui.base import InspectorScreen, KeyLine, Row, StatusLine
from webhook_inspector.tui.copying import CopyEntry, copy_menu, write_new
from webhook_inspector.tui.keys import bind
from webhook_inspector.tui.last_replay import LastReplay, default_target, last_replay, remember, send_plan, where
from webhook_inspector.tui.outside_editor import edit
from webhook_inspector.tui.replay_form import PRESETS, SPEED, ReplayForm, preset_of, with_preset
from webhook_inspector.tui.safe import Line, Piece, PlainInput, clean, spread
from webhook_inspector.tui.widgets.stepper import Steppers
from webhook_inspector.tui.widgets.timeline import Progress, Timeline, draw, mark_words
from webhook_inspector.tui.widgets.wrapping import remark

if TYPE_CHECKING:
    from webhook_inspector.core.request import Request
    from webhook_inspector.engine.inspector import Inspector
    from webhook_inspector.engine.replay_options import SendOptions
    from webhook_inspector.engine.run import Run
    from webhook_inspector.engine.run_result import RunResult

LONG_MS = 10_000
"""A plan that takes longer because of captured gaps offers to shorten them."""
_FRAME_S = 0.1
"""Seconds between two pictures of a run."""


def new_seed() -> int:
    """A seed that is short enough to type."""
    return random.SystemRandom().randrange(1, 10_000)


class ReplayScreen(InspectorScreen):
    """Plan a replay of some deliveries, look at it, send it.

    Args:
        ids: The deliveries.
        form: The choices to begin with; as captured when None.
        target: Where to; the last target when None.
        plan: A plan that was saved; it holds until a choice is changed. The ids are those of its deliveries.
    """

    TITLE_WORDS = "Replay"
    CSS = """
    ReplayScreen #editor { display: none; height: 1; }
    ReplayScreen.editing #editor { display: block; }
    ReplayScreen #editor Row { width: 12; }
    ReplayScreen #editor PlainInput { width: 1fr; }
    ReplayScreen.editing #target { display: none; }
    ReplayScreen .gap { height: 1; }
    ReplayScreen.-small .gap { display: none; }
    """
    VERTICAL_BREAKPOINTS = [(0, "-small"), (30, "-tall")]  # noqa: RUF012 (Textual declares it as an instance attribute)
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("open", "send", "send; nothing is sent before"),
        bind("copy", "copy", "copy as a command line"),
        bind("half_down", "scroll_picture(8)", "scroll the timeline"),
        bind("half_up", "scroll_picture(-8)", "scroll the timeline back"),
        bind("page_down", "scroll_picture(8)", "scroll the timeline"),
        bind("page_up", "scroll_picture(-8)", "scroll the timeline back"),
        Binding("t", "target", "change the target", show=False, id="replay_target"),
        Binding("e", "edit", "change the request in $EDITOR", show=False, id="replay_edit"),
        Binding("n", "seed", "new seed", show=False, id="replay_seed"),
        Binding("s", "quicker", "shorten long gaps", show=False, id="replay_quicker"),
        Binding("w", "save", "save plan and deliveries to a file", show=False, id="replay_save"),
        *(
            Binding(letter, f"preset('{letter}')", f"preset: {name}", show=False, id=f"replay_{letter}")
            for letter, name, _ in PRESETS
        ),
        Binding("0,1,2,3,4,5,6,7,8,9", "digit", "copies", show=False, key_display="0–9", id="replay_copies"),
    ]

    def __init__(
        self,
        ids: Sequence[int],
        *,
        form: ReplayForm | None = None,
        target: str | None = None,
        plan: Plan | None = None,
    ) -> None:
        super().__init__()
        self.ids = list(ids)
        self.form = form or ReplayForm(seed=new_seed())
        self.target = target or ""
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

    def compose(self) -> ComposeResult:
        """Title, target, presets, steppers, timeline, status, keys."""
        yield Row(self._title, ground="raised", id="title")
        yield Row(classes="gap")
        yield Row(self._target_line, id="target")
        with Horizontal(id="editor"):
            yield Row(lambda _: Line.of(("dim", " send to")))
            yield PlainInput(placeholder="http://localhost:3000/hooks")
        yield Row(self._preset_line, id="presets")
        yield Row(classes="gap")
        yield Steppers(self.form, id="steppers")
        yield Row()
        yield Timeline(id="timeline")
        yield StatusLine(self._resting, id="status")
        yield KeyLine(self._hints(), id="keys")

    def on_mount(self) -> None:
        """Plan at once."""
        self._timeline.can_focus = False
        self.query_one(Steppers).focus()
        if not self.target:
            self.target = default_target(self._inspector, last_replay(self.app))
        self._replan()

    @property
    def _inspector(self) -> Inspector:
        return self.inspector_app.inspector

    @property
    def _timeline(self) -> Timeline:
        return self.query_one("#timeline", Timeline)

    # What is drawn

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

    def action_mark(self, n: int) -> None:
        """A mark of the timeline was clicked."""
        if self.plan is not None:
            self.say(mark_words(self.plan, n, self._attempts.get(n)), seconds=10)

    def _redraw(self) -> None:
        for row in self.query(Row):
            row.refresh()
        self.query_one(Steppers).show(self.form, frozen=self._sending)
        self.query_one(KeyLine).set_hints(self._hints())
        self._timeline.show(self._picture)

    # Planning

    def _replan(self) -> None:
        try:
            self.plan = self._saved or self._inspector.plan(self.ids, self.form.options())
        except InspectorError as error:
            self.plan = None
            self.say(("bad", "✗ "), clean(error.message), seconds=0)
        else:
            self._look_at_signing(self.plan)
        self._redraw()

    def _look_at_signing(self, plan: Plan) -> None:
        """Ask what will not be signed as chosen, unless that is known: signing may take a while."""
        asked = (tuple(preview.captured_ids(plan)), self.form.signing)
        if asked != self._signing_of:
            self._signing_of = asked
            self._signing = []
            self._ask_signing(plan, asked)

    @work(thread=True, exclusive=True, group="signing", description="signing")
    def _ask_signing(self, plan: Plan, asked: tuple[object, ...]) -> None:
        try:
            sentences = self._inspector.signing_outlook(plan, self.target, self._send_options())
        except InspectorError as error:
            sentences = [error.message]
        self.call_later(self._told_signing, asked, sentences)

    def _told_signing(self, asked: tuple[object, ...], sentences: list[str]) -> None:
        if asked == self._signing_of and self.is_attached:
            self._signing = sentences
            self._redraw()

    def on_steppers_changed(self, event: Steppers.Changed) -> None:
        """A stepper moved."""
        self._set_form(event.form)

    def _set_form(self, form: ReplayForm) -> None:
        if not self._sending:
            self.form = form
            self._saved = None  # what was saved holds until something else is chosen
            self._replan()

    def action_preset(self, letter: str) -> None:
        """One of the presets."""
        self._set_form(with_preset(self.form, letter))

    def action_quicker(self) -> None:
        """Shorten the captured gaps until the whole takes some seconds."""
        if not self._is_long():
            return
        for _, speed in SPEED:
            if speed is None or speed > (self.form.speed or 0):
                quicker = replace(self.form, speed=speed)
                if preview.duration_ms(self._inspector.plan(self.ids, quicker.options())) <= LONG_MS or speed is None:
                    self._set_form(quicker)
                    return

    def action_seed(self) -> None:
        """Other random choices."""
        self._set_form(replace(self.form, seed=new_seed()))

    def action_digit(self) -> None:
        """Digits reach the steppers by themselves when they have the focus; this is for the help."""

    def action_scroll_picture(self, rows: int) -> None:
        """Scroll the timeline."""
        self._timeline.scroll_to(y=self._timeline.scroll_offset.y + rows, animate=False)

    # The request

    async def action_edit(self) -> None:
        """Change the request of the one delivery in the user's editor."""
        if self._sending or self.plan is None:
            return
        if len(self.plan.items) != 1:
            self.say(f"One delivery can be edited, and {len(self.plan.items)} are chosen")
            return
        number = self.plan.items[0].delivery_id
        try:
            captured = self._inspector.record(number).delivery.request
            before = self._edited.get(number, captured)
            text = await edit(self.app, as_text(before), os.environ, suffix=".http")
            changed = read_edited(text, before)
        except InspectorError as error:
            self.say(("bad", "✗ "), clean(error.message), seconds=0)
            return
        self._take_edited(number, changed, captured)

    def _take_edited(self, number: int, changed: Request, captured: Request) -> None:
        self._edited.pop(number, None)
        if changed != captured:
            self._edited[number] = changed
            self.say(f"Edited: {size(len(changed.body))}, was {size(len(captured.body))}   ", ("key", "⏎"), " sends it")
        else:
            self.say("Nothing was changed: it is sent as captured")
        self._redraw()

    # The target

    def action_target(self) -> None:
        """Type another target."""
        if self._sending:
            return
        field = self.query_one(PlainInput)
        field.value = self.target
        self.add_class("editing")
        field.focus()
        field.cursor_position = len(field.value)
        self.say(("key", "⏎"), " keep  ", ("key", "esc"), " undo", seconds=0)

    def on_input_submitted(self, event: PlainInput.Submitted) -> None:
        """Keep the target if it may be one."""
        event.stop()
        typed = event.value.strip()
        url = typed if "://" in typed else f"http://{typed}"
        try:
            self.target = check_target(url, allow_remote=False)
        except TargetError as error:
            self.say(("bad", "✗ "), clean(error.message), seconds=0)
            return
        self._leave_editing()
        self.say(f"Target is {where(self.target)}")

    def _leave_editing(self) -> None:
        self.remove_class("editing")
        self.query_one(Steppers).focus()
        self.query_one(StatusLine).hush()
        self._redraw()

    # Sending

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

    def _elapsed_ms(self) -> float:
        return (self._inspector.clock.monotonic_ns() - self._started_ns) / NS_PER_MS

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

    def action_back(self) -> None:
        """Undo the typing, stop the run, or leave."""
        if self.has_class("editing"):
            self._leave_editing()
        elif not self._sending:
            self.dismiss(None)
        elif self._run is not None and not self._stopping:
            self._stopping = True
            self._run.cancel()
            assert self.plan is not None
            unsent = len(self.plan.attempts) - len(self._attempts)
            self.say(f"Stopping: {plural(unsent, 'request')} will not be sent", seconds=0)
            self._redraw()

    # Leaving with it

    def action_copy(self) -> None:
        """Copy the command line that does the same, or the plan."""
        if self.plan is None:
            return
        plan = self.plan
        copy_menu(self, [
            CopyEntry("c", "command", "command", self._command),
            CopyEntry("j", "plan as JSON", "plan", lambda: planfile.dump(plan), ".json"),
            CopyEntry("r", "report", "plan", plan.describe, ".txt"),
        ], name=f"plan-{self.form.seed}")  # fmt: skip

    def _command(self) -> str:
        return self.form.command(self.ids, self.target) + (" --edit" if self._edited else "")

    def action_save(self) -> None:
        """Write the plan and its deliveries to a file that `replay --plan` and `o` read, on any machine."""
        if self.plan is None:
            return
        try:
            data = self._inspector.scenario(self.plan)
            path = write_new(Path.cwd(), f"webhook-scenario-{self.plan.seed}", ".json", data)
        except OSError as error:
            self.say(("bad", "✗ "), f"The scenario was not written: {clean(os.strerror(error.errno or 0))}")
            return
        except InspectorError as error:
            self.say(("bad", "✗ "), clean(error.message))
            return
        name = clean(path.name)
        self.say(f"Wrote {name}, with pseudonyms  ·  send it with  webhook-inspector replay --plan {name}")


SCREEN = ReplayScreen
