"""Deliveries over time: how many came, failed and how fast they were answered, in equal steps, and by event type."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import ceil

from webhook_inspector.core.clock import NS_PER_S
from webhook_inspector.events.counted import Answers, Counted, Shaped, Span
from webhook_inspector.events.statistics import BARS, JUDGED_BAD, Spread, spread_of_runs

_MINUTE = 60
_HOUR = 3600
_DAY = 86_400
_STEPS_S = (
    *(1, 2, 5, 10, 15, 30, _MINUTE, 2 * _MINUTE, 5 * _MINUTE, 10 * _MINUTE, 15 * _MINUTE, 30 * _MINUTE),
    *(_HOUR, 2 * _HOUR, 3 * _HOUR, 6 * _HOUR, 12 * _HOUR, _DAY, 2 * _DAY, 7 * _DAY, 14 * _DAY, 28 * _DAY),
)
"""Lengths of a step that a person counts in; beyond them multiples of the last."""
MAX_KINDS = 2000
"""A sender chooses the names of its events: what comes after so many different ones is counted as one row."""


_HIGHEST = 6


def step_words(ns: int) -> str:
    """A length of whole seconds: `10 s`, `30 min`, `3 h`, `2 days`."""
    seconds = ns // NS_PER_S
    for size, word in ((_DAY, " day" if seconds == _DAY else " days"), (_HOUR, " h"), (_MINUTE, " min")):
        if seconds >= size and seconds % size == 0:
            return f"{seconds // size}{word}"
    return f"{seconds} s"


def span_until(now_ns: int, step_s: int, buckets: int) -> Span:
    """The steps up to now. They start at multiples of their length, so that bars stand still while time goes on."""
    step = step_s * NS_PER_S
    return Span((now_ns // step + 1 - buckets) * step, step, buckets)


def span_over(first_ns: int, last_ns: int, buckets: int) -> Span:
    """At most `buckets` steps of a length that a person counts in, from the first moment to the last."""
    for step_s in (*_STEPS_S, *(_STEPS_S[-1] * 2**power for power in range(1, 40))):
        step = step_s * NS_PER_S
        start = first_ns // step * step
        needed = (last_ns - start) // step + 1
        if needed <= buckets:
            return Span(start, step, max(1, needed))
    raise ValueError("the times lie too far apart")


@dataclass(frozen=True, slots=True)
class Bucket:
    """One step."""

    start_ns: int
    arrivals: int
    sent: int
    failures: int
    answers: int
    p50: float | None
    """Milliseconds, of all answers to deliveries that came in this step; None: there was none."""
    p95: float | None


@dataclass(slots=True)
class Kind:
    """One source and event type."""

    source: str | None
    """None: all kinds beyond `MAX_KINDS` together."""
    event_type: str | None
    deliveries: int = 0
    signatures: Counter[str] = field(default_factory=Counter)
    """Deliveries by `VerificationStatus`; those without one are left out."""
    duplicates: int = 0
    sent: int = 0
    failed: int = 0
    shapes: int = 0

    @property
    def bad_signatures(self) -> int:
        """Those that could be judged and do not hold."""
        return sum(self.signatures[status] for status in JUDGED_BAD)


@dataclass(frozen=True, slots=True)
class Series:
    """Everything in a span."""

    span: Span
    buckets: tuple[Bucket, ...]
    kinds: tuple[Kind, ...]
    """The largest first."""
    latency_ms: Spread | None
    """Of all answers; None: there was none."""

    @property
    def deliveries(self) -> int:
        """How many came."""
        return sum(bucket.arrivals for bucket in self.buckets)

    @property
    def sent(self) -> int:
        """How many were sent on or replayed."""
        return sum(bucket.sent for bucket in self.buckets)

    @property
    def failures(self) -> int:
        """Of those sent, how many were not answered 2xx in the end."""
        return sum(bucket.failures for bucket in self.buckets)

    @property
    def peak(self) -> Bucket | None:
        """The step in which most came, the latest of several; None when nothing came."""
        best = max(self.buckets, key=lambda one: (one.arrivals, one.start_ns), default=None)
        return best if best is not None and best.arrivals else None


def build(span: Span, counted: Iterable[Counted], answers: Iterable[Answers], shaped: Iterable[Shaped]) -> Series:
    """Add up what the log counted. What lies outside of the span is left out."""
    arrivals, sent, failures = ([0] * span.buckets for _ in range(3))
    kinds: dict[tuple[str | None, str | None], Kind] = {}
    for one in counted:
        if not 0 <= one.bucket < span.buckets:
            continue
        arrivals[one.bucket] += one.deliveries
        sent[one.bucket] += one.sent
        failures[one.bucket] += one.failed
        kind = _kind(kinds, one.source, one.event_type)
        kind.deliveries += one.deliveries
        kind.duplicates += one.duplicates
        kind.sent += one.sent
        kind.failed += one.failed
        if one.sig is not None:
            kind.signatures[one.sig] += one.deliveries
    for shape in shaped:
        found = kinds.get((shape.source, shape.event_type))
        if found is not None:
            found.shapes += 1
    times: list[list[float]] = [[] for _ in range(span.buckets)]
    for answer in answers:
        if 0 <= answer.bucket < span.buckets:
            times[answer.bucket].extend(answer.times)
    for some in times:
        some.sort()
    spreads = [spread_of_runs([some]) for some in times]
    buckets = tuple(
        Bucket(
            span.start_of(n),
            arrivals[n],
            sent[n],
            failures[n],
            len(times[n]),
            None if one is None else one.p50,
            None if one is None else one.p95,
        )
        for n, one in enumerate(spreads)
    )
    return Series(span, buckets, _ordered(kinds), spread_of_runs(times))


def bars(values: Sequence[float | None]) -> str:
    """Values as bars, the highest one six eighths: rows of them do not melt together. A space for nothing."""
    top = max((value for value in values if value), default=0.0)
    return "".join(
        BARS[min(_HIGHEST, max(1, ceil(value / top * _HIGHEST))) - 1] if value and value > 0 else " "
        for value in values
    )


def _kind(kinds: dict[tuple[str | None, str | None], Kind], source: str, event_type: str | None) -> Kind:
    key: tuple[str | None, str | None] = (source, event_type)
    if key not in kinds and len(kinds) >= MAX_KINDS:
        key = (None, None)
    return kinds.setdefault(key, Kind(*key))


def _ordered(kinds: dict[tuple[str | None, str | None], Kind]) -> tuple[Kind, ...]:
    return tuple(
        sorted(
            kinds.values(),
            key=lambda one: (one.source is None, -one.deliveries, one.source or "", one.event_type or ""),
        )
    )
