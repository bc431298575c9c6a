"""Is the log whole? For `doctor`."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from webhook_inspector.core.display import show
from webhook_inspector.errors import StoreError
from webhook_inspector.store.files import size_of
from webhook_inspector.store.packing import unpack_body
from webhook_inspector.store.readers import Readers

_MOST_NAMED = 100


@dataclass(frozen=True, slots=True)
class Health:
    """What `check` found."""

    deliveries: int
    """Deliveries whose bodies were read."""
    damaged: tuple[int, ...]
    """Deliveries whose body is not the one that was received, by its SHA-256."""
    problems: tuple[str, ...]
    """One sentence each; safe to print."""
    sqlite_version: str
    journal_mode: str
    log_bytes: int
    wal_bytes: int

    @property
    def whole(self) -> bool:
        """Whether nothing was found."""
        return not self.damaged and not self.problems


def examine(path: Path, readers: Readers) -> Health:
    """Read everything and say whether it is whole. Takes as long as reading the file; writing goes on meanwhile.

    Never raises: what cannot be read is a problem in the result.
    """
    problems = list(problems_of(readers))
    damaged: list[int] = []
    read = 0
    journal = ""
    try:
        journal = str((readers.one("PRAGMA journal_mode") or ("",))[0])
        numbers = [row[0] for row in readers.rows("SELECT id FROM deliveries ORDER BY id")]
        for number, intact in damaged_bodies(readers, iter(numbers)):
            read += 1
            if not intact:
                damaged.append(number)
    except StoreError as error:
        if error.message not in problems:
            problems.append(error.message)
    return Health(
        deliveries=read,
        damaged=tuple(damaged),
        problems=tuple(problems),
        sqlite_version=sqlite_version(),
        journal_mode=journal,
        log_bytes=size_of(path),
        wal_bytes=size_of(Path(f"{path}-wal")),
    )


def problems_of(readers: Readers) -> tuple[str, ...]:
    """What SQLite's own check and the rows themselves say; it does not see a changed byte inside a body."""
    try:
        found = [str(row[0]) for row in readers.rows(f"PRAGMA integrity_check({_MOST_NAMED})")]
        problems = [f"SQLite: {show(text)}" for text in found if text != "ok"]
        lone = readers.one(
            "SELECT count(*) FROM deliveries d WHERE NOT EXISTS (SELECT 1 FROM facts f WHERE f.id = d.id) "
            "AND NOT EXISTS (SELECT 1 FROM trash t WHERE t.id = d.id)"
        )
        if lone and lone[0]:
            problems.append(f"{lone[0]} deliveries have no facts, so the list does not show them")
    except StoreError as error:
        return (error.message,)
    return tuple(problems)


def damaged_bodies(readers: Readers, ids: Iterator[int]) -> Iterator[tuple[int, bool]]:
    """For each delivery whether its body is as it was received. One body is held at a time.

    Raises:
        StoreError: A page cannot be read.
    """
    for number in ids:
        row = readers.one("SELECT body_sha256, body_size, body FROM deliveries WHERE id = ?", (number,))
        if row is None:
            continue
        body = unpack_body(bytes(row[2]), row[1])
        yield number, hashlib.sha256(body).digest() == row[0] and len(body) == row[1]


def sqlite_version() -> str:
    """Version of the SQLite library in use."""
    return sqlite3.sqlite_version
