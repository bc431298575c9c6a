"""The log: everything captured and sent, in one SQLite file."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from webhook_inspector.core.attempt import Attempt
from webhook_inspector.core.clock import Clock
from webhook_inspector.core.delivery import Delivery, Facts
from webhook_inspector.core.display import show
from webhook_inspector.errors import StoreError
from webhook_inspector.store import outbox, prune, runs, shapes
from webhook_inspector.store.belonging import refuse_foreign_wal
from webhook_inspector.store.check import Health, examine
from webhook_inspector.store.connect import SCHEMA_VERSION, open_reader
from webhook_inspector.store.identify import read_version, refuse_foreign
from webhook_inspector.store.lock import WAIT_S
from webhook_inspector.store.readers import Readers
from webhook_inspector.store.reading import LogReader
from webhook_inspector.store.rows import analysis_row, pack_verification
from webhook_inspector.store.runs import RunRow
from webhook_inspector.store.shapes import ShapeRow
from webhook_inspector.store.trouble import store_error
from webhook_inspector.store.values import pack_text
from webhook_inspector.store.writer import AllDone, Done, Writer

T = TypeVar("T")
_SAVE_FACTS = (
    "UPDATE facts SET analysed = 1, provider = ?, event_type = ?, event_id = ?, event_time_ns = ?, event_attempt = ?, "
    "sig = ?, duplicate_of = ?, retry_of = ?, late = ?, drift = ?, shape = ?, object_key = ?, "
    "state = coalesce(?, state) WHERE id = ?"
)
_SAVE_VERIFICATION = "INSERT OR REPLACE INTO verifications (id, detail) SELECT id, ? FROM facts WHERE id = ?"


class Log(LogReader):
    """The log. Reading works from any thread; writing goes through one thread of its own.

    Use `Log.open`.
    """

    def __init__(self, path: Path, readers: Readers, writer: Writer | None) -> None:
        super().__init__(readers)
        self.path = path
        self._writer = writer

    @property
    def writable(self) -> bool:
        """Whether it was opened for more than reading."""
        return self._writer is not None

    @classmethod
    def open(cls, path: Path, *, clock: Clock, readonly: bool = False, lock_wait_s: float = WAIT_S) -> Log:
        """Open a log; make it when there is none.

        Args:
            path: The file. `<path>.lock`, `<path>-wal` and `<path>-shm` lie beside it.
            clock: Unused by the store today; times come with what is stored.
            readonly: Only read: make nothing and start no writer.
            lock_wait_s: Longest wait for a transaction of another process, in seconds.

        Raises:
            StoreError: No log, not a log, of a newer release, or it cannot be read or written.
        """
        del clock
        path = Path(os.path.realpath(path))  # one lock file for all names of a log
        if not os.path.lexists(path):
            if readonly:
                raise StoreError(
                    f"There is no log at {show(str(path))}: capture something first, or choose another file with --log"
                )
            from webhook_inspector.store.create import create  # noqa: PLC0415 (sqlite-utils is slow to load)

            create(path)
        refuse_foreign(path)
        refuse_foreign_wal(path)
        if not readonly and not os.access(
            path, os.W_OK
        ):  # SQLite would open it all the same, and fail at the first delivery
            raise StoreError(
                f"Cannot write the log {show(str(path))}: it may only be read; check its permissions or choose another "
                "file with --log"
            )
        return cls._open_known(path, readonly=readonly, lock_wait_s=lock_wait_s)

    @classmethod
    def _open_known(cls, path: Path, *, readonly: bool, lock_wait_s: float) -> Log:
        immutable = readonly and _unwritable(path)
        if not immutable and read_version(path) < SCHEMA_VERSION:
            from webhook_inspector.store.create import upgrade  # noqa: PLC0415 (sqlite-utils is slow to load)

            upgrade(path)
        if readonly:
            return cls(path, Readers(path, immutable=immutable), None)
        try:
            writer = Writer(path, lock_wait_s=lock_wait_s)
        except (sqlite3.Error, OSError) as error:
            raise store_error(error, path, "open") from error
        return cls(path, Readers(path), writer)

    def close(self) -> None:
        """Commit what is queued and close. Safe to call twice."""
        self._readers.close()
        if self._writer is not None:
            self._writer.close()

    # Writing.

    def submit(self, delivery: Delivery, done: Done) -> None:
        """Keep a delivery. The hot path: returns at once.

        `done` is called once: with the delivery's number after the commit that holds it is on the disk, in the writer
        thread; or with a StoreError, which after an I/O error means that it is not known whether it was kept. When
        the queue is full or the log closed it is called at once, in the calling thread.
        """
        self._need_writer().submit(delivery, done)

    def submit_all(self, deliveries: Sequence[Delivery], done: AllDone) -> None:
        """As `submit`, for deliveries that came together: `done` is called once, with an outcome for each."""
        self._need_writer().submit_all(deliveries, done)

    def append(self, deliveries: Sequence[Delivery]) -> list[int]:
        """Keep deliveries and wait for the disk; their numbers.

        Raises:
            StoreError: One of them was not kept; others may have been.
        """
        futures: list[Future[int]] = []
        for delivery in deliveries:
            future: Future[int] = Future()
            futures.append(future)
            self.submit(delivery, lambda outcome, future=future: _settle(future, outcome))  # type: ignore[misc]  # a default argument's type is not inferred
        return [future.result() for future in futures]

    def save_facts(self, pairs: Sequence[tuple[int, Facts, str | None]]) -> None:
        """Save what was derived from deliveries: (number, facts, key of the object it is about).

        Attempts, latest status and outcome are not taken from the facts: they follow the attempts. A state other
        than `received` is taken.

        Raises:
            StoreError: Not saved.
        """
        rows = [(*analysis_row(facts, key), number) for number, facts, key in pairs]
        details = [(pack_verification(facts.verification), number) for number, facts, _ in pairs]

        def run(connection: sqlite3.Connection) -> None:
            connection.executemany(_SAVE_FACTS, rows)
            connection.executemany(_SAVE_VERIFICATION, details)

        self._need_writer().call(run)

    def begin_run(self, plan_json: str, seed: int, target: str, now_ns: int) -> int:
        """Store a run that begins; its number.

        Raises:
            StoreError: Not stored.
        """
        row = RunRow(0, now_ns, None, seed, target, plan_json, None)
        return self._need_writer().call(lambda connection: runs.insert_run(connection, row))

    def finish_run(self, run_id: int, verdict_json: str, now_ns: int) -> None:
        """Store how a run ended.

        Raises:
            StoreError: Not stored.
        """
        self._need_writer().call(lambda connection: runs.update_run(connection, run_id, verdict_json, now_ns))

    def begin_attempt(self, attempt: Attempt) -> int:
        """Store an attempt before its first byte leaves; its number.

        Raises:
            StoreError: Not stored: do not send.
        """
        return self.begin_attempts([attempt])[0]

    def begin_attempts(self, attempts: Sequence[Attempt]) -> list[int]:
        """As `begin_attempt`, several at once: one transaction.

        Raises:
            StoreError: None is stored: do not send.
        """
        return self._need_writer().call(lambda connection: [runs.insert_attempt(connection, one) for one in attempts])

    def finish_attempt(self, attempt: Attempt) -> None:
        """Store how an attempt ended (its `id` is the number that `begin_attempt` gave); its delivery's state follows.

        Raises:
            StoreError: Not stored.
        """
        self._need_writer().call(lambda connection: runs.update_attempt(connection, attempt))

    def add_ended(self, attempts: Sequence[Attempt]) -> list[int]:
        """Store attempts that ended before they began, all together; their numbers.

        Raises:
            StoreError: None of them is stored.
        """

        def run(connection: sqlite3.Connection) -> list[int]:
            numbers = [runs.insert_attempt(connection, attempt) for attempt in attempts]
            for number, attempt in zip(numbers, attempts, strict=True):
                runs.update_attempt(connection, replace(attempt, id=number))
            return numbers

        return self._need_writer().call(run)

    def begin_forward(self, attempt: Attempt) -> int:
        """As `begin_attempt`, for a delivery of the outbox.

        Raises:
            StoreError: Not stored: do not send.
        """

        def run(connection: sqlite3.Connection) -> int:
            number = runs.insert_attempt(connection, attempt)
            outbox.mark_begun(connection, attempt.delivery_id, number)
            return number

        return self._need_writer().call(run)

    def finish_forward(self, attempt: Attempt, *, again: bool = False, answered_with: int | None = None) -> None:
        """As `finish_attempt`, for a delivery of the outbox; an attempt without a number is stored as well.

        Args:
            attempt: How it ended.
            again: Whether the delivery goes on waiting.
            answered_with: The status that the delivery's sender is given, where that followed the attempt.

        Raises:
            StoreError: Not stored.
        """

        def run(connection: sqlite3.Connection) -> None:
            kept = attempt if attempt.id else replace(attempt, id=runs.insert_attempt(connection, attempt))
            runs.update_attempt(connection, kept)
            outbox.mark_ended(connection, kept.delivery_id, again=again)
            if answered_with is not None:
                connection.execute(
                    "UPDATE deliveries SET response_status = ? WHERE id = ?", (answered_with, kept.delivery_id)
                )

        self._need_writer().call(run)

    def take_interrupted(self, target: str) -> list[int]:
        """Take out of the outbox what was being sent to a target when a process died; the deliveries' numbers.

        Raises:
            StoreError: Not stored.
        """
        return self._need_writer().call(lambda connection: outbox.take_interrupted(connection, target))

    def forget_shapes(self, codec: int) -> None:
        """Begin to learn shapes anew, in a form of another version.

        Raises:
            StoreError: Not stored.
        """
        self._need_writer().call(lambda connection: shapes.forget_shapes(connection, codec))

    def replace_shapes(self, rows: Sequence[ShapeRow], *, codec: int, was: int, upto: int) -> bool:
        """Store learned shapes; False when another process has learned meanwhile.

        Raises:
            StoreError: Not stored.
        """
        return self._need_writer().call(
            lambda connection: shapes.replace_shapes(connection, rows, codec=codec, was=was, upto=upto)
        )

    def acknowledge(self, event_type: str, changes: Sequence[tuple[str, str]], now_ns: int) -> None:
        """Note drift, as (kind, path), that was seen and accepted.

        Raises:
            StoreError: Not stored.
        """
        rows = [(pack_text(event_type), kind, pack_text(path), now_ns) for kind, path in changes]
        self._need_writer().call(
            lambda connection: connection.executemany("INSERT OR REPLACE INTO acknowledged VALUES (?, ?, ?, ?)", rows)
        )

    def forget_acknowledged(self, event_type: str, changes: Sequence[tuple[str, str]]) -> None:
        """Take back what `acknowledge` noted.

        Raises:
            StoreError: Not stored.
        """
        rows = [(pack_text(event_type), kind, pack_text(path)) for kind, path in changes]
        sql = "DELETE FROM acknowledged WHERE event_type = ? AND kind = ? AND path = ?"
        self._need_writer().call(lambda connection: connection.executemany(sql, rows))

    def delete(self, ids: Sequence[int], *, wipe: bool = False) -> int:
        """Delete deliveries, at most `prune.STEP`, with all that hangs on them; how many went.

        Raises:
            StoreError: Nothing of it was done.
        """
        return self._need_writer().call(lambda connection: prune.delete(connection, ids, wipe=wipe))

    def write(self, run: Callable[[sqlite3.Connection], T]) -> T:
        """Run a write in the next transaction, which captures share, and wait for the disk: it has to be short.

        Raises:
            StoreError: Not stored.
        """
        return self._need_writer().call(run)

    def data_version(self) -> int:
        """A number that changes when another process wrote to the log, and not when this one did."""
        if self._writer is not None:
            return self._writer.foreign_version()
        return self._readers.data_version()

    def check(self) -> Health:
        """Read everything and say whether it is whole. Takes as long as reading the file; writing goes on meanwhile.

        Never raises: what cannot be read is a problem in the result.
        """
        return examine(self.path, self._readers)

    def _need_writer(self) -> Writer:
        if self._writer is None:
            raise StoreError(f"Cannot write the log {show(str(self.path))}: it was opened only to be read")
        return self._writer


def _settle(future: Future[int], outcome: int | StoreError) -> None:
    if isinstance(outcome, StoreError):
        future.set_exception(outcome)
    else:
        future.set_result(outcome)


def _unwritable(path: Path) -> bool:
    """Whether the log lies where SQLite cannot put its shared memory file, and no other process has."""
    if os.access(path.parent, os.W_OK) or Path(f"{path}-wal").exists():
        return False
    try:
        open_reader(path).execute("PRAGMA user_version").fetchone()
    except sqlite3.Error:
        return True
    return False
