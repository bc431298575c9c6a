"""Ways to damage a log, as disks and people do."""

from __future__ import annotations

import random
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from tests.support.factories import make_delivery
from webhook_inspector.core.clock import ManualClock
from webhook_inspector.store.log import Log

PAGE = 4096
COUNT = 300


def body_of(number: int) -> bytes:
    """The body of a delivery of `make_log`: small, of several in a page, and of several pages."""
    size = (40, 900, 3_000, 14_000)[number % 4]
    return f'{{"id":"evt_{number}","type":"invoice.paid","mark":"canary{number:05}"}}'.encode().ljust(size)


def make_log(path: Path, count: int = COUNT) -> None:
    """A log of some deliveries, closed and in one file."""
    log = Log.open(path, clock=ManualClock())
    log.append([make_delivery(body_of(number)) for number in range(1, count + 1)])
    log.close()


def bodies(path: Path) -> dict[int, bytes]:
    """Numbers and bodies, read by SQLite alone."""
    with closing(sqlite3.connect(path)) as connection:
        return {number: bytes(body) for number, body in connection.execute("SELECT id, body FROM deliveries")}


def overwrite(path: Path, offset: int, data: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(data)


def _header(path: Path) -> None:
    overwrite(path, 0, random.Random(1).randbytes(100))


def _magic(path: Path) -> None:
    overwrite(path, 0, b"not SQLite at all")


def _first_page(path: Path) -> None:
    overwrite(path, 0, random.Random(2).randbytes(PAGE))


def _cut(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2 // PAGE * PAGE)


def _cut_in_a_page(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size * 2 // 3 + 777)


def _random_pages(path: Path) -> None:
    rng = random.Random(3)
    for _ in range(5):
        overwrite(path, rng.randrange(1, path.stat().st_size // PAGE) * PAGE, rng.randbytes(PAGE))


def _zeroed_page(path: Path) -> None:
    overwrite(path, path.stat().st_size // PAGE // 2 * PAGE, bytes(PAGE))


def _flipped_byte(path: Path) -> None:
    place = path.read_bytes().index(b"canary00123")
    overwrite(path, place, b"C")


def _root_of_deliveries(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        (root,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'deliveries'").fetchone()
    overwrite(path, (root - 1) * PAGE, random.Random(4).randbytes(PAGE))


def _no_wal(path: Path) -> None:
    """The file of a log that was in use, copied without what lies beside it: the newest are not in it."""
    copy = path.with_name("in-use.db")
    log = Log.open(path, clock=ManualClock())
    log.append([make_delivery(body_of(number)) for number in range(COUNT + 1, COUNT + 21)])
    shutil.copyfile(path, copy)
    log.close()
    copy.chmod(0o600)
    copy.replace(path)


def _other_wal(path: Path) -> None:
    """A write-ahead log of another file lies beside the log."""
    other = path.with_name("other.db")
    log = Log.open(other, clock=ManualClock())
    log.append([make_delivery(b"of another file") for _ in range(20)])
    shutil.copyfile(f"{other}-wal", f"{path}-wal")
    log.close()


@dataclass(frozen=True)
class Damage:
    """One way, and what is to come of it."""

    harm: Callable[[Path], None]
    least_saved: int
    """Of `COUNT` deliveries, at least so many come back whole."""
    says: str
    """What opening or `doctor` says of it; empty: nothing."""


DAMAGES = {
    "header": Damage(_header, COUNT, "not a SQLite file"),
    "magic": Damage(_magic, COUNT, "not a SQLite file"),
    "first page": Damage(_first_page, COUNT, "not a SQLite file"),
    "half cut": Damage(_cut, 130, "damaged"),
    "cut in a page": Damage(_cut_in_a_page, 180, "damaged"),
    "random pages": Damage(_random_pages, COUNT - 40, "salvage"),
    "a zeroed page": Damage(_zeroed_page, COUNT - 10, "salvage"),
    "root of deliveries": Damage(_root_of_deliveries, COUNT, "damaged"),
    "a byte in a body": Damage(_flipped_byte, COUNT - 1, "deliveries 123"),
    "missing -wal": Damage(_no_wal, COUNT, ""),
    "-wal of another log": Damage(_other_wal, COUNT, "belongs to another log"),
}
