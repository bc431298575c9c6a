"""Taking deliveries out of a log, with everything that hangs on them. In small steps, each a transaction of its own."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from webhook_inspector.store import search

STEP = 200
"""Deliveries of one transaction: capture waits for one at most."""

SIZES = "SELECT id, length(body) + length(headers) + 200 FROM deliveries ORDER BY id DESC"
"""Numbers, newest first, with about the bytes that each takes."""
PINNED = "SELECT id FROM annotations WHERE pinned = 1"
WAITING = "SELECT delivery_id FROM outbox"


def delete(connection: sqlite3.Connection, ids: Sequence[int], *, wipe: bool) -> int:
    """Delete deliveries; how many there were.

    What still waits to be sent on stays. A run goes with the last of its attempts. Shapes that were learned stay:
    they are sums. The word index keeps what it knows of them until it is made anew, which `wipe` does at once.

    Args:
        connection: In a transaction.
        ids: Which, at most `STEP`.
        wipe: Overwrite what is deleted with zeros.
    """
    if wipe:
        connection.execute("PRAGMA secure_delete = ON")
        search.forget(connection)
    marks = ",".join("?" * len(ids))
    waiting = {number for (number,) in connection.execute(f"{WAITING} WHERE delivery_id IN ({marks})", ids)}
    gone = [number for number in ids if number not in waiting]
    marks = ",".join("?" * len(gone))
    runs = connection.execute(
        f"SELECT DISTINCT run_id FROM attempts WHERE run_id IS NOT NULL AND delivery_id IN ({marks})",  # noqa: S608
        gone,
    ).fetchall()
    connection.execute(f"DELETE FROM attempts WHERE delivery_id IN ({marks})", gone)  # noqa: S608 (marks alone)
    connection.executemany(
        "DELETE FROM runs WHERE id = ? AND finished_ns IS NOT NULL "
        "AND NOT EXISTS (SELECT 1 FROM attempts WHERE run_id = runs.id)",
        runs,
    )
    for table in ("verifications", "facts", "trash", "annotations"):
        connection.execute(f"DELETE FROM {table} WHERE id IN ({marks})", gone)  # noqa: S608 (constants)
    return connection.execute(f"DELETE FROM deliveries WHERE id IN ({marks})", gone).rowcount  # noqa: S608
