"""D7: another process holds the lock. Answers equal rows, and reading goes on."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.support.posting import post
from tests.torture.broken_process import PROGRAM
from tests.torture.listeners import listener
from tests.torture.results import record
from tests.torture.senders import Ledger, missing
from webhook_inspector.core.clock import ManualClock
from webhook_inspector.store.log import Log

OURS = "from filelock import FileLock; lock = FileLock(path + '.lock'); lock.acquire()"
SQLITE = "import sqlite3; db = sqlite3.connect(path, isolation_level=None); db.execute('BEGIN IMMEDIATE')"
SENDERS = 4


@contextmanager
def held(log: Path, how: str, seconds: float) -> Iterator[None]:
    """Another program holds a lock of the log, for so long or until the block ends."""
    code = f"import sys, threading; path = sys.argv[1]; {how}; print('held', flush=True)"
    code += f"; threading.Event().wait({seconds})"
    with subprocess.Popen([sys.executable, "-c", code, str(log)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        try:
            yield
        finally:
            process.kill()
            process.wait(10)


def rows(log: Path) -> int:
    with closing(sqlite3.connect(log)) as connection:
        return int(connection.execute("SELECT count(*) FROM deliveries").fetchone()[0])


def answers_while_held(folder: Path, how: str, seconds: float, mode: str | None = None) -> tuple[Ledger, int, float]:
    """What senders were told, how many refusals that were, and the slowest reading of the log meanwhile."""
    log, ledger = folder / "log.db", Ledger()
    refused: list[int] = []
    end = time.monotonic() + seconds + 1.5

    def send(name: str, url: str) -> None:
        number = 0
        while time.monotonic() < end:
            body = f"{name}-{number}|".encode()
            status = post(url, body)[0]
            if status == 200:
                ledger.note(body.decode(), body)
            else:
                refused.append(status)
            number += 1
            threading.Event().wait(0.05)

    with listener(log, mode, program=PROGRAM) if mode else listener(log) as process:
        assert post(process.url, b"first|")[0] == 200
        reader = Log.open(log, clock=ManualClock(), readonly=True)
        slowest = 0.0
        with held(log, how, seconds):
            threads = [threading.Thread(target=send, args=(str(n), process.url)) for n in range(SENDERS)]
            for thread in threads:
                thread.start()
                threading.Event().wait(0.1)  # so that they do not share one batch
            while any(thread.is_alive() for thread in threads):
                began = time.monotonic()
                reader.summaries(list(reader.ids())[-50:])
                slowest = max(slowest, time.monotonic() - began)
                threading.Event().wait(0.02)
            for thread in threads:
                thread.join(60)
        reader.close()
        process.end()
    assert set(refused) <= {503}
    ledger.note("first", b"first|")
    return ledger, len(refused), slowest


@pytest.mark.parametrize("how", [OURS, SQLITE], ids=["our lock", "SQLite's lock"])
@pytest.mark.parametrize("seconds", [1.5, pytest.param(8, marks=pytest.mark.torture)])
def test_answers_equal_rows_while_another_process_holds_the_lock(tmp_path: Path, how: str, seconds: float) -> None:
    ledger, refused, slowest = answers_while_held(tmp_path, how, seconds)
    log = tmp_path / "log.db"
    assert missing(log, ledger) == []
    # A refusal because of a lock is certain: nothing of it was written.
    assert rows(log) == len(ledger.acknowledged)
    assert (refused > 0) == (seconds > 5)
    assert slowest < 1
    record(
        "D7", locks_held=1, answered=len(ledger.acknowledged), answered_503=refused, slowest_reading_ms=slowest * 1000
    )


@pytest.mark.torture
def test_an_outcome_that_is_read_too_late_is_caught(tmp_path: Path) -> None:
    """The broken variant answers with the outcome of another batch."""
    ledger, _, _ = answers_while_held(tmp_path, OURS, 5.8, "late-bound")
    caught = bool(missing(tmp_path / "log.db", ledger)) or rows(tmp_path / "log.db") != len(ledger.acknowledged)
    record("D7", caught=caught)
