"""Deliveries over time, counted by SQLite: few rows come back however many deliveries there are.

Each statement runs over the range of `facts_received` that its span covers, or once over the whole narrow table.
"""

from __future__ import annotations

from array import array
from typing import Any, NamedTuple

from webhook_inspector.core.filters import Query
from webhook_inspector.events.counted import Answers, Counted, Shaped, Span
from webhook_inspector.store.query import ids_condition
from webhook_inspector.store.readers import Readers
from webhook_inspector.store.values import clamped, pack_text, unpack_optional, unpack_text

_MOST_SHAPES = 20_000
"""Structures of one report: a sender chooses them."""
_MOST_REASONS = 100
_BUCKET = "CAST((f.received_ns - ?) / ? AS INTEGER)"
"""Times that lie centuries apart make a real number of the difference."""
_COUNT = (
    f"SELECT {_BUCKET} AS bucket, f.source, f.event_type, f.sig, count(*), "  # noqa: S608 (constants)
    "sum(f.duplicate_of IS NOT NULL), sum(f.last_attempt IS NOT NULL), sum(f.last_attempt IS NOT NULL AND "
    "(f.last_status IS NULL OR f.last_status NOT BETWEEN 200 AND 299)) FROM facts f WHERE {where} GROUP BY 1, 2, 3, 4"
)
# The times come as one text a group: SQLite gathers them in one step, in which other threads run Python freely.
_ANSWERS = (
    f"SELECT {_BUCKET} AS bucket, f.source, f.event_type, a.run_id IS NULL, group_concat(a.duration_ms) "  # noqa: S608
    "FROM facts f CROSS JOIN attempts a ON a.delivery_id = f.id WHERE f.attempts > 0 AND a.outcome = 'responded' "
    "AND a.duration_ms IS NOT NULL AND {where} GROUP BY 1, 2, 3, 4"
)
# The other columns are those of the row with the least number (sqlite.org/lang_select.html, bare columns).
_SHAPES = (
    "SELECT f.source, f.event_type, f.shape, count(*), min(f.id), f.received_ns, f.drift FROM facts f "
    "WHERE f.event_type IS NOT NULL AND f.shape IS NOT NULL AND {where} GROUP BY 1, 2, 3 ORDER BY 5 DESC LIMIT ?"
)
_REASONS = (
    "SELECT v.detail FROM facts f CROSS JOIN verifications v ON v.id = f.id "
    "WHERE f.source = ? AND f.sig IS NOT NULL AND f.received_ns >= ? AND f.received_ns < ? ORDER BY f.id DESC LIMIT ?"
)
_WAITING = (
    "SELECT o.target, count(*), min(o.delivery_id), max(o.delivery_id), min(f.received_ns) "
    "FROM outbox o JOIN facts f ON f.id = o.delivery_id GROUP BY o.target ORDER BY 3"
)


class Waiting(NamedTuple):
    """What still is to be sent on to one target."""

    target: str
    deliveries: int
    first_id: int
    last_id: int
    since_ns: int
    """When the oldest of them came."""


class Grouped(NamedTuple):
    """Everything that is counted of a span."""

    counted: list[Counted]
    answers: list[Answers]
    shaped: list[Shaped]


def read_series(readers: Readers, span: Span, query: Query, *, all_times: bool) -> Grouped:
    """Count the deliveries of a span that match.

    Args:
        readers: The connections.
        span: The steps.
        query: What must hold.
        all_times: The span covers everything that matches, so that the time need not be looked at.
    """
    where, values = ids_condition(query)
    if not all_times:
        where = f"f.received_ns >= ? AND f.received_ns < ? AND {where}"
        values = (*_ends(span), *values)
    steps = (_ends(span)[0], clamped(span.step_ns))
    counted = [
        Counted(row[0], unpack_text(row[1]), unpack_optional(row[2]), *row[3:])
        for row in readers.rows(_COUNT.format(where=where), (*steps, *values))
    ]
    answers = [
        Answers(row[0], unpack_text(row[1]), unpack_optional(row[2]), bool(row[3]), _times(row[4]))
        for row in readers.rows(_ANSWERS.format(where=where), (*steps, *values))
    ]
    shaped = [
        Shaped(unpack_text(row[0]), unpack_text(row[1]), unpack_text(row[2]), row[3], row[4], row[5], bool(row[6]))
        for row in readers.rows(_SHAPES.format(where=where), (*values, _MOST_SHAPES))
    ]
    return Grouped(counted, answers, shaped)


def read_ends(readers: Readers, query: Query) -> tuple[int, int] | None:
    """When the first and the last of what matches came, in ns; None when nothing does."""
    where, values = ids_condition(query)
    sql = (
        f"SELECT (SELECT min(f.received_ns) FROM facts f WHERE {where}), "  # noqa: S608 (our own SQL)
        f"(SELECT max(f.received_ns) FROM facts f WHERE {where})"
    )
    row = readers.one(sql, (*values, *values))
    return None if row is None or row[0] is None else (row[0], row[1])


def count_between(readers: Readers, start_ns: int, end_ns: int) -> int:
    """How many came in a time."""
    row = readers.one("SELECT count(*) FROM facts WHERE received_ns >= ? AND received_ns < ?", (start_ns, end_ns))
    return 0 if row is None else int(row[0])


def read_details(readers: Readers, source: str, span: Span) -> list[str]:
    """How the newest signatures of a source came out in a span, as `read_verification` takes them; some hundred."""
    rows = readers.rows(_REASONS, (pack_text(source), *_ends(span), _MOST_REASONS))
    return [detail for (detail,) in rows]


def read_waiting(readers: Readers) -> list[Waiting]:
    """What still is to be sent on, or is being sent on, by target."""
    return [Waiting(unpack_text(row[0]), *row[1:]) for row in readers.rows(_WAITING)]


def _ends(span: Span) -> tuple[int, int]:
    """Start and end as SQLite can hold them."""
    return clamped(span.start_ns), clamped(span.end_ns)


def _times(text: Any) -> array[float]:
    return array("d", map(float, str(text).split(",")))
