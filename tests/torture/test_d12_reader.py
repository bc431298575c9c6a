"""D12: a reader that holds its transaction open costs room, not deliveries, and the room comes back."""

from __future__ import annotations

import random
import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.factories import make_delivery
from tests.torture.results import record
from webhook_inspector.core.clock import ManualClock
from webhook_inspector.store.checkpoint import Checkpointer
from webhook_inspector.store.log import Log

COUNT = 600
SIZE = 20_000
MIB = 1024 * 1024


def _growth_and_return(path: Path, held_s: float, patience_s: float = 8) -> tuple[float, float, float | None]:
    """MiB in the write-ahead log while a reader held it, MiB at the end, and after how many seconds it was folded back.

    None: it was not in that time.
    """
    wal = Path(f"{path}-wal")
    filling = random.Random(12)
    log = Log.open(path, clock=ManualClock())
    log.append([make_delivery(b"first")])
    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM deliveries").fetchone()
        for _ in range(COUNT // 20):
            log.append([make_delivery(filling.randbytes(SIZE)) for _ in range(20)])  # what cannot be packed
        threading.Event().wait(held_s)
        largest = wal.stat().st_size / MIB
        reader.execute("COMMIT")
    began = time.monotonic()
    took: float | None = None
    while took is None and time.monotonic() - began < patience_s:
        if wal.stat().st_size < MIB and path.stat().st_size > COUNT * SIZE:
            took = time.monotonic() - began
        threading.Event().wait(0.05)
    left = wal.stat().st_size / MIB
    assert log.count() == COUNT + 1
    log.close()
    return largest, left, took


@pytest.mark.parametrize("held_s", [0.0, pytest.param(15.0, marks=pytest.mark.torture)])
def test_a_reader_that_holds_on_does_not_keep_the_log_large(log_path: Path, held_s: float) -> None:
    largest, left, took = _growth_and_return(log_path, held_s)
    assert largest < 64
    assert took is not None
    assert left < 1
    record("D12", deliveries=COUNT, largest_mib=largest, folded_back_after_s=took)


def test_a_writer_that_gives_up_is_caught(log_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The broken variant tries once and not again."""
    real = Checkpointer.when_idle

    def once(self: Checkpointer) -> None:
        real(self)
        self.due = False

    monkeypatch.setattr(Checkpointer, "when_idle", once)
    _, left, took = _growth_and_return(log_path, 0.8, 1.5)
    record("D12", caught=took is None and left > 1)
    assert took is None
