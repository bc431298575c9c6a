"""One process at a time holds the lock, whichever way it is locked, and a removed lock file is not locked for ever."""

from __future__ import annotations

import os
import stat
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock, Timeout

from tests.support.patience import PATIENCE_S
from webhook_inspector.errors import LogBusyError
from webhook_inspector.store.claims import claim, claim_path
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


def test_older_releases_share_what_is_claimed(tmp_path: Path) -> None:
    log = tmp_path / "log.db"
    older = FileLock(claim_path(log, "forwarding"), timeout=0)
    claimed = claim(log, "forwarding")
    assert claimed is not None
    assert claim(log, "forwarding") is None
    other = claim(log, "listening")
    assert other is not None, "another task is free"
    other.close()
    with pytest.raises(Timeout):
        older.acquire()
    claimed.close()
    with older:
        assert claim(log, "forwarding") is None
    assert claim(tmp_path / "nowhere" / "log.db", "forwarding") is None


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


def seen(holder: WriteLock) -> bool:
    """Whether the holder comes to know that somebody waits."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        if holder.wanted:
            return True
        time.sleep(0.001)
    return False


def test_who_waits_is_known_while_it_waits(tmp_path: Path) -> None:
    holder = WriteLock(tmp_path / "log.db", keep=True)
    waiting, also = (WriteLock(tmp_path / "log.db", wait_s=10) for _ in range(2))
    assert not holder.wanted
    done: list[int] = []

    def wait(lock: WriteLock, number: int) -> None:
        with lock.held():
            done.append(number)

    threads = [threading.Thread(target=wait, args=(lock, n)) for n, lock in enumerate((waiting, also))]
    with holder.held():
        for thread in threads:
            thread.start()
        assert seen(holder)
        assert not done
    for thread in threads:
        thread.join()
    assert sorted(done) == [0, 1]
    assert not holder.wanted
    assert [path.name for path in tmp_path.iterdir()] == ["log.db.lock"]
    holder.close()


def test_a_wish_of_a_killed_process_is_none(tmp_path: Path) -> None:
    (tmp_path / "log.db.wanted.lock").touch()
    lock = WriteLock(tmp_path / "log.db", keep=True)
    assert not lock.wanted
    with lock.held():
        assert not lock.wanted
    lock.close()
