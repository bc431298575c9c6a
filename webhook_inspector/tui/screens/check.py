"""The convergence check: target, reset and probe, then every property with the smallest sequence that breaks it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar
from weakref import WeakKeyDictionary

from textual import work
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType

from webhook_inspector.core.units import plural
from webhook_inspector.engine.checking import DEFAULT_BUDGET, CheckOptions, CheckReport
from webhook_inspector.engine.replay_options import ReplayOptions
from webhook_inspector.errors import InspectorError, TargetError
from webhook_inspector.replay import planfile
from webhook_inspector.replay.convergence.plans import to_plan
from webhook_inspector.replay.plan import PlanItem
from webhook_inspector.replay.targets import check_target
from webhook_inspector.tui import check_lines
from webhook_inspector.tui.base import InspectorScreen, KeyLine, Row, StatusLine
from webhook_inspector.tui.copying import write_new
from webhook_inspector.tui.keys import bind
from webhook_inspector.tui.last_replay import default_target, last_replay
from webhook_inspector.tui.safe import Line, Piece, clean, spread
from webhook_inspector.tui.widgets.prompt_line import PromptLine
from webhook_inspector.tui.widgets.timeline import Timeline

_SEED = 1
BUDGET = DEFAULT_BUDGET
"""Passes at most."""


@dataclass(frozen=True, slots=True)
class CheckForm:
    """What the user set."""

    target: str
    reset: str = ""
    """Command or URL that puts the handler back to its start."""
    probe: str = ""
    """Command or URL that prints the state to compare."""


_LAST: WeakKeyDictionary[App[Any], CheckForm] = WeakKeyDictionary()


class _StoppedError(Exception):
    """The user left while the check ran."""


class CheckScreen(InspectorScreen):
    """Check whether a handler ends in the same state, however some deliveries arrive.

    Args:
        ids: The deliveries.
    """

    TITLE_WORDS = "Check"
    AUTO_FOCUS = ""
    CSS = "CheckScreen Timeline { height: 1fr; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("open", "check", "check; nothing is sent before"),
        Binding("t", "ask('target')", "change the target", show=False, id="check_target"),
        Binding("r", "ask('reset')", "change what resets the handler", show=False, id="check_reset"),
        Binding("p", "ask('probe')", "change what prints its state", show=False, id="check_probe"),
        Binding("w", "save", "save what broke it as a plan", show=False, id="check_save"),
        bind("half_down", "scroll_picture(8)", "scroll down"),
        bind("half_up", "scroll_picture(-8)", "scroll up"),
        bind("page_down", "scroll_picture(8)", "scroll down"),
        bind("page_up", "scroll_picture(-8)", "scroll up"),
    ]

    def __init__(self, ids: Sequence[int]) -> None:
        super().__init__()
        self._ids = list(ids)
        self.form = CheckForm("")
        self.report: CheckReport | None = None
        self._items: tuple[PlanItem, ...] = ()
        self._trials: dict[str, tuple[int, int]] = {}
        self._checking = False
        self._stopping = False

    def compose(self) -> ComposeResult:
        """Title, three settings, the picture, status, keys."""
        yield Row(self._title, ground="raised")
        yield Row()
        yield Row(lambda width: self._setting(width, "target", "send to", self.form.target, ""))
        yield Row(lambda width: self._setting(width, "reset", "reset", self.form.reset, "none: no state is compared"))
        yield Row(
            lambda width: self._setting(width, "probe", "probe", self.form.probe, "none: only answers are judged")
        )
        yield Timeline(id="picture")
        yield StatusLine(self._resting)
        yield PromptLine()
        yield KeyLine(self._hints())

    def on_mount(self) -> None:
        """What was set last."""
        self.form = _LAST.get(self.app) or CheckForm(
            default_target(self.inspector_app.inspector, last_replay(self.app))
        )
        self.query_one("#picture", Timeline).can_focus = False
        self._redraw()

    # What is drawn

    def _title(self, width: int) -> Line:
        left = Line.of(("strong", " Check "), ("strong", plural(len(self._ids), "delivery", "deliveries")))
        if self._checking:
            trials = sum(count for count, _ in self._trials.values())
            return spread(left, Line.of(("accent", "stopping " if self._stopping else f"{trials} trials ")), width)
        if self.report is not None:
            word = ("ok", "✓ converges ") if self.report.holds else ("bad", "✗ does not converge ")
            return spread(left, Line.of(("dim", f"{self.report.passes} passes   "), word), width)
        return spread(left, Line.of(("dim", "does it end in the same state, however they arrive? ")), width)

    def _setting(self, width: int, name: str, label: str, value: str, empty: str) -> Line:
        letter = {"target": "t", "reset": "r", "probe": "p"}[name]
        left = Line.of(("dim", f" {label:<10} "), ("strong", clean(value, 200)) if value else ("dim", empty))
        right = Line.of(Piece(letter, "key", f"screen.ask('{name}')"), ("dim", " change "))
        return spread(left.cut(max(10, width - 12)), right, width)

    def _resting(self, width: int) -> Line:  # noqa: ARG002 (the signature of a resting line)
        if self._checking:
            return Line.of(("dim", " Each trial begins with a reset"))
        if self.report is not None:
            return Line.of(("dim", " ⏎ checks again   "), ("letter", "w"), ("dim", " keeps what broke it as a plan"))
        return Line.of(("dim", " Nothing is sent before ⏎; targets are on this machine"))

    def _hints(self) -> list[str | tuple[str, str, str]]:
        if self._checking:
            return [("esc", "stop", "screen.back")]
        return [
            ("⏎", "check", "screen.check"), ("t", "target", "screen.ask('target')"),
            ("r", "reset", "screen.ask('reset')"), ("p", "probe", "screen.ask('probe')"),
            ("w", "save plan", "screen.save"), "help", ("esc", "back", "screen.back"),
        ]  # fmt: skip

    def _picture(self, width: int) -> list[Line]:
        if self._checking:
            return check_lines.running(self._trials, width)
        if self.report is not None:
            return check_lines.after(self.report, self._items, width)
        return check_lines.before(width, probe=bool(self.form.probe))

    def _redraw(self) -> None:
        if not self.is_attached:
            return
        for row in self.query(Row):
            row.refresh()
        self.query_one(KeyLine).set_hints(self._hints())
        self.query_one("#picture", Timeline).show(self._picture)

    def action_scroll_picture(self, rows: int) -> None:
        """Scroll the report."""
        picture = self.query_one("#picture", Timeline)
        picture.scroll_to(y=picture.scroll_offset.y + rows, animate=False)

    # Settings

    def action_ask(self, name: str) -> None:
        """Type one of the three settings."""
        if self._checking:
            return
        examples = {
            "target": "http://localhost:3000/hooks",
            "reset": "a command such as `make reset`, or a URL that is posted to",
            "probe": "a command such as `sqlite3 app.db .dump`, or a URL",
        }
        value = getattr(self.form, name)
        self.query_one(PromptLine).ask(
            name, lambda text: self._set(name, text), value=value, placeholder=examples[name]
        )

    def _set(self, name: str, text: str | None) -> None:
        if text is None:
            return
        typed = text.strip()
        if name == "target":
            try:
                typed = check_target(typed if "://" in typed else f"http://{typed}", allow_remote=False)
            except TargetError as error:
                self.say(("bad", "✗ "), clean(error.message), seconds=0)
                return
        self.form = replace(self.form, **{name: typed})
        _LAST[self.app] = self.form
        self.report = None
        self._redraw()

    # Checking

    def action_check(self) -> None:
        """Send, and compare."""
        if self._checking:
            return
        if self.form.probe and not self.form.reset:
            self.say(
                ("bad", "✗ "),
                "A probe compares states, so every pass must start alike: ",
                ("letter", "r"),
                " sets a reset",
            )
            return
        self._checking, self._stopping, self.report = True, False, None
        self._trials = {}
        self._redraw()
        self._check(self.form)

    @work(thread=True, exclusive=True, group="check", description="check")
    def _check(self, form: CheckForm) -> None:
        inspector = self.inspector_app.inspector

        def trial(number: int, kind: str, holds: bool) -> None:
            del number
            if self._stopping:
                raise _StoppedError
            count, broken = self._trials.get(kind, (0, 0))
            self._trials[kind] = (count + 1, broken + (not holds))
            self.call_later(self._redraw)

        try:
            plan = inspector.plan(self._ids, ReplayOptions(speed=None, seed=_SEED))
            self._items = plan.items
            options = CheckOptions(probe=form.probe or None, reset=form.reset or None, budget=BUDGET, seed=_SEED)
            report = inspector.check([item.delivery_id for item in plan.items], form.target, options, on_trial=trial)
        except _StoppedError:
            self.call_later(self._ended, None, "Stopped: nothing is known yet")
        except InspectorError as error:
            self.call_later(self._ended, None, error.message)
        else:
            self.call_later(self._ended, report, "")

    def _ended(self, report: CheckReport | None, said: str) -> None:
        self._checking = self._stopping = False
        self.report = report
        if not self.is_attached:
            return
        if said:
            self.say(("bad", "✗ "), clean(said), seconds=0)
        else:
            self.query_one(StatusLine).hush()
        self._redraw()

    def action_save(self) -> None:
        """Write the first counterexample to a file that `replay --plan` reads."""
        results = self.report.results if self.report is not None else ()
        found = next((result.counterexample for result in results if result.counterexample is not None), None)
        if found is None:
            self.say("Nothing broke, so there is no plan to keep")
            return
        data = planfile.dump(to_plan(found.trial, self._items, _SEED))
        try:
            path = write_new(Path.cwd(), f"webhook-check-{found.trial.kind}", ".json", data)
        except OSError as error:
            self.say(("bad", "✗ "), f"The plan was not written: {clean(os.strerror(error.errno or 0))}")
            return
        name = clean(path.name)
        self.say(f"Wrote the plan to {name}  ·  send it with  webhook-inspector replay --plan {name}")

    def action_back(self) -> None:
        """Stop the check; then leave."""
        if self._checking:
            self._stopping = True
            self._redraw()
        else:
            self.dismiss(None)


SCREEN = CheckScreen
