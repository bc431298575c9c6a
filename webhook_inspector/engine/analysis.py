"""Facts about deliveries, derived behind their acknowledgement from the log."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence

from webhook_inspector.core.clock import NS_PER_S, Clock
from webhook_inspector.core.delivery import Delivery, Event, Facts, State
from webhook_inspector.core.verification import Verification, VerificationStatus
from webhook_inspector.engine.background import Background
from webhook_inspector.engine.pace import Pace
from webhook_inspector.engine.quarantine import Quarantine
from webhook_inspector.engine.sources import Sources
from webhook_inspector.engine.verifying import Verifier
from webhook_inspector.errors import StoreError
from webhook_inspector.events import EarlierLike, detect, extract, object_key, relate
from webhook_inspector.providers.model import Provider
from webhook_inspector.shapes import digest_of
from webhook_inspector.store.log import Log

_BATCH = 64
FLOOD = 500
"""Deliveries a second from which analysis makes way: each moment that it holds Python's lock delays answers."""
LOOK_S = 0.05
"""How often it looks how many come, in seconds."""
ASIDE_S = 0.05
"""In a flood one delivery is analysed, then so long none, in seconds; the rest follows when fewer come."""
SHARE = 4
"""When one came while another was analysed, analysis rests so many times as long as that took."""
BEHIND = 128
"""Waiting deliveries from which it rests no more, outside of a flood: it would fall behind for as long as they come."""
_RETRY_S = 0.5
_DRAIN_S = 2.0
_MOST_LEFTOVERS = 10_000
_LEFTOVER_AGE_NS = 10 * NS_PER_S
_LOG = logging.getLogger(__name__)


class Analyst:
    """One thread that derives and saves the facts of deliveries, in order of arrival.

    Args:
        log: Where deliveries are read and facts are saved.
        sources: Gives each delivery its provider and secrets.
        providers: All known providers.
        clock: For what would hold now.
        announce: Called with the numbers of deliveries whose facts are in the log.
        quarantine: Tells which deliveries break a pin.
        look: Called with each delivery whose facts are in the log.
    """

    def __init__(
        self,
        log: Log,
        sources: Sources,
        providers: Mapping[str, Provider],
        clock: Clock,
        announce: Callable[[tuple[int, ...]], None],
        *,
        quarantine: Quarantine,
        look: Callable[[Delivery, Facts], None],
    ) -> None:
        self._log = log
        self._sources = sources
        self._providers = providers
        self._clock = clock
        self._verifier = Verifier(log, sources, clock)
        self._announce = announce
        self._quarantine = quarantine
        self._look = look
        self._waiting: deque[int] = deque()
        self._condition = threading.Condition()
        self._busy = False
        self._analysing = Background("analyst", self._work)
        self._pace = _Pace(clock)
        self._asked = 0
        """How many were ever asked for."""

    def add(self, ids: Sequence[int]) -> None:
        """Ask for the facts of deliveries that are in the log. Returns at once."""
        with self._condition:
            self._waiting.extend(ids)
            self._asked += len(ids)
            self._analysing.start()
            self._condition.notify_all()

    def add_leftovers(self) -> None:
        """Ask for the facts of deliveries that an earlier process kept but did not live to analyse."""
        now = self._clock.wall_ns()
        left = self._log.unanalysed_ids(0, _MOST_LEFTOVERS)
        self.add([number for number, received_ns in left if now - received_ns > _LEFTOVER_AGE_NS])

    def wait_idle(self, timeout_s: float) -> bool:
        """Wait until everything asked for is done; False when that took longer."""
        with self._condition:
            return self._condition.wait_for(lambda: not self._waiting and not self._busy, timeout_s)

    def stop(self) -> None:
        """Finish what waits, for `_DRAIN_S` at most, and end the thread. `add_leftovers` finds the rest later."""
        self.wait_idle(_DRAIN_S)
        with self._condition:
            self._analysing.end()
            self._condition.notify_all()
        self._analysing.stop()

    def derive(self, delivery: Delivery) -> tuple[Facts, str | None]:
        """The facts of one delivery, and the key of the object that it is about."""
        request = delivery.request
        if delivery.refused is not None:
            refused = Verification(VerificationStatus.UNSIGNED, reason="refused", explanation="It was refused.")
            return Facts(verification=refused), None
        name = delivery.provider_hint or self._sources.provider_of(delivery.source) or detect(request, self._providers)
        provider = self._providers.get(name) if name else None
        event = extract(request, provider)
        verification = self._verifier.verify(delivery, provider)
        key = object_key(request, provider)
        relation = relate(event, self._earlier(delivery, event, key), key=key)
        shape = digest_of(request)
        previous = self._shape_before(delivery, event) if shape else None
        facts = Facts(
            provider=provider.name if provider else name,
            event=event,
            verification=verification,
            duplicate_of=relation.duplicate_of,
            retry_of=relation.retry_of,
            late=relation.late,
            shape=shape,
            drift=previous is not None and previous != shape,
            state=self._state(delivery, name, event),
        )
        return facts, key

    def _state(self, delivery: Delivery, provider: str | None, event: Event) -> State:
        broken = self._quarantine.breaks(delivery, provider, event.type)
        return State.QUARANTINED if broken else State.RECEIVED

    def _derived(self, delivery: Delivery) -> tuple[Facts, str | None]:
        """As `derive`; a delivery that trips it gets empty facts, so that it is still listed and announced."""
        try:
            return self.derive(delivery)
        except StoreError:
            raise
        except Exception:  # noqa: BLE001 (logged; one odd delivery must not end analysis)
            _LOG.exception("facts of delivery %d could not be derived", delivery.id)
            said = "It could not be analysed; please report it with the exported request."
            return Facts(verification=Verification(VerificationStatus.UNSUPPORTED, explanation=said)), None

    def _earlier(self, delivery: Delivery, event: Event, key: str | None) -> list[EarlierLike]:
        """What arrived before and may be the same event, or be about the same object."""
        earlier: list[EarlierLike] = []
        if event.id is not None:
            earlier += self._log.earlier_of_event(delivery.source, event.id, delivery.id)
        if key is not None and event.time_ns is not None:
            latest = self._log.latest_of_object(delivery.source, key, delivery.id)
            earlier += [latest] if latest is not None else []
        return earlier

    def _shape_before(self, delivery: Delivery, event: Event) -> str | None:
        """The shape of the previous delivery of the same source and event type."""
        if event.type is None:
            return None
        previous = self._log.latest_of_type(delivery.source, event.type, delivery.id)
        return None if previous is None else self._log.shape_of(previous)

    def analyse(self, ids: Iterable[int], *, again: bool = False) -> None:
        """Derive and save facts now, in the caller's thread.

        Args:
            ids: Which deliveries.
            again: They had facts before: what there is to say aloud about them was said then.

        Raises:
            StoreError: The log could not keep them.
        """
        done = []
        for record in self._log.each_record(list(ids)):
            # Each one is saved before the next is derived: duplicates and drift look at what came before.
            facts, key = self._derived(record.delivery)
            self._log.save_facts([(record.delivery.id, facts, key)])
            if not again:
                self._look(record.delivery, facts)
            done.append(record.delivery.id)
        if done:
            self._announce(tuple(done))

    def _work(self) -> None:
        rest_s = 0.0
        while True:
            with self._condition:
                self._condition.wait_for(lambda: bool(self._waiting) or self._analysing.ending)
                if self._analysing.ending:
                    return
                most = 1 if rest_s else _BATCH
                batch = [self._waiting.popleft() for _ in range(min(most, len(self._waiting)))]
                self._busy = True
            self._pace.begin(self._asked)
            try:
                self.analyse(sorted(batch))
            except StoreError as error:
                _LOG.warning("facts could not be saved: %s", error.message)
                with self._condition:
                    self._waiting.extendleft(reversed(batch))
                    self._condition.wait_for(lambda: self._analysing.ending, _RETRY_S)
            finally:
                with self._condition:
                    self._busy = False
                    self._condition.notify_all()
            rest_s = self._pace.rest_s(self._asked, len(self._waiting))
            if rest_s:
                self._analysing.wait(rest_s)


class _Pace:
    """How analysis makes way for capture. For one thread."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._step = Pace(clock, SHARE)
        self._looked = (0, 0)
        self._flooded = False

    def begin(self, asked: int) -> None:
        """A step begins; so many were ever asked for."""
        self._step.begin(asked)

    def rest_s(self, asked: int, waiting: int) -> float:
        """How long to rest after the step, in seconds; 0 when nothing came meanwhile, or it is too far behind."""
        now_ns = self._clock.monotonic_ns()
        seconds = (now_ns - self._looked[1]) / NS_PER_S
        if seconds >= LOOK_S:
            self._flooded = asked - self._looked[0] > FLOOD * seconds
            self._looked = asked, now_ns
        if self._flooded:
            return ASIDE_S
        return 0.0 if waiting > BEHIND else min(ASIDE_S, self._step.rest_s(asked))
