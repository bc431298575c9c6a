"""A kill in the middle of a checkpoint leaves a file that is whole only together with its -wal."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.support.factories import make_delivery, noise
from webhook_inspector.core.clock import ManualClock
from webhook_inspector.errors import StoreError
from webhook_inspector.store.log import Log

PAGE = 4096


def _torn(folder: Path) -> Path:
    """A log whose first page was checkpointed and whose other pages were not."""
    whole, torn = folder / "whole.db", folder / "torn.db"
    log = Log.open(whole, clock=ManualClock())
    log.append([make_delivery(noise(3000)) for _ in range(300)])
    shutil.copyfile(whole, torn)
    shutil.copyfile(f"{whole}-wal", f"{torn}-wal")
    log.close()
    with whole.open("rb") as source, torn.open("r+b") as target:
        target.write(source.read(PAGE))
    return torn


def test_it_opens_and_holds_everything(tmp_path: Path) -> None:
    torn = _torn(tmp_path)
    for readonly in (True, False):
        log = Log.open(torn, clock=ManualClock(), readonly=readonly)
        assert log.count() == 300
        log.close()


def test_without_its_wal_it_is_called_damaged(tmp_path: Path) -> None:
    torn = _torn(tmp_path)
    Path(f"{torn}-wal").unlink()
    before = torn.read_bytes()
    with pytest.raises(StoreError, match="damaged"):
        Log.open(torn, clock=ManualClock())
    assert torn.read_bytes() == before
