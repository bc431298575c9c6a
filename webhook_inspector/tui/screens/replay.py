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

from webhook_inspector.core.units import size
from webhook_inspector.errors import InspectorError, TargetError
from webhook_inspector.replay import planfile, preview
from webhook_inspector.replay.editing import as_text, read_edited
from webhook_inspector.replay.plan import Plan
from webhook_inspector.replay.targets import check_target
from webhook_inspector.tui.base import KeyLine, Row, StatusLine
from webhook_inspector.tui.copying import CopyEntry, copy_menu, write_new
from webhook_inspector.tui.keys import bind
from webhook_inspector.tui.last_replay import default_target, last_replay, where
from webhook_inspector.tui.outside_editor import edit
from webhook_inspector.tui.replay_form import PRESETS, SPEED, ReplayForm, with_preset
from webhook_inspector.tui.replay_parts import LONG_MS
from webhook_inspector.tui.replay_sending import ReplaySending
from webhook_inspector.tui.safe import Line, PlainInput, clean
from webhook_inspector.tui.widgets.stepper import Steppers
from webhook_inspector.tui.widgets.timeline import Timeline, mark_words

if TYPE_CHECKING:
    from webhook_inspector.core.request import Request


def new_seed() -> int:
    """A seed that is short enough to type."""
    return random.SystemRandom().randrange(1, 10_000)


class ReplayScreen(ReplaySending):
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
        super().__init__(ids, form or ReplayForm(seed=new_seed()), target or "", plan)

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

    def action_mark(self, n: int) -> None:
        """A mark of the timeline was clicked."""
        if self.plan is not None:
            self.say(mark_words(self.plan, n, self._attempts.get(n)), seconds=10)

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

    def action_back(self) -> None:
        """Undo the typing, stop the run, or leave."""
        if self.has_class("editing"):
            self._leave_editing()
        elif not self._sending:
            self.dismiss(None)
        else:
            self._stop_run()

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
