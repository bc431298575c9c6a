"""Attempts: outbound sends and what became of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from webhook_inspector.core.headers import Headers


class Outcome(StrEnum):
    """How an attempt ended. Failures of the network are data."""

    RESPONDED = "responded"
    REFUSED = "refused"
    """Nothing listens there."""
    TIMED_OUT = "timed_out"
    RESET = "reset"
    """The connection broke before a whole answer came."""
    CANCELLED = "cancelled"
    """Stopped while it was in flight: the target may have got it."""
    NOT_SENT = "not_sent"
    """No byte left."""


class Failure(StrEnum):
    """Whether sending again later can help."""

    TRANSIENT = "transient"
    PERMANENT = "permanent"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One outbound send. Immutable; attempts form a tree under their delivery."""

    n: int
    """Position in its run, from 1."""
    delivery_id: int
    run_id: int | None
    labels: tuple[str, ...]
    """`original`, `duplicate`, `delayed`, `reordered`, `forward`, ..."""
    url: str
    planned_at_ms: float
    sent_at_ms: float | None = None
    """Milliseconds after the run's start when the first byte left; None when none did."""
    outcome: Outcome | None = None
    """None: begun, and nothing is known of its end (the process died)."""
    failure: Failure | None = None
    status: int | None = None
    duration_ms: float | None = None
    response_headers: Headers = field(default_factory=Headers)
    response_body: bytes = b""
    """At most `net.limits.MAX_RESPONSE_BODY` bytes."""
    detail: str = ""
    """One plain sentence about a failure."""
    differences: tuple[str, ...] = ()
    """What could not go out exactly as captured, each named."""
    started_ns: int = 0
    """Nanoseconds since the epoch, UTC, when it was begun."""
    id: int = 0


def classify_failure(outcome: Outcome | None, status: int | None) -> Failure | None:
    """Whether a failed attempt is worth another try: 408, 425, 429 and 5xx, timeouts and broken connections are.

    Returns None for 2xx and for attempts that were cancelled or not sent.
    """
    if outcome is Outcome.RESPONDED and status is not None:
        if 200 <= status < 300:
            return None
        return Failure.TRANSIENT if status >= 500 or status in {408, 425, 429} else Failure.PERMANENT
    if outcome in {Outcome.REFUSED, Outcome.TIMED_OUT, Outcome.RESET}:
        return Failure.TRANSIENT
    return None
