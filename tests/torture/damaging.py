"""Ways to damage a log, as disks and people do."""

from __future__ import annotations

import random
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from tests.support.factories import make_delivery, noise
from tests.support.stored import stored_bodies
from webhook_inspector.core.clock import ManualClock
from webhook_inspector.store.log import Log

LEAF = 13
"""First byte of a page that holds rows of a table (sqlite.org/fileformat2.html 1.6, read 2026-11-21)."""
PAGE = 4096
COUNT = 300


def body_of(number: int) -> bytes:
    """The body of a delivery of `make_log`: small, of several in a page, packed, and of several pages."""
    size = (40, 900, 3_000, 14_000)[number % 4]
    text = f'{{"id":"evt_{number}","type":"invoice.paid","mark":"canary{number:05}"}}'.encode()
    return text.ljust(size) if size == 3_000 else text + noise(max(0, size - len(text)), number)


def make_log(path: Path, count: int = COUNT) -> None:
    """A log of some deliveries, closed and in one file."""
    log = Log.open(path, clock=ManualClock())
    log.append([make_delivery(body_of(number)) for number in range(1, count + 1)])
    log.close()


def bodies(path: Path) -> dict[int, bytes]:
    """Numbers and bodies, read by SQLite alone."""
    with closing(sqlite3.connect(path)) as connection:
        return stored_bodies(connection)


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
    """A page of rows in the middle: one of a body alone would be the damage of "a byte in a body"."""
    content = path.read_bytes()
    place = next(at for at in range(len(content) // PAGE // 2 * PAGE, len(content), PAGE) if content[at] == LEAF)
    overwrite(path, place, bytes(PAGE))


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


def _in_use(path: Path) -> None:
    """A log whose process was killed: the newest 100 are in its write-ahead log alone."""
    copy = path.with_name("in-use.db")
    path.unlink()
    make_log(path, COUNT - 100)
    log = Log.open(path, clock=ManualClock())
    log.append([make_delivery(body_of(number)) for number in range(COUNT - 99, COUNT + 1)])
    shutil.copyfile(path, copy)
    shutil.copyfile(f"{path}-wal", f"{copy}-wal")
    log.close()
    copy.chmod(0o600)
    copy.replace(path)
    Path(f"{copy}-wal").replace(f"{path}-wal")


def _header_beside_a_wal(path: Path) -> None:
    _in_use(path)
    _header(path)


def _first_page_beside_a_wal(path: Path) -> None:
    """Of both: where the log was written last, that page lies in the write-ahead log too."""
    _in_use(path)
    _first_page(path)
    wal = Path(f"{path}-wal")
    for place in range(32, wal.stat().st_size, PAGE + 24):
        with wal.open("rb") as file:
            file.seek(place)
            number = int.from_bytes(file.read(4), "big")
        if number == 1:
            overwrite(wal, place + 24, random.Random(5).randbytes(PAGE))


def _other_wal(path: Path) -> None:
    """A write-ahead log of another file lies beside the log."""
    other = path.with_name("other.db")
    log = Log.open(other, clock=ManualClock())
    log.append([make_delivery(b"of another file") for _ in range(20)])
    shutil.copyfile(f"{other}-wal", f"{path}-wal")
    log.close()


def harm_at_random(path: Path, rng: random.Random) -> None:
    """One to four harms, to the log or to what lies beside it."""
    for _ in range(rng.randrange(1, 5)):
        wal = Path(f"{path}-wal")
        target = wal if wal.exists() and rng.random() < 0.4 else path
        size = target.stat().st_size
        place = rng.randrange(size)
        kind = rng.choice(("bytes", "bytes", "page", "zeros", "cut", "bit"))
        if kind == "bytes":
            overwrite(target, place, rng.randbytes(rng.randrange(1, 9000)))
        elif kind == "page":
            overwrite(target, place // PAGE * PAGE, rng.randbytes(PAGE))
        elif kind == "zeros":
            overwrite(target, place, bytes(rng.randrange(1, 9000)))
        elif kind == "cut":
            with target.open("r+b") as file:
                file.truncate(max(100, place))
        else:
            overwrite(target, place, bytes([target.read_bytes()[place] ^ 1 << rng.randrange(8)]))


def make_log_in_use(path: Path) -> None:
    """A log whose process was killed."""
    make_log(path, 1)
    _in_use(path)


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
    "killed, header": Damage(_header_beside_a_wal, COUNT, "not a SQLite file"),
    "killed, first page": Damage(_first_page_beside_a_wal, COUNT, "not a SQLite file"),
    "half cut": Damage(_cut, 130, "damaged"),
    "cut in a page": Damage(_cut_in_a_page, 180, "damaged"),
    "random pages": Damage(_random_pages, COUNT - 40, "salvage"),
    "a zeroed page": Damage(_zeroed_page, COUNT - 10, "salvage"),
    "root of deliveries": Damage(_root_of_deliveries, COUNT, "damaged"),
    "a byte in a body": Damage(_flipped_byte, COUNT - 1, "deliveries 123"),
    "missing -wal": Damage(_no_wal, COUNT, ""),
    "-wal of another log": Damage(_other_wal, COUNT, "belongs to another log"),
}
