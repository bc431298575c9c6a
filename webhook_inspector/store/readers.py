"""Reading connections: one a thread, read-only, with no transaction left open."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from webhook_inspector.core.display import show
from webhook_inspector.errors import StoreError
from webhook_inspector.store.connect import open_reader
from webhook_inspector.store.functions import register
from webhook_inspector.store.trouble import store_error


class Readers:
    """The reading connections of one log.

    Args:
        path: The log.
        immutable: It lies where nothing can be written, and nobody writes it.
    """

    def __init__(self, path: Path, *, immutable: bool = False) -> None:
        self._path = path
        self._immutable = immutable
        self._local = threading.local()
        self._guard = threading.Lock()
        self._open: list[tuple[threading.Thread, sqlite3.Connection]] = []
        self._watch: sqlite3.Connection | None = None
        """Numbers of `data_version` of different connections do not compare, so one connection answers them all."""
        self._closed = False

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of a query. The read transaction ends with it.

        Raises:
            StoreError: The log cannot be read.
        """
        try:
            return self._connection().execute(sql, values).fetchall()
        except sqlite3.Error as error:
            raise store_error(error, self._path, "read") from error

    def one(self, sql: str, values: Sequence[Any] = ()) -> tuple[Any, ...] | None:
        """The first row of a query, or None.

        Raises:
            StoreError: The log cannot be read.
        """
        rows = self.rows(sql, values)
        return rows[0] if rows else None

    def blob(self, table: str, column: str, row: int) -> bytes | None:
        """One value, read without a copy of it in SQLite; None when there is no such row.

        Raises:
            StoreError: The log cannot be read.
        """
        try:
            connection = self._connection()
            if not connection.execute(f"SELECT 1 FROM {table} WHERE id = ?", (row,)).fetchone():  # noqa: S608 (ours)
                return None
            with connection.blobopen(table, column, row, readonly=True) as blob:
                return blob.read()
        except sqlite3.Error as error:
            raise store_error(error, self._path, "read") from error

    def data_version(self) -> int:
        """A number that changes when anyone committed.

        Raises:
            StoreError: The log cannot be read.
        """
        try:
            with self._guard:
                if self._watch is None:
                    self._watch = self._new()
                return int(self._watch.execute("PRAGMA data_version").fetchone()[0])
        except sqlite3.Error as error:
            raise store_error(error, self._path, "read") from error

    def close(self) -> None:
        """Close all connections; no other thread may still be reading."""
        with self._guard:
            self._closed = True
            for _, connection in self._open:
                connection.close()
            self._open.clear()

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is not None and not self._closed:
            return connection
        with self._guard:
            for thread, old in self._open:
                if not thread.is_alive() and old is not self._watch:
                    old.close()
            self._open = [pair for pair in self._open if pair[0].is_alive() or pair[1] is self._watch]
            connection = self._new()
        self._local.connection = connection
        return connection

    def _new(self) -> sqlite3.Connection:
        """A new connection that `close` closes; the caller holds the guard."""
        if self._closed:
            raise StoreError(f"Cannot read the log {show(str(self._path))}: it is closed")
        connection = open_reader(self._path, immutable=self._immutable)
        register(connection)
        self._open.append((threading.current_thread(), connection))
        return connection
