"""The outbox: kept deliveries that are still to be sent on to an app, a row each.

A row is made in the transaction that keeps its delivery, so that nothing acknowledged is forgotten, and ends in the one
that keeps how its attempt ended. Its attempt's number is set before the first byte leaves: a row that has one when a
process starts was being sent when the one before died, and nobody knows whether it arrived.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from webhook_inspector.core.delivery import Delivery
from webhook_inspector.store.values import pack_text


def insert_waiting(connection: sqlite3.Connection, deliveries: Sequence[Delivery], first_id: int) -> None:
    """Note the targets of deliveries that were just inserted with consecutive numbers."""
    rows = [
        (first_id + n, pack_text(delivery.forward_to))
        for n, delivery in enumerate(deliveries)
        if delivery.forward_to is not None
    ]
    if rows:
        connection.executemany("INSERT INTO outbox (delivery_id, target) VALUES (?, ?)", rows)


def mark_begun(connection: sqlite3.Connection, delivery_id: int, attempt_id: int) -> None:
    """Its first byte is about to leave."""
    connection.execute("UPDATE outbox SET attempt_id = ? WHERE delivery_id = ?", (attempt_id, delivery_id))


def mark_ended(connection: sqlite3.Connection, delivery_id: int, *, again: bool) -> None:
    """Its attempt ended: take it out, or let it wait for another."""
    if again:
        connection.execute("UPDATE outbox SET attempt_id = NULL WHERE delivery_id = ?", (delivery_id,))
    else:
        connection.execute("DELETE FROM outbox WHERE delivery_id = ?", (delivery_id,))


def take_interrupted(connection: sqlite3.Connection, target: str) -> list[int]:
    """Take out what was being sent to a target when a process died; the numbers of the deliveries."""
    condition = "FROM outbox WHERE target = ? AND attempt_id IS NOT NULL"
    values = (pack_text(target),)
    found = sorted(number for (number,) in connection.execute(f"SELECT delivery_id {condition}", values))
    connection.execute(f"DELETE {condition}", values)
    return found


WAITING = "SELECT delivery_id FROM outbox WHERE target = ? AND attempt_id IS NULL ORDER BY delivery_id"
WAITING_BY_TARGET = "SELECT target, count(*) FROM outbox GROUP BY target ORDER BY min(delivery_id)"
