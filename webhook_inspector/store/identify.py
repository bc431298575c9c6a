"""What a file is before anything is written to it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from webhook_inspector.core.display import show
from webhook_inspector.errors import StoreError
from webhook_inspector.store.connect import SCHEMA_VERSION, open_reader, uri
from webhook_inspector.store.trouble import store_error

APPLICATION_ID = 0x77686931
"""`PRAGMA application_id` of a log: the letters `whi1`."""
_SMALLEST = 512
"""SQLite takes a shorter file for an empty database."""
_OTHER = "choose another file with --log"


def refuse_foreign(path: Path) -> None:
    """Refuse what is not a log, without touching it: no lock, no `-wal`, no `-shm` is made.

    Raises:
        StoreError: A folder, an empty file, not SQLite, another program's database, or not readable.
    """
    where = show(str(path))
    try:
        size = path.stat().st_size
        if not path.is_file():
            what = "a folder" if path.is_dir() else "not a regular file"
            raise StoreError(f"Cannot open the log {where}: it is {what}; {_OTHER}")
    except OSError as error:
        raise store_error(error, path, "open") from error
    if size == 0:
        raise StoreError(f"Cannot open the log {where}: the file is empty, not a log; remove it or {_OTHER}")
    try:
        # Read through SQLite, never with open(): closing another descriptor of the file would drop the locks
        # that this process holds on it (https://sqlite.org/howtocorrupt.html, 2.2).
        found, version = _marks(path)
    except sqlite3.Error as error:
        raise store_error(error, path, "open") from error
    if size < _SMALLEST:
        raise StoreError(f"Cannot open the log {where}: it is not a SQLite file; {_OTHER}")
    if found != APPLICATION_ID:
        raise StoreError(f"Cannot open the log {where}: it is a database of another program; {_OTHER}")
    refuse_newer(path, version)


def _marks(path: Path) -> tuple[int, int]:
    """The mark of the program that made a database, and its schema version."""
    try:
        with closing(sqlite3.connect(uri(path, "mode=ro&immutable=1"), uri=True)) as connection:
            return _read_marks(connection)
    except sqlite3.DatabaseError as error:
        torn = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_CORRUPT and Path(f"{path}-wal").exists()
        if not torn:
            raise
    # A checkpoint was cut off: the file alone is not whole, together with its -wal it is.
    with closing(open_reader(path)) as connection:
        return _read_marks(connection)


def _read_marks(connection: sqlite3.Connection) -> tuple[int, int]:
    names = ("application_id", "user_version")
    first, second = (int(connection.execute(f"PRAGMA {name}").fetchone()[0]) for name in names)
    return first, second


def read_version(path: Path) -> int:
    """The schema version of a log.

    Raises:
        StoreError: It cannot be read, or a newer release wrote it.
    """
    try:
        with closing(open_reader(path)) as connection:
            version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    except sqlite3.Error as error:
        raise store_error(error, path, "open") from error
    refuse_newer(path, version)
    return version


def refuse_newer(path: Path, version: int) -> None:
    """Refuse what this release does not know.

    Raises:
        StoreError: A newer release wrote it.
    """
    if version > SCHEMA_VERSION:
        raise StoreError(
            f"Cannot open the log {show(str(path))}: a newer release of Webhook Inspector wrote it (schema {version}, "
            f"this release knows {SCHEMA_VERSION}); upgrade or {_OTHER}"
        )
