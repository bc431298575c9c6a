"""Deliveries into the log, many rows a statement.

One statement is one step, and Python's lock is given up and taken back once a step: with many steps a batch a busy
event loop would make each of them wait. For the same reason the bodies of a statement are packed in one call.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from functools import lru_cache
from itertools import chain
from typing import Any

from webhook_inspector.core.delivery import Delivery
from webhook_inspector.store.outbox import insert_waiting
from webhook_inspector.store.packing import LARGE, pack_bodies
from webhook_inspector.store.rows import CAPTURE_COLUMNS, DELIVERY_COLUMNS, capture_row, delivery_row

_LARGEST = 64
"""Rows of one statement at most: 64 times 17 values stay below SQLite's limits of every supported version."""
_EXACT = 16
"""Up to so many rows there is a statement for each number; beyond that for each multiple of it."""
_WITH_ROOM = (
    f"INSERT INTO deliveries ({DELIVERY_COLUMNS}) "  # noqa: S608 (constants)
    f"VALUES ({'?,' * DELIVERY_COLUMNS.count(',')}zeroblob(?))"
)


@lru_cache(maxsize=32)
def _statements(count: int) -> tuple[str, str]:
    def insert(table: str, columns: str) -> str:
        marks = "(" + ",".join("?" * (columns.count(",") + 1)) + ")"
        return f"INSERT INTO {table} ({columns}) VALUES {','.join([marks] * count)}"  # noqa: S608 (constants)

    return insert("deliveries", DELIVERY_COLUMNS), insert("facts", CAPTURE_COLUMNS)


def next_id(connection: sqlite3.Connection) -> int:
    """The number of the next delivery; numbers are never used again, also after the newest were pruned."""
    row = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'deliveries'").fetchone()
    return 1 if row is None else row[0] + 1


def insert_deliveries(connection: sqlite3.Connection, deliveries: Sequence[Delivery], first_id: int) -> None:
    """Insert deliveries with consecutive numbers from `first_id`, in the transaction of the caller."""
    done = 0
    while done < len(deliveries):
        left = len(deliveries) - done
        size = left if left <= _EXACT else min(_LARGEST, left - left % _EXACT)
        if max(len(one.request.body) for one in deliveries[done : done + size]) > LARGE:
            size = 1
        chunk = deliveries[done : done + size]
        into_deliveries, into_facts = _statements(size)
        start = first_id + done
        if len(chunk[0].request.body) > LARGE:
            _insert_large(connection, chunk[0], start)
        else:
            bodies = pack_bodies([one.request.body for one in chunk])
            rows = [(*delivery_row(one, start + n), bodies[n]) for n, one in enumerate(chunk)]
            connection.execute(into_deliveries, _flat(rows))
        connection.execute(into_facts, _flat([capture_row(one, start + n) for n, one in enumerate(chunk)]))
        done += size
    insert_waiting(connection, deliveries, first_id)


def _insert_large(connection: sqlite3.Connection, delivery: Delivery, number: int) -> None:
    """A row with room for the body, then the body: in the same transaction, so that both are there or none."""
    body = memoryview(delivery.request.body)
    connection.execute(_WITH_ROOM, (*delivery_row(delivery, number), len(body)))
    with connection.blobopen("deliveries", "body", number) as blob:
        for start in range(0, len(body), LARGE):
            blob.write(body[start : start + LARGE])


def _flat(rows: list[tuple[Any, ...]]) -> list[Any]:
    return list(chain.from_iterable(rows))
