"""Reading the rows of a damaged log: what one page no longer gives must not cost the rest."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

MOST_FAILURES = 3_000
"""Reads of one table that may fail; what is left then counts as unreadable without another try."""


def lenient(data: bytes) -> str | bytes:
    """Text as it is where it is UTF-8; the bytes else."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data


class TolerantTable:
    """The rows of one table, by their numbers.

    Args:
        connection: To a copy of the damaged log.
        table: Its name, one of our schema.
        columns: What is read.
    """

    def __init__(self, connection: sqlite3.Connection, table: str, columns: str) -> None:
        self._connection = connection
        self._table = table
        self._columns = columns
        self.unreadable: list[tuple[int, int]] = []
        """Ranges of numbers, both ends included, that cannot be read; some of them may never have been used."""

    def rows(self, lowest: int, highest: int) -> Iterator[tuple[Any, ...]]:
        """Rows in a range of numbers, ascending; around what cannot be read the range is halved."""
        failures = 0
        todo = [(lowest, highest)]
        while todo:
            low, high = todo.pop()
            if failures > MOST_FAILURES:
                self.unreadable.append((low, high))
                continue
            try:
                for number, *row in self._range(low, high):
                    yield tuple(row)
                    low = number + 1
            except sqlite3.Error:
                failures += 1
                if low >= high:
                    self.unreadable.append((low, high))
                    continue
                middle = (low + high) // 2
                todo += [(middle + 1, high), (low, middle)]

    def _range(self, low: int, high: int) -> Iterator[tuple[Any, ...]]:
        yield from self._connection.execute(
            f"SELECT rowid, {self._columns} FROM {self._table} WHERE rowid BETWEEN ? AND ? ORDER BY rowid",  # noqa: S608
            (low, high),
        )

    def ends(self) -> tuple[int, int]:
        """The smallest and the largest number in use; (1, 0) where that cannot be read, or no row is there."""
        found = []
        for order in ("ASC", "DESC"):
            with suppress(sqlite3.Error):
                row = self._connection.execute(
                    f"SELECT rowid FROM {self._table} ORDER BY rowid {order} LIMIT 1"  # noqa: S608 (of our schema)
                ).fetchone()
                found.append(row[0] if row else None)
        low, high = found if len(found) == 2 else (None, None)
        return (1, 0) if low is None or high is None else (low, high)
