"""What can be read of a damaged log, in a new one. The damaged file is only copied, never opened by SQLite."""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import tempfile
from bisect import bisect_right
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from webhook_inspector.core.display import show
from webhook_inspector.errors import StoreError
from webhook_inspector.store.backup import refuse_taken
from webhook_inspector.store.belonging import contradicts, marks
from webhook_inspector.store.carve import PAGE, carve, frames_of
from webhook_inspector.store.connect import open_writer
from webhook_inspector.store.create import create
from webhook_inspector.store.files import place_new
from webhook_inspector.store.identify import APPLICATION_ID, refuse_newer
from webhook_inspector.store.lock import WriteLock
from webhook_inspector.store.rows import CAPTURE_COLUMNS, DELIVERY_COLUMNS, capture_row, read_delivery
from webhook_inspector.store.salvage_tables import copy_tables
from webhook_inspector.store.tolerant import TolerantTable, lenient

_HEADER = 100
"""Bytes of a database's header."""
_WIDEST = 10_000_000
"""A range of unreadable numbers wider than this says nothing about how many deliveries there were."""
_BATCH_BYTES = 8 * 1024 * 1024
_NAMES = DELIVERY_COLUMNS.split(", ")
_SIZE, _HASH, _BODY = (_NAMES.index(name) for name in ("body_size", "body_sha256", "body"))

Progress = Callable[[int], None]
"""Told now and then how many deliveries were saved."""


@dataclass(slots=True)
class Salvaged:
    """What came out of a damaged log."""

    saved: int = 0
    """Deliveries in the new log, the damaged ones among them."""
    damaged: list[int] = field(default_factory=list)
    """Deliveries that were saved though their body is not the one that was received, by its SHA-256."""
    lost: int = 0
    """Deliveries that were there and cannot be read; some of them may have been deleted before."""
    unknown: bool = False
    """Whether nothing says how many deliveries there were."""
    problems: list[str] = field(default_factory=list)
    """What else was found, a sentence each."""

    @property
    def complete(self) -> bool:
        """Whether everything is in the new log, as it was received."""
        return not (self.damaged or self.lost or self.unknown or self.problems)


def salvage(path: Path, target: Path, progress: Progress = lambda _saved: None) -> Salvaged:
    """Write what can be read of a log into a new log; the old file stays as it is, byte for byte.

    Args:
        path: The damaged log.
        target: The new log, a new file.
        progress: As its type says.

    Raises:
        UsageError: There is something with the name of the target.
        StoreError: It is another program's file or a newer release's, nothing of a log is in it, or the target
            cannot be written; nothing is left behind.
    """
    path = Path(os.path.realpath(path))
    refuse_taken(target)
    try:
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name[:40]}.") as folder:
            copy, new = Path(folder) / "damaged.db", Path(folder) / "new.db"
            _take_copy(path, copy)
            create(new)
            found = _Rescue(path, copy, new, progress).run()
            place_new(new, target)
    except FileExistsError:
        refuse_taken(target)
        raise
    except (OSError, sqlite3.Error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise StoreError(
            f"Cannot salvage {show(str(path), 300)} into {show(str(target), 300)}: {show(reason)}; make room or choose "
            "another place"
        ) from error
    return found


def _take_copy(path: Path, copy: Path) -> None:
    """A copy of the file and of what lies beside it, not while a process writes to them."""
    if not path.is_file():
        raise StoreError(f"Cannot salvage {show(str(path), 300)}: there is no such file; name the damaged log")
    if os.access(path.parent, os.W_OK):
        with WriteLock(path).held():
            _copy_files(path, copy)
    else:
        _copy_files(path, copy)


def _copy_files(path: Path, copy: Path) -> None:
    shutil.copyfile(path, copy)
    with suppress(FileNotFoundError):
        shutil.copyfile(f"{path}-wal", f"{copy}-wal")
        shutil.copyfile(f"{path}-wal", _kept_wal(copy))


def _kept_wal(copy: Path) -> Path:
    """The write-ahead log as it was: SQLite cuts the one beside the copy, or takes it away."""
    return copy.with_name("kept-wal")


class _Rescue:
    def __init__(self, path: Path, copy: Path, new: Path, progress: Progress) -> None:
        self._path = path
        self._copy = copy
        self._new = new
        self._progress = progress
        self._found = Salvaged()
        self._saved: set[int] = set()
        self._folded = False

    def run(self) -> Salvaged:
        found = self._found
        with closing(open_writer(self._new)) as into:
            source = self._open()
            if source is None:
                unreadable = [(1, 2**63 - 1)]
                found.unknown = True
                found.problems.append("its table of tables cannot be read: only deliveries were looked for")
            else:
                with closing(source):
                    unreadable, known = self._read(source, into)
                    carved = bool(unreadable) or not _sound(source)
                    if carved:
                        self._carve(into, unreadable)
                    found.problems += copy_tables(source, into, self._saved)
                    if self._saved:  # numbers beyond what the tables know of, from the write-ahead log
                        known |= set(range(max(known, default=0) + 1, max(self._saved) + 1))
                found.lost = len(known - self._saved)
            if source is None:
                self._carve(into, unreadable)
            found.saved = len(self._saved)
            into.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if not self._saved and (found.unknown or found.lost):
            raise StoreError(
                f"Cannot salvage {show(str(self._path), 300)}: no delivery can be read in it; take a backup of it, if "
                "there is one"
            )
        return found

    def _open(self) -> sqlite3.Connection | None:
        """The copy, with what lies in its write-ahead log; None when its tables cannot be reached."""
        self._drop_foreign_wal()
        for repair in (False, True):
            if repair:
                self._rebuild_header()
            connection = sqlite3.connect(self._copy, isolation_level=None)
            connection.text_factory = lenient
            try:
                connection.execute("PRAGMA trusted_schema = OFF")
                names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
                self._refuse_foreign(connection, repair=repair)
                self._fold_back(connection)
            except sqlite3.Error:
                connection.close()
                continue
            except StoreError:
                connection.close()
                raise
            if "deliveries" in names:
                return connection
            connection.close()
        return None

    def _fold_back(self, connection: sqlite3.Connection) -> None:
        """Write what lies in the write-ahead log into the copy, and tell when SQLite cannot use all of it."""
        if not self._folded:
            self._folded = True
            with suppress(sqlite3.Error):
                _, used, _ = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
                if used < frames_of(_kept_wal(self._copy)):
                    self._found.problems.append("the end of the -wal file beside it is damaged, or was never finished")
        with suppress(sqlite3.Error):
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()

    def _drop_foreign_wal(self) -> None:
        """Leave out a write-ahead log that is not of this log: that denies it, or spoils it."""
        wal = Path(f"{self._copy}-wal")
        if not wal.exists():
            return
        alone = self._copy.with_name("alone.db")
        shutil.copyfile(self._copy, alone)
        try:
            with closing(sqlite3.connect(alone)) as connection:
                before, sound = marks(connection), _sound(connection)
            shutil.copyfile(self._copy, alone)
            shutil.copyfile(wal, f"{alone}-wal")
            with closing(sqlite3.connect(alone)) as connection:
                foreign = (sound and not _sound(connection)) or contradicts(before, connection)
        except sqlite3.Error:
            return
        if foreign:
            wal.unlink()
            _kept_wal(self._copy).unlink()
            self._found.problems.append("the -wal file beside it belongs to another log and was left out")

    def _refuse_foreign(self, connection: sqlite3.Connection, *, repair: bool) -> None:
        mark, version = (
            int(connection.execute(f"PRAGMA {name}").fetchone()[0]) for name in ("application_id", "user_version")
        )
        where = show(str(self._path), 300)
        if mark != APPLICATION_ID and not repair:
            if connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                raise StoreError(f"Cannot salvage {where}: it is a database of another program; name a log")
            raise StoreError(f"Cannot salvage {where}: it is empty; take a backup of it, if there is one")
        refuse_newer(self._path, version)

    def _rebuild_header(self) -> None:
        """Put the header of a new log before the pages; it holds nothing of its own but sizes."""
        size = self._copy.stat().st_size
        with self._new.open("rb") as file:
            header = bytearray(file.read(_HEADER))
        # Without a write-ahead log the file is read as one that never had one.
        header[18:20] = b"\2\2" if Path(f"{self._copy}-wal").exists() else b"\1\1"
        header[28:32] = (size // PAGE).to_bytes(4, "big")
        header[32:40] = bytes(8)  # no list of free pages
        header[92:96] = header[24:28]
        with self._copy.open("r+b") as file:
            file.write(header)
        self._found.problems.append("its header was damaged and was written anew in the copy")

    def _read(self, source: sqlite3.Connection, into: sqlite3.Connection) -> tuple[list[tuple[int, int]], set[int]]:
        """Save what SQLite can read; the ranges that it cannot, and the numbers that were in use."""
        facts = TolerantTable(source, "facts", "id")
        deliveries = TolerantTable(source, "deliveries", DELIVERY_COLUMNS)
        highest = max(deliveries.ends()[1], facts.ends()[1], _last_number(source))
        self._save(into, deliveries.rows(1, highest))
        if highest < max(self._saved, default=0) + _WIDEST:
            into.execute("UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = 'deliveries'", (highest,))
        known = {row[0] for row in facts.rows(1, highest)}
        if _kept_wal(self._copy).exists():  # the newest may lie in a part of it that SQLite cannot use
            deliveries.unreadable.append((highest + 1, 2**63 - 1))
        for low, high in deliveries.unreadable if facts.unreadable or not known else []:
            if low > highest:
                continue
            if high - low < _WIDEST:
                known |= set(range(low, high + 1))
            else:
                self._found.unknown = True
        return deliveries.unreadable, known

    def _carve(self, into: sqlite3.Connection, unreadable: list[tuple[int, int]]) -> None:
        """Save what lies in pages that no table leads to any more."""
        ranges = sorted(unreadable)
        lowest = [low for low, _ in ranges]

        def wanted(number: int) -> bool:
            place = bisect_right(lowest, number) - 1
            return number not in self._saved and place >= 0 and number <= ranges[place][1]

        self._save(into, (row for row in carve(self._copy, _kept_wal(self._copy)) if wanted(row[0])))

    def _save(self, into: sqlite3.Connection, rows: Iterator[tuple[Any, ...]]) -> None:
        waiting = 0
        into.execute("BEGIN IMMEDIATE")
        for row in rows:
            if not self._save_one(into, row):
                continue
            waiting += len(row[_BODY])
            if waiting > _BATCH_BYTES:
                waiting = 0
                into.execute("COMMIT")
                into.execute("BEGIN IMMEDIATE")
                self._progress(len(self._saved))
        into.execute("COMMIT")

    def _save_one(self, into: sqlite3.Connection, row: tuple[Any, ...]) -> bool:
        try:
            delivery = read_delivery(row)
            facts = capture_row(delivery, row[0])
            into.execute(_insert("deliveries", DELIVERY_COLUMNS), row)
            into.execute(_insert("facts", CAPTURE_COLUMNS), facts)
        except sqlite3.OperationalError:
            raise  # about the new log, not about the row
        except (sqlite3.Error, ValueError, TypeError, AttributeError, IndexError, OverflowError):
            return False
        self._saved.add(row[0])
        if hashlib.sha256(delivery.request.body).digest() != row[_HASH] or len(delivery.request.body) != row[_SIZE]:
            self._found.damaged.append(row[0])
        return True


def _insert(table: str, columns: str) -> str:
    return f"INSERT INTO {table} ({columns}) VALUES ({','.join('?' * (columns.count(',') + 1))})"  # noqa: S608


def _last_number(source: sqlite3.Connection) -> int:
    with suppress(sqlite3.Error, TypeError, ValueError):
        row = source.execute("SELECT seq FROM sqlite_sequence WHERE name = 'deliveries'").fetchone()
        return int(row[0]) if row else 0
    return 0


def _sound(source: sqlite3.Connection) -> bool:
    """Whether SQLite's own check finds nothing."""
    try:
        return bool(source.execute("PRAGMA integrity_check(1)").fetchone() == ("ok",))
    except sqlite3.Error:
        return False
