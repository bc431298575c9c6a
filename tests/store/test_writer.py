"""Trouble while writing: every sender hears what became of its own delivery, and writing goes on afterwards."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.support.factories import make_delivery, noise
from tests.support.patience import PATIENCE_S
from webhook_inspector.core.clock import ManualClock
from webhook_inspector.core.delivery import Delivery, Facts
from webhook_inspector.errors import LogBusyError, LogFullError, StoreError
from webhook_inspector.store import writer as writer_module
from webhook_inspector.store.log import Log

_HOLD = (
    "import sys, filelock; lock = filelock.FileLock(sys.argv[1]); lock.acquire(); print('held', flush=True); input()"
)


def open_log(path: Path, lock_wait_s: float = 5) -> Log:
    return Log.open(path, clock=ManualClock(), lock_wait_s=lock_wait_s)


def submit(log: Log, delivery: Delivery) -> Future[int | StoreError]:
    future: Future[int | StoreError] = Future()
    log.submit(delivery, future.set_result)
    return future


@contextmanager
def lock_held_elsewhere(path: Path) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-c", _HOLD, f"{path}.lock"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        try:
            yield process
        finally:
            process.kill()


def acks_equal_rows(log: Log, outcomes: list[int | StoreError]) -> bool:
    """Whether exactly what was acknowledged is in the log."""
    return sorted(one for one in outcomes if isinstance(one, int)) == list(log.ids())


def _through_a_lock(log: Log, log_path: Path) -> list[int | StoreError]:
    """Senders before, while and after another process holds the lock."""
    futures = [submit(log, make_delivery())]
    futures[0].result(PATIENCE_S)
    with lock_held_elsewhere(log_path):
        futures += [submit(log, make_delivery()) for _ in range(4)]
        futures[-1].exception(10)
        futures += [submit(log, make_delivery()) for _ in range(4)]
    futures += [submit(log, make_delivery()) for _ in range(4)]
    return [future.result(PATIENCE_S) for future in futures]


def test_a_lock_held_elsewhere_ends_in_an_error_and_not_in_a_false_acknowledgement(log_path: Path) -> None:
    log = open_log(log_path, lock_wait_s=0.2)
    outcomes = _through_a_lock(log, log_path)
    assert acks_equal_rows(log, outcomes)
    assert any(isinstance(one, LogBusyError) for one in outcomes)
    assert isinstance(outcomes[-1], int)
    log.close()


class LateBound(writer_module.Writer):
    """Broken on purpose: the error is read after the next batch has cleared it."""

    held_back: list[writer_module.Waiting]

    def _work(self, batch: list[writer_module.Waiting], jobs: list[writer_module.Job[Any]]) -> None:
        outcomes: list[int | StoreError] = []
        own = [writer_module.Waiting(one.deliveries, one.size, outcomes.extend) for one in batch]
        super()._work(own, jobs)
        late = [*getattr(self, "held_back", []), *batch]
        if any(isinstance(one, StoreError) for one in outcomes):
            self.held_back = late
            return
        self.held_back = []
        for waiting in late:
            waiting.done(outcomes[-1:])


def test_a_late_bound_outcome_is_caught(log_path: Path) -> None:
    log = open_log(log_path, lock_wait_s=0.2)
    assert log._writer is not None
    log._writer.__class__ = LateBound
    futures = [submit(log, make_delivery())]
    futures[0].result(PATIENCE_S)
    with lock_held_elsewhere(log_path):
        futures.append(submit(log, make_delivery()))
        with pytest.raises(TimeoutError):
            futures[-1].result(1)
    futures.append(submit(log, make_delivery()))
    assert not acks_equal_rows(log, [future.result(PATIENCE_S) for future in futures])
    log.close()


def test_writing_goes_on_at_once_when_the_holder_is_killed(log_path: Path) -> None:
    log = open_log(log_path, lock_wait_s=30)
    with lock_held_elsewhere(log_path) as holder:
        future = submit(log, make_delivery())
        with pytest.raises(TimeoutError):
            future.result(0.2)
        holder.kill()
        assert future.result(PATIENCE_S) == 1
    log.close()


def test_a_full_disk_is_said_and_writing_goes_on_when_there_is_room(log_path: Path) -> None:
    log = open_log(log_path)
    assert log._writer is not None
    pages = log._writer.call(lambda connection: connection.execute("PRAGMA page_count").fetchone()[0])
    log._writer.call(lambda connection: connection.execute(f"PRAGMA max_page_count = {pages + 20}").fetchone())
    outcomes = [submit(log, make_delivery(noise(20_000))).result(PATIENCE_S) for _ in range(12)]
    full = [one for one in outcomes if isinstance(one, StoreError)]
    assert full
    assert all(isinstance(one, LogFullError) for one in full)
    assert acks_equal_rows(log, outcomes)
    log._writer.call(lambda connection: connection.execute("PRAGMA max_page_count = 100000").fetchone())
    outcomes.append(submit(log, make_delivery(noise(20_000))).result(PATIENCE_S))
    assert isinstance(outcomes[-1], int)
    assert acks_equal_rows(log, outcomes)
    log.close()


@pytest.mark.skipif(os.name != "posix", reason="limits of file sizes are POSIX")
def test_an_io_error_is_said_and_writing_goes_on_when_it_ends(log_path: Path) -> None:
    import resource
    import signal

    log = open_log(log_path)
    log.append([make_delivery()])
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, before[1]))
        outcomes = [submit(log, make_delivery(noise(50_000))).result(PATIENCE_S) for _ in range(12)]
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert any(isinstance(one, StoreError) for one in outcomes)
    assert isinstance(submit(log, make_delivery()).result(PATIENCE_S), int)
    assert log.count() == 2 + sum(isinstance(one, int) for one in outcomes)
    assert log.check().whole
    log.close()


def test_one_impossible_delivery_does_not_harm_the_others(log_path: Path) -> None:
    log = open_log(log_path)
    with lock_held_elsewhere(log_path):  # so that they are one batch
        futures = [submit(log, make_delivery(received_ns=2**70 if n == 2 else n)) for n in range(5)]
    outcomes = [future.result(PATIENCE_S) for future in futures]
    assert [isinstance(one, StoreError) for one in outcomes] == [False, False, True, False, False]
    assert acks_equal_rows(log, outcomes)
    assert [record.delivery.received_ns for record in log.records(log.ids())] == [0, 1, 3, 4]
    log.close()


def test_one_impossible_write_does_not_harm_the_others(log_path: Path) -> None:
    log = open_log(log_path)
    log.append([make_delivery()])
    with pytest.raises(StoreError, match="Cannot write the log"):
        log.save_facts([(1, Facts(duplicate_of=2**70), None)])
    log.save_facts([(1, Facts(shape="a"), None)])
    assert log.shape_of(1) == "a"
    log.close()


def test_the_queue_is_bounded(log_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer_module, "MAX_QUEUED", 3)
    monkeypatch.setattr(writer_module, "MAX_QUEUED_BYTES", 1000)
    log = open_log(log_path)
    with lock_held_elsewhere(log_path):
        blocked = submit(log, make_delivery())
        with pytest.raises(TimeoutError):
            blocked.result(0.3)  # the writer has it and waits for the lock
        large = submit(log, make_delivery(b"x" * 5000))  # one is always taken
        refused = [submit(log, make_delivery(b"x" * 5000)), submit(log, make_delivery(b"x" * 900))]
        assert all(isinstance(one.result(0), StoreError) for one in refused)
    assert [blocked.result(PATIENCE_S), large.result(PATIENCE_S)] == [1, 2]
    log.close()


def test_a_callback_that_raises_does_not_silence_the_next(log_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[type[BaseException]] = []
    monkeypatch.setattr(threading, "excepthook", lambda arguments: seen.append(arguments.exc_type))
    log = open_log(log_path)

    def bad(_: int | StoreError) -> None:
        raise RuntimeError

    log.submit(make_delivery(), bad)
    assert submit(log, make_delivery()).result(PATIENCE_S) == 2
    assert seen == [RuntimeError]
    log.close()


def test_closing_commits_what_is_queued_and_then_refuses(log_path: Path) -> None:
    log = open_log(log_path)
    futures = [submit(log, make_delivery()) for _ in range(100)]
    log.close()
    log.close()
    assert [future.result(0) for future in futures] == list(range(1, 101))
    with pytest.raises(StoreError, match="closed"):
        log.append([make_delivery()])
    with pytest.raises(StoreError, match="closed"):
        log.count()
    assert not Path(f"{log_path}-wal").exists()
    again = open_log(log_path)
    assert again.count() == 100
    again.close()


def test_rows_of_another_process_are_noticed_and_own_ones_are_not(log_path: Path) -> None:
    log, reader = open_log(log_path), Log.open(log_path, clock=ManualClock(), readonly=True)
    before, seen = log.data_version(), reader.data_version()
    log.append([make_delivery()])
    assert log.data_version() == before
    assert reader.data_version() != seen
    script = (
        "import sys; from pathlib import Path; from webhook_inspector.store.log import Log;"
        "from webhook_inspector.core.clock import SystemClock; from tests.support.factories import make_delivery;"
        "log = Log.open(Path(sys.argv[1]), clock=SystemClock()); print(log.append([make_delivery()])); log.close()"
    )
    root = Path(__file__).resolve().parents[2]
    result = subprocess.run([sys.executable, "-c", script, str(log_path)], cwd=root, capture_output=True, check=True)
    assert result.stdout == b"[2]\n"
    assert log.data_version() != before
    assert log.append([make_delivery()]) == [3]
    assert list(reader.ids()) == [1, 2, 3]
    reader.close()
    log.close()


def test_a_reader_in_the_way_does_not_stop_writing_and_the_wal_is_folded_back_after(log_path: Path) -> None:
    log = open_log(log_path)
    reader = sqlite3.connect(f"file:{log_path}?mode=ro", uri=True, isolation_level=None)
    reader.execute("BEGIN")
    assert reader.execute("SELECT count(*) FROM deliveries").fetchone() == (0,)
    log.append([make_delivery(noise(20_000)) for _ in range(600)])
    wal = Path(f"{log_path}-wal")
    assert wal.stat().st_size > 10 * 1024 * 1024
    reader.close()
    folded = threading.Event()
    for _ in range(100):
        if wal.stat().st_size <= 4 * 1024 * 1024:
            folded.set()
            break
        folded.wait(0.1)
    assert folded.is_set()
    log.close()


def test_many_threads_append(log_path: Path) -> None:
    log = open_log(log_path)
    numbers: list[int] = []
    guard = threading.Lock()

    def work(seed: int) -> None:
        for n in range(20):
            found = log.append([replace(make_delivery(b"%d.%d" % (seed, n)), source=str(seed))])
            assert log.record(found[0]) is not None
            with guard:
                numbers.extend(found)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(numbers) == list(range(1, 161))
    assert log.check().whole
    log.close()


def test_waiting_for_the_writer_in_its_own_callback_is_refused(log_path: Path) -> None:
    log = open_log(log_path)
    found: Future[object] = Future()

    def ask(_: int | StoreError) -> None:
        try:
            found.set_result(log.begin_run("{}", 1, "http://127.0.0.1", 1))
        except RuntimeError as error:
            found.set_result(str(error))

    log.submit(make_delivery(), ask)
    assert "must not wait" in str(found.result(PATIENCE_S))
    log.close()


def test_nobody_waits_for_a_writer_that_died(log_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading, "excepthook", lambda _: None)
    log = open_log(log_path)
    assert log._writer is not None

    def die(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(log._writer, "_work", die)
    log.submit(make_delivery(), lambda _: None)
    log._writer._thread.join(PATIENCE_S)
    assert isinstance(submit(log, make_delivery()).result(PATIENCE_S), StoreError)
    log.close()
