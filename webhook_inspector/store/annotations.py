"""What people write on deliveries, notes and pins, and the filters they saved."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from webhook_inspector.store.log import Log
from webhook_inspector.store.values import pack_text, unpack_text

_STEP = 500
"""Deliveries of one transaction."""
_EMPTY = "DELETE FROM annotations WHERE id = ? AND note IS NULL AND pinned = 0"
_THERE = "SELECT 1 FROM facts WHERE id = ?"


class Annotations:
    """Notes, pins and saved filters of a log.

    Args:
        log: Open for writing, unless it is only asked.
    """

    def __init__(self, log: Log) -> None:
        self._log = log

    def set_note(self, delivery_id: int, note: str | None) -> bool:
        """Write a note on a delivery, or (None) take it away; False when the delivery is not in the log.

        Raises:
            StoreError: Not stored.
        """
        packed = None if note is None else pack_text(note)

        def run(connection: sqlite3.Connection) -> bool:
            if connection.execute(_THERE, (delivery_id,)).fetchone() is None:
                return False
            connection.execute(
                "INSERT INTO annotations (id, note) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET note = excluded.note",
                (delivery_id, packed),
            )
            connection.execute(_EMPTY, (delivery_id,))
            return True

        return self._log.write(run)

    def set_pinned(self, ids: Iterable[int], *, pinned: bool) -> int:
        """Pin deliveries, or unpin them; of how many that changed something. What is not in the log is left out.

        Raises:
            StoreError: Not stored; what was done before is.
        """
        numbers = list(ids)
        return sum(
            self._log.write(lambda connection, part=numbers[start : start + _STEP]: _pin(connection, part, pinned))  # type: ignore[misc]  # a default argument's type is not inferred
            for start in range(0, len(numbers), _STEP)
        )

    def save_filter(self, name: str, query: str) -> None:
        """Keep a filter under a name, in the place of what was there.

        Raises:
            StoreError: Not stored.
        """
        row = (name, pack_text(query))
        self._log.write(
            lambda connection: connection.execute("INSERT OR REPLACE INTO saved_filters VALUES (?, ?)", row)
        )

    def remove_filter(self, name: str) -> bool:
        """Forget a saved filter; False when there was none of that name.

        Raises:
            StoreError: Not stored.
        """
        sql = "DELETE FROM saved_filters WHERE name = ?"
        return self._log.write(lambda connection: connection.execute(sql, (name,)).rowcount) > 0

    def filters(self) -> dict[str, str]:
        """The saved filters by name."""
        rows = self._log.readers.rows("SELECT name, query FROM saved_filters ORDER BY name")
        return {name: unpack_text(query) for name, query in rows}


def _pin(connection: sqlite3.Connection, numbers: list[int], pinned: bool) -> int:
    changed = 0
    for number in numbers:
        if pinned:
            sql = (
                "INSERT INTO annotations (id, pinned) SELECT id, 1 FROM facts WHERE id = ? "
                "ON CONFLICT (id) DO UPDATE SET pinned = 1 WHERE pinned = 0"
            )
            changed += connection.execute(sql, (number,)).rowcount
        else:
            sql = "UPDATE annotations SET pinned = 0 WHERE id = ? AND pinned = 1"
            changed += connection.execute(sql, (number,)).rowcount
            connection.execute(_EMPTY, (number,))
    return changed
