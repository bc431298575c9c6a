"""Alerts: what is said aloud as it happens. Rules are told of deliveries, of live answers and of time."""

from __future__ import annotations

import logging
import queue
import shutil
import threading
from collections import deque
from collections.abc import Callable, Sequence

from webhook_inspector.core.clock import Clock
from webhook_inspector.core.delivery import Delivery, Facts
from webhook_inspector.engine.announcements import Alerted, Announcement, AttemptFinished
from webhook_inspector.engine.background import Background
from webhook_inspector.engine.sources import DEFAULT_SOURCE, Sources
from webhook_inspector.errors import StoreError
from webhook_inspector.events.alerting.api import Answered, Arrived, Backlog, Fact, Passed, Rule
from webhook_inspector.events.alerting.grammar import kind_of, read_rule
from webhook_inspector.events.alerting.kinds import disk, new_shape, undelivered
from webhook_inspector.store.log import Log

KEPT = 200
"""The alert log: so many of the newest."""
TICK_S = 5.0
"""Rules hear of time so often."""
_DISK_TICKS = 6
_OWN = frozenset({"captured", "sample"})
_LOG = logging.getLogger(__name__)


class Alerts:
    """Keeps the rules and what they said. Thread-safe.

    Args:
        log: For what came before, and what waits.
        rules: As configured.
        sources: To name rules about a source that there is not.
        clock: For the times.
        publish: Gets what is said.
    """

    def __init__(
        self,
        log: Log,
        rules: Sequence[str],
        sources: Sources,
        clock: Clock,
        publish: Callable[[Announcement], None],
    ) -> None:
        self._log = log
        self._clock = clock
        self._publish = publish
        self._sources = sources
        kinds = [kind_of(text) for text in rules]
        texts = list(rules) if disk.KIND in kinds else [*rules, disk.ALWAYS]
        self._rules: list[tuple[str, Rule]] = [(text, read_rule(text)) for text in texts]
        self._wants_shapes = new_shape.KIND in kinds
        self._wants_waiting = undelivered.KIND in kinds
        self._wants_answers = any(Answered in kind.hears for kind in kinds)
        self._lock = threading.Lock()
        self._said: deque[Alerted] = deque(maxlen=KEPT)
        self._answers: queue.SimpleQueue[AttemptFinished | None] = queue.SimpleQueue()
        self._ticks = 0
        self._disk: tuple[int, int] | None = None
        self._listening = Background("alerts", self._work)

    @property
    def problems(self) -> list[str]:
        """One sentence for each rule about a source that there is not."""
        known = {DEFAULT_SOURCE, *(source.name for source in self._sources.all())}
        named = [(text, getattr(rule, "source", None)) for text, rule in self._rules]
        return [
            f'alerts: there is no source {source} for "{text}"; known: {", ".join(sorted(known))}.'
            for text, source in named
            if source is not None and source not in known
        ]

    def history(self) -> list[Alerted]:
        """What was said, newest first."""
        with self._lock:
            return list(reversed(self._said))

    def look(self, delivery: Delivery, facts: Facts) -> None:
        """A delivery's facts are new. What was imported is old news.

        Raises:
            StoreError: The log cannot be read.
        """
        if delivery.origin not in _OWN:
            return
        self.tell(
            Arrived(
                self._clock.monotonic_ns(),
                delivery.id,
                delivery.source,
                facts.event.type,
                facts.verification.status.value,
                self._wants_shapes and self._is_new(delivery, facts),
            )
        )

    def _is_new(self, delivery: Delivery, facts: Facts) -> bool:
        name = facts.event.type
        if not facts.drift or name is None or facts.shape is None:
            return False
        return not self._log.had_shape(name, facts.shape, delivery.id)

    def heard(self, announcement: Announcement) -> None:
        """A subscriber of the bus: live answers are looked at in the thread of alerts."""
        if self._wants_answers and isinstance(announcement, AttemptFinished) and announcement.attempt.run_id is None:
            self._answers.put(announcement)

    def tell(self, fact: Fact) -> None:
        """Tell the rules a fact, and say what changes by it."""
        said: list[Alerted] = []
        with self._lock:
            now = self._clock.wall_ns()
            for text, rule in self._rules:
                try:
                    changes = rule.see(fact)
                except Exception:  # noqa: BLE001 (a boundary: analysis must not stop because a rule failed)
                    _LOG.exception("the alert rule %s failed", text)
                    continue
                said += [Alerted(now, text, one.begins, one.words, one.delivery, one.query) for one in changes]
            self._said.extend(said)
        for one in said:
            self._publish(one)

    def start(self) -> None:
        """Begin to hear of time and of answers."""
        self._listening.start()

    def stop(self) -> None:
        """End the thread."""
        self._listening.end()
        self._answers.put(None)
        self._listening.stop()

    def tick(self) -> None:
        """Time went by.

        Raises:
            StoreError: The log cannot be read.
        """
        if self._ticks % _DISK_TICKS == 0:
            self._disk = self._disk_now()
        self._ticks += 1
        free, total = self._disk or (None, None)
        waiting = self._waiting() if self._wants_waiting else ()
        self.tell(Passed(self._clock.monotonic_ns(), waiting, free, total))

    def _waiting(self) -> tuple[Backlog, ...]:
        now = self._clock.wall_ns()
        return tuple(
            Backlog(one.target, one.deliveries, one.first_id, max(0, now - one.since_ns))
            for one in self._log.waiting_to_go()
        )

    def _disk_now(self) -> tuple[int, int] | None:
        try:
            usage = shutil.disk_usage(self._log.path.parent)
        except OSError:
            return None
        return usage.free, usage.total

    def _work(self) -> None:
        next_ns = self._clock.monotonic_ns()
        while not self._listening.ending:
            left_s = (next_ns - self._clock.monotonic_ns()) / 1e9
            try:
                if left_s <= 0:
                    next_ns = self._clock.monotonic_ns() + int(TICK_S * 1e9)
                    self.tick()
                    continue
                self._answered(self._answers.get(timeout=min(left_s, TICK_S)))
            except queue.Empty:
                continue
            except StoreError as error:
                _LOG.warning("alerts could not look: %s", error.message)

    def _answered(self, one: AttemptFinished | None) -> None:
        if one is None:
            return
        attempt = one.attempt
        for summary in self._log.summaries([attempt.delivery_id]):
            good = attempt.status is not None and 200 <= attempt.status < 300
            self.tell(Answered(self._clock.monotonic_ns(), attempt.delivery_id, summary.source, good))
