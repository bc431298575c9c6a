"""Whether the write-ahead log beside a log is its own.

SQLite cannot tell: it would show the pages of the other file, and the next checkpoint would write them over the log
(https://sqlite.org/howtocorrupt.html, 1.4 and 1.5, read November 2026). Deliveries never change and their numbers only
grow, so a log and its own write-ahead log agree about both.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from webhook_inspector.core.display import show
from webhook_inspector.errors import StoreError
from webhook_inspector.store.connect import open_reader, uri
from webhook_inspector.store.files import size_of
from webhook_inspector.store.lock import WriteLock


def refuse_foreign_wal(path: Path) -> None:
    """Refuse a log beside which the write-ahead log of another file lies; nothing is written.

    Raises:
        StoreError: That is so.
    """
    if not size_of(Path(f"{path}-wal")) or _own(path):
        return
    # Another process may have been at work between the two looks; under the lock none is.
    with WriteLock(path).held():
        if _own(path):
            return
    raise StoreError(
        f"Cannot open the log {show(str(path))}: the file {show(path.name)}-wal beside it belongs to another log; move "
        "that file away (keep it: it may hold deliveries of the other one)"
    )


def _own(path: Path) -> bool:
    try:
        with closing(sqlite3.connect(uri(path, "mode=ro&immutable=1"), uri=True)) as alone:
            before = marks(alone)
    except sqlite3.Error:
        return True  # a checkpoint was cut off, or it is damaged, which others tell
    try:
        with closing(open_reader(path)) as together:
            return not contradicts(before, together)
    except sqlite3.Error as error:
        # Damage to its own write-ahead log would be seen by its checksums and cut off.
        return not before or error.sqlite_errorcode & 0xFF not in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


def contradicts(before: list[tuple[int, int]], together: sqlite3.Connection) -> bool:
    """Whether a log with a write-ahead log denies what the log alone says.

    Args:
        before: What `marks` says of the log alone.
        together: A connection that sees both.

    Raises:
        sqlite3.Error: It cannot be read.
    """
    for number, moment in before:
        row = together.execute("SELECT received_ns FROM deliveries WHERE id = ?", (number,)).fetchone()
        if row is not None and row[0] != moment:
            return True
    (highest,) = together.execute("SELECT max(seq) FROM sqlite_sequence WHERE name = 'deliveries'").fetchone()
    return bool(before) and (highest or 0) < max(number for number, _ in before)


def marks(alone: sqlite3.Connection) -> list[tuple[int, int]]:
    """Number and time of arrival of the oldest and of the newest delivery.

    Raises:
        sqlite3.Error: They cannot be read.
    """
    return [
        row
        for order in ("ASC", "DESC")
        for row in alone.execute(f"SELECT id, received_ns FROM deliveries ORDER BY id {order} LIMIT 1")  # noqa: S608
    ]
