"""The result of a run as lines: the picture, one row a delivery, and what the answers say. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING

from webhook_inspector.core.attempt import Attempt
from webhook_inspector.core.clock import NS_PER_MS
from webhook_inspector.core.units import duration, plural
from webhook_inspector.replay import preview
from webhook_inspector.replay.verdict import DIFFERS, FAILED, LOOKS_SAFE, NOT_TESTED, REFUSED, DeliveryVerdict
from webhook_inspector.tui.last_replay import failure_words, where
from webhook_inspector.tui.safe import Line, Piece, cells, fit, fit_middle, fit_right, spread
from webhook_inspector.tui.widgets.answers import answer_role, answer_word
from webhook_inspector.tui.widgets.timeline import Progress, draw

if TYPE_CHECKING:
    from webhook_inspector.engine.run_result import RunResult

MARKS: Mapping[str, tuple[str, str]] = {
    LOOKS_SAFE: ("ok", "✓"),
    DIFFERS: ("warn", "!"),
    REFUSED: ("warn", "!"),
    FAILED: ("bad", "✗"),
    NOT_TESTED: ("dim", "?"),
}
"""Role and glyph of each verdict word."""


@dataclass(slots=True)
class Page:
    """Lines with what their rows stand for."""

    lines: list[Line] = field(default_factory=list)
    fixed: list[int] = field(default_factory=list)
    """Rows the cursor steps over."""
    deliveries: dict[int, int] = field(default_factory=dict)
    """Row to delivery number."""
    problems: list[int] = field(default_factory=list)
    """Rows that did not hold."""

    def text(self, *lines: Line) -> None:
        """Lines that cannot be chosen. Their left margin is where the edge of chosen rows stands."""
        for line in lines:
            self.fixed.append(len(self.lines))
            self.lines.append(_without_margin(line))

    def row(self, line: Line, *, delivery: int | None = None, problem: bool = False) -> None:
        """A line that the cursor stops at."""
        if delivery is not None:
            self.deliveries[len(self.lines)] = delivery
        if problem:
            self.problems.append(len(self.lines))
        self.lines.append(_without_margin(line))


def _without_margin(line: Line) -> Line:
    first, *rest = line.pieces or (Piece(""),)
    return Line((Piece(first.text[1:], first.role, first.action), *rest)) if first.text.startswith(" ") else line


def title(result: RunResult, width: int, *, stopped: bool = False) -> Line:
    """`Run 17   3 deliveries, 5 requests to localhost:3000   finished in 3.2 s   ✗ 1 of 3 deliveries failed`."""
    deliveries = plural(len(preview.captured_ids(result.plan)), "delivery", "deliveries")
    requests = plural(len(result.plan.attempts), "request")
    left = Line.of(
        ("strong", f" Run {result.id}"), ("dim", f"   {deliveries}, {requests} to "), where(result.target)
    )  # fmt: skip
    if result.verdict is None:
        end = Line.of(("warn", "! did not end "))
    elif result.verdict.holds:
        end = Line.of(("ok", "✓ "), "as expected ")
    else:
        end = Line.of(("bad", f"✗ {failure_words(result)} "))
    spent = ""
    if result.finished_ns is not None:
        took = duration((result.finished_ns - result.started_ns) / NS_PER_MS)
        spent = f"{'stopped after' if stopped else 'finished in'} {took}   "
    if left.width + cells(spent) + end.width < width:
        end = Line.of(("dim", spent)) + end
    return spread(left, end, width)


def page(result: RunResult, width: int) -> Page:
    """All of a result for a width in cells."""
    made = Page()
    names = preview.letters(result.plan)
    verdicts = {} if result.verdict is None else {one.delivery_id: one for one in result.verdict.deliveries}
    attempts = {attempt.n: attempt for attempt in result.attempts}
    marks = {number: delivery_mark(verdict) for number, verdict in verdicts.items()}
    made.text(Line())
    made.text(*draw(result.plan, width, Progress(attempts, None, marks), legend=False))
    made.text(Line())
    _table(made, result, names, verdicts, width)
    if result.verdict is None:
        made.text(
            Line(), Line.of(("warn", " ! "), "The run did not end: the program was stopped. What is known is shown.")
        )
        return made
    _repeat_section(made, result.verdict.deliveries, names, result.verdict.caveat)
    _order_section(made, result)
    _checks_section(made, result)
    return made


def delivery_mark(verdict: DeliveryVerdict) -> tuple[str, str]:
    """Role and glyph of a delivery: its word, but a wrong answer is never better than wrong."""
    if not verdict.as_expected and verdict.word in {LOOKS_SAFE, NOT_TESTED}:
        return "bad", "✗"
    if verdict.as_expected and verdict.word == NOT_TESTED:
        return "ok", "✓"
    return MARKS.get(verdict.word, ("dim", "?"))


def _verdict_words(verdict: DeliveryVerdict) -> tuple[str, str]:
    """The verdict of a delivery in the table: a word, and what it rests on."""
    if verdict.word == NOT_TESTED:
        if verdict.as_expected:
            return "answered", "sent once" if len(verdict.answers) == 1 else ""
        return "failed" if "not sent" not in verdict.answers else "not sent", ", ".join(dict.fromkeys(verdict.answers))
    if verdict.word == REFUSED:
        return REFUSED, "a copy was not accepted"
    return verdict.word, verdict.evidence


def _table(
    made: Page, result: RunResult, names: Mapping[int, str], verdicts: Mapping[int, DeliveryVerdict], width: int
) -> None:
    wide = width >= 100
    name_width = 36 if wide else 26
    head = f"  {fit('DELIVERY', name_width)}{fit_right('SENT', 5)}  {fit('ANSWERS', 14 if wide else 12)}"
    made.text(Line.of(("dim", head + f"{fit_right('SLOWEST', 9)}  VERDICT")))
    by_delivery: dict[int, list[Attempt]] = {}
    for attempt in result.attempts:
        by_delivery.setdefault(attempt.delivery_id, []).append(attempt)
    for number in preview.captured_ids(result.plan):
        verdict = verdicts.get(number)
        sent = by_delivery.get(number, [])
        label = f"{names[number]} #{number} {result.labels.get(number, '')}"
        answers = _answers(sent, 14 if wide else 12)
        slowest = max((one.duration_ms for one in sent if one.duration_ms is not None), default=None)
        end = Line()
        if verdict is not None:
            word, evidence = _verdict_words(verdict)
            end = Line.of(delivery_mark(verdict), " ", word, ("dim", f"  {evidence}"))
        left = str(sum(one.sent_at_ms is not None for one in sent))
        took = "" if slowest is None else duration(slowest)
        line = Line.of(" ", fit_middle(label, name_width), fit_right(left, 6), "  ", answers)
        line = line + Line.of(("dim", fit_right(took, 9)), "  ", end)
        problem = verdict is not None and (not verdict.as_expected or verdict.word in {DIFFERS, REFUSED, FAILED})
        made.row(line, delivery=number, problem=problem)


def _answers(sent: Sequence[Attempt], width: int) -> Line:
    """`200 409 ×3`: the answers in the order of sending, runs of one answer counted."""
    line = Line()
    for (role, word), group in groupby((answer_role(one), answer_word(one) or "…") for one in sent):
        times = len(list(group))
        line = line + Line.of(" " if line.pieces else "", (role, word), ("dim", f" ×{times}" if times > 1 else ""))
    return line.pad(width)


def _repeat_section(made: Page, verdicts: Sequence[DeliveryVerdict], names: Mapping[int, str], caveat: str) -> None:
    made.text(Line(), Line.of(("strong", " Is my handler safe to repeat?")))
    tested = [one for one in verdicts if one.word != NOT_TESTED]
    shown = [one for one in tested if one.word != LOOKS_SAFE][:20] + [one for one in tested if one.word == LOOKS_SAFE][
        :8
    ]
    for one in sorted(shown, key=lambda one: one.delivery_id):
        made.row(
            Line.of(
                "   ", MARKS[one.word], f" {fit(names[one.delivery_id], 3)}{fit(one.word, 12)} ", ("dim", one.evidence)
            ),
            delivery=one.delivery_id,
        )
    if len(shown) < len(tested):
        made.text(Line.of(("dim", f"     and {len(tested) - len(shown)} more")))
    once = len(verdicts) - len(tested)
    if once:
        what = "sent once; a verdict needs two copies" if once < len(verdicts) else "nothing was sent twice"
        letters = " ".join(names[one.delivery_id] for one in verdicts if one.word == NOT_TESTED)
        letters = letters if cells(letters) <= 11 else f"{once} more" if tested else "all"
        made.text(
            Line.of(
                "   ",
                ("dim", "? "),
                f"{fit(letters, 3)} " if cells(letters) <= 2 else f"{letters} ",
                ("dim", f"{NOT_TESTED}: {what}"),
            )
        )
    if tested:
        made.text(Line.of(("dim", f"     {caveat}")))


def _order_section(made: Page, result: RunResult) -> None:
    assert result.verdict is not None
    for check in result.verdict.checks:
        if check.name == "order":
            made.text(Line(), Line.of(("strong", " Does order matter?")))
            word = {None: NOT_TESTED, True: "no", False: "yes"}[check.holds]
            mark = {None: ("dim", "?"), True: ("ok", "✓"), False: ("bad", "✗")}[check.holds]
            line = Line.of("   ", mark, f" {fit(word, 11 if check.holds is None else 4)}", ("dim", check.evidence))
            made.row(line, problem=check.holds is False)


def _checks_section(made: Page, result: RunResult) -> None:
    assert result.verdict is not None
    made.text(Line(), Line.of(("strong", " Checks")))
    for check in result.verdict.checks:
        if check.name == "order":
            continue  # has its own section
        mark = {None: ("dim", "?"), True: ("ok", "✓"), False: ("bad", "✗")}[check.holds]
        line = Line.of("   ", mark, f" {fit(check.name, 24)} ", ("dim", check.evidence))
        made.row(line, problem=check.holds is False)


def report(result: RunResult) -> str:
    """The result as plain lines, for a chat or an issue."""
    made = page(result, 118)
    lines = [title(result, 118).text, *(line.text for line in made.lines)]
    return "\n".join(line.rstrip() for line in lines) + "\n"
