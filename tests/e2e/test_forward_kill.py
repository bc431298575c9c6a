"""What waits for an app survives kill -9, and nothing arrives twice."""

from __future__ import annotations

import json
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.fault_target import unused_port
from tests.support.patience import PATIENCE_S
from tests.support.posting import post
from tests.support.recording import Recorder, recording, split_request

ROOT = Path(__file__).resolve().parents[2]
COUNT = 200
PRODUCT = ["-m", "webhook_inspector", "listen", "--port", "0", "--json", "--log"]
FORGETS = ["-m", "tests.e2e.forgetting_process"]

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")


@contextmanager
def listener(log: Path, target: str, program: list[str]) -> Iterator[tuple[subprocess.Popen[str], str]]:
    command = [sys.executable, *program, str(log), "--forward", target]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        try:
            yield process, json.loads(process.stdout.readline())["url"]
        finally:
            process.kill()
            process.wait(PATIENCE_S)


def _interrupted(log: Path) -> set[int]:
    """Bodies of deliveries with an attempt that has no outcome. Reads SQLite by itself."""
    connection = sqlite3.connect(log)
    try:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        rows = connection.execute(
            "SELECT d.body FROM attempts a JOIN deliveries d ON d.id = a.delivery_id WHERE a.outcome IS NULL"
        )
        return {int(row[0]) for row in rows}
    finally:
        connection.close()


def _arrived(app: Recorder) -> list[int]:
    return [int(split_request(request)[3]) for request in list(app.requests)]


def _until(app: Recorder, count: int, patience_s: float) -> None:
    until = time.monotonic() + patience_s
    while len(app.requests) < count and time.monotonic() < until:
        threading.Event().wait(0.01)


def _lives(log: Path, seed: int, program: list[str], *, patience_s: float = 20) -> tuple[list[int], set[int]]:
    """200 deliveries for an app that is down, then up; two kills. What arrived, and what has no outcome."""
    rng = random.Random(seed)
    port = unused_port()
    target = f"http://127.0.0.1:{port}"
    with listener(log, target, program) as (process, url):
        for number in range(COUNT // 2):
            assert post(url, str(number).encode())[0] == 200
        process.send_signal(signal.SIGKILL)
        process.wait(PATIENCE_S)
    with listener(log, target, program) as (process, url):
        for number in range(COUNT // 2, COUNT):
            assert post(url, str(number).encode())[0] == 200
        with recording(port=port) as app:
            _until(app, rng.randrange(1, COUNT - 20), patience_s)
            process.send_signal(signal.SIGKILL)
            process.wait(PATIENCE_S)
            with listener(log, target, program):
                _until(app, COUNT - 1, patience_s)
                threading.Event().wait(0.3)  # what would arrive twice
            return _arrived(app), _interrupted(log)


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.torture) for seed in range(1, 6))])
def test_all_that_waits_arrives_once_and_in_order_across_kills(tmp_path: Path, seed: int) -> None:
    arrived, interrupted = _lives(tmp_path / "log.db", seed, PRODUCT)
    assert arrived == sorted(set(arrived))
    # At most the one that was in flight at each kill may be missing, and then it is named.
    assert set(range(COUNT)) - set(arrived) <= interrupted
    assert len(interrupted) <= 2


def test_a_queue_in_memory_is_caught(tmp_path: Path) -> None:
    arrived, interrupted = _lives(tmp_path / "log.db", 1, FORGETS, patience_s=3)
    assert not set(range(COUNT)) - set(arrived) <= interrupted
