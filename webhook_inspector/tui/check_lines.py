"""What a convergence check says, as lines: for its screen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from webhook_inspector.engine.checking import CheckReport
from webhook_inspector.replay.convergence import PROPERTIES, PropertyResult
from webhook_inspector.replay.convergence.plans import labels, to_plan
from webhook_inspector.replay.plan import PlanItem
from webhook_inspector.tui.safe import Line, clean, fit
from webhook_inspector.tui.widgets.timeline import draw
from webhook_inspector.tui.widgets.wrapping import remark, wrap_at

_MARKS = {None: ("dim", "?"), True: ("ok", "✓"), False: ("bad", "✗")}
_STATE_SHOWN = 400


def before(width: int, *, probe: bool) -> list[Line]:
    """What will be checked, and what to know before."""
    lines = [Line()]
    for name, words in PROPERTIES.items():
        lines.append(Line.of(("dim", f"   ? {fit(name, 12)} {words}")).cut(width))
    lines.append(Line())
    lines += remark("Only for a handler on test data: it is reset, and gets every delivery many times.", width)
    if not probe:
        lines += remark("Without a probe only answers are judged; what the handler stored cannot be seen.", width)
    return lines


def running(trials: Mapping[str, tuple[int, int]], width: int) -> list[Line]:
    """How far it is: trials and broken ones by property."""
    lines = [Line()]
    for name, words in PROPERTIES.items():
        count, broken = trials.get(name, (0, 0))
        mark = ("bad", "✗") if broken else ("accent", "…") if count else ("dim", "?")
        said = f"{count} trials" if count else words
        lines.append(Line.of("   ", mark, f" {fit(name, 12)} ", ("text" if count else "dim", said)).cut(width))
    return lines


def after(report: CheckReport, items: Sequence[PlanItem], width: int) -> list[Line]:
    """The report: each property, and what breaks it."""
    lines = [Line(), *(_result(result).cut(width) for result in report.results)]
    for result in report.results:
        if result.counterexample is not None:
            lines += [Line(), *_broken(result, items, report.seed, width)]
    lines.append(Line())
    for note in report.notes:
        lines += remark(note, width)
    return lines


def _result(result: PropertyResult) -> Line:
    return Line.of("   ", _MARKS[result.holds], ("strong", f" {fit(result.property, 12)} "), ("dim", result.covered))


def _broken(result: PropertyResult, items: Sequence[PlanItem], seed: int, width: int) -> list[Line]:
    found = result.counterexample
    assert found is not None
    lines = [
        Line.of(
            ("bad", " ✗ "), ("strong", result.property), ("dim", f"  must hold: {PROPERTIES[result.property]}")
        ).cut(width),
        *draw(to_plan(found.trial, items, seed), width, None, legend=False),
    ]
    names = {item.delivery_id: item.label for item in items}
    for place, (send, status, words) in enumerate(
        zip(found.trial.sends, found.got.statuses, labels(found.trial), strict=True), 1
    ):
        good = status is not None and 200 <= status < 300
        answer = ("dim", "not awaited") if status is None else ("ok" if good else "bad", str(status))
        label = f"#{send.delivery} {names.get(send.delivery, '')}"
        lines.append(
            Line.of(f"   {place}. ", fit(clean(label), 34), "  ", answer, ("dim", f"   {', '.join(words)}")).cut(width)
        )
    if found.what == "state":
        lines += _state("expected", found.wanted.state, "ok", width) + _state("got", found.got.state, "bad", width)
    else:
        lines += remark("A copy was not accepted that is accepted in captured order: it would be sent again.", width)
    if not found.stable:
        lines += remark(f"Flaky: it broke in {found.broken} of {found.tried} passes, so it is a race.", width)
    return lines


def _state(word: str, state: str | None, role: str, width: int) -> list[Line]:
    text = clean(state or "", _STATE_SHOWN)
    starts = wrap_at(text, max(10, width - 15)) or [0]
    pieces = [text[start:end] for start, end in zip(starts, [*starts[1:], None], strict=True)]
    return [
        Line.of(("dim", f"   {fit(word if place == 0 else '', 10)} "), (role, piece))
        for place, piece in enumerate(pieces)
    ]
