"""How many deliveries came, how fast, and what became of them: plain arithmetic over what the log says of each."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from webhook_inspector.core.clock import NS_PER_S
from webhook_inspector.core.verification import VerificationStatus
from webhook_inspector.events.counted import Seen

_MINUTE_NS = 60 * NS_PER_S
JUDGED_BAD = (
    VerificationStatus.INVALID,
    VerificationStatus.STALE,
    VerificationStatus.MISSING,
    VerificationStatus.MALFORMED,
)
"""What a known secret or recipe found wrong. Without a secret nothing is judged."""
BARS = "▁▂▃▄▅▆▇"


@dataclass(frozen=True, slots=True)
class Spread:
    """How some numbers are spread. Each value occurred: percentiles are the nearest rank."""

    count: int
    p50: float
    p95: float
    p99: float
    max: float


@dataclass(frozen=True, slots=True)
class Statistics:
    """What is said of a group of deliveries. There is at least one."""

    deliveries: int
    first_ns: int
    last_ns: int
    per_minute: float | None
    """Mean between the first and the last delivery; None when all came in the same instant."""
    busiest_minute: int
    """The most that came within any 60 s."""
    buckets: tuple[int, ...]
    """How many came in each of equal spans of time, the same ones for all groups of a report."""
    signatures: dict[str, int]
    """Deliveries by `VerificationStatus`; those without one are left out."""
    bad_signature_share: float | None
    """Of those that could be judged: invalid, stale, missing or malformed. None: none could."""
    duplicates: int
    retries: int
    late: int
    drift: int
    refused: int
    sent: int
    """Deliveries that were sent on or replayed."""
    failed_share: float | None
    """Of those sent: the latest attempt was not answered 2xx. None: none was sent."""
    latency_ms: Spread | None
    """Of all answers to forwards and replays; None: there was none."""
    body_size: Spread


@dataclass(slots=True)
class Tally:
    """Counts deliveries one by one. Some 24 bytes each are kept."""

    received: array[int] = field(default_factory=lambda: array("q"))
    sizes: array[int] = field(default_factory=lambda: array("q"))
    latencies: array[float] = field(default_factory=lambda: array("d"))
    signatures: Counter[str] = field(default_factory=Counter)
    duplicates: int = 0
    retries: int = 0
    late: int = 0
    drift: int = 0
    refused: int = 0
    sent: int = 0
    failed: int = 0

    def add(self, one: Seen) -> None:
        """Count one delivery."""
        self.received.append(one.received_ns)
        self.sizes.append(one.body_size)
        if one.sig is not None:
            self.signatures[one.sig] += 1
        self.duplicates += one.duplicate
        self.retries += one.retry
        self.late += one.late
        self.drift += one.drift
        self.refused += one.refused
        if one.sent:
            self.sent += 1
            self.failed += one.last_status is None or not 200 <= one.last_status < 300

    def merge(self, other: Tally) -> None:
        """Count what another one counted."""
        self.received.extend(other.received)
        self.sizes.extend(other.sizes)
        self.latencies.extend(other.latencies)
        self.signatures.update(other.signatures)
        self.duplicates += other.duplicates
        self.retries += other.retries
        self.late += other.late
        self.drift += other.drift
        self.refused += other.refused
        self.sent += other.sent
        self.failed += other.failed

    def statistics(self, span: tuple[int, int], buckets: int) -> Statistics:
        """What the counts come to.

        Args:
            span: First and last time that the buckets cover, in ns since the epoch.
            buckets: How many there are.

        Raises:
            ValueError: Nothing was counted.
        """
        times = sorted(self.received)
        sizes = spread(self.sizes)
        if sizes is None:
            raise ValueError("nothing was counted")
        bad = sum(self.signatures[status.value] for status in JUDGED_BAD)
        return Statistics(
            deliveries=len(times),
            first_ns=times[0],
            last_ns=times[-1],
            per_minute=rate_per_minute(len(times), times[-1] - times[0]),
            busiest_minute=most_within(times, _MINUTE_NS),
            buckets=bucketed(times, span, buckets),
            signatures=dict(sorted(self.signatures.items())),
            bad_signature_share=share(bad, bad + self.signatures[VerificationStatus.VALID.value]),
            duplicates=self.duplicates,
            retries=self.retries,
            late=self.late,
            drift=self.drift,
            refused=self.refused,
            sent=self.sent,
            failed_share=share(self.failed, self.sent),
            latency_ms=spread(self.latencies),
            body_size=sizes,
        )


def nearest_rank(ordered: Sequence[float], percent: int) -> float:
    """The smallest value that so many percent of all do not exceed.

    Args:
        ordered: Ascending, not empty.
        percent: 1 to 100.
    """
    return ordered[-(-percent * len(ordered) // 100) - 1]


def spread(numbers: Iterable[float]) -> Spread | None:
    """Percentiles of numbers in any order; None when there are none."""
    ordered = sorted(numbers)
    if not ordered:
        return None
    p50, p95, p99 = (nearest_rank(ordered, percent) for percent in (50, 95, 99))
    return Spread(len(ordered), p50, p95, p99, ordered[-1])


def rank_in_runs(runs: Sequence[Sequence[float]], percent: int) -> float:
    """As `nearest_rank` of several ascending runs together, without one long sort, in which no other thread runs.

    Args:
        runs: Ascending each, none of them empty; at least one.
        percent: 1 to 100.
    """
    rank = -(-percent * sum(map(len, runs)) // 100)
    low, high = min(run[0] for run in runs), max(run[-1] for run in runs)
    if sum(bisect_right(run, low) for run in runs) >= rank:
        return low
    while True:  # fewer than `rank` values are at most `low`
        at_low = [bisect_right(run, low) for run in runs]
        following = min(run[at] for run, at in zip(runs, at_low, strict=True) if at < len(run))
        if sum(bisect_right(run, following) for run in runs) >= rank:
            return following
        low = following
        middle = low + (high - low) / 2
        if sum(bisect_right(run, middle) for run in runs) >= rank:
            high = middle
        else:
            low = middle


def spread_of_runs(runs: Sequence[Sequence[float]]) -> Spread | None:
    """As `spread`, of several ascending runs together."""
    filled = [run for run in runs if run]
    if not filled:
        return None
    p50, p95, p99, top = (rank_in_runs(filled, percent) for percent in (50, 95, 99, 100))
    return Spread(sum(map(len, filled)), p50, p95, p99, top)


def share(part: int, whole: int) -> float | None:
    """A part of a whole, 0 to 1; None when there is no whole."""
    return part / whole if whole else None


def rate_per_minute(count: int, span_ns: int) -> float | None:
    """The mean rate at which the others followed the first; None when there is no time between them."""
    return (count - 1) * _MINUTE_NS / span_ns if span_ns > 0 else None


def most_within(times: Sequence[int], window_ns: int) -> int:
    """The most of some ascending times that lie within any window: less than its length apart."""
    best = start = 0
    for end, time in enumerate(times):
        while time - times[start] >= window_ns:
            start += 1
        if end - start >= best:
            best = end - start + 1
    return best


def bucketed(times: Iterable[int], span: tuple[int, int], buckets: int) -> tuple[int, ...]:
    """How many times lie in each of the equal parts of a span, both ends included; those outside count at its ends."""
    start, end = span
    step = max(1, -(-(end - start + 1) // buckets))
    found = Counter((time - start) // step for time in times)
    counts = [0] * buckets
    for bucket, count in found.items():
        counts[max(0, min(buckets - 1, bucket))] += count
    return tuple(counts)


def sparkline(counts: Sequence[int]) -> str:
    """Counts as bars, the highest one full; a bar however low for anything, a space for nothing."""
    top = max(counts, default=0)
    return "".join(BARS[-(-count * len(BARS) // top) - 1] if count else " " for count in counts)
