"""The one writer thread: group commit, and word to each sender only after its own commit."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Generic, TypeVar

from webhook_inspector.core.delivery import Delivery
from webhook_inspector.core.display import show
from webhook_inspector.errors import StoreError
from webhook_inspector.store.checkpoint import Checkpointer
from webhook_inspector.store.connect import open_writer
from webhook_inspector.store.files import identity
from webhook_inspector.store.lock import WAIT_S, WriteLock
from webhook_inspector.store.transaction import commit_batch, refuse_moved
from webhook_inspector.store.trouble import store_error

MAX_QUEUED = 8192
"""Deliveries that may wait for the disk; more are refused at once."""
MAX_QUEUED_BYTES = 256 * 1024 * 1024
"""Body bytes that may wait; one delivery is always accepted, whatever its size."""
BATCH_ROWS = 1024
BATCH_BYTES = 32 * 1024 * 1024
"""Bounds of one transaction, so that one sync never covers seconds of writing."""
IN_A_ROW = 16
PAUSE_S = 0.003
"""After so many transactions without a break the lock is left alone for so long, in seconds, if a process waits for
it: it asks once a millisecond, and would else hardly ever find it free."""

T = TypeVar("T")
Done = Callable[[int | StoreError], None]
AllDone = Callable[[Sequence[int | StoreError]], None]


@dataclass(slots=True)
class Waiting:
    """Deliveries that wait for the same commit, and whom to tell what became of each."""

    deliveries: Sequence[Delivery]
    size: int
    """Bytes of their bodies."""
    done: AllDone


@dataclass(slots=True)
class Job(Generic[T]):
    """A write that is not a capture: it runs inside the batch's transaction, in a savepoint of its own."""

    run: Callable[[sqlite3.Connection], T]
    future: Future[T]


class Writer:
    """Writes one log from one thread.

    Args:
        path: The log; it exists and has the newest schema.
        lock_wait_s: Longest wait for another process's transaction, in seconds.

    Raises:
        sqlite3.Error: The log cannot be opened for writing.
    """

    def __init__(self, path: Path, *, lock_wait_s: float = WAIT_S) -> None:
        self._path = path
        self._lock = WriteLock(path, lock_wait_s, keep=True)
        self._connection = open_writer(path)
        self._identity = identity(path)
        self._checkpointer = Checkpointer(self._connection, path, self._lock)
        self._using = threading.Lock()
        """Held while the connection is in use: by this thread, or by `foreign_version`."""
        self._foreign_version = self._read_version()
        self._wake = threading.Condition()
        self._queue: deque[Waiting] = deque()
        self._queued = self._queued_bytes = 0
        self._jobs: deque[Job[Any]] = deque()
        self._closing = False
        self._idle = False
        """Whether the thread waits to be woken."""
        self._thread = threading.Thread(target=self._run, name="log-writer", daemon=True)
        self._thread.start()

    def submit(self, delivery: Delivery, done: Done) -> None:
        """Queue a delivery. `done` gets its number after the commit returned, or the error; in the writer thread.

        When the queue is full or the log is closed, `done` gets the error at once, in the calling thread.
        """
        self.submit_all((delivery,), lambda outcomes: done(outcomes[0]))

    def submit_all(self, deliveries: Sequence[Delivery], done: AllDone) -> None:
        """As `submit`, for deliveries that came together: one transaction, and one call with an outcome for each."""
        size = sum([len(delivery.request.body) for delivery in deliveries])
        with self._wake:
            full = self._queue and (
                self._queued + len(deliveries) > MAX_QUEUED or self._queued_bytes + size > MAX_QUEUED_BYTES
            )
            if not self._closing and not full:
                self._queue.append(Waiting(deliveries, size, done))
                self._queued += len(deliveries)
                self._queued_bytes += size
                if self._idle:
                    self._wake.notify()
                return
        error = self._closed() if self._closing else self._overrun()
        done([error] * len(deliveries))

    def call(self, run: Callable[[sqlite3.Connection], T]) -> T:
        """Run a write in the next transaction and wait until it is committed. Not from the writer thread.

        Raises:
            StoreError: It was not committed.
        """
        if threading.current_thread() is self._thread:
            raise RuntimeError("a callback of the writer must not wait for the writer")
        future: Future[T] = Future()
        with self._wake:
            if self._closing:
                raise self._closed()
            self._jobs.append(Job(run, future))
            if self._idle:
                self._wake.notify()
        return future.result()

    def foreign_version(self) -> int:
        """A number that changes when another process has committed. Never waits for the writer."""
        if self._using.acquire(blocking=False):
            try:
                self._foreign_version = self._read_version()
            except sqlite3.Error:
                pass  # busy or broken: the writer reports that; here nothing new is known
            finally:
                self._using.release()
        return self._foreign_version

    def close(self) -> None:
        """Commit what is queued, fold the write-ahead log back and close. Safe to call twice."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        self._thread.join()

    def _run(self) -> None:
        try:
            self._loop()
        finally:
            # Whatever ended the loop: nobody may wait for ever.
            with self._wake:
                self._closing = True
                batch, jobs = list(self._queue), list(self._jobs)
                self._queue.clear()
                self._jobs.clear()
            for waiting in batch:
                _tell(waiting, [self._closed()] * len(waiting.deliveries))
            for job in jobs:
                job.future.set_exception(self._closed())
            with self._using:
                self._checkpointer.at_end()
                self._lock.close()

    def _loop(self) -> None:
        in_a_row = 0
        while True:
            with self._wake:
                in_a_row = in_a_row + 1 if self._has_work() else 0
                self._idle = True
                idle = not self._wake.wait_for(self._has_work, self._checkpointer.wait_s)
                self._idle = False
                batch, jobs = self._take()
                closing = self._closing and not batch and not jobs
            if closing:
                return
            if idle:
                with self._using:
                    self._checkpointer.when_idle()
                continue
            if in_a_row >= IN_A_ROW:
                in_a_row = 0
                if self._lock.wanted:
                    time.sleep(PAUSE_S)
            self._work(batch, jobs)

    def _has_work(self) -> bool:
        return bool(self._queue or self._jobs or self._closing)

    def _take(self) -> tuple[list[Waiting], list[Job[Any]]]:
        """Everything that queued during the last sync, within the bounds of a transaction."""
        batch: list[Waiting] = []
        rows = size = 0
        while self._queue and rows < BATCH_ROWS and size <= BATCH_BYTES:
            waiting = self._queue.popleft()
            rows += len(waiting.deliveries)
            size += waiting.size
            batch.append(waiting)
        self._queued -= rows
        self._queued_bytes -= size
        jobs = list(self._jobs)
        self._jobs.clear()
        return batch, jobs

    def _work(self, batch: list[Waiting], jobs: list[Job[Any]]) -> None:
        """One transaction. What it came to is held in local lists, one outcome for each delivery."""
        deliveries = [delivery for waiting in batch for delivery in waiting.deliveries]
        outcomes: list[int | StoreError]
        results: list[Any | BaseException]
        try:
            with self._using, self._lock.held():
                refuse_moved(self._path, self._identity)
                outcomes, results = commit_batch(self._connection, self._path, deliveries, [job.run for job in jobs])
        except Exception as error:  # noqa: BLE001 (whatever it was, every sender must hear of it)
            outcomes = [self._failure(error) for _ in deliveries]
            results = [self._failure(error) for _ in jobs]
        each = iter(outcomes)
        for waiting in batch:
            _tell(waiting, list(islice(each, len(waiting.deliveries))))
        for job, result in zip(jobs, results, strict=True):
            if isinstance(result, BaseException):
                job.future.set_exception(result)
            else:
                job.future.set_result(result)
        with self._using:
            self._checkpointer.after_commit(sum(waiting.size for waiting in batch), len(deliveries))

    def _failure(self, error: Exception) -> StoreError:
        if isinstance(error, sqlite3.Error | OSError | StoreError):
            return store_error(error, self._path)
        return StoreError(f"Cannot write the log {show(str(self._path))}: {type(error).__name__}: {show(str(error))}")

    def _read_version(self) -> int:
        return int(self._connection.execute("PRAGMA data_version").fetchone()[0])

    def _closed(self) -> StoreError:
        return StoreError(f"Cannot write the log {show(str(self._path))}: it is closed")

    def _overrun(self) -> StoreError:
        return StoreError(
            f"Cannot write the log {show(str(self._path))}: {self._queued} deliveries wait for the disk; "
            "send more slowly or use a faster disk"
        )


def _tell(waiting: Waiting, outcomes: Sequence[int | StoreError]) -> None:
    try:
        waiting.done(outcomes)
    except Exception as error:  # noqa: BLE001 (one sender's callback must not silence the others')
        threading.excepthook(threading.ExceptHookArgs((type(error), error, error.__traceback__, None)))
