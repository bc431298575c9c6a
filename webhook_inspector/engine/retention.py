"""Retention: while a process listens, the log is kept within what the configuration says."""

from __future__ import annotations

import threading

from webhook_inspector.config.model import RetentionConfig
from webhook_inspector.core.clock import NS_PER_S, Clock
from webhook_inspector.engine.pruning import Pruned, prune_log, to_prune
from webhook_inspector.errors import StoreError
from webhook_inspector.store.log import Log

EVERY_S = 600.0
"""How often it looks at the latest; the first time some seconds after the start."""
FIRST_S = 5.0
GLANCE_S = 1.0
"""How often it asks how much has come in; after a quarter of what may be kept it looks at once."""
_FEW = 100
_NS_PER_DAY = 86_400 * NS_PER_S


class Retention:
    """Prunes in the background, in small steps.

    Args:
        config: What is kept; with nothing set, nothing is ever deleted.
    """

    def __init__(self, log: Log, config: RetentionConfig, clock: Clock) -> None:
        self._log = log
        self._config = config
        self._clock = clock
        self._stopping = threading.Event()
        self._seen = (0, 0)
        """Number of the newest delivery and size of the file at the last look."""
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin, if anything is set."""
        if self._config.is_set and self._thread is None:
            self._thread = threading.Thread(target=self._work, name="whi-retention", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End after the running step."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(10)

    def due(self) -> Pruned:
        """What has to go now.

        Raises:
            StoreError: The log cannot be read.
        """
        every = self._log.all_numbers()
        gone: set[int] = set()
        waiting = 0
        if self._config.days is not None:
            before = self._clock.wall_ns() - self._config.days * _NS_PER_DAY
            old = to_prune(self._log, self._log.arrived_before(before))
            gone |= set(old.ids)
            waiting = old.waiting
        if self._config.max_deliveries is not None or self._config.max_bytes is not None:
            over = to_prune(self._log, every, keep=self._config.max_deliveries, max_bytes=self._config.max_bytes)
            gone |= set(over.ids)
            waiting = max(waiting, over.waiting)
        return Pruned(tuple(sorted(gone)), 0, waiting)

    def _work(self) -> None:
        wait = FIRST_S
        idle_s = EVERY_S
        while not self._stopping.wait(wait):
            wait = min(GLANCE_S, EVERY_S)
            idle_s += wait
            if idle_s < EVERY_S and not self._much_came():
                continue
            idle_s = 0.0
            try:
                self._seen = self._log.newest_id(), self._file_size()
                prune_log(self._log, self.due(), progress=self._halt)
            except (StoreError, _StoppedError):
                continue  # what is not deleted now is deleted by the next look, also of a later process

    def _much_came(self) -> bool:
        """Whether so much came in since the last look that the log may be a quarter larger than it is to be."""
        number, size = self._seen
        most, most_bytes = self._config.max_deliveries, self._config.max_bytes
        try:
            newest = self._log.newest_id()
        except StoreError:
            return False
        if most is not None and newest - number > max(_FEW, most // 4):
            return True
        return most_bytes is not None and newest != number and self._file_size() - size > most_bytes // 4

    def _file_size(self) -> int:
        try:
            return self._log.path.stat().st_size
        except OSError:
            return 0

    def _halt(self, _done: int, _all: int) -> None:
        if self._stopping.is_set():
            raise _StoppedError


class _StoppedError(Exception):
    """The process ends."""
