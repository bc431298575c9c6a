"""Folding the write-ahead log back into the log: on the writer, under the lock, never while a sender waits for it."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from pathlib import Path

from webhook_inspector.errors import StoreError
from webhook_inspector.store.connect import BUSY_MS
from webhook_inspector.store.files import size_of
from webhook_inspector.store.lock import WriteLock

EVERY_BYTES = 4 * 1024 * 1024
"""A checkpoint follows the commit after which about this many bytes lie in the write-ahead log."""
ROW_BYTES = 1500
"""What a row adds besides its body: headers, facts, indexes, partly filled pages. An estimate."""
KEEP_BYTES = 4 * 1024 * 1024
"""A write-ahead log larger than this is cut to nothing when the writer is idle."""
IDLE_S = 0.5
"""After this many seconds without work the write-ahead log is folded back."""
LONGEST_IDLE_S = 4.0
"""While a reader is in the way the next try comes later and later, at most so many seconds."""
_WAIT_S = 0.02
"""Longest wait for another process, in seconds."""


class Checkpointer:
    """Decides when to checkpoint. Used by the writer's thread only.

    Args:
        connection: The writing connection.
        path: The log.
        lock: Its lock, not held when a method is called.
    """

    def __init__(self, connection: sqlite3.Connection, path: Path, lock: WriteLock) -> None:
        self._connection = connection
        self._wal = Path(f"{path}-wal")
        self._lock = lock
        self._bytes = 0
        self._tries = 0
        self.due = True
        """Whether something may be left to fold back when the writer is idle."""

    def after_commit(self, body_bytes: int, rows: int) -> None:
        """Count what was written, and checkpoint when it is much. Senders have been answered by now."""
        self._bytes += body_bytes + (rows + 4) * ROW_BYTES
        self.due = True
        self._tries = 0
        if self._bytes >= EVERY_BYTES:
            self._bytes = 0
            self._checkpoint("PASSIVE")

    def when_idle(self) -> None:
        """Fold everything back; cut a large write-ahead log. Tried again while a reader is in the way."""
        self._bytes = 0
        self._tries += 1
        complete = self._checkpoint("TRUNCATE" if size_of(self._wal) > KEEP_BYTES else "PASSIVE")
        self.due = not complete

    @property
    def wait_s(self) -> float | None:
        """How long the writer may be idle before `when_idle`; None: nothing is left to fold back."""
        return min(IDLE_S * 2 ** min(self._tries, 8), LONGEST_IDLE_S) if self.due else None

    def at_end(self) -> None:
        """Close the connection under the lock: the last one to close folds back and removes the write-ahead log."""
        self._connection.execute("PRAGMA busy_timeout = 200")
        with suppress(sqlite3.Error, StoreError, OSError), self._lock.held():
            self._connection.close()
        self._connection.close()

    def _checkpoint(self, mode: str) -> bool:
        """Whether everything was folded back. A failure is no loss: the next commit or checkpoint tells."""
        try:
            # Neither another process nor a reader in the way is waited for: senders would wait with us, and the next
            # try comes soon enough.
            with self._lock.held(wait_s=_WAIT_S):
                self._connection.execute("PRAGMA busy_timeout = 0")
                try:
                    busy, pages, done = self._connection.execute(f"PRAGMA wal_checkpoint({mode})").fetchone()
                finally:
                    self._connection.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
        except (sqlite3.Error, StoreError, OSError):
            return False
        return not busy and pages == done
