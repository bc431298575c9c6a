"""D14: a backup under load holds everything that was answered before it began."""

from __future__ import annotations

import shutil
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.support import Cli, make_cli
from tests.support.stored import stored_bodies
from tests.torture.damaging import make_log, overwrite
from tests.torture.listeners import ROOT, listener
from tests.torture.results import record
from tests.torture.senders import Ledger, storm
from webhook_inspector.engine.copies import back_up


@pytest.fixture
def cli(capsysbinary: pytest.CaptureFixture[bytes]) -> Cli:
    return make_cli(capsysbinary)


def missing(copy: Path, ledger: dict[str, bytes]) -> list[str]:
    """Nonces that are not in a copy. Reads SQLite by itself, on a copy of its own."""
    with closing(sqlite3.connect(f"file:{copy}?mode=ro&immutable=1", uri=True)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        kept = set(stored_bodies(connection).values())
    return [nonce for nonce, body in ledger.items() if body not in kept]


@pytest.mark.torture
def test_a_backup_under_load_holds_all_that_was_answered(tmp_path: Path) -> None:
    log, ledger = tmp_path / "log.db", Ledger()
    copies = 4
    with listener(log) as process:
        threads = storm(process.url, ledger, "d14")
        longest = 0.0
        for number in range(copies):
            threading.Event().wait(0.3)
            with ledger.lock:
                before = dict(ledger.acknowledged)
            copy = tmp_path / f"copy{number}.db"
            began = time.monotonic()
            done = subprocess.run(
                [sys.executable, "-m", "webhook_inspector", "backup", str(copy), "--log", str(log)],
                cwd=ROOT, capture_output=True, check=False, timeout=60,
            )  # fmt: skip
            longest = max(longest, time.monotonic() - began)
            assert done.returncode == 0, done.stderr
            assert missing(copy, before) == []
            assert stat.S_IMODE(copy.stat().st_mode) == 0o600
        process.kill()
        for thread in threads:
            thread.join(20)
    assert len(ledger.acknowledged) > copies * 20
    assert sorted(path.name for path in tmp_path.glob("*copy*")) == [f"copy{number}.db" for number in range(copies)]
    record("D14", backups=copies, answered=len(ledger.acknowledged), missing=0, longest_s=longest)


def test_a_plain_copy_of_the_file_is_caught(tmp_path: Path) -> None:
    """The broken variant: what lies beside the file is not copied."""
    log, ledger = tmp_path / "log.db", Ledger()
    caught = False
    with listener(log) as process:
        threads = storm(process.url, ledger, "d14")
        for number in range(20):
            threading.Event().wait(0.1)
            with ledger.lock:
                before = dict(ledger.acknowledged)
            copy = tmp_path / f"copy{number}.db"
            shutil.copyfile(log, copy)
            try:
                caught = caught or bool(missing(copy, before))
            except (sqlite3.Error, AssertionError):
                caught = True
            if caught:
                break
        process.kill()
        for thread in threads:
            thread.join(20)
    record("D14", caught=caught)


def test_nothing_is_overwritten_and_nothing_is_left(cli: Cli, tmp_path: Path) -> None:
    log, copy = tmp_path / "log.db", tmp_path / "copy.db"
    assert cli("backup", str(copy), "--log", str(log)).code == 3
    make_log(log, 50)
    copy.write_text("mine")
    ran = cli("backup", str(copy), "--log", str(log))
    assert (ran.code, copy.read_text()) == (2, "mine")
    assert "is there already" in ran.sentence()
    ran = cli("backup", str(tmp_path / "nowhere" / "copy.db"), "--log", str(log))
    assert ran.code == 3
    assert "No such file" in ran.sentence()
    assert cli("backup", str(log), "--log", str(log)).code == 2
    assert sorted(path.name for path in tmp_path.iterdir() if "copy" in path.name) == ["copy.db"]
    (said,) = cli("backup", str(tmp_path / "new.db"), "--log", str(log), "--json").records
    assert (said["deliveries"], said["damaged"], said["problems"]) == (50, [], [])
    (listed, *_) = cli("list", "--json", "--log", str(tmp_path / "new.db"), "--limit", "1").records
    assert listed["id"] == 50


def test_the_copy_of_a_damaged_log_is_told(cli: Cli, tmp_path: Path) -> None:
    log = tmp_path / "log.db"
    make_log(log, 50)
    overwrite(log, log.read_bytes().index(b"canary00042"), b"C")
    ran = cli("backup", str(tmp_path / "copy.db"), "--log", str(log))
    assert ran.code == 1
    assert "deliveries 42" in ran.err
    assert (tmp_path / "copy.db").exists()


def test_the_snapshot_is_of_the_beginning(tmp_path: Path) -> None:
    """What comes in between two steps neither starts the copy anew nor enters it."""
    log = tmp_path / "log.db"
    make_log(log, 2000)
    added: list[int] = []

    def add(_done: int, _all: int) -> None:
        if len(added) < 3:
            added.append(1)
            with closing(sqlite3.connect(log)) as connection:
                connection.execute("UPDATE facts SET late = 1")
                connection.commit()

    assert back_up(log, tmp_path / "copy.db", add).whole
    assert len(added) == 3
    with closing(sqlite3.connect(tmp_path / "copy.db")) as connection:
        assert connection.execute("SELECT sum(late) FROM facts").fetchone() == (0,)
