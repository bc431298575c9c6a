"""Connections: one writes, the others may only read."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from urllib.parse import quote

SCHEMA_VERSION = 3
"""`PRAGMA user_version` of a log of this release: the number of migrations in `store.schema`."""
BUSY_MS = 5000
"""How long SQLite waits for a program that does not know our lock, in milliseconds."""
_CACHED_STATEMENTS = 256


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
    return _connect(
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


def open_reader(path: Path, *, immutable: bool = False) -> sqlite3.Connection:
    """A connection that can only read.

    Args:
        path: The log.
        immutable: The file is in a place that cannot be written and nobody writes it: no lock, no `-shm`.

    Raises:
        sqlite3.Error: It cannot be opened.
    """
    parameters = "mode=ro&immutable=1" if immutable else "mode=ro"
    # A small cache: each thread has a connection, and the system caches the file too.
    return _connect(path, parameters, "query_only = ON", "cache_size = -8192")


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
