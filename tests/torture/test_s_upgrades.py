"""S1 to S4: upgrades are whole or did not happen, and every released log can be read."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest

from tests.cli.support import Cli, make_cli
from tests.support.factories import make_delivery
from tests.support.stored import stored_bodies
from tests.torture.listeners import ROOT
from tests.torture.released_logs import COUNT, body_of, file_of, unpack
from tests.torture.results import record
from tests.torture.strace import needs_strace
from tests.torture.test_d04_disk_errors import small_disk
from webhook_inspector.core.clock import ManualClock
from webhook_inspector.errors import StoreError
from webhook_inspector.store import transaction
from webhook_inspector.store.connect import SCHEMA_VERSION
from webhook_inspector.store.log import Log

BODIES = {number: body_of(number) for number in range(1, COUNT + 1)}
VERSIONS = [version for version in range(1, SCHEMA_VERSION + 1) if file_of(version).exists()]
TABLES = {2: "outbox", 3: "shapes", 4: "annotations"}


@pytest.fixture
def cli(capsysbinary: pytest.CaptureFixture[bytes]) -> Cli:
    return make_cli(capsysbinary)


def whole(path: Path) -> int | None:
    """The schema version of a log that is wholly of that version and has every row; None for any other."""
    with closing(sqlite3.connect(path)) as connection:
        try:
            version = int(connection.execute("PRAGMA user_version").fetchone()[0])
            tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            bodies = stored_bodies(connection)
            facts = connection.execute("SELECT count(*) FROM facts").fetchone()[0]
            sound = connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        except sqlite3.Error:
            return None
    right = all((table in tables) == (version >= since) for since, table in TABLES.items())
    return (
        version if sound and right and "old_deliveries" not in tables and bodies == BODIES and facts == COUNT else None
    )


def killed(folder: Path, count: int, how: str) -> list[int | None]:
    """What is left after so many migrations that were killed."""
    command = [sys.executable, "-m", "tests.torture.migrating_process", str(folder), str(count), "20261121", how]
    subprocess.run(command, cwd=ROOT, check=True, timeout=200)
    return [whole(folder / f"{number}.db") for number in range(count)]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.timeout(240)
@pytest.mark.parametrize("count", [30, pytest.param(200, marks=pytest.mark.torture)])
def test_a_killed_migration_is_whole_or_did_not_happen(tmp_path: Path, count: int) -> None:
    left = killed(tmp_path, count, "transactional")
    assert None not in left
    assert len(set(left)) >= 3  # they died at different places
    record("S1", kills=count, half_done=0)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_a_migration_without_a_transaction_is_caught(tmp_path: Path) -> None:
    left = killed(tmp_path, 40, "autocommit")
    record("S1", caught=None in left, half_done_by_the_broken_variant=left.count(None))
    assert None in left


def start(log: Path, *around: str) -> subprocess.CompletedProcess[bytes]:
    """Open a log, which upgrades it."""
    command = [*around, sys.executable, "-m", "webhook_inspector", "list", "--json", "--log", str(log)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, check=False, timeout=60)


FAULTS = [
    *(f"fdatasync:error=EIO:when={n}" for n in range(1, 9)),
    *(f"fsync:error=EIO:when={n}" for n in (1, 2)),
    *(f"pwrite64:error=ENOSPC:when={n}" for n in (1, 3, 8, 21, 40, 60, 70, 75, 80, 90)),
]


@needs_strace
@pytest.mark.timeout(240)
@pytest.mark.parametrize(
    "injections", [FAULTS[8:11], pytest.param(FAULTS, marks=pytest.mark.torture)], ids=["quick", "all"]
)
def test_an_upgrade_that_fails_leaves_the_old_log(tmp_path: Path, injections: list[str]) -> None:
    refused = 0
    for number, injection in enumerate(injections):
        folder = tmp_path / str(number)
        folder.mkdir()
        log = unpack(1, folder / "log.db")
        call = injection.partition(":")[0]
        done = start(log, "strace", "-f", "-o", os.devnull, "-e", f"trace={call}", "-e", f"inject={injection}")
        assert b"Traceback" not in done.stderr
        version = whole(log)
        assert version is not None
        assert done.returncode or version == SCHEMA_VERSION
        # Several migrations are several steps; once one is done, the copy of the old log is there.
        assert version == 1 or whole(folder / "log.db.schema-1") == 1
        if done.returncode:
            refused += 1
            assert (done.returncode, done.stderr.count(b"\n")) == (3, 1), done.stderr
        assert start(log).returncode == 0
        assert whole(log) == SCHEMA_VERSION
    assert refused
    record("S2", faults=len(injections), starts_refused=refused, logs_lost=0)


def test_an_upgrade_on_a_full_disk_changes_nothing(tmp_path: Path) -> None:
    with ExitStack() as stack:
        disk = stack.enter_context(small_disk(tmp_path / "disk", "200k"))
        log = unpack(1, disk / "log.db")
        before = log.read_bytes()
        done = start(log)
        assert (done.returncode, done.stderr.count(b"\n")) == (3, 1), done.stderr
        assert b"disk is full" in done.stderr
        assert log.read_bytes() == before
        assert {path.name for path in disk.iterdir()} <= {"log.db", "log.db.lock"} | SHARED
        assert whole(log) == 1
    record("S2", faults=1, starts_refused=1, logs_lost=0)


SHARED = {"log.db-shm", "log.db-wal"}


def test_the_old_log_is_kept_beside_the_new_one(tmp_path: Path) -> None:
    log = unpack(1, tmp_path / "log.db")
    Log.open(log, clock=ManualClock()).close()
    assert whole(log) == SCHEMA_VERSION
    assert whole(tmp_path / "log.db.schema-1") == 1


@pytest.mark.parametrize("version", VERSIONS)
def test_the_log_of_every_release_is_read(tmp_path: Path, version: int) -> None:
    path = unpack(version, tmp_path / "log.db")
    assert whole(path) == version
    log = Log.open(path, clock=ManualClock())
    try:
        assert log.check().whole
        records = log.records(list(log.ids()))
        assert {one.delivery.id: one.delivery.request.body for one in records} == BODIES
        assert [one.facts.event.id for one in records] == [f"evt_{number}" for number in BODIES]
        assert [attempt.run_id for attempt in log.attempts(2)] == [1]
        assert log.waiting("http://127.0.0.1:9") == ([4] if version >= 2 else [])
        assert log.append([make_delivery()]) == [COUNT + 1]
    finally:
        log.close()
    record("S4", released_schemas=1, deliveries=COUNT)


def test_no_released_schema_is_forgotten() -> None:
    assert set(range(1, SCHEMA_VERSION)) <= set(VERSIONS)


@pytest.mark.parametrize("name", ["list", "listen"])
def test_a_log_of_a_newer_release_is_refused_and_not_written(cli: Cli, tmp_path: Path, name: str) -> None:
    log = unpack(VERSIONS[-1], tmp_path / "log.db")
    with closing(sqlite3.connect(log)) as connection:
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    before = log.read_bytes()
    ran = cli(name, "--log", str(log), *(["--port", "0"] if name == "listen" else []))
    assert ran.code == 3
    assert "a newer release" in ran.sentence()
    assert log.read_bytes() == before
    record("S3", refusals=1)


@contextmanager
def an_older_listener(log: Path) -> Iterator[None]:
    """Another process that is marked as the listener of a log."""
    code = (
        "import sys, threading; from pathlib import Path; from webhook_inspector.store.presence import Presence; "
        "kept = Presence.claim(Path(sys.argv[1]), 'http://127.0.0.1:4400'); print('marked', flush=True); "
        "threading.Event().wait(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(log)], cwd=ROOT, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"marked\n"
        try:
            yield
        finally:
            process.kill()
            process.wait(10)


def test_a_log_is_not_upgraded_under_an_older_release(cli: Cli, tmp_path: Path) -> None:
    log = unpack(1, tmp_path / "log.db")
    before = log.read_bytes()
    with an_older_listener(log):
        ran = cli("list", "--log", str(log))
        assert ran.code == 3
        assert "an older release" in ran.sentence()
        assert log.read_bytes() == before
    assert cli("list", "--log", str(log)).code == 0
    record("S3", refusals=1)


def _append_after_an_upgrade(log_path: Path) -> tuple[str, int]:
    """What an open process says to a delivery after a newer release upgraded its log, and the rows then."""
    log = Log.open(log_path, clock=ManualClock())
    said = ""
    try:
        log.append([make_delivery()])
        with closing(sqlite3.connect(log_path)) as connection:
            connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
        log.append([make_delivery()])
    except StoreError as error:
        said = error.message
    finally:
        log.close()
    with closing(sqlite3.connect(log_path)) as connection:
        return said, connection.execute("SELECT count(*) FROM deliveries").fetchone()[0]


def test_an_older_process_writes_nothing_to_an_upgraded_log(log_path: Path) -> None:
    said, rows = _append_after_an_upgrade(log_path)
    assert "a newer release" in said
    assert rows == 1
    record("S3", refusals=1)


def test_a_process_that_writes_on_is_caught(log_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transaction, "_refuse_upgraded", lambda *_: None)
    caught = _append_after_an_upgrade(log_path) != ("", 1) and _append_rows(log_path) == 2
    record("S3", caught=caught)


def _append_rows(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("SELECT count(*) FROM deliveries").fetchone()[0])
