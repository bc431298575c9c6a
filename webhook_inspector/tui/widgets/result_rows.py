"""The result of a run as lines: the picture, one row a delivery, and what the answers say. Pure."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING

from webhook_inspector.core.attempt import Attempt
from webhook_inspector.core.clock import NS_PER_MS
from webhook_inspector.core.units import duration, plural
from webhook_inspector.replay import preview
from webhook_inspector.replay.retrying import last_tries
from webhook_inspector.replay.verdict import DIFFERS, FAILED, LOOKS_SAFE, NOT_TESTED, REFUSED, DeliveryVerdict
from webhook_inspector.tui.last_replay import failure_words, where
from webhook_inspector.tui.safe import Line, Piece, cells, clean, fit, fit_middle, fit_right, spread
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
    width: int = 80
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

    def say(self, head: Line, words: str, *, delivery: int | None = None, problem: bool = False) -> None:
        """A row that ends in a sentence, which goes on below it when it is long."""
        room = max(20, self.width - head.width)
        first, *rest = textwrap.wrap(clean(words), room) or [""]
        self.row(head + Line.of(("dim", first)), delivery=delivery, problem=problem)
        self.text(*(Line.of(" " * head.width, ("dim", more)) for more in rest))


def _without_margin(line: Line) -> Line:
    first, *rest = line.pieces or (Piece(""),)
    return Line((first.part(1, None), *rest)) if first.text.startswith(" ") else line


def title(result: RunResult, width: int, *, stopped: bool = False) -> Line:
    """`Run 17   3 deliveries, 5 requests to localhost:3000   finished in 3.2 s   ✗ 1 of 3 deliveries failed`."""
    deliveries = plural(len(preview.captured_ids(result.plan)), "delivery", "deliveries")
    requests = plural(len(result.plan.attempts), "request")
    left = Line.of(("strong", f" Run {result.id}"), ("dim", f"   {deliveries}, {requests}"))
    target = Line.of(("dim", " to "), where(result.target))
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
    if left.width + target.width + end.width + 2 < width:
        left = left + target
    if left.width + cells(spent) + end.width + 2 < width:
        end = Line.of(("dim", spent)) + end
    return spread(left, end, width)


def page(result: RunResult, width: int) -> Page:
    """All of a result for a width in cells."""
    made = Page(width=width)
    names = preview.letters(result.plan)
    verdicts = {} if result.verdict is None else {one.delivery_id: one for one in result.verdict.deliveries}
    attempts = {attempt.n: attempt for attempt in last_tries(result.attempts)}
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
    head = f" {fit('DELIVERY', name_width)}{fit_right('SENT', 6)}  {fit('ANSWERS', 14 if wide else 12)}"
    made.text(Line.of(("dim", head + f"{fit_right('SLOWEST', 9)}  VERDICT")))
    by_delivery: dict[int, list[Attempt]] = {}
    for attempt in result.attempts:
        by_delivery.setdefault(attempt.delivery_id, []).append(attempt)
    for number in preview.captured_ids(result.plan):
        verdict = verdicts.get(number)
        sent = by_delivery.get(number, [])
        label = f"{names[number]} #{number} {result.labels.get(number, '')}"
        left = str(sum(one.sent_at_ms is not None for one in sent))
        slowest = max((one.duration_ms for one in sent if one.duration_ms is not None), default=None)
        took = "" if slowest is None else duration(slowest)
        line = Line.of(" ", fit_middle(label, name_width), fit_right(left, 6), "  ", _answers(sent, 14 if wide else 12))
        line = line + Line.of(("dim", fit_right(took, 9)), "  ")
        if verdict is not None:
            word, evidence = _verdict_words(verdict)
            line = line + Line.of(delivery_mark(verdict), " ", word)
            if line.width + cells(evidence) + 2 <= width:
                line = line + Line.of(("dim", f"  {evidence}"))
        made.row(line, delivery=number, problem=verdict is not None and _doubtful(verdict))


def _doubtful(verdict: DeliveryVerdict) -> bool:
    return not verdict.as_expected or verdict.word in {DIFFERS, REFUSED, FAILED}


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
    doubtful = [one for one in tested if one.word != LOOKS_SAFE][:20]
    shown = [*doubtful, *[one for one in tested if one.word == LOOKS_SAFE][:8]]
    for one in sorted(shown, key=lambda one: one.delivery_id):
        made.say(_head(MARKS[one.word], names[one.delivery_id], one.word), one.evidence, delivery=one.delivery_id)
    if len(shown) < len(tested):
        made.text(Line.of(("dim", f"     and {plural(len(tested) - len(shown), 'delivery', 'deliveries')} more")))
    once = [names[one.delivery_id] for one in verdicts if one.word == NOT_TESTED]
    if once:
        letters = " ".join(once)
        what = f"{letters if cells(letters) <= 24 else len(once)}: sent once; a verdict needs two copies"
        made.text(
            _head(MARKS[NOT_TESTED], "", NOT_TESTED) + Line.of(("dim", what if tested else "nothing was sent twice"))
        )
    if tested:
        made.text(Line.of(("dim", f"     {caveat}")))


def _head(mark: tuple[str, str], letter: str, word: str) -> Line:
    """`✓ A  looks safe   `: what comes before the sentence."""
    return Line.of("   ", mark, f" {fit(letter, 3)}" if letter else " ", f"{fit(word, 12)} ")


def _order_section(made: Page, result: RunResult) -> None:
    assert result.verdict is not None
    for check in result.verdict.checks:
        if check.name == "order":
            made.text(Line(), Line.of(("strong", " Does order matter?")))
            word = {None: NOT_TESTED, True: "no", False: "yes"}[check.holds]
            mark = {None: ("dim", "?"), True: ("ok", "✓"), False: ("bad", "✗")}[check.holds]
            made.say(_head(mark, "", word), check.evidence, problem=check.holds is False)


def _checks_section(made: Page, result: RunResult) -> None:
    assert result.verdict is not None
    made.text(Line(), Line.of(("strong", " Checks")))
    for check in result.verdict.checks:
        if check.name == "order":
            continue  # has its own section
        mark = {None: ("dim", "?"), True: ("ok", "✓"), False: ("bad", "✗")}[check.holds]
        made.say(Line.of("   ", mark, f" {fit(check.name, 24)} "), check.evidence, problem=check.holds is False)


def report(result: RunResult) -> str:
    """The result as plain lines, for a chat or an issue."""
    made = page(result, 118)
    lines = [title(result, 118).text, *(line.text for line in made.lines)]
    return "\n".join(line.rstrip() for line in lines) + "\n"
