"""D1: what was answered 2xx is in the log, however the process dies."""

from __future__ import annotations

import random
import signal
import threading
from pathlib import Path

import pytest

from tests.torture.broken_process import PROGRAM
from tests.torture.listeners import listener
from tests.torture.results import record
from tests.torture.senders import Ledger, missing, storm

FEW = 5
MANY = 50
"""Of each of four runs with `-m torture`."""
SENDERS = 16

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")


def _kill_once(log: Path, ledger: Ledger, prefix: str, delay_s: float, mode: str | None = None) -> None:
    """One life of a listener under senders, ended by SIGKILL after `delay_s` of traffic."""
    started = listener(log, mode, program=PROGRAM) if mode else listener(log)
    with started as process:
        threads = storm(process.url, ledger, prefix, SENDERS)
        threading.Event().wait(delay_s)
        process.kill()
        for thread in threads:
            thread.join(15)


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("seed", "kills"), [(0, FEW), *(pytest.param(seed, MANY, marks=pytest.mark.torture) for seed in range(1, 5))]
)
def test_nothing_acknowledged_is_lost_by_kills(tmp_path: Path, seed: int, kills: int) -> None:
    rng = random.Random(seed)
    ledger = Ledger()
    log = tmp_path / "log.db"
    for number in range(kills):
        _kill_once(log, ledger, str(number), rng.uniform(0.02, 0.4))
    assert len(ledger.acknowledged) > kills * 4
    assert missing(log, ledger) == []
    record("D1", kills=kills, answered=len(ledger.acknowledged), lost=0)


def test_the_same_test_catches_an_answer_before_the_commit(tmp_path: Path) -> None:
    rng = random.Random(20261121)
    ledger = Ledger()
    log = tmp_path / "log.db"
    caught = False
    for number in range(60):
        _kill_once(log, ledger, str(number), rng.uniform(0.02, 0.4), "answer-first")
        caught = bool(missing(log, ledger))
        if caught:
            break
    record("D1", caught=caught)
