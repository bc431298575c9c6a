"""The same lock as `filelock`'s on POSIX, `flock` on the same file, with the file kept open between two holds.

Opening it anew each time, as that library does, takes longer than all else that a small transaction does but its sync.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import Protocol

from webhook_inspector.store.files import FILE_MODE


class Lock(Protocol):
    """A lock that processes share."""

    def try_hold(self) -> bool:
        """Hold it now, or not."""

    def release(self) -> None:
        """Let others hold it."""

    def close(self) -> None:
        """Release it and close its file."""


class OpenedLock:
    """`filelock`'s, for systems without `flock`.

    Args:
        path: The lock file.
    """

    def __init__(self, path: str) -> None:
        from filelock import FileLock  # noqa: PLC0415 (elsewhere nobody needs it)

        self._lock = FileLock(path, timeout=0, mode=FILE_MODE, thread_local=False)

    def try_hold(self) -> bool:
        """Hold it now, or not.

        Raises:
            OSError: The file cannot be made or locked.
        """
        try:
            self._lock.acquire()
        except TimeoutError:
            return False
        return True

    def release(self) -> None:
        """Let others hold it."""
        self._lock.release()

    def close(self) -> None:
        """Release it."""
        self._lock.release(force=True)


def new(path: str) -> Lock:
    """The quicker one that the system has."""
    return OpenedLock(path) if sys.platform == "win32" else KeptLock(path)


if sys.platform != "win32":
    import fcntl

    class KeptLock:
        """A lock whose file stays open until `close`. For one thread at a time.

        Args:
            path: The lock file; made when it is not there.
        """

        def __init__(self, path: str) -> None:
            self._path = path
            self._descriptor: int | None = None

        def try_hold(self) -> bool:
            """Hold it now, or not.

            Raises:
                OSError: The file cannot be made or locked.
            """
            while True:
                if self._descriptor is None:
                    self._descriptor = os.open(
                        self._path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, FILE_MODE
                    )
                    if os.fstat(self._descriptor).st_mode & FILE_MODE != FILE_MODE:  # a umask took some of it
                        os.fchmod(self._descriptor, FILE_MODE)
                try:
                    fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    if self._is_current(self._descriptor):
                        return False
                    self.close()
                    continue
                if self._is_current(self._descriptor):
                    return True
                self.close()  # the file was removed: who comes now locks another one

        def release(self) -> None:
            """Let others hold it."""
            if self._descriptor is not None:
                fcntl.flock(self._descriptor, fcntl.LOCK_UN)

        def close(self) -> None:
            """Release it and close the file."""
            if self._descriptor is not None:
                descriptor, self._descriptor = self._descriptor, None
                os.close(descriptor)

        def _is_current(self, descriptor: int) -> bool:
            with suppress(FileNotFoundError):
                return os.path.samestat(os.fstat(descriptor), os.stat(self._path))  # noqa: PTH116 (for each commit)
            return False
