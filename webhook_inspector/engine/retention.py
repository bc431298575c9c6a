"""Retention: while a process listens, the log is kept within what the configuration says."""

from __future__ import annotations

from collections.abc import Sequence

from webhook_inspector.config.model import RetentionConfig, SourceConfig
from webhook_inspector.core.clock import NS_PER_S, Clock
from webhook_inspector.engine.background import Background, EndedError
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


class Retention(Background):
    """Prunes in the background, in small steps.

    Args:
        config: What is kept; with nothing set, nothing is ever deleted.
        sources: A source with limits of its own has only these; `config` is for all other deliveries together.
    """

    def __init__(self, log: Log, config: RetentionConfig, clock: Clock, sources: Sequence[SourceConfig] = ()) -> None:
        super().__init__("retention", self._work)
        self._log = log
        self._config = config
        self._sources = [source for source in sources if source.retention.is_set]
        self._clock = clock
        self._seen = (0, 0)
        """Number of the newest delivery and size of the file at the last look."""

    def start(self) -> None:
        """Begin, if anything is set."""
        if self._config.is_set or self._sources:
            super().start()

    def due(self) -> Pruned:
        """What has to go now.

        Raises:
            StoreError: The log cannot be read.
        """
        # What was deleted and can be brought back is not in it.
        rest = set(self._log.ids())
        found = []
        for source in self._sources:
            own = self._log.ids_of_source(source.name)
            rest.difference_update(own)
            found.append(self._due(source.retention, own))
        found.append(self._due(self._config, sorted(rest)))
        gone = sorted(number for due in found for number in due.ids)
        return Pruned(tuple(gone), 0, sum(due.waiting for due in found), sum(due.pinned for due in found))

    def _due(self, limits: RetentionConfig, among: Sequence[int]) -> Pruned:
        """What of these has to go."""
        gone: set[int] = set()
        waiting = pinned = 0
        if limits.days is not None:
            before = self._clock.wall_ns() - limits.days * _NS_PER_DAY
            old = to_prune(self._log, sorted(set(among).intersection(self._log.arrived_before(before))))
            gone |= set(old.ids)
            waiting, pinned = old.waiting, old.pinned
        if limits.max_deliveries is not None or limits.max_bytes is not None:
            over = to_prune(self._log, among, keep=limits.max_deliveries, max_bytes=limits.max_bytes)
            gone |= set(over.ids)
            waiting, pinned = max(waiting, over.waiting), max(pinned, over.pinned)
        return Pruned(tuple(gone), 0, waiting, pinned)

    def _work(self) -> None:
        wait = FIRST_S
        idle_s = EVERY_S
        while not self.wait(wait):
            wait = min(GLANCE_S, EVERY_S)
            idle_s += wait
            if idle_s < EVERY_S and not self._much_came():
                continue
            idle_s = 0.0
            try:
                self._seen = self._log.newest_id(), self._file_size()
                prune_log(self._log, self.due(), progress=lambda _done, _all: self.go_on())
            except (StoreError, EndedError):
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
