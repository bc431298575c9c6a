"""SQLite's and the system's errors as one sentence for the user."""

from __future__ import annotations

import errno
import sqlite3
from pathlib import Path

from webhook_inspector.core.display import show
from webhook_inspector.errors import LogBusyError, LogFullError, StoreError

_PRIMARY = 0xFF
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})
_IN_THE_WAY = frozenset({errno.EEXIST, errno.ENOTDIR})
_NOT_ALLOWED = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})


def _code(error: sqlite3.Error) -> int:
    return getattr(error, "sqlite_errorcode", 0) & _PRIMARY


def is_about_one_row(error: BaseException) -> bool:
    """Whether the error lies in the values of one statement, so that other writes may still succeed."""
    if isinstance(error, sqlite3.Error):
        return _code(error) in {
            sqlite3.SQLITE_CONSTRAINT,
            sqlite3.SQLITE_TOOBIG,
            sqlite3.SQLITE_MISMATCH,
            sqlite3.SQLITE_RANGE,
        } or isinstance(error, sqlite3.InterfaceError | sqlite3.ProgrammingError | sqlite3.DataError)
    return isinstance(error, OverflowError | ValueError | TypeError)


def store_error(error: BaseException, path: Path, doing: str = "write") -> StoreError:
    """The error for the user.

    Args:
        error: What was caught.
        path: The log.
        doing: `open`, `read` or `write`.
    """
    if isinstance(error, StoreError):
        return error
    where = show(str(path))
    if isinstance(error, OSError):
        if error.errno in _NO_ROOM:
            return LogFullError(f"Cannot {doing} the log {where}: the disk is full; make room, capture then goes on")
        if error.errno in _NOT_ALLOWED:
            return StoreError(
                f"Cannot {doing} the log {where}: its folder or one of its files may not be written; check their "
                "permissions or choose another file with --log"
            )
        if error.errno in _IN_THE_WAY:
            return StoreError(
                f"Cannot {doing} the log {where}: a file stands where a folder of that name has to be; choose another "
                "file with --log"
            )
        return StoreError(
            f"Cannot {doing} the log {where}: {show(error.strerror or str(error))}; choose another file with --log"
        )
    code = _code(error) if isinstance(error, sqlite3.Error) else 0
    if code == sqlite3.SQLITE_FULL:
        return LogFullError(f"Cannot {doing} the log {where}: the disk is full; make room, capture then goes on")
    if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return LogBusyError(f"Cannot {doing} the log {where}: another program holds it; close that program or wait")
    known = {
        sqlite3.SQLITE_IOERR: "the disk reported an error; check it, capture goes on when it works again",
        sqlite3.SQLITE_READONLY: "it may only be read; check its permissions or choose another file with --log",
        sqlite3.SQLITE_CANTOPEN: "it cannot be opened; check that its folder exists and may be written",
        sqlite3.SQLITE_NOTADB: "it is not a SQLite file, or its header is damaged (then `webhook-inspector salvage` "
        "helps); choose another file with --log",
        sqlite3.SQLITE_CORRUPT: "it is damaged; `webhook-inspector salvage` writes what can be read of it to a new log",
        sqlite3.SQLITE_TOOBIG: "a body is larger than SQLite can hold; set a lower max_body",
    }
    return StoreError(f"Cannot {doing} the log {where}: {known.get(code) or show(str(error))}")
