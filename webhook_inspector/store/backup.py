"""A copy of a log at one moment, made while it is in use."""

from __future__ import annotations

import os
import sqlite3
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from webhook_inspector.core.display import show
from webhook_inspector.errors import LogFullError, StoreError, UsageError
from webhook_inspector.store.belonging import refuse_foreign_wal
from webhook_inspector.store.check import Health, examine
from webhook_inspector.store.connect import open_reader
from webhook_inspector.store.files import make_file, place_new
from webhook_inspector.store.identify import read_version, refuse_foreign
from webhook_inspector.store.readers import Readers
from webhook_inspector.store.trouble import store_error

PAGES = 256
"""Pages of one step."""
PAUSE_S = 0.002
"""After each step the disk is left to capture for so long, in seconds."""

Progress = Callable[[int, int], None]
"""Told after each step: pages that are copied, of how many."""

_OF_THE_COPY = {
    sqlite3.SQLITE_FULL: "the disk is full; make room or choose another place",
    sqlite3.SQLITE_READONLY: "it may not be written; choose another place",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened; choose another place",
}


def refuse_taken(target: Path) -> None:
    """Refuse a name that something has.

    Raises:
        UsageError: There is something.
    """
    if os.path.lexists(target):
        raise UsageError(f"{show(str(target), 300)} is there already: choose another name.")


def back_up(path: Path, target: Path, progress: Progress = lambda _done, _all: None) -> Health:
    """Copy a log as it is at the beginning of the call; capture goes on, and nobody waits.

    Args:
        path: The log.
        target: The copy, a new file with mode 0600: one file, whole by itself.
        progress: As its type says.

    Returns:
        What a check of the copy found. The copy of a damaged log is as damaged as the log.

    Raises:
        UsageError: There is something with the name of the target.
        StoreError: The log cannot be read, or the target cannot be written; nothing is left behind.
    """
    path = Path(os.path.realpath(path))
    refuse_foreign(path)
    refuse_foreign_wal(path)
    read_version(path)
    refuse_taken(target)
    try:
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name[:40]}.") as folder:
            draft = Path(folder) / "copy.db"
            make_file(draft)
            _copy(path, draft, progress)
            readers = Readers(draft, immutable=True)
            try:
                health = examine(draft, readers)
            finally:
                readers.close()
            place_new(draft, target)
    except FileExistsError:
        refuse_taken(target)
        raise
    except OSError as error:
        raise StoreError(
            f"Cannot back up to {show(str(target), 300)}: {show(error.strerror or str(error))}; choose another place"
        ) from error
    except sqlite3.Error as error:
        what = _OF_THE_COPY.get(error.sqlite_errorcode & 0xFF)
        if what is None:
            raise store_error(error, path, "back up") from error
        kind = LogFullError if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_FULL else StoreError
        raise kind(f"Cannot back up to {show(str(target), 300)}: {what}") from error
    return health


def _copy(path: Path, draft: Path, progress: Progress) -> None:
    def after_step(_status: int, left: int, pages: int) -> None:
        progress(pages - left, pages)
        time.sleep(PAUSE_S)

    with closing(open_reader(path)) as source, closing(sqlite3.connect(draft, isolation_level=None)) as copy:
        # One read transaction over all steps: without it every commit of a listener would start the copy anew.
        source.execute("BEGIN")
        source.execute("SELECT count(*) FROM sqlite_master").fetchone()
        source.backup(copy, pages=PAGES, progress=after_step)
