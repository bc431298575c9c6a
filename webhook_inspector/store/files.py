"""Files and folders of the log: made for their owner only, whatever the umask."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from webhook_inspector.core.folders import FOLDER_MODE, make_folder

__all__ = ["FILE_MODE", "FOLDER_MODE", "make_file", "make_folder"]

FILE_MODE = 0o600


def make_file(path: Path) -> None:
    """Make a new empty file with mode 0600 (SQLite gives `-wal` and `-shm` the same mode).

    Raises:
        FileExistsError: There is one.
        OSError: It cannot be made.
    """
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, FILE_MODE)
    os.close(descriptor)
    path.chmod(FILE_MODE)


def sync_folder(folder: Path) -> None:
    """Make a rename in a folder durable. Windows has no such call and needs none (NTFS journals names)."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def place_new(draft: Path, path: Path) -> None:
    """Give a finished file its name, durably and never in the place of another one.

    Raises:
        FileExistsError: There is one; the draft stays.
        OSError: It cannot be done.
    """
    try:
        os.link(draft, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        if os.path.lexists(path):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path)) from None
        draft.rename(path)
    else:
        draft.unlink()
    sync_folder(path.parent)


def size_of(path: Path) -> int:
    """Size of a file in bytes; 0 when there is none."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


def identity(path: Path) -> tuple[int, int] | None:
    """Device and file number, to notice that a log was moved away; None when there is no such file."""
    try:
        stat = os.stat(path)  # noqa: PTH116 (for each commit)
    except OSError:
        return None
    return stat.st_dev, stat.st_ino
