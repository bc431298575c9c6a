"""Deleting deliveries at once, and bringing them back until the process ends.

See `store.trash` for what a kill leaves: everything, either in the list or to be brought back.
"""

from __future__ import annotations

import contextlib
import secrets
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from webhook_inspector.core.clock import NS_PER_S, Clock
from webhook_inspector.engine.background import Background
from webhook_inspector.errors import StoreError
from webhook_inspector.store.log import Log
from webhook_inspector.store.trash import Trash

PATIENCE_S = 2.0
"""Longest that the end of a process waits for real deletion; the next one goes on with it."""

_PAUSE_S = 0.01
"""Between two steps in the background, in seconds: capture shares the writer with them."""


@dataclass(frozen=True, slots=True)
class Deleted:
    """What a deletion came to."""

    ids: tuple[int, ...]
    """Ascending."""
    waiting: int
    """Deliveries that stay, because they are not sent on yet."""


class Deleting:
    """Deletes and brings back.

    Args:
        log: Open.
        clock: When it was.
        analyse: Asked for the facts of deliveries that have none yet.
    """

    def __init__(self, log: Log, clock: Clock, analyse: Callable[[Sequence[int]], None]) -> None:
        self._log = log
        self._clock = clock
        self._analyse = analyse
        self._trash = Trash(log, secrets.token_hex(8))
        self._one_at_a_time = threading.Lock()
        self._sweeper = Background("trash", self._sweep)

    def start(self) -> None:
        """Begin to delete really, in the background, what the process before had no time for."""
        self._sweeper.start()

    def _sweep(self) -> None:
        with contextlib.suppress(StoreError):
            self._trash.purge(lambda: not self._sweeper.wait(_PAUSE_S))

    def delete(self, ids: Sequence[int]) -> Deleted:
        """Take deliveries out of every list; `undo` brings them back.

        Raises:
            StoreError: The log cannot be written; `undo` brings back what went.
        """
        with self._one_at_a_time:
            wanted = sorted(set(ids))
            gone = self._trash.delete(wanted, self._clock.wall_ns())
            left = set(wanted).difference(gone)
            return Deleted(gone, len(left & self._log.waiting_ids()) if left else 0)

    def undo(self) -> tuple[int, ...]:
        """Bring back what was deleted last; nothing when there is nothing left to bring back.

        After what this process deleted comes what one left that was killed, or that has the log open too.

        Raises:
            StoreError: The log cannot be written; the rest can still be brought back.
        """
        with self._one_at_a_time:
            last = self._trash.last()
            if last is None:
                return ()
            back = self._trash.bring_back(last.id)
            pending = {number for number, _ in self._log.unanalysed_ids()} if back else set()
            self._analyse([number for number in back if number in pending])
            return back

    def left_behind(self) -> int:
        """How many deliveries `undo` would bring back now.

        Raises:
            StoreError: The log cannot be read.
        """
        last = self._trash.last()
        return 0 if last is None else last.count

    def finish(self) -> None:
        """The process ends: really delete what it deleted. What cannot be deleted now is by a later process."""
        self._sweeper.stop()
        if not self._log.writable:
            return
        end = self._clock.monotonic_ns() + int(PATIENCE_S * NS_PER_S)
        with contextlib.suppress(StoreError):
            self._trash.finish(self._clock.wall_ns(), go_on=lambda: self._clock.monotonic_ns() < end)
