"""Alerts: what is said aloud about a delivery, beside its row in the list."""

from __future__ import annotations

from collections.abc import Callable, Collection

from webhook_inspector.config.model import NEW_SHAPE
from webhook_inspector.core.delivery import Delivery, Facts
from webhook_inspector.engine.announcements import Announcement, NewShape
from webhook_inspector.store.log import Log

_OWN = frozenset({"captured", "sample"})


class Alerts:
    """Looks at deliveries whose facts are new.

    Args:
        rules: Names of `config.model.ALERTS` that are on.
        publish: Gets what is said.
    """

    def __init__(self, log: Log, rules: Collection[str], publish: Callable[[Announcement], None]) -> None:
        self._log = log
        self._rules = frozenset(rules)
        self._publish = publish

    def look(self, delivery: Delivery, facts: Facts) -> None:
        """Say what there is to say about a delivery. What was imported is old news.

        Raises:
            StoreError: The log cannot be read.
        """
        if NEW_SHAPE not in self._rules or not facts.drift or delivery.origin not in _OWN:
            return
        name = facts.event.type
        if name is None or facts.shape is None or self._log.had_shape(name, facts.shape, delivery.id):
            return
        self._publish(NewShape(delivery.id, name))
