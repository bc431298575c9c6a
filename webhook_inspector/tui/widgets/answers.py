"""What came back from a target, as a word and a role."""

from __future__ import annotations

from webhook_inspector.core.attempt import Attempt, Outcome


def answer_word(attempt: Attempt) -> str:
    """What came back, in at most four letters: `200`, `err`, `slow`, `stop`, `–`; empty while waiting."""
    if attempt.outcome is None:
        return ""
    if attempt.outcome is Outcome.RESPONDED:
        return str(attempt.status)
    return {Outcome.TIMED_OUT: "slow", Outcome.CANCELLED: "stop", Outcome.NOT_SENT: "–"}.get(attempt.outcome, "err")


def answer_sentence(attempt: Attempt) -> str:
    """What came back, in words: `500`, `no connection`, `timed out`, ..."""
    if attempt.outcome is None:
        return "waiting"
    words = {
        Outcome.RESPONDED: str(attempt.status),
        Outcome.REFUSED: "no connection",
        Outcome.TIMED_OUT: "timed out",
        Outcome.RESET: "connection broken",
        Outcome.CANCELLED: "stopped in flight",
        Outcome.NOT_SENT: "not sent",
    }
    return words[attempt.outcome]


def succeeded(attempt: Attempt) -> bool:
    """Whether the answer was 2xx."""
    return attempt.outcome is Outcome.RESPONDED and attempt.status is not None and 200 <= attempt.status < 300


def answer_role(attempt: Attempt) -> str:
    """The role of the answer: only trouble is coloured."""
    if attempt.outcome in {None, Outcome.NOT_SENT, Outcome.CANCELLED}:
        return "dim"
    if succeeded(attempt):
        return "text"
    return "warn" if attempt.status is not None and attempt.status < 500 else "bad"
