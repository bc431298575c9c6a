"""Subscribe and publish from any thread."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from webhook_inspector.engine.announcements import Announcement

_LOG = logging.getLogger(__name__)


class Bus:
    """Hands each announcement to every subscriber, in the publisher's thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._subscribers: tuple[Callable[[Announcement], None], ...] = ()

    def subscribe(self, callback: Callable[[Announcement], None]) -> Callable[[], None]:
        """Call `callback` with every announcement from now on; it must return quickly.

        Returns:
            A function that ends the subscription.
        """
        with self._lock:
            self._subscribers += (callback,)

        def unsubscribe() -> None:
            with self._lock:
                self._subscribers = tuple(other for other in self._subscribers if other is not callback)

        return unsubscribe

    def publish(self, announcement: Announcement) -> None:
        """Tell every subscriber. A subscriber that fails does not keep the others from hearing."""
        for callback in self._subscribers:
            try:
                callback(announcement)
            except Exception:  # noqa: BLE001 (a boundary: capture must not stop because a listener failed)
                _LOG.warning("a subscriber failed on %s", type(announcement).__name__)
