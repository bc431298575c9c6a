"""A replay that is killed: every attempt is not sent, of unknown outcome, or has an outcome; nothing is sent again."""

from __future__ import annotations

import json
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.support.patience import PATIENCE_S
from tests.support.recording import recording, split_request
from webhook_inspector.config.model import Config
from webhook_inspector.engine.inspector import Inspector

ROOT = Path(__file__).resolve().parents[2]
COUNT = 100

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")


def _filled(log: Path) -> None:
    file = log.with_suffix(".jsonl")
    entries = [{"method": "POST", "target": "/in", "headers": [], "body": str(n)} for n in range(COUNT)]
    file.write_text("\n".join(json.dumps(entry) for entry in entries), encoding="utf-8")
    with Inspector.open(Config(path=None, log=log), env={}) as inspector:
        assert len(inspector.import_file(file).ids) == COUNT


def _attempts(log: Path) -> dict[str | None, set[int]]:
    """Bodies by outcome of their attempt, read from SQLite itself."""
    connection = sqlite3.connect(log)
    try:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        rows = connection.execute(
            "SELECT a.outcome, d.body FROM attempts a JOIN deliveries d ON d.id = a.delivery_id"
        ).fetchall()
    finally:
        connection.close()
    found: dict[str | None, set[int]] = {}
    for outcome, body in rows:
        found.setdefault(outcome, set()).add(int(body))
    assert sum(map(len, found.values())) == len(rows), "one attempt a delivery"
    return found


def killed_run(
    folder: Path, seed: int, in_flight: int, program: Sequence[str] = ("-m", "webhook_inspector")
) -> tuple[int, int]:
    """Kill a run of 100 at random; how many attempts are of unknown outcome, and how many were answered."""
    log = folder / "log.db"
    _filled(log)
    command = [sys.executable, *program, "--log", str(log), "replay", "source:default"]
    with recording() as target:
        command += ["--to", target.url, "--speed", "asap", "--in-flight", str(in_flight), "--as-captured"]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT) as process:
            until = time.monotonic() + PATIENCE_S
            stop_at = random.Random(seed).randrange(1, COUNT - 20)
            while len(target.requests) < stop_at and time.monotonic() < until:
                threading.Event().wait(0.001)
            process.send_signal(signal.SIGKILL)
            process.wait(PATIENCE_S)
        threading.Event().wait(0.2)  # what was on its way
        arrived = [int(split_request(request)[3]) for request in target.take()]
        assert len(arrived) == len(set(arrived))
        found = _attempts(log)
        assert set(found) <= {None, "responded"}
        unknown, answered = found.get(None, set()), found.get("responded", set())
        assert answered <= set(arrived) <= answered | unknown
        assert len(unknown) <= in_flight
        # A later process sends nothing by itself, and shows the run as one that did not end.
        with Inspector.open(Config(path=None, log=log), env={}) as inspector:
            result = inspector.run_result(1)
            assert result.verdict is None
            assert len(result.attempts) == len(unknown) + len(answered)
            assert len(result.plan.attempts) == COUNT
        assert target.take() == []
    return len(unknown), len(answered)


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("in_flight", [1, 8])
def test_a_killed_run_of_100(tmp_path: Path, seed: int, in_flight: int) -> None:
    killed_run(tmp_path, seed, in_flight)
