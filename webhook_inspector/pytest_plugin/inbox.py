"""Waiting for deliveries: those whose facts are known, so that a filter says the same now and later."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from webhook_inspector.core.clock import NS_PER_S
from webhook_inspector.core.delivery import Record
from webhook_inspector.core.display import show
from webhook_inspector.core.filters import Query
from webhook_inspector.core.units import plural
from webhook_inspector.engine.announcements import Analysed, Announcement
from webhook_inspector.engine.inspector import Inspector
from webhook_inspector.errors import UsageError
from webhook_inspector.pytest_plugin import nearness

MOST_SHOWN = 20
"""Rows of the table of what arrived instead."""


class Inbox:
    """What a listener captured.

    Args:
        inspector: Listens.
        url: Where.
    """

    def __init__(self, inspector: Inspector, url: str) -> None:
        self.inspector = inspector
        self.url = url
        self.floor = 0
        """Only deliveries with higher numbers are looked at."""
        self._known: set[int] = set()
        self._changed = threading.Condition()
        inspector.subscribe(self._told)

    def _told(self, announcement: Announcement) -> None:
        if isinstance(announcement, Analysed):
            with self._changed:
                self._known |= set(announcement.ids)
                self._changed.notify_all()

    def records(self, query: str = "", after: int = 0) -> list[Record]:
        """What matches by now, oldest first; waits for the facts of what has arrived.

        Raises:
            QueryError: The filter cannot be read.
        """
        parsed = self.inspector.parse(query)
        self.inspector.wait_analysed()
        return self.inspector.records([number for number in self.inspector.ids(parsed) if number > self._from(after)])

    def wait(self, query: str, *, count: int, timeout_s: float, after: int) -> list[Record]:
        """The first `count` deliveries that match, once there are so many.

        Raises:
            QueryError: The filter cannot be read.
            AssertionError: There were fewer when the time was up; says what came instead.
        """
        __tracebackhide__ = True
        if count < 1:
            raise UsageError("count is how many deliveries to wait for: 1 or more.")
        parsed = self.inspector.parse(query)
        clock = self.inspector.clock
        end_ns = clock.monotonic_ns() + int(timeout_s * NS_PER_S)
        while True:
            with self._changed:
                known = len(self._known)
            found = self._matching(parsed, after)
            if len(found) >= count:
                return self.inspector.records(found[:count])
            left_s = (end_ns - clock.monotonic_ns()) / NS_PER_S
            if left_s <= 0:
                raise AssertionError(self._missing(parsed, found, count=count, timeout_s=timeout_s, after=after))
            with self._changed:
                self._changed.wait_for(lambda known=known: len(self._known) != known, left_s)  # type: ignore[misc]  # a default argument's type is not inferred

    def _from(self, after: int) -> int:
        return max(after, self.floor)

    def _matching(self, query: Query, after: int) -> list[int]:
        """Numbers of what matches and is fully known: before that, `-type:x` would match anything."""
        with self._changed:
            known = frozenset(self._known)  # first: what becomes known while the log is read was read without its facts
        return [number for number in self.inspector.ids(query) if number > self._from(after) and number in known]

    def _missing(self, query: Query, found: Sequence[int], *, count: int, timeout_s: float, after: int) -> str:
        records = self.records("", after)
        asked = show(query.text, 200) or "any delivery"
        if not records:
            return (
                f"no delivery arrived within {timeout_s:g} s; waited for {asked} at {self.url}: does the code under "
                "test send to webhook_inspector.url?"
            )
        others = [record for record in records if record.delivery.id not in set(found)]
        arrived = f"{plural(len(records), 'delivery', 'deliveries')} arrived within {timeout_s:g} s"
        head = (
            f"{arrived}, {len(found)} of the {count} that were waited for matched {asked}; the others:"
            if found
            else f"{arrived}, none matched {asked}:"
        )
        hidden = len(others) - MOST_SHOWN
        rows = nearness.table(query, others[-MOST_SHOWN:])
        if hidden > 0:
            rows = [f"  ({hidden} earlier ones are not shown)", *rows]
        look = f"look at them with: webhook-inspector --log {self.inspector.log_path}"
        return "\n".join([head, *rows, look])
