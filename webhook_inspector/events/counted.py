"""What the log counts of deliveries, and what it says of each to be counted: rows, and the times they are of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Span(NamedTuple):
    """Equal steps of time. A step includes its start, not its end."""

    start_ns: int
    step_ns: int
    buckets: int

    @property
    def end_ns(self) -> int:
        """Where the last step ends."""
        return self.start_ns + self.step_ns * self.buckets

    def start_of(self, bucket: int) -> int:
        """Where a step starts."""
        return self.start_ns + self.step_ns * bucket


class Counted(NamedTuple):
    """Deliveries of one step, kind and signature status, counted by the log."""

    bucket: int
    source: str
    event_type: str | None
    sig: str | None
    """A `VerificationStatus`; None: unsigned, or not looked at yet."""
    deliveries: int
    duplicates: int
    sent: int
    failed: int
    """Of those sent: the latest attempt was not answered 2xx."""


class Answers(NamedTuple):
    """How long answers took to deliveries of one step and kind."""

    bucket: int
    source: str
    event_type: str | None
    live: bool
    """Sent on as it arrived; else replayed, at a time of the user's own."""
    times: Sequence[float]
    """Milliseconds."""


class Shaped(NamedTuple):
    """Deliveries of one structure."""

    source: str
    event_type: str
    shape: str
    deliveries: int
    first_id: int
    first_ns: int
    differs: bool
    """The first of them differs from the delivery before of its type."""


class Seen(NamedTuple):
    """What the log says of one delivery, as far as it is counted here."""

    id: int
    source: str
    event_type: str | None
    provider: str | None
    received_ns: int
    """Nanoseconds since the epoch, UTC."""
    body_size: int
    refused: bool
    sig: str | None
    """A `VerificationStatus`; None: unsigned, or not looked at yet."""
    duplicate: bool
    retry: bool
    late: bool
    drift: bool
    sent: bool
    """It was sent on or replayed, and that has ended."""
    last_status: int | None
    """What the latest attempt was answered."""
    last_outcome: str | None
