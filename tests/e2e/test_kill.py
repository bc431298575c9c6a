"""What was answered 2xx is in the log, however the process dies."""

from __future__ import annotations

import json
import random
import signal
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.e2e.senders import Ledger, storm

KILLS = 15
MANY = 60
"""With `-m torture`."""
ROOT = Path(__file__).resolve().parents[2]


PRODUCT = ["-m", "webhook_inspector", "listen", "--port", "0", "--json", "--log"]
ANSWERS_FIRST = ["-m", "tests.e2e.server_process"]


def _kill_once(log: Path, ledger: Ledger, prefix: str, delay_s: float, program: list[str]) -> None:
    """One life of a listener under 8 senders, ended by SIGKILL after `delay_s` of traffic."""
    command = [sys.executable, *program, str(log)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        url = json.loads(process.stdout.readline())["url"]
        threads = storm(url, ledger, prefix)
        threading.Event().wait(delay_s)
        process.send_signal(signal.SIGKILL)
        process.wait(10)
        for thread in threads:
            thread.join(15)


def _missing(log: Path, ledger: Ledger) -> list[str]:
    """Nonces that were acknowledged and are not in the log byte for byte. Reads SQLite by itself."""
    connection = sqlite3.connect(log)
    try:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        kept = {bytes(row[0]) for row in connection.execute("SELECT body FROM deliveries")}
    finally:
        connection.close()
    return [nonce for nonce, body in ledger.acknowledged.items() if body not in kept]


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")
@pytest.mark.timeout(240)
@pytest.mark.parametrize("kills", [KILLS, pytest.param(MANY, marks=pytest.mark.torture)])
def test_nothing_acknowledged_is_lost_by_kills(tmp_path: Path, kills: int) -> None:
    rng = random.Random(20261121)
    ledger = Ledger()
    log = tmp_path / "log.db"
    for round_number in range(kills):
        _kill_once(log, ledger, str(round_number), rng.uniform(0.02, 0.4), PRODUCT)
    assert len(ledger.acknowledged) > kills * 8
    assert _missing(log, ledger) == []


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")
def test_the_same_test_catches_an_answer_before_the_commit(tmp_path: Path) -> None:
    rng = random.Random(20261121)
    ledger = Ledger()
    log = tmp_path / "log.db"
    for round_number in range(MANY):
        _kill_once(log, ledger, str(round_number), rng.uniform(0.02, 0.4), ANSWERS_FIRST)
        if _missing(log, ledger):
            return
    pytest.fail("the broken variant was not caught")
