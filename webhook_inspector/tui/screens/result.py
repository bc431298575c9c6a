"""What came back: the result of a run, and the answers one by one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from webhook_inspector.core import display
from webhook_inspector.core.attempt import Attempt
from webhook_inspector.core.clock import iso_utc
from webhook_inspector.core.units import duration, size
from webhook_inspector.replay import planfile, preview
from webhook_inspector.replay.retrying import retried
from webhook_inspector.tui.base import InspectorScreen, KeyLine, Row, StatusLine
from webhook_inspector.tui.copying import CopyEntry, copy_menu
from webhook_inspector.tui.keys import bind, binds
from webhook_inspector.tui.last_replay import LastReplay, delivery_ids, last_replay, remember, repeat
from webhook_inspector.tui.replay_form import ReplayForm
from webhook_inspector.tui.safe import Line
from webhook_inspector.tui.screens.replay import ReplayScreen
from webhook_inspector.tui.widgets.answers import answer_role, answer_sentence
from webhook_inspector.tui.widgets.result_rows import Page, page, report, title
from webhook_inspector.tui.widgets.rows import Rows
from webhook_inspector.tui.widgets.timeline import mark_words

if TYPE_CHECKING:
    from webhook_inspector.engine.run_result import RunResult

_ANSWER_LINES = 400
"""Lines of one answer's body that are shown."""


class _ResultRows(Rows):
    """The page of a result, made for its width."""

    def __init__(self, result: RunResult, *, id: str) -> None:  # noqa: A002 (Textual's name)
        super().__init__(id=id)
        self._result = result
        self.page = Page()

    def on_resize(self) -> None:
        """The page depends on the width."""
        if self.outer_size.width:
            before = self._free_rows()
            self.page = page(self._result, self.outer_size.width - 2)  # the edge, and room for a scroll bar
            after = self._free_rows()
            if self.cursor in before and len(before) == len(after):  # the same row, wherever it stands now
                self.set_reactive(Rows.cursor, after[before.index(self.cursor)])
            self.set_lines(self.page.lines, fixed=self.page.fixed)
        super().on_resize()

    def _free_rows(self) -> list[int]:
        fixed = set(self.page.fixed)
        return [row for row in range(len(self.page.lines)) if row not in fixed]


class ResultScreen(InspectorScreen):
    """The result of one run.

    Args:
        result: The run.
        form: The choices that made its plan, when they are known.
        stopped: Whether the user stopped it.
    """

    TITLE_WORDS = "Result of a run"
    CSS = """
    ResultScreen #answer { display: none; height: 7; }
    ResultScreen.-tall #answer { display: block; }
    ResultScreen.-zoom #answer { display: none; }
    """
    VERTICAL_BREAKPOINTS = [(0, "-small"), (34, "-tall")]  # noqa: RUF012 (Textual declares it as an instance attribute)
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("repeat", "again", "send the same plan again, at once"),
        bind("replay", "edit", "edit the plan"),
        *binds("problem", "copy", "zoom"),
    ]

    def __init__(self, result: RunResult, *, form: ReplayForm | None = None, stopped: bool = False) -> None:
        super().__init__()
        self.result = result
        self._form = form
        self._stopped = stopped

    def compose(self) -> ComposeResult:
        """Title, page, the chosen delivery's answer, status, keys."""
        yield Row(lambda width: title(self.result, width, stopped=self._stopped), ground="raised", id="title")
        yield _ResultRows(self.result, id="rows")
        yield Rows(cursor=False, id="answer")
        yield StatusLine(self._resting, id="status")
        yield KeyLine(["repeat", ("replay", "edit plan"), ("open", "answers"), "problem",
                       "copy", "help", "back"])  # fmt: skip

    def on_mount(self) -> None:
        """Begin at the first row that did not hold."""
        self.query_one("#answer", Rows).can_focus = False
        rows = self._rows
        rows.focus()
        self.call_after_refresh(self._begin)
        if self._stopped:
            unsent = len(self.result.plan.attempts) - sum(one.sent_at_ms is not None for one in self.result.attempts)
            self.say(f"Stopped: {unsent} of {len(self.result.plan.attempts)} requests were not sent", seconds=0)

    @property
    def _rows(self) -> _ResultRows:
        return self.query_one("#rows", _ResultRows)

    def _begin(self) -> None:
        rows = self._rows
        places = rows.page.problems or list(rows.page.deliveries)
        if places:
            rows.move_to(places[0])
        self._show_answer()

    def _resting(self, width: int) -> Line:  # noqa: ARG002 (the signature of a resting line)
        return Line.of(("dim", " Answers show what your handler said, not what it stored"))

    def chosen(self) -> int | None:
        """The delivery of the selected row."""
        return self._rows.page.deliveries.get(self._rows.cursor)

    def _attempts_of(self, delivery_id: int) -> list[Attempt]:
        return [one for one in self.result.attempts if one.delivery_id == delivery_id]

    def on_rows_moved(self, event: Rows.Moved) -> None:
        """Show the answer of the selected delivery below."""
        if event.rows is self._rows:
            self._show_answer()

    def _show_answer(self) -> None:
        chosen = self.chosen()
        lines: list[Line] = []
        if chosen is not None:
            sent = self._attempts_of(chosen)
            worst = next((one for one in sent if answer_role(one) in {"bad", "warn"}), sent[-1] if sent else None)
            if worst is not None:
                name = preview.letters(self.result.plan).get(chosen, "")
                lines = [Line(), answer_head(name, worst, self.result), *answer_body(worst)[:5]]
        self.query_one("#answer", Rows).set_lines(lines, keep=False)

    def on_rows_chosen(self, event: Rows.Chosen) -> None:
        """`⏎` on a row."""
        if event.rows is self._rows:
            self.action_answer()

    def action_answer(self) -> None:
        """All answers of the selected delivery."""
        chosen = self.chosen()
        if chosen is None:
            self.say("Choose a delivery's row to see its answers")
            return
        self.app.push_screen(AnswersScreen(self.result, chosen))

    def action_mark(self, n: int) -> None:
        """A mark of the timeline was clicked: to its delivery, and what came of this send."""
        rows = self._rows
        send = next((one for one in self.result.plan.attempts if one.n == n), None)
        place = None if send is None else next(
            (row for row, number in rows.page.deliveries.items() if number == send.delivery_id), None
        )  # fmt: skip
        if place is not None:
            rows.move_to(place)
        attempt = next((one for one in self.result.attempts if one.n == n), None)
        self.say(mark_words(self.result.plan, n, attempt), seconds=10)

    def action_problem(self) -> None:
        """The next row that did not hold."""
        rows = self._rows
        later = [index for index in rows.page.problems if index > rows.cursor] or rows.page.problems
        if later:
            rows.move_to(later[0])
        else:
            self.say(("ok", "✓ "), "No problem in this run")

    def _last(self) -> LastReplay:
        known = last_replay(self.app)
        form = self._form or ReplayForm(seed=self.result.seed)
        sending = known.sending if known is not None and known.run_id == self.result.id else form.sending()
        return LastReplay(self.result.plan, self.result.target, sending, form, self.result.id)

    def action_again(self) -> None:
        """Send the plan of this run again; its result takes the place of this one."""
        remember(self.app, self._last())

        def done(result: RunResult) -> None:
            if self.app.screen is self:
                self.app.switch_screen(ResultScreen(result, form=self._form))

        repeat(self.app, self.inspector_app.inspector, lambda line: self.say(line, seconds=0), done)

    def action_edit(self) -> None:
        """Back to the plan."""
        self.app.switch_screen(ReplayScreen(delivery_ids(self.result.plan), form=self._form, target=self.result.target))

    def action_copy(self) -> None:
        """Copy the report, the command, the plan, or an answer."""
        form = self._form
        entries = [CopyEntry("r", "report", "report", lambda: report(self.result))]
        if form is not None:
            ids = delivery_ids(self.result.plan)
            entries.append(CopyEntry("c", "command", "command", lambda: form.command(ids, self.result.target)))
        entries.append(CopyEntry("j", "plan as JSON", "plan", lambda: planfile.dump(self.result.plan), ".json"))
        chosen = self.chosen()
        if chosen is not None and self._attempts_of(chosen):
            sent = self._attempts_of(chosen)
            entries.append(CopyEntry("b", "answer body", "answer body", lambda: sent[-1].response_body))
        copy_menu(self, entries, name=f"run-{self.result.id}")


def answer_head(name: str, attempt: Attempt, result: RunResult) -> Line:
    """`B · copy 1 · sent 14:06:22.910 · 500 in 38 ms · 46 B`."""
    first = retried(attempt)
    copy = next((send.copy for send in result.plan.attempts if send.n == (first or attempt.n)), 1)
    parts = [f"copy {copy}", f"send {attempt.n}" if first is None else attempt.labels[-1]]
    if attempt.sent_at_ms is not None:
        parts.append(f"at {duration(attempt.sent_at_ms)}")
    line = Line.of(
        " ",
        ("strong", name),
        ("dim", "  ·  " + "  ·  ".join(parts) + "  ·  "),
        (answer_role(attempt), answer_sentence(attempt)),
    )
    if attempt.duration_ms is not None:
        line = line + Line.of(("dim", f" after {duration(attempt.duration_ms)}"))
    return line + Line.of(("dim", f"  ·  {size(len(attempt.response_body))}")) if attempt.response_body else line


def answer_body(attempt: Attempt) -> list[Line]:
    """The body of an answer, line by line; in its place what happened, when there is none."""
    if attempt.detail:
        return [Line.of(("dim", "   "), ("text", attempt.detail))]
    if not attempt.response_body:
        return [Line.of(("dim", "   empty body"))] if attempt.status is not None else []
    text = attempt.response_body.decode("utf-8", "backslashreplace")
    lines = display.many_lines(text[: _ANSWER_LINES * 200])
    shown = [Line.of("   ", ("text", line)) for line in lines[:_ANSWER_LINES]]
    if len(lines) > _ANSWER_LINES:
        shown.append(Line.of(("dim", "   … y b copies all of it")))
    return shown


class AnswersScreen(InspectorScreen):
    """Every answer to one delivery of a run, with its headers and body."""

    TITLE_WORDS = "Answers"
    BINDINGS: ClassVar[list[BindingType]] = [bind("copy")]

    def __init__(self, result: RunResult, delivery_id: int) -> None:
        super().__init__()
        self._result = result
        self._delivery = delivery_id
        self._sent = [one for one in result.attempts if one.delivery_id == delivery_id]

    def compose(self) -> ComposeResult:
        """Title, answers, status, keys."""
        label = f" Run {self._result.id}   #{self._delivery} {self._result.labels.get(self._delivery, '')}"
        yield Row(lambda _: Line.of(("strong", label)), ground="raised")
        yield Rows(self._lines(), cursor=False, id="answers")
        yield StatusLine()
        yield KeyLine(["down", "up", "copy", "help", "back"])

    def on_mount(self) -> None:
        """Keys scroll."""
        self.query_one("#answers", Rows).focus()

    def _lines(self) -> Sequence[Line]:
        name = preview.letters(self._result.plan).get(self._delivery, "")
        lines: list[Line] = []
        for attempt in self._sent:
            lines += [Line(), answer_head(name, attempt, self._result)]
            lines.append(Line.of(("dim", f"   to {attempt.url or 'nowhere'}  ·  {iso_utc(attempt.started_ns)}")))
            lines += [Line.of(("dim", f"   · {words}")) for words in attempt.differences]
            lines += [
                Line.of(("name", f"   {key}"), ("dim", ": "), ("text", value))
                for key, value in attempt.response_headers.text_pairs()
            ]
            lines += [Line(), *answer_body(attempt)]
        return lines

    def action_copy(self) -> None:
        """Copy a body, the headers, or all as text."""
        entries = [
            CopyEntry("r", "all as text", "answers", lambda: "\n".join(line.text for line in self._lines()) + "\n")
        ]
        if self._sent:
            entries.append(CopyEntry("b", "first body", "answer body", lambda: self._sent[0].response_body))
        if len(self._sent) > 1:
            entries.append(CopyEntry("l", "last body", "answer body", lambda: self._sent[-1].response_body))
        copy_menu(self, entries, name=f"run-{self._result.id}-{self._delivery}")


SCREEN = ResultScreen
