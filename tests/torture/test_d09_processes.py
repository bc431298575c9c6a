"""D9: processes that share a log outlive one that is killed while it holds the lock."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from tests.support.posting import post
from tests.support.recording import Recorder, recording
from tests.torture.broken_process import PROGRAM
from tests.torture.listeners import ROOT, Listening, listener
from tests.torture.results import record
from tests.torture.senders import Ledger, missing, storm

LIMIT_S = 3.0
"""Generous: it is 1 s on a machine that does nothing else."""


def replaying(log: Path, target: Recorder) -> subprocess.Popen[bytes]:
    """A process that sends deliveries of the log again, and prints what became of each."""
    return subprocess.Popen(
        [
            sys.executable, "-m", "webhook_inspector", "replay", "1", "--times", "60", "--speed", "asap", "--rate",
            "60/s", "--to", target.url, "--json", "--log", str(log),
        ],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def finished(process: subprocess.Popen[bytes]) -> int:
    """How many attempts a process said were finished."""
    out, _ = process.communicate(timeout=120)
    rows = [json.loads(line) for line in out.splitlines()]
    return sum(row["type"] == "attempt" and row["outcome"] == "responded" for row in rows)


def ended_attempts(log: Path) -> int:
    with closing(sqlite3.connect(log)) as connection:
        row = connection.execute("SELECT count(*) FROM attempts WHERE outcome = 'responded'").fetchone()
        assert connection.execute("SELECT count(*) FROM facts WHERE late = 7").fetchone() == (0,)
        return int(row[0])


def outlive(log: Path, other: Listening, ledger: Ledger, *, name: str, mode: str) -> float:
    """Start a process that stops while it holds the lock, kill it, and see how soon another one goes on, in seconds."""
    stalled = Path(f"{log}.stalled")
    with listener(log, mode, program=PROGRAM) as holder:
        threads = storm(holder.url, ledger, f"{name}-holder", 4) + storm(other.url, ledger, f"{name}-other", 4)
        for _ in range(3000):
            if stalled.exists():
                break
            threading.Event().wait(0.01)
        assert stalled.exists()
        threading.Event().wait(0.05)
        with ledger.lock:
            before = sum(nonce.startswith(f"{name}-other") for nonce in ledger.acknowledged)
        holder.kill()
        began = time.monotonic()
        stalled.unlink()
        while time.monotonic() - began < 2 * LIMIT_S:
            with ledger.lock:
                if sum(nonce.startswith(f"{name}-other") for nonce in ledger.acknowledged) > before:
                    break
            threading.Event().wait(0.005)
        took = time.monotonic() - began
    _stop(threads, ledger)
    return took


def _stop(threads: list[threading.Thread], ledger: Ledger) -> None:
    ledger.stopped.set()
    for thread in threads:
        thread.join(30)
    ledger.stopped.clear()


@pytest.mark.timeout(300)
@pytest.mark.parametrize("rounds", [1, pytest.param(15, marks=pytest.mark.torture)])
def test_processes_outlive_a_holder_of_the_lock(tmp_path: Path, rounds: int) -> None:
    log, ledger = tmp_path / "log.db", Ledger()
    longest = 0.0
    told = 0
    with ExitStack() as stack:
        target = stack.enter_context(recording())
        other = stack.enter_context(listener(log))
        assert post(other.url, b"first")[0] == 200
        for number in range(rounds):
            replays = [replaying(log, target), replaying(log, target)]
            longest = max(longest, outlive(log, other, ledger, name=str(number), mode="stall"))
            told += sum(finished(process) for process in replays)
        assert other.end() == 0
    assert longest < LIMIT_S
    assert missing(log, ledger) == []
    assert told <= ended_attempts(log)
    assert told > 60 * rounds
    record("D9", kills=rounds, answered=len(ledger.acknowledged), attempts_told=told, missing=0, go_on_after_s=longest)


@pytest.mark.torture
def test_a_lock_that_outlives_its_holder_is_caught(tmp_path: Path) -> None:
    """The broken variant is a lock whose file is the lock."""
    log, ledger = tmp_path / "log.db", Ledger()
    with listener(log, "lock-by-name", program=PROGRAM) as other:
        took = outlive(log, other, ledger, name="broken", mode="stall-by-name")
        other.kill()
    record("D9", caught=took > LIMIT_S)
    assert took > LIMIT_S
