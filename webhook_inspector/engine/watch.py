"""Notices what other processes write to the log."""

from __future__ import annotations

import threading
from collections.abc import Callable

from webhook_inspector.engine.announcements import Announcement, ForeignRows
from webhook_inspector.errors import StoreError
from webhook_inspector.store.log import Log

INTERVAL_S = 0.2


class Watch:
    """One thread that polls the log's data version (which our own commits move too) and announces changes."""

    def __init__(self, log: Log, publish: Callable[[Announcement], None]) -> None:
        self._log = log
        self._publish = publish
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to watch; does nothing when it already does."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="whi-watch", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End the watch."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=5)

    def _work(self) -> None:
        seen: int | None = None
        while not self._stop.wait(INTERVAL_S):
            try:
                version = self._log.data_version()
            except StoreError:
                continue
            if seen is not None and version != seen:
                self._publish(ForeignRows())
            seen = version
