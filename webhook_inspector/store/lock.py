"""The lock that processes share around every write transaction and checkpoint.

Two connections that write or checkpoint at the same instant can lose pages in SQLite 3.7.0 to 3.51.2
(https://sqlite.org/wal.html, "The WAL-reset bug", read November 2026), and SQLite's own locks do not prevent it.
The system drops the lock when its holder dies.

Who waits for it looks once a millisecond, and would hardly ever find it free while another process writes without a
break. So it holds a second lock meanwhile, `<log>.wanted.lock`, by which a busy writer knows that it has to make way.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from webhook_inspector.core.clock import NS_PER_S, SystemClock
from webhook_inspector.core.display import show
from webhook_inspector.errors import LogBusyError, StoreError
from webhook_inspector.store.kept_lock import new
from webhook_inspector.store.trouble import store_error

WAIT_S = 5.0
"""Longest wait for another process, in seconds."""
_POLL_S = 0.001


class WriteLock:
    """The lock of one log. For one thread at a time.

    Its file is open while it is held; with `keep` also in between, until `close`.

    Args:
        log: Path of the log; the lock file is `<log>.lock` beside it.
        wait_s: Longest wait, in seconds.
        keep: It will be held again and again.
    """

    def __init__(self, log: Path, wait_s: float = WAIT_S, *, keep: bool = False) -> None:
        self._log = log
        self._wait_s = wait_s
        self._keep = keep
        self._lock = new(f"{log}.lock")
        self._wish = Path(f"{log}.wanted.lock")

    def close(self) -> None:
        """Close its file."""
        self._lock.close()

    @property
    def wanted(self) -> bool:
        """Whether another process waits for it at this moment."""
        if not self._wish.exists():
            return False
        wish = new(str(self._wish))
        try:
            return not wish.try_hold()
        except OSError:
            return False
        finally:
            wish.close()

    @contextmanager
    def held(self, wait_s: float | None = None) -> Iterator[None]:
        """Hold the lock.

        Args:
            wait_s: Longest wait, where it is not that of this object.

        Raises:
            LogBusyError: Another process held it all the time.
            StoreError: The lock file cannot be made.
        """
        wait_s = self._wait_s if wait_s is None else wait_s
        try:
            if not self._lock.try_hold() and not self._waited(wait_s):
                raise LogBusyError(
                    f"Cannot write the log {show(str(self._log))}: another process has been writing it for "
                    f"{wait_s:g} s; wait for it or end it"
                )
        except (OSError, NotImplementedError) as error:
            self._lock.close()
            raise (store_error(error, self._log) if isinstance(error, OSError) else StoreError(str(error))) from error
        except LogBusyError:
            self._leave()
            raise
        try:
            yield
        finally:
            self._leave()

    def _waited(self, wait_s: float) -> bool:
        clock = SystemClock()
        until_ns = clock.monotonic_ns() + int(wait_s * NS_PER_S)
        with self._wished() as wish:
            while clock.monotonic_ns() < until_ns:
                wish()
                time.sleep(_POLL_S)
                if self._lock.try_hold():
                    return True
        return False

    @contextmanager
    def _wished(self) -> Iterator[Callable[[], None]]:
        """Gives what says to other processes that this one waits, until the end of the block.

        One of those that wait says so for all of them: the next one as soon as it has what it waited for.
        """
        wish = new(str(self._wish))
        said = False

        def say() -> None:
            nonlocal said
            if not said:
                with suppress(OSError, NotImplementedError):  # a folder without room: it waits as long as it must
                    said = wish.try_hold()

        try:
            yield say
        finally:
            if said:
                with suppress(OSError):
                    self._wish.unlink()
            wish.close()

    def _leave(self) -> None:
        self._lock.release()
        if not self._keep:
            self._lock.close()
