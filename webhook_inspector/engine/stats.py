"""Statistics of the deliveries that a filter names, a row for each group of them."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from webhook_inspector.core.clock import iso_utc
from webhook_inspector.core.display import show
from webhook_inspector.errors import UsageError
from webhook_inspector.events.counted import Seen
from webhook_inspector.events.statistics import Spread, Statistics, Tally
from webhook_inspector.store.log import Log

Key = tuple[str | int | None, ...]
BUCKETS = 16
MAX_ROWS = 2000
"""A sender chooses the names of its events: what comes after so many different ones is counted as one row."""


@dataclass(frozen=True, slots=True)
class Grouping:
    """What makes deliveries one row."""

    names: tuple[str, ...]
    """Of the parts of the key, as in the JSON."""
    key: Callable[[Seen], Key]


GROUPINGS: Mapping[str, Grouping] = {
    "event": Grouping(("source", "event_type"), lambda one: (one.source, one.event_type)),
    "source": Grouping(("source",), lambda one: (one.source,)),
    "type": Grouping(("event_type",), lambda one: (one.event_type,)),
    "provider": Grouping(("provider",), lambda one: (one.provider,)),
    "status": Grouping(
        ("status",), lambda one: (one.last_status if one.last_status is not None else one.last_outcome,)
    ),
}
"""Ways to group. `event`: by source and event type. A status is a number, or how the latest attempt ended without."""


@dataclass(frozen=True, slots=True)
class StatsRow:
    """One group."""

    key: Key | None
    """The values of the grouping's names; None: the groups beyond `MAX_ROWS` together."""
    statistics: Statistics


@dataclass(frozen=True, slots=True)
class StatsReport:
    """All groups, the largest first."""

    by: str
    rows: tuple[StatsRow, ...]
    total: Statistics | None
    """None: no delivery matches."""


def measure(log: Log, ids: array[int], by: str) -> StatsReport:
    """Count deliveries.

    Args:
        log: Open.
        ids: Their numbers, ascending; those that are gone are left out.
        by: A key of `GROUPINGS`.

    Raises:
        UsageError: There is no such grouping.
    """
    if by not in GROUPINGS:
        raise UsageError(f"Deliveries cannot be grouped by {show(by, 40)}; known: {', '.join(GROUPINGS)}.")
    key_of = GROUPINGS[by].key
    tallies: dict[Key | None, Tally] = {}
    for deliveries, answers in log.seen_and_answers(ids):
        sent: dict[int, Tally] = {}
        for one in deliveries:
            key: Key | None = key_of(one)
            tally = tallies.get(key)
            if tally is None:
                key = key if len(tallies) < MAX_ROWS else None
                tally = tallies.setdefault(key, Tally())
            tally.add(one)
            sent[one.id] = tally
        for number, ms in answers:
            if number in sent:
                sent[number].latencies.append(ms)
    if not tallies:
        return StatsReport(by, (), None)
    total = Tally()
    for tally in tallies.values():
        total.merge(tally)
    span = (min(total.received), max(total.received))
    rows = [StatsRow(key, tally.statistics(span, BUCKETS)) for key, tally in tallies.items()]
    rows.sort(key=_largest_first)
    return StatsReport(by, tuple(rows), total.statistics(span, BUCKETS))


def _largest_first(row: StatsRow) -> tuple[Any, ...]:
    """Order of rows: those beyond `MAX_ROWS` last; ties by name."""
    names = tuple("" if part is None else str(part) for part in row.key or ())
    return (row.key is None, -row.statistics.deliveries, names)


def row_json(row: StatsRow, by: str) -> dict[str, Any]:
    """A row as an object."""
    names = GROUPINGS[by].names
    if row.key is None:
        return {"type": "stats", **dict.fromkeys(names), "others": True} | _numbers(row.statistics)
    return {"type": "stats", **dict(zip(names, row.key, strict=True))} | _numbers(row.statistics)


def total_json(total: Statistics | None) -> dict[str, Any]:
    """The total as an object; without deliveries it says only that."""
    return {"type": "total", "deliveries": 0} if total is None else {"type": "total"} | _numbers(total)


def _numbers(one: Statistics) -> dict[str, Any]:
    return {
        "deliveries": one.deliveries,
        "first_at": iso_utc(one.first_ns),
        "last_at": iso_utc(one.last_ns),
        "rate_per_minute": one.per_minute,
        "busiest_minute": one.busiest_minute,
        "over_time": list(one.buckets),
        "signatures": one.signatures,
        "bad_signature_share": one.bad_signature_share,
        "duplicates": one.duplicates,
        "retries": one.retries,
        "late": one.late,
        "drift": one.drift,
        "refused": one.refused,
        "sent": one.sent,
        "failed_share": one.failed_share,
        "latency_ms": None if one.latency_ms is None else _spread(one.latency_ms),
        "body_size": _spread(one.body_size),
    }


def _spread(one: Spread) -> dict[str, float]:
    return {"count": one.count, "p50": one.p50, "p95": one.p95, "p99": one.p99, "max": one.max}
