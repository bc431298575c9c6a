"""Every attempt of this delivery: live forwards and replays, and what was answered."""

from __future__ import annotations

from webhook_inspector.core import units
from webhook_inspector.core.attempt import Attempt, Outcome
from webhook_inspector.core.delivery import Record
from webhook_inspector.core.headers import decode_header
from webhook_inspector.engine.inspector import Inspector
from webhook_inspector.tui.safe import Line, fit, fit_right
from webhook_inspector.tui.tabs.api import Tab
from webhook_inspector.tui.widgets.documents import Document, FixedDocument, sentences
from webhook_inspector.tui.widgets.list_rows import clock_text

_WORDS = {
    Outcome.REFUSED: "no connection",
    Outcome.TIMED_OUT: "timed out",
    Outcome.RESET: "broke off",
    Outcome.CANCELLED: "stopped",
    Outcome.NOT_SENT: "not sent",
}
BODY_LINES = 40


def build(inspector: Inspector, record: Record, _flipped: bool) -> Document:
    """The attempts, oldest first, each with its answer below it."""
    attempts = inspector.attempts(record.delivery.id)
    tries = inspector.tries(record).lines()
    if not attempts:
        told = ["", "  Tries of this event", *(f"  {line}" for line in tries)] if tries else []
        no_app = inspector.forward_target is None and not any(source.forward for source in inspector.config.sources)
        without = "  Not sent on: no app is set. --forward URL sends each delivery on as it comes in."
        return sentences(
            "",
            without if no_app else "  Not sent on yet.",
            "",
            "  r replays it to your app: you see the plan before anything is sent.",
            *told,
        )
    lines = (
        [Line.of(("strong", "Tries of this event")), *(Line.of(("text", line)) for line in tries), Line()]
        if tries
        else []
    )
    lines += [Line.of(("dim", "SENT      RUN    AS            ANSWER           TIME"))]
    folds: dict[int, int] = {}
    values: dict[int, str] = {}
    for attempt in attempts:
        start = len(lines)
        lines.append(_line(attempt))
        lines += _answer(attempt)
        values[start] = attempt.response_body.decode("utf-8", "replace")
        if len(lines) - 1 > start:
            folds[start] = len(lines) - 1
    return FixedDocument(lines, values=values, folds=folds)


def _line(attempt: Attempt) -> Line:
    if attempt.outcome is Outcome.RESPONDED:
        good = attempt.status is not None and 200 <= attempt.status < 300
        words, role = f"{'✓' if good else '✗'} {attempt.status}", "ok" if good else "bad"
    elif attempt.outcome is None:
        words, role = "… in flight", "dim"
    else:
        words, role = f"✗ {_WORDS[attempt.outcome]}", "bad"
    took = "" if attempt.duration_ms is None else units.duration(attempt.duration_ms)
    run = f"{attempt.run_id}" if attempt.run_id is not None else "live"
    return Line.of(
        ("dim", clock_text(attempt.started_ns) + "  "),
        ("text", fit(run, 5) + "  "),
        ("dim", fit(", ".join(attempt.labels), 12) + "  "),
        (role, fit(words, 13) + " "),
        ("text", fit_right(took, 8)),
    )


def _answer(attempt: Attempt) -> list[Line]:
    lines = [Line.of(("dim", "    to "), ("text", attempt.url))]
    if attempt.detail:
        lines.append(Line.of("    ") + Line.captured(attempt.detail, "dim"))
    lines += [Line.of(("dim", "    not as captured: "), ("dim", each)) for each in attempt.differences]
    content_type = attempt.response_headers.get_bytes("content-type")
    if attempt.response_body:
        kind = f" · {decode_header(content_type)}" if content_type else ""
        lines.append(Line.of(("dim", f"    {units.size(len(attempt.response_body))}{kind}")))
        shown = attempt.response_body[:4000].decode("utf-8", "backslashreplace").split("\n")[:BODY_LINES]
        lines += [Line.of("    ") + Line.captured(line[:500].removesuffix("\r")) for line in shown if line]
    return lines


def badge(record: Record) -> Line:
    """How many attempts there are; bold when the last one failed."""
    if not record.facts.attempts:
        return Line()
    status = record.facts.last_status
    good = status is not None and 200 <= status < 300
    return Line.of(("dim" if good else "bad", str(record.facts.attempts)))


TAB = Tab(5, "Runs", "Runs", build, badge)
