"""D16: retention keeps the file bounded under load, deletes nothing that may stay, and nobody waits for it."""

from __future__ import annotations

import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.factories import make_delivery
from tests.torture.results import record
from webhook_inspector.config.model import RetentionConfig
from webhook_inspector.core.clock import ManualClock
from webhook_inspector.engine import retention
from webhook_inspector.engine.retention import Retention
from webhook_inspector.errors import StoreError
from webhook_inspector.store.log import Log

SIZE = 1000
OUTSTANDING = 32
PER_S = 1500
"""Deliveries a second."""


def _store(log: Log, count: int) -> list[float]:
    """Store deliveries as a listener would; how long each waited, in seconds."""
    waits: list[float] = []
    free = threading.Semaphore(OUTSTANDING)
    start = time.monotonic()
    for number in range(count):
        free.acquire()
        time.sleep(max(0.0, start + number / PER_S - time.monotonic()))
        began = time.monotonic()

        def done(outcome: int | StoreError, began: float = began) -> None:
            assert isinstance(outcome, int)
            waits.append(time.monotonic() - began)
            free.release()

        log.submit(make_delivery(f"{number + 1}|".encode().ljust(SIZE)), done)
    for _ in range(OUTSTANDING):
        free.acquire()
    return sorted(waits)


def _run(path: Path, count: int, limit: int, patience_s: float = 10) -> tuple[list[float], int, list[int], int]:
    """Waits, the file's size, the numbers that are left, and which of those that may stay are missing."""
    log = Log.open(path, clock=ManualClock())
    keeping = Retention(log, RetentionConfig(max_deliveries=limit), ManualClock())
    keeping.start()
    try:
        waits = _store(log, count)
        for _ in range(int(patience_s / 0.02)):
            if log.count() <= limit * 5 // 4 + 200:
                break
            threading.Event().wait(0.02)
    finally:
        keeping.stop()
        numbers = list(log.all_numbers())
        log.close()
    missing = set(range(count - limit + 1, count + 1)) - set(numbers)
    return waits, path.stat().st_size, numbers, len(missing)


def _bytes_of(path: Path, count: int) -> float:
    """What so many deliveries take in a file without gaps."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("VACUUM")
        (rows,) = connection.execute("SELECT count(*) FROM deliveries").fetchone()
    return float(path.stat().st_size / rows * count)


@pytest.mark.parametrize(
    ("count", "limit", "glance_s"), [(3_000, 1_000, 0.1), pytest.param(20_000, 5_000, 1.0, marks=pytest.mark.torture)]
)
def test_the_log_stays_bounded_under_load(
    log_path: Path, monkeypatch: pytest.MonkeyPatch, count: int, limit: int, glance_s: float
) -> None:
    monkeypatch.setattr(retention, "FIRST_S", glance_s)
    monkeypatch.setattr(retention, "GLANCE_S", glance_s)
    waits, size, numbers, missing = _run(log_path, count, limit)
    assert missing == 0
    assert len(numbers) <= limit * 5 // 4 + 200
    content = _bytes_of(log_path, limit)
    assert size < 2 * content
    assert waits[-1] < 2  # a busy machine; what is measured is in the table
    record(
        "D16",
        deliveries=count,
        missing_inside_the_limit=missing,
        file_mib=size / 1024**2,
        content_mib=content / 1024**2,
        p99_wait_ms=waits[len(waits) * 99 // 100] * 1000,
        longest_wait_ms=waits[-1] * 1000,
    )


def test_retention_that_looks_too_seldom_is_caught(log_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The broken variant looks every ten minutes, however much comes in."""
    monkeypatch.setattr(Retention, "_much_came", lambda _self: False)
    monkeypatch.setattr(retention, "FIRST_S", 0.1)
    _, size, numbers, _ = _run(log_path, 3_000, 1_000, patience_s=0.5)
    caught = len(numbers) > 1_450 and size > 2 * _bytes_of(log_path, 1_000)
    record("D16", caught=caught)
