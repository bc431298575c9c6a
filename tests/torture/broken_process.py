"""Listeners that are broken on purpose, each in a process of its own; the tests must catch them.

Arguments: `LOG MODE [OPTION]...`.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from webhook_inspector.__main__ import main
from webhook_inspector.core.delivery import Delivery
from webhook_inspector.errors import StoreError
from webhook_inspector.net import capture
from webhook_inspector.store import lock, writer
from webhook_inspector.store.log import Log

Done = Callable[[Sequence[int | StoreError]], None]
PROGRAM = ("-m", "tests.torture.broken_process")


def _with_pragma(setting: str) -> None:
    """Commits that are not synced."""
    real = vars(writer)["open_writer"]

    def loose(*arguments: object) -> sqlite3.Connection:
        connection: sqlite3.Connection = real(*arguments)
        connection.execute(f"PRAGMA synchronous = {setting}")
        return connection

    vars(writer)["open_writer"] = loose


def _with_submit(changed: Callable[[Callable[..., None], Log, Sequence[Delivery], Done], None]) -> None:
    real = Log.submit_all

    def submit_all(self: Log, deliveries: Sequence[Delivery], done: Done) -> None:
        changed(real, self, deliveries, done)

    Log.submit_all = submit_all  # type: ignore[method-assign]


def _answer_first(real: Callable[..., None], log: Log, deliveries: Sequence[Delivery], done: Done) -> None:
    """A sender hears 200 when its delivery is queued; as by a lazy flush the commit follows a moment later."""
    done([1] * len(deliveries))
    timer = threading.Timer(0.02, real, (log, deliveries, lambda _outcomes: None))
    timer.daemon = True
    timer.start()


def _swallow(real: Callable[..., None], log: Log, deliveries: Sequence[Delivery], done: Done) -> None:
    """A failed commit is answered as if it had succeeded."""
    real(log, deliveries, lambda outcomes: done([1 if isinstance(one, StoreError) else one for one in outcomes]))


_LAST: list[Any] = [None]
LATE_S = 2.0
"""How much later an outcome is read than it was known."""


def _late_bound(real: Callable[..., None], log: Log, deliveries: Sequence[Delivery], done: Done) -> None:
    """The outcome of a batch is read when the next one may have overwritten it."""

    def kept(outcomes: Sequence[int | StoreError]) -> None:
        _LAST[0] = outcomes[-1]
        timer = threading.Timer(LATE_S, lambda: done([_LAST[0]] * len(deliveries)))
        timer.daemon = True
        timer.start()

    real(log, deliveries, kept)


def _hasty() -> None:
    """Senders are answered first, and the end waits for nothing."""

    def submit_all(real: Callable[..., None], log: Log, deliveries: Sequence[Delivery], done: Done) -> None:
        done([1] * len(deliveries))
        timer = threading.Timer(60.0, real, (log, deliveries, lambda _outcomes: None))
        timer.daemon = True
        timer.start()

    _with_submit(submit_all)
    vars(writer)["Writer"].close = lambda _self: os._exit(0)


def _one_by_one() -> None:
    """No group commit."""
    writer.BATCH_ROWS = 1
    vars(capture)["_TOGETHER"] = 1


def _wall_limits() -> None:
    """Time limits are measured by the clock on the wall."""
    vars(asyncio)["BaseEventLoop"].time = lambda _self: time.time()


def _trusting() -> None:
    """Files are taken for writable."""
    vars(os)["access"] = lambda *_arguments, **_options: True


class _NameLock:
    """A lock whose file is the lock: a killed holder leaves it behind."""

    def __init__(self, name: str) -> None:
        self._name = Path(f"{name}.name")

    def try_hold(self) -> bool:
        try:
            self._name.mkdir()
        except FileExistsError:
            return False
        return True

    def release(self) -> None:
        self._name.rmdir()

    def close(self) -> None:
        pass


def _lock_by_name() -> None:
    vars(lock)["new"] = _NameLock


def _stall() -> None:
    """Not broken, but stopped: in the middle of a transaction, as a process that is about to be killed there."""
    real = vars(writer)["commit_batch"]
    commits = 0

    def stalled(connection: sqlite3.Connection, path: Path, *rest: Any) -> Any:
        nonlocal commits
        commits += 1
        if commits > 25:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("UPDATE facts SET late = 7")
            Path(f"{path}.stalled").touch()
            threading.Event().wait()
        return real(connection, path, *rest)

    vars(writer)["commit_batch"] = stalled


def _stall_by_name() -> None:
    _lock_by_name()
    _stall()


MODES: dict[str, Callable[[], None]] = {
    "normal": lambda: _with_pragma("NORMAL"),
    "off": lambda: _with_pragma("OFF"),
    "answer-first": lambda: _with_submit(_answer_first),
    "swallow": lambda: _with_submit(_swallow),
    "late-bound": lambda: _with_submit(_late_bound),
    "hasty": _hasty,
    "wall-limits": _wall_limits,
    "lock-by-name": _lock_by_name,
    "stall": _stall,
    "stall-by-name": _stall_by_name,
    "trusting": _trusting,
    "one-by-one": _one_by_one,
}


if __name__ == "__main__":
    log_file, mode, *options = sys.argv[1:]
    MODES[mode]()
    sys.argv[1:] = ["listen", "--port", "0", "--json", "--log", log_file, *options]
    sys.exit(main())
