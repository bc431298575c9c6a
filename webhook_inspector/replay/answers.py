"""What the answer to an attempt is: in words, against an expectation, and against another answer."""

from __future__ import annotations

import re
from dataclasses import dataclass

from webhook_inspector.core.attempt import Attempt, Outcome
from webhook_inspector.core.display import show
from webhook_inspector.errors import UsageError

_STATUS = re.compile(r"[1-5](?:xx|[0-9][0-9])")
_OUTCOME_WORDS = {
    Outcome.REFUSED: "nothing listened there",
    Outcome.TIMED_OUT: "no answer in time",
    Outcome.RESET: "the connection broke",
    Outcome.CANCELLED: "stopped in flight",
    Outcome.NOT_SENT: "not sent",
}

# What an answer may change from copy to copy without meaning anything: ids, times, and numbers that are times.
_VOLATILE = re.compile(
    rb'"(?:[A-Za-z0-9_-]*[_-])?(?i:id|time|timestamp|date|at|ts|duration|elapsed|took|nonce|trace)(?:_?ms|_?s)?"\s*:\s*'
    rb'(?:"[^"\\]*(?:\\.[^"\\]*)*"|-?[0-9][0-9.eE+-]*)'
    rb'|"[a-z][A-Za-z0-9]*(?:Id|At|Time|Timestamp)"\s*:\s*(?:"[^"\\]*(?:\\.[^"\\]*)*"|-?[0-9][0-9.eE+-]*)'
    rb"|[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
    rb"|\b[0-9a-fA-F]{16,}\b"
    rb"|\b[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?"
    rb"|\b[0-9]{10,}(?:\.[0-9]+)?\b"
)


@dataclass(frozen=True, slots=True)
class Expectation:
    """Which statuses are right."""

    text: str
    """As given: `2xx`, `200`, `200,409`, `any`."""
    patterns: frozenset[str]

    def met_by(self, attempt: Attempt | None) -> bool:
        """Whether an attempt was answered with such a status."""
        if attempt is None or attempt.outcome is not Outcome.RESPONDED or attempt.status is None:
            return False
        status = str(attempt.status)
        return not self.patterns or status in self.patterns or f"{status[:1]}xx" in self.patterns


def parse_expect(text: str) -> Expectation:
    """Read what `--expect` takes: `2xx`, `200`, several with commas, or `any` (any answer).

    Raises:
        UsageError: It is none of these.
    """
    parts = [part.strip().lower() for part in text.split(",")]
    if parts == ["any"]:
        return Expectation("any", frozenset())
    if not all(_STATUS.fullmatch(part) for part in parts):
        raise UsageError(f"expect: {show(text, 40)!r} is not understood; write 2xx, 200, 200,409 or any.")
    return Expectation(",".join(parts), frozenset(parts))


def same_answer(first: Attempt, second: Attempt) -> bool:
    """Whether two answers have the same status, and the same body once ids and times are ignored."""
    return first.status == second.status and _settled(first.response_body) == _settled(second.response_body)


def answer_text(attempt: Attempt | None) -> str:
    """`200`, or in words what happened instead of an answer."""
    if attempt is None:
        return "not sent"
    if attempt.outcome is Outcome.RESPONDED and attempt.status is not None:
        return str(attempt.status)
    if attempt.outcome is None:
        return "outcome unknown"
    return _OUTCOME_WORDS.get(attempt.outcome, attempt.outcome.value)


def was_sent(attempt: Attempt | None) -> bool:
    """Whether it went out and its end is known."""
    return attempt is not None and attempt.outcome not in {None, Outcome.NOT_SENT, Outcome.CANCELLED}


def _settled(body: bytes) -> bytes:
    return _VOLATILE.sub(b"~", body)
