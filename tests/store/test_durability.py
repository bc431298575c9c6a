"""What was acknowledged is there after the process was killed at any moment."""

from __future__ import annotations

import hashlib
import random
import subprocess
import sys
import time
from pathlib import Path

import tests
from tests.support.patience import PATIENCE_S
from webhook_inspector.core.clock import ManualClock
from webhook_inspector.store.log import Log

ROOT = Path(tests.__file__).resolve().parents[1]


def _kill_at_random(log_path: Path, acks: Path, variant: str, rng: random.Random) -> None:
    """One round: start, wait until it stores, kill -9 some time later."""
    command = [sys.executable, "-m", "tests.store.writer_process", str(log_path), str(acks), variant]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        time.sleep(rng.uniform(0.02, 0.4))  # the random moment itself
        process.kill()


def _lost(log_path: Path, acks: Path) -> tuple[int, list[int]]:
    """How many were acknowledged, and which of them are missing or altered."""
    acknowledged = dict(line.split() for line in acks.read_text().splitlines() if len(line.split()) == 2)
    log = Log.open(log_path, clock=ManualClock(), readonly=True)
    health = log.check()
    stored = {
        record.delivery.id: hashlib.sha256(record.delivery.request.body).hexdigest()
        for record in log.records([int(number) for number in acknowledged])
    }
    log.close()
    assert health.whole
    return len(acknowledged), [int(n) for n, digest in acknowledged.items() if stored.get(int(n)) != digest]


def test_nothing_acknowledged_is_lost(log_path: Path, tmp_path: Path) -> None:
    rng = random.Random(5)
    acks = tmp_path / "acks"
    for _ in range(8):
        _kill_at_random(log_path, acks, "right", rng)
    count, lost = _lost(log_path, acks)
    assert count > 100
    assert lost == []


def test_an_acknowledgement_before_the_commit_is_caught(log_path: Path, tmp_path: Path) -> None:
    rng = random.Random(5)
    acks = tmp_path / "acks"
    for _ in range(20):
        _kill_at_random(log_path, acks, "ack-first", rng)
        if _lost(log_path, acks)[1]:
            return
    raise AssertionError("the broken variant was not caught")


def test_processes_share_a_log_and_outlive_a_killed_one(log_path: Path, tmp_path: Path) -> None:
    processes = []
    acks = [tmp_path / f"acks{n}" for n in range(3)]
    for ack in acks:
        command = [sys.executable, "-m", "tests.store.writer_process", str(log_path), str(ack), "right"]
        processes.append(subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE))
    try:
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
        for ack in acks:
            _wait_for_more(ack, 0)
        for killed, process in enumerate(processes):
            goes_on = acks[(killed + 1) % 3]
            before = goes_on.stat().st_size
            process.kill()
            process.wait()
            if killed < 2:
                _wait_for_more(goes_on, before)
    finally:
        for process in processes:
            process.kill()
            process.wait()
            assert process.stdout is not None
            process.stdout.close()
    numbers: list[str] = []
    for ack in acks:
        count, lost = _lost(log_path, ack)
        assert count > 0
        assert lost == []
        numbers += [line.split()[0] for line in ack.read_text().splitlines()]
    assert len(numbers) == len(set(numbers))


def _wait_for_more(acks: Path, before: int) -> None:
    """Wait until another process has stored something; one second is what a killed lock holder may cost."""
    deadline = time.monotonic() + PATIENCE_S
    while not acks.exists() or acks.stat().st_size <= before + 1000:
        assert time.monotonic() < deadline, "the other processes did not go on"
        time.sleep(0.02)
