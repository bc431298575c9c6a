"""What is not a log is refused in one sentence and left as it was."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.factories import make_delivery, noise
from webhook_inspector.core.clock import ManualClock
from webhook_inspector.errors import StoreError
from webhook_inspector.store.connect import SCHEMA_VERSION
from webhook_inspector.store.log import Log
from webhook_inspector.store.schema import MIGRATIONS

MARK = b"this is where a body begins"


def make_log(path: Path) -> None:
    log = Log.open(path, clock=ManualClock())
    log.append([make_delivery(MARK + noise(5000, n)) for n in range(5)])
    log.close()


def _read_all(path: Path) -> None:
    log = Log.open(path, clock=ManualClock(), readonly=True)
    try:
        log.records([1, 2, 3, 4, 5])
    finally:
        log.close()


def _foreign(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE deliveries (id INTEGER PRIMARY KEY)")


def _newer(path: Path) -> None:
    make_log(path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")


def _garbage_header(path: Path) -> None:
    make_log(path)
    path.write_bytes(b"garbage!" * 2 + path.read_bytes()[16:])


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda path: path.mkdir(), "a folder"),
        (lambda path: path.write_bytes(b""), "empty"),
        (lambda path: path.write_bytes(b"hello, I am a text\n" * 1000), "not a SQLite file"),
        (lambda path: path.write_bytes(b"x"), "not a SQLite file"),
        (_foreign, "another program"),
        (_newer, "newer release"),
        (_garbage_header, "not a SQLite file"),
    ],
)
@pytest.mark.parametrize("readonly", [False, True])
def test_foreign_files(log_path: Path, make: Callable[[Path], None], says: str, readonly: bool) -> None:
    make(log_path)
    before = {one.name: one.read_bytes() for one in log_path.parent.iterdir() if one.is_file()}
    with pytest.raises(StoreError, match=says) as caught:
        Log.open(log_path, clock=ManualClock(), readonly=readonly)
    assert str(log_path) in caught.value.message
    assert "\n" not in caught.value.message
    assert {one.name: one.read_bytes() for one in log_path.parent.iterdir() if one.is_file()} == before


def test_a_cut_log_is_named_and_kept(log_path: Path) -> None:
    make_log(log_path)
    log_path.write_bytes(log_path.read_bytes()[:20_000])
    before = log_path.read_bytes()
    with pytest.raises(StoreError, match="damaged"):
        _read_all(log_path)
    assert log_path.read_bytes() == before


def test_a_changed_byte_in_a_body_is_named(log_path: Path) -> None:
    make_log(log_path)
    content = bytearray(log_path.read_bytes())
    content[content.rindex(MARK)] ^= 1
    log_path.write_bytes(content)
    log = Log.open(log_path, clock=ManualClock(), readonly=True)
    health = log.check()
    assert health.deliveries == 5
    assert len(health.damaged) == 1
    assert not health.whole
    assert not health.problems
    log.close()


def test_a_whole_log_is_whole(log_path: Path) -> None:
    make_log(log_path)
    log = Log.open(log_path, clock=ManualClock())
    health = log.check()
    assert health.whole
    assert (health.deliveries, health.journal_mode) == (5, "wal")
    log.close()


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="needs permissions that bind")
def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    place = tmp_path / "place"
    place.mkdir()
    make_log(place / "log.db")
    place.chmod(0o500)
    try:
        log = Log.open(place / "log.db", clock=ManualClock(), readonly=True)
        assert log.count() == 5
        log.close()
        with pytest.raises(StoreError):
            Log.open(place / "log.db", clock=ManualClock())
        with pytest.raises(StoreError):
            Log.open(place / "other.db", clock=ManualClock())
    finally:
        place.chmod(0o700)


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StoreError, match="Cannot create the log"):
        Log.open(tmp_path / "file" / "log.db", clock=ManualClock())


def test_the_schema_version_is_the_number_of_migrations() -> None:
    assert len(MIGRATIONS._migrations) == SCHEMA_VERSION


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077, 0o277])
def test_modes_do_not_follow_the_umask(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        log = Log.open(tmp_path / "new" / "log.db", clock=ManualClock())
        log.append([make_delivery()])
        modes = {one.name: one.stat().st_mode & 0o777 for one in (tmp_path / "new").iterdir()}
        log.close()
    finally:
        os.umask(before)
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700
    assert modes == dict.fromkeys(("log.db", "log.db-wal", "log.db-shm", "log.db.lock"), 0o600)


def test_a_log_that_was_moved_away_takes_nothing_more(log_path: Path) -> None:
    log = Log.open(log_path, clock=ManualClock())
    log.append([make_delivery()])
    log_path.rename(log_path.with_name("moved.db"))
    with pytest.raises(StoreError, match="moved, removed or replaced"):
        log.append([make_delivery()])
    log_path.with_name("moved.db").rename(log_path)
    assert log.append([make_delivery()]) == [2]
    log.close()


def test_names_that_are_hard_in_a_uri(tmp_path: Path) -> None:
    log = Log.open(tmp_path / "a b?c#d%20é.db", clock=ManualClock())
    log.append([make_delivery()])
    assert log.count() == 1
    log.close()
    assert (tmp_path / "a b?c#d%20é.db").stat().st_size > 0
