"""Large bodies: written and read piece by piece, in one transaction, and few at a time in memory."""

from __future__ import annotations

import random
import sqlite3
from pathlib import Path

import pytest

from tests.support.factories import make_delivery
from webhook_inspector.core.clock import ManualClock
from webhook_inspector.store import insert
from webhook_inspector.store.log import Log
from webhook_inspector.store.packing import LARGE

SIZES = [0, LARGE - 1, LARGE, LARGE + 1, 2 * LARGE, 3 * LARGE + 17, 5, LARGE + 2, LARGE + 3, 9]


def bodies() -> list[bytes]:
    rng = random.Random(5)
    return [rng.randbytes(size) for size in SIZES]


def test_bodies_of_every_size_come_back_in_order(log_path: Path) -> None:
    log = Log.open(log_path, clock=ManualClock())
    ids = log.append([make_delivery(body) for body in bodies()])
    assert list(ids) == list(range(1, len(SIZES) + 1))
    assert [record.delivery.request.body for record in log.records(list(ids))] == bodies()
    assert log.check().damaged == ()
    log.close()
    with sqlite3.connect(log_path) as connection:
        kinds = {row[0] for row in connection.execute("SELECT typeof(body) FROM deliveries")}
    connection.close()
    assert kinds == {"blob"}


def test_a_body_that_breaks_off_leaves_no_row(log_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = Log.open(log_path, clock=ManualClock())
    log.append([make_delivery(b"before")])
    # Less room than the body needs: writing it fails after its first pieces.
    monkeypatch.setattr(insert, "_WITH_ROOM", insert._WITH_ROOM.replace("zeroblob(?)", "zeroblob(? - 7)"))
    with pytest.raises(Exception, match=r"log|blob"):
        log.append([make_delivery(bytes(2 * LARGE))])
    monkeypatch.undo()
    log.append([make_delivery(b"after")])
    assert [record.delivery.request.body for record in log.records(log.ids())] == [b"before", b"after"]
    log.close()


def test_one_that_was_deleted_between_row_and_body_is_left_out(log_path: Path) -> None:
    log = Log.open(log_path, clock=ManualClock())
    log.append([make_delivery(bytes(2 * LARGE)), make_delivery(b"small")])
    found = log.each_record([1, 2])
    with sqlite3.connect(log_path) as connection:
        rows = iter(found)
        assert next(rows).delivery.id == 1
        connection.execute("DELETE FROM deliveries WHERE id = 1")
    connection.close()
    assert log._readers.blob("deliveries", "body", 1) is None
    assert [record.delivery.id for record in log.records([1, 2])] == [2]
    log.close()
