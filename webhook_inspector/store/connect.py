"""Connections: one writes, the others may only read."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from urllib.parse import quote

from webhook_inspector.store import packing

SCHEMA_VERSION = 5
"""`PRAGMA user_version` of a log of this release: the number of migrations in `store.schema`."""
BUSY_MS = 5000
"""How long SQLite waits for a program that does not know our lock, in milliseconds."""
_CACHED_STATEMENTS = 256
_SINCE_THE_FIRST = {
    "annotations": "id INTEGER PRIMARY KEY, note, pinned INTEGER",
    "trash": "id INTEGER PRIMARY KEY, deletion INTEGER",
    "deletions": "id INTEGER PRIMARY KEY, session TEXT, at_ns INTEGER",
    "saved_filters": "name TEXT, query BLOB",
    "search_state": "form INTEGER, upto INTEGER",
    "search_blocks": "first INTEGER PRIMARY KEY, last INTEGER, deliveries INTEGER, known INTEGER",
}
"""What an older log that cannot be upgraded where it lies is read with, empty: tables that reading it needs."""


def uri(path: Path, parameters: str) -> str:
    """A SQLite URI of a file, with its parameters.

    SQLite's own form, without an authority, which holds Windows drives and any byte of a POSIX name.
    """
    text = path.as_posix()
    return f"file:{'' if text.startswith('/') else '/'}{quote(text, safe='/:')}?{parameters}"


def open_writer(path: Path) -> sqlite3.Connection:
    """The one writing connection of a process. Checkpoints are run by its owner, under the lock.

    Raises:
        sqlite3.Error: It cannot be opened.
    """
    connection = _connect(
        path,
        "mode=rw",
        "synchronous = FULL",
        # On macOS a plain fsync leaves the drive's cache unwritten; elsewhere these two change nothing.
        "fullfsync = ON",
        "checkpoint_fullfsync = ON",
        "wal_autocheckpoint = 0",
        "foreign_keys = OFF",
        "cache_size = -16384",
    )
    packing.register(connection)
    return connection


def open_reader(path: Path, *, immutable: bool = False) -> sqlite3.Connection:
    """A connection that can only read.

    Args:
        path: The log.
        immutable: The file is in a place that cannot be written and nobody writes it: no lock, no `-shm`.

    Raises:
        sqlite3.Error: It cannot be opened.
    """
    if not immutable:
        return _connect(path, "mode=ro", "query_only = ON", "cache_size = -2048")
    connection = _connect(path, "mode=ro&immutable=1", "cache_size = -2048")
    try:
        if connection.execute("PRAGMA user_version").fetchone()[0] < SCHEMA_VERSION:
            known = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
            for name, columns in _SINCE_THE_FIRST.items():
                if name not in known:
                    connection.execute(f"CREATE TEMP TABLE {name} ({columns})")
        connection.execute("PRAGMA query_only = ON")
    except BaseException:
        connection.close()
        raise
    return connection


def _connect(path: Path, parameters: str, *pragmas: str) -> sqlite3.Connection:
    connection = sqlite3.connect(
        uri(path, parameters),
        uri=True,
        timeout=BUSY_MS / 1000,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=_CACHED_STATEMENTS,
    )
    try:
        for pragma in (*pragmas, "trusted_schema = OFF"):
            connection.execute(f"PRAGMA {pragma}")
    except BaseException:
        connection.close()
        raise
    return connection
