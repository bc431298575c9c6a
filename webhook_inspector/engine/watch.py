"""Notices what other processes write to the log."""

from __future__ import annotations

from collections.abc import Callable

from webhook_inspector.engine.announcements import Announcement, ForeignRows
from webhook_inspector.engine.background import Background
from webhook_inspector.errors import StoreError
from webhook_inspector.store.log import Log

INTERVAL_S = 0.2


class Watch(Background):
    """One thread that polls the log's data version (which our own commits move too) and announces changes."""

    def __init__(self, log: Log, publish: Callable[[Announcement], None]) -> None:
        super().__init__("watch", self._work)
        self._log = log
        self._publish = publish

    def _work(self) -> None:
        seen: int | None = None
        while not self.wait(INTERVAL_S):
            try:
                version = self._log.data_version()
            except StoreError:
                continue
            if seen is not None and version != seen:
                self._publish(ForeignRows())
            seen = version
