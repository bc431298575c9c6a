"""Reading the log: from any thread, never blocked by writers and never blocking them."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from webhook_inspector.core.attempt import Attempt
from webhook_inspector.core.delivery import Delivery, Event, Record, Summary
from webhook_inspector.core.filters import Query
from webhook_inspector.core.verification import Verification
from webhook_inspector.events.counted import Seen, Span
from webhook_inspector.store import prune
from webhook_inspector.store.completion import common_values
from webhook_inspector.store.outbox import WAITING, WAITING_BY_TARGET
from webhook_inspector.store.packing import LARGE
from webhook_inspector.store.query import count_matches, find_ids
from webhook_inspector.store.readers import Readers
from webhook_inspector.store.rows import (
    DELIVERY_COLUMNS,
    FACT_COLUMNS,
    SUMMARY_COLUMNS,
    read_delivery,
    read_facts,
    read_summary,
    read_verification,
)
from webhook_inspector.store.runs import ATTEMPT_COLUMNS, RUN_COLUMNS, RunRow, read_attempt, read_run
from webhook_inspector.store.series import (
    Grouped,
    Waiting,
    count_between,
    read_details,
    read_ends,
    read_series,
    read_waiting,
)
from webhook_inspector.store.shapes import COLUMNS as SHAPE_COLUMNS
from webhook_inspector.store.shapes import ShapeRow, condition, read_shape
from webhook_inspector.store.statistics import read_steps
from webhook_inspector.store.values import pack_text, unpack_optional, unpack_text

_WITHOUT_BODY = DELIVERY_COLUMNS.removesuffix(", body")
_CHUNK = 500
"""Numbers in one statement."""

_EARLIER_COLUMNS = (
    "f.id, f.event_type, f.event_id, f.event_time_ns, f.event_attempt, d.response_status, f.refused, f.object_key"
)


@dataclass(frozen=True, slots=True)
class EarlierRow:
    """What is known of an earlier delivery: enough to tell duplicates, retries and lateness."""

    id: int
    event: Event
    response_status: int | None
    """What its sender was answered."""
    refused: bool
    object_key: str | None
    """Identity of the object that the event is about, as given to `save_facts`."""


class LogReader:
    """The reading half of a log.

    Args:
        readers: The connections.
    """

    def __init__(self, readers: Readers) -> None:
        self._readers = readers
        self.shown_target: Callable[[str], str] | None = None
        """Makes the request target of a list row fit to be shown; None: it is shown as it came."""

    @property
    def readers(self) -> Readers:
        """The reading connections."""
        return self._readers

    def record(self, delivery_id: int) -> Record | None:
        """A delivery with its facts, or None."""
        found = self.records([delivery_id])
        return found[0] if found else None

    def records(self, ids: Sequence[int]) -> list[Record]:
        """Deliveries with their facts, in the order asked for; what does not exist is left out."""
        return list(self.each_record(ids))

    def each_record(self, ids: Sequence[int]) -> Iterator[Record]:
        """As `records`, each large body read when its record is asked for."""
        # A large body is read by itself: in a row it would be in memory twice.
        body = f"CASE WHEN d.body_size > {LARGE} THEN NULL ELSE d.body END"
        columns = f"{_of('d', _WITHOUT_BODY)}, {body}, {_of('f', FACT_COLUMNS)}, v.detail, a.note, a.pinned"
        wide = DELIVERY_COLUMNS.count(",") + 1
        rows = self._by_id(
            f"SELECT {columns} FROM deliveries d JOIN facts f ON f.id = d.id "  # noqa: S608 (constants)
            "LEFT JOIN verifications v ON v.id = d.id LEFT JOIN annotations a ON a.id = d.id WHERE d.id",
            ids,
        )
        for row in rows:
            if row[wide - 1] is None:
                large = self._readers.blob("deliveries", "body", row[0])
                if large is None:
                    continue  # it was deleted meanwhile
                row = (*row[: wide - 1], large, *row[wide:])  # noqa: PLW2901 (the row as it would have been)
            yield Record(read_delivery(row), read_facts(row[wide:-3], *row[-3:]))

    def summaries(self, ids: Sequence[int]) -> list[Summary]:
        """Rows of the list, in the order asked for; what does not exist is left out."""
        rows = self._by_id(
            f"SELECT {SUMMARY_COLUMNS} FROM facts f JOIN deliveries d ON d.id = f.id "  # noqa: S608 (constants)
            "LEFT JOIN annotations a ON a.id = f.id WHERE f.id",
            ids,
        )
        found = [read_summary(row) for row in rows]
        shown = self.shown_target
        return found if shown is None else [replace(each, target=shown(each.target)) for each in found]

    def ids(self, query: Query | None = None) -> array[int]:
        """The numbers of the deliveries that match, ascending; of all without a query."""
        return find_ids(self._readers, query or Query())

    def count(self, query: Query | None = None) -> int:
        """How many deliveries match."""
        return count_matches(self._readers, query or Query())

    def seen_and_answers(self, ids: array[int]) -> Iterator[tuple[list[Seen], list[tuple[int, float]]]]:
        """What is counted of deliveries (numbers ascending), in steps; see `read_steps`."""
        return read_steps(self._readers, ids)

    def grouped(self, span: Span, query: Query, *, all_times: bool) -> Grouped:
        """What is counted of the deliveries of a span; see `read_series`."""
        return read_series(self._readers, span, query, all_times=all_times)

    def ends(self, query: Query) -> tuple[int, int] | None:
        """When the first and the last delivery that matches came, in ns; None when none does."""
        return read_ends(self._readers, query)

    def count_between(self, start_ns: int, end_ns: int) -> int:
        """How many deliveries came in a time; its end is not in it."""
        return count_between(self._readers, start_ns, end_ns)

    def newest_verifications(self, source: str, span: Span) -> list[Verification]:
        """How the newest signatures of a source came out in a span, some hundred of them, newest first."""
        return [read_verification(detail) for detail in read_details(self._readers, source, span)]

    def waiting_to_go(self) -> list[Waiting]:
        """What still is to be sent on, or is being sent on, by target; the longest waiting first."""
        return read_waiting(self._readers)

    def all_numbers(self) -> array[int]:
        """The numbers of all deliveries as `deliveries` itself has them, ascending."""
        return array("q", (row[0] for row in self._readers.rows("SELECT id FROM deliveries ORDER BY id")))

    def newest_id(self) -> int:
        """The number of the newest delivery; 0 when there is none."""
        row = self._readers.one("SELECT max(id) FROM deliveries")
        return 0 if row is None or row[0] is None else int(row[0])

    def arrived_before(self, moment_ns: int) -> list[int]:
        """Numbers of the deliveries that arrived before a moment, ascending."""
        rows = self._readers.rows("SELECT id FROM facts WHERE received_ns < ? ORDER BY id", (moment_ns,))
        return [number for (number,) in rows]

    def sizes(self) -> list[tuple[int, int]]:
        """Numbers of all deliveries, newest first, with about the bytes that each takes."""
        return self._readers.rows(prune.SIZES)

    def pinned_ids(self) -> frozenset[int]:
        """Deliveries that are kept when others are deleted by age, count or size."""
        return frozenset(number for (number,) in self._readers.rows(prune.PINNED))

    def ids_of_source(self, source: str) -> list[int]:
        """Numbers of the deliveries of a source, ascending."""
        sql = "SELECT id FROM facts WHERE lower(source) = lower(?1) AND source = ?1 ORDER BY id"
        return [number for (number,) in self._readers.rows(sql, (pack_text(source),))]

    def waiting_ids(self) -> frozenset[int]:
        """Deliveries that still wait to be sent on."""
        return frozenset(number for (number,) in self._readers.rows(prune.WAITING))

    def arrived_at(self, received_ns: int) -> list[int]:
        """Deliveries with this very time of arrival, in nanoseconds since the epoch."""
        return [row[0] for row in self._readers.rows("SELECT id FROM facts WHERE received_ns = ?", (received_ns,))]

    def unanalysed(self, after: int = 0, limit: int = 256) -> list[Delivery]:
        """The oldest deliveries above a number for which no facts were saved."""
        rows = self._readers.rows(
            f"SELECT {_of('d', DELIVERY_COLUMNS)} FROM facts f CROSS JOIN deliveries d ON d.id = f.id "  # noqa: S608
            "WHERE f.analysed = 0 AND f.id > ? ORDER BY f.id LIMIT ?",
            (after, limit),
        )
        return [read_delivery(row) for row in rows]

    def unanalysed_ids(self, after: int = 0, limit: int = 10_000) -> list[tuple[int, int]]:
        """As `unanalysed`, but only (number, time of arrival in nanoseconds since the epoch): no bodies are read."""
        return self._readers.rows(
            "SELECT id, received_ns FROM facts WHERE analysed = 0 AND id > ? ORDER BY id LIMIT ?",
            (after, limit),
        )

    def earlier_of_event(self, source: str, event_id: str, before_id: int, limit: int = 100) -> list[EarlierRow]:
        """Deliveries of the same event before a number, newest last; of many the first and the newest ones.

        The first is always among them: it is what duplicates name.
        """
        condition = "f.source = ? AND f.event_id = ? AND f.id < ?"
        values = (pack_text(source), pack_text(event_id), before_id)
        rows = self._earlier(f"{condition} ORDER BY f.id DESC LIMIT ?", (*values, limit))
        if len(rows) == limit:
            first = self._earlier(f"{condition} ORDER BY f.id LIMIT 1", values)
            rows = [*rows[:-1], *first] if rows[-1].id != first[0].id else rows
        return rows[::-1]

    def delivery_of_event(self, provider: str | None, event_id: str) -> int | None:
        """The first delivery of an event of a provider, of whichever source; None when there is none."""
        row = self._readers.one(
            "SELECT id FROM facts WHERE lower(event_id) = lower(?1) AND event_id = ?1 AND provider IS ?2 "
            "ORDER BY id LIMIT 1",
            (pack_text(event_id), None if provider is None else pack_text(provider)),
        )
        return int(row[0]) if row else None

    def tries_of_event(
        self, source: str, event_id: str, limit: int = 100
    ) -> list[tuple[int, int, int | None, float | None]]:
        """Deliveries of one event, oldest first: number, arrival in ns, status, milliseconds that the app took live."""
        return self._readers.rows(
            "SELECT f.id, f.received_ns, d.response_status, (SELECT a.duration_ms FROM attempts a "
            "WHERE a.delivery_id = f.id AND a.run_id IS NULL AND a.outcome = 'responded' ORDER BY a.id LIMIT 1) "
            "FROM facts f CROSS JOIN deliveries d ON d.id = f.id "
            "WHERE f.source = ? AND f.event_id = ? AND d.refused IS NULL ORDER BY f.id LIMIT ?",
            (pack_text(source), pack_text(event_id), limit),
        )

    def latest_of_object(self, source: str, object_key: str, before_id: int) -> EarlierRow | None:
        """Of the deliveries about the same object before a number, the one whose event happened last."""
        rows = self._earlier(
            "f.source = ? AND f.object_key = ? AND f.id < ? ORDER BY f.event_time_ns DESC, f.id DESC LIMIT 1",
            (pack_text(source), pack_text(object_key), before_id),
        )
        return rows[0] if rows else None

    def latest_of_type(self, source: str, event_type: str, before_id: int) -> int | None:
        """The newest delivery before a number with the same source and event type, or None."""
        row = self._readers.one(
            "SELECT max(id) FROM facts WHERE source = ? AND event_type = ? AND id < ?",
            (pack_text(source), pack_text(event_type), before_id),
        )
        return None if row is None or row[0] is None else int(row[0])

    def valid_of_source(self, source: str, limit: int) -> list[int]:
        """The newest deliveries of a source whose signature held on arrival, newest first. Looks back 5000 such."""
        rows = self._readers.rows(
            "SELECT id FROM facts WHERE id IN (SELECT id FROM facts WHERE sig = 'valid' ORDER BY id DESC LIMIT 5000)"
            " AND source = ? ORDER BY id DESC LIMIT ?",
            (pack_text(source), limit),
        )
        return [int(row[0]) for row in rows]

    def shape_of(self, delivery_id: int) -> str | None:
        """The shape digest saved for a delivery, or None."""
        row = self._readers.one("SELECT shape FROM facts WHERE id = ?", (delivery_id,))
        return None if row is None else unpack_optional(row[0])

    def attempts(self, delivery_id: int) -> list[Attempt]:
        """All attempts of a delivery, oldest first."""
        return [read_attempt(row) for row in self._attempts("delivery_id = ? ORDER BY id", delivery_id)]

    def run_attempts(self, run_id: int) -> list[Attempt]:
        """All attempts of a run, in the order of its plan."""
        return [read_attempt(row) for row in self._attempts("run_id = ? ORDER BY n, id", run_id)]

    def run(self, run_id: int) -> RunRow | None:
        """A run, or None."""
        row = self._readers.one(f"SELECT {RUN_COLUMNS} FROM runs WHERE id = ?", (run_id,))  # noqa: S608 (constants)
        return None if row is None else read_run(row)

    def runs(self, limit: int = 100) -> list[RunRow]:
        """The newest runs, newest first."""
        sql = f"SELECT {RUN_COLUMNS} FROM runs ORDER BY id DESC LIMIT ?"  # noqa: S608 (constants)
        return [read_run(row) for row in self._readers.rows(sql, (limit,))]

    def waiting(self, target: str) -> list[int]:
        """The numbers of the deliveries that wait to be sent on to a target, ascending."""
        return [number for (number,) in self._readers.rows(WAITING, (pack_text(target),))]

    def waiting_by_target(self) -> dict[str, int]:
        """How many deliveries wait to be sent on, or are being sent on, by target; the longest waiting first."""
        return {unpack_text(target): count for target, count in self._readers.rows(WAITING_BY_TARGET)}

    def shape_state(self) -> tuple[int, int]:
        """Codec of the learned shapes, and up to which delivery they were learned."""
        row = self._readers.one("SELECT codec, upto FROM shape_state")
        return (0, 0) if row is None else (row[0], row[1])

    def shapes(self, wanted: Mapping[str, str] | None = None) -> list[ShapeRow]:
        """Learned shapes with these values of `source`, `event_type`, `variant`, `version`; by first delivery."""
        where, values = condition(wanted or {})
        sql = f"SELECT {SHAPE_COLUMNS} FROM shapes{where} ORDER BY first_id"  # noqa: S608 (constants)
        return [read_shape(row) for row in self._readers.rows(sql, values)]

    def acknowledged(self, event_type: str) -> frozenset[tuple[str, str]]:
        """Drift of an event type, as (kind, path), that was accepted."""
        rows = self._readers.rows("SELECT kind, path FROM acknowledged WHERE event_type = ?", (pack_text(event_type),))
        return frozenset((kind, unpack_text(path)) for kind, path in rows)

    def first_pending(self) -> int | None:
        """The lowest number of a delivery whose facts are not derived yet; None when there is none."""
        row = self._readers.one("SELECT min(id) FROM facts WHERE analysed = 0")
        return None if row is None else row[0]

    def first_of_each_shape(self, event_type: str) -> list[int]:
        """The first delivery of each structure that an event type had, ascending."""
        rows = self._readers.rows(
            "SELECT min(id) FROM facts WHERE lower(event_type) = lower(?) AND shape IS NOT NULL "
            "GROUP BY shape ORDER BY 1",
            (pack_text(event_type),),
        )
        return [number for (number,) in rows]

    def structures(self, event_type: str, buckets: int) -> list[tuple[str, int, int, int, int, int, dict[int, int]]]:
        """The structures that an event type had, by first delivery.

        Returns:
            Digest, deliveries, first and last number, first and last time in ns, and how many came in each of `buckets`
            equal spans of the time between the first and the last delivery of the type.
        """
        where = "lower(event_type) = lower(?) AND shape IS NOT NULL"
        name = pack_text(event_type)
        rows = self._readers.rows(
            "SELECT shape, count(*), min(id), max(id), min(received_ns), max(received_ns) FROM facts "  # noqa: S608
            f"WHERE {where} GROUP BY shape ORDER BY min(id)",
            (name,),
        )
        if not rows:
            return []
        start, end = min(row[4] for row in rows), max(row[5] for row in rows)
        step = max(1, -(-(end - start + 1) // buckets))
        counts: dict[str, dict[int, int]] = {}
        for digest, bucket, count in self._readers.rows(
            f"SELECT shape, (received_ns - ?) / ?, count(*) FROM facts WHERE {where} GROUP BY 1, 2",  # noqa: S608
            (start, step, name),
        ):
            counts.setdefault(digest, {})[bucket] = count
        return [(*row, counts.get(row[0], {})) for row in rows]

    def had_shape(self, event_type: str, digest: str, before: int) -> bool:
        """Whether an event type had a structure in a delivery before this one."""
        row = self._readers.one(
            "SELECT 1 FROM facts WHERE lower(event_type) = lower(?) AND shape = ? AND id < ? ORDER BY id DESC LIMIT 1",
            (pack_text(event_type), digest, before),
        )
        return row is not None

    def ids_of_structure(self, event_type: str, digest: str, limit: int) -> list[int]:
        """The newest deliveries of an event type with a structure, ascending."""
        rows = self._readers.rows(
            "SELECT id FROM facts WHERE lower(event_type) = lower(?) AND shape = ? ORDER BY id DESC LIMIT ?",
            (pack_text(event_type), digest, limit),
        )
        return sorted(number for (number,) in rows)

    def ids_of_type(self, event_type: str) -> list[int]:
        """Accepted deliveries of an event type, ascending."""
        rows = self._readers.rows(
            "SELECT id FROM facts WHERE lower(event_type) = lower(?) AND refused = 0 ORDER BY id",
            (pack_text(event_type),),
        )
        return [number for (number,) in rows]

    def ids_between(self, after: int, before: int, limit: int) -> list[int]:
        """Numbers of accepted deliveries above `after` and below `before`, ascending."""
        rows = self._readers.rows(
            "SELECT id FROM facts WHERE id > ? AND id < ? AND refused = 0 ORDER BY id LIMIT ?", (after, before, limit)
        )
        return [number for (number,) in rows]

    def values(self, key: str, prefix: str = "", limit: int = 20) -> list[tuple[str, int, int]]:
        """Values of a filter key that occur, the most frequent first: (value, count, time of the newest in ns).

        Empty for keys whose values cannot be listed.
        """
        return common_values(self._readers, key, prefix, limit)

    def _by_id(self, select: str, ids: Sequence[int]) -> Iterator[tuple[Any, ...]]:
        for start in range(0, len(ids), _CHUNK):
            chunk = list(ids[start : start + _CHUNK])
            rows = self._readers.rows(f"{select} IN ({','.join('?' * len(chunk))})", chunk)
            found = {row[0]: row for row in rows}
            yield from (found[one] for one in chunk if one in found)

    def _earlier(self, condition: str, values: tuple[Any, ...]) -> list[EarlierRow]:
        sql = f"SELECT {_EARLIER_COLUMNS} FROM facts f CROSS JOIN deliveries d ON d.id = f.id WHERE {condition}"  # noqa: S608
        rows = self._readers.rows(sql, values)
        return [
            EarlierRow(
                id=row[0],
                event=Event(unpack_optional(row[1]), unpack_optional(row[2]), row[3], row[4]),
                response_status=row[5],
                refused=bool(row[6]),
                object_key=unpack_optional(row[7]),
            )
            for row in rows
        ]

    def _attempts(self, condition: str, value: int) -> list[tuple[Any, ...]]:
        return self._readers.rows(f"SELECT {ATTEMPT_COLUMNS} FROM attempts WHERE {condition}", (value,))  # noqa: S608


def _of(table: str, columns: str) -> str:
    return ", ".join(f"{table}.{column}" for column in columns.split(", "))
