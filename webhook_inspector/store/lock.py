"""The lock that processes share around every write transaction and checkpoint.

Two connections that write or checkpoint at the same instant can lose pages in SQLite 3.7.0 to 3.51.2
(https://sqlite.org/wal.html, "The WAL-reset bug", read November 2026), and SQLite's own locks do not prevent it.
The system drops the lock when its holder dies.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from webhook_inspector.core.display import show
from webhook_inspector.errors import LogBusyError, StoreError
from webhook_inspector.store.files import FILE_MODE
from webhook_inspector.store.trouble import store_error

WAIT_S = 5.0
"""Longest wait for another process, in seconds."""
_POLL_S = 0.001


class WriteLock:
    """The lock of one log. For one thread at a time.

    Args:
        log: Path of the log; the lock file is `<log>.lock` beside it.
        wait_s: Longest wait, in seconds.
    """

    def __init__(self, log: Path, wait_s: float = WAIT_S) -> None:
        self._log = log
        self._lock = FileLock(f"{log}.lock", timeout=wait_s, mode=FILE_MODE, thread_local=False)

    @contextmanager
    def held(self, wait_s: float | None = None) -> Iterator[None]:
        """Hold the lock.

        Args:
            wait_s: Longest wait, where it is not that of this object.

        Raises:
            LogBusyError: Another process held it all the time.
            StoreError: The lock file cannot be made.
        """
        try:
            self._lock.acquire(timeout=wait_s, poll_interval=_POLL_S)
        except Timeout:
            raise LogBusyError(
                f"Cannot write the log {show(str(self._log))}: another process has been writing it for "
                f"{self._lock.timeout:g} s; wait for it or end it"
            ) from None
        except (OSError, NotImplementedError) as error:
            raise (store_error(error, self._log) if isinstance(error, OSError) else StoreError(str(error))) from error
        try:
            yield
        finally:
            self._lock.release()
