"""One process at a time holds the lock, whichever way it is locked, and a removed lock file is not locked for ever."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock, Timeout

from webhook_inspector.errors import LogBusyError
from webhook_inspector.store.kept_lock import Lock, OpenedLock, new
from webhook_inspector.store.lock import WriteLock

KINDS = [OpenedLock, new]


@pytest.mark.parametrize("mine", KINDS)
@pytest.mark.parametrize("theirs", KINDS)
def test_one_holds_it_at_a_time(tmp_path: Path, mine: Callable[[str], Lock], theirs: Callable[[str], Lock]) -> None:
    path = str(tmp_path / "log.db.lock")
    one, other = mine(path), theirs(path)
    for _ in range(3):
        assert one.try_hold()
        assert not other.try_hold()
        one.release()
        assert other.try_hold()
        assert not one.try_hold()
        other.release()
    assert one.try_hold()
    one.close()
    assert other.try_hold()
    other.close()


def test_older_releases_share_it(tmp_path: Path) -> None:
    lock = WriteLock(tmp_path / "log.db", keep=True)
    older = FileLock(tmp_path / "log.db.lock", timeout=0)
    with lock.held(), pytest.raises(Timeout):
        older.acquire()
    with older, pytest.raises(LogBusyError, match=r"0\.01 s"), lock.held(0.01):
        pass
    with lock.held(), pytest.raises(Timeout):
        older.acquire()
    lock.close()


@pytest.mark.skipif(os.name != "posix", reason="an open file cannot be removed elsewhere")
@pytest.mark.parametrize("while_held", [True, False])
def test_a_lock_file_that_was_removed_or_replaced_is_opened_anew(tmp_path: Path, while_held: bool) -> None:
    path = tmp_path / "log.db.lock"
    one, other = new(str(path)), new(str(path))
    assert one.try_hold()
    assert not other.try_hold()
    if not while_held:
        one.release()
    path.unlink()
    assert other.try_hold(), "it makes another file"
    one.release()
    assert not one.try_hold(), "and the first comes to that one"
    other.release()
    assert one.try_hold()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    one.close()
    other.close()


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="open files are counted in /proc")
def test_no_file_stays_open(tmp_path: Path) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    with WriteLock(tmp_path / "log.db").held():
        pass
    kept = WriteLock(tmp_path / "log.db", keep=True)
    with kept.held():
        pass
    kept.close()
    assert len(list(Path("/proc/self/fd").iterdir())) == before
