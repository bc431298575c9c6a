"""Live forward: each captured delivery is sent on to the user's app, from the log.

What waits stands in the log's outbox, so it is sent once the app is up, also by a later process. A delivery that may
have arrived is never sent again by itself: one whose attempt was cut short by the death of a process is named instead.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace

from webhook_inspector.core.attempt import Attempt, Outcome
from webhook_inspector.core.clock import Clock
from webhook_inspector.core.delivery import Delivery
from webhook_inspector.core.display import show
from webhook_inspector.core.request import Request
from webhook_inspector.engine.announcements import (
    Announcement,
    AttemptBegun,
    AttemptFinished,
    ForwardsInterrupted,
    TargetHealth,
)
from webhook_inspector.engine.lane import Ended, Ending, Lane
from webhook_inspector.engine.sending import finished
from webhook_inspector.errors import InspectorError, StoreError
from webhook_inspector.net.answer import Answer, passed_on
from webhook_inspector.net.loop_thread import LoopThread, spawn
from webhook_inspector.net.sender import Sender, Sent
from webhook_inspector.replay.retry_after import parse_retry_after
from webhook_inspector.replay.rewrite import Outgoing, outgoing
from webhook_inspector.store.claims import claim
from webhook_inspector.store.log import Log

_LOG = logging.getLogger(__name__)
_NOT_READY = frozenset({429, 502, 503, 504})
"""Answers that say that a request was not worked on: the same delivery is sent again."""
_TIMEOUT_S = 30.0
_STOP_S = 2.0


@dataclass(frozen=True, slots=True)
class Health:
    """How a target of live forwarding is."""

    up: bool | None
    """None: nothing was sent there yet."""
    waiting: int
    """Deliveries that are not there yet."""


class Forwarder:
    """Sends deliveries on, exactly as captured, in order of arrival.

    Args:
        allow_remote: Whether every target may be another machine.
        inside: A captured request as an app is to see it.
    """

    def __init__(
        self,
        log: Log,
        loop: LoopThread,
        sender: Sender,
        clock: Clock,
        *,
        allow_remote: bool,
        publish: Callable[[Announcement], None],
        inside: Callable[[Request], Request] = lambda request: request,
    ) -> None:
        self._log = log
        self._inside = inside
        self._loop = loop
        self._sender = sender
        self._clock = clock
        self._allow_remote = allow_remote
        self._may_be_remote: set[str] = set()
        self._publish = publish
        self._lanes: dict[str, Lane] = {}
        self._opening = threading.Lock()
        self._tasks: list[asyncio.Task[None]] = []
        self._stopping = False
        self._claim = claim(log.path, "forwarding")
        self.interrupted: list[ForwardsInterrupted] = []
        """What an earlier process was sending when it died, by target; also published."""

    @property
    def durable(self) -> bool:
        """Whether what waits is kept in the log; False when another process forwards from this log already."""
        return self._claim is not None

    def open(self, target: str, *, allow_remote: bool = False) -> None:
        """Send on what waits for a target, and whatever is added; one that is open is only allowed what is new.

        Args:
            target: Where to.
            allow_remote: Whether this one may be another machine.

        Raises:
            StoreError: The log cannot be read or written.
        """
        with self._opening:
            if allow_remote:
                self._may_be_remote.add(target)
            if target in self._lanes:
                return
            waiting: list[int] = []
            if self.durable:
                interrupted = self._log.take_interrupted(target)
                if interrupted:
                    self.interrupted.append(ForwardsInterrupted(target, tuple(interrupted)))
                    self._publish(self.interrupted[-1])
                waiting = self._log.waiting(target)
            self._lanes[target] = self._loop.submit(self._opened(target, waiting)).result()

    def health(self, target: str) -> Health:
        """How a target is."""
        lane = self._lanes.get(target)
        return Health(None, 0) if lane is None else Health(lane.up, lane.waiting)

    def add(self, number: int, target: str) -> None:
        """Send a kept delivery on to a target that is open. Returns at once."""
        lane = self._lanes.get(target)
        if lane is not None:
            self._loop.call(lane.add, number)

    async def answer(self, delivery: Delivery, target: str) -> Answer:
        """Send a kept delivery on now, whatever waits, and give the app's answer to its sender. From any loop."""
        return await asyncio.wrap_future(self._loop.submit(self._answer(delivery, target)))

    def stop(self) -> None:
        """Send nothing more; what is in flight may end within 2 seconds."""
        self._stopping = True
        try:
            self._loop.submit(self._settle()).result(_STOP_S + 1)
        except (RuntimeError, TimeoutError):
            _LOG.warning("forwarding did not end in time")
        if self._claim is not None:
            self._claim.close()

    async def _opened(self, target: str, waiting: list[int]) -> Lane:
        def changed() -> None:
            self._publish(TargetHealth(target, up=bool(lane.up), waiting=lane.waiting))

        async def send(number: int, last: bool) -> Ended:
            return await self._forward(number, target, last=last)

        lane = Lane(send, changed, waiting)
        self._tasks.append(spawn(lane.run(), name=f"forward to {target}"))
        return lane

    async def _settle(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*(lane.settle(_STOP_S) for lane in self._lanes.values()))

    async def _forward(self, number: int, target: str, *, last: bool) -> Ended:
        if self._stopping:
            return Ended(Ending.ABSENT)
        try:
            return await self._try(number, target, last=last)
        except StoreError as error:
            _LOG.warning("delivery %d waits: %s", number, error.message)
            return Ended(Ending.ABSENT)
        except InspectorError as error:
            _LOG.warning("delivery %d was not forwarded: %s", number, error.message)
            return Ended(Ending.DONE)

    async def _try(self, number: int, target: str, *, last: bool) -> Ended:
        records = await asyncio.to_thread(self._log.records, [number])
        if not records:
            return Ended(Ending.DONE)
        request = outgoing(self._inside(records[0].delivery.request), target, as_captured=True)
        attempt, sent = await self._send(request, target, self._attempt(number, request))
        if not attempt.id and (self._stopping or sent.outcome is not Outcome.NOT_SENT):
            if records[0].facts.last_outcome is None and not self._stopping:  # told once, not at every look
                await self._finish(finished(attempt, sent), again=True)
            return Ended(Ending.ABSENT)
        again = sent.status in _NOT_READY and not last
        await self._finish(finished(attempt, sent), again=again)
        if not again:
            return Ended(Ending.DONE)
        return Ended(Ending.BUSY, parse_retry_after(sent.headers.get("Retry-After"), self._clock.wall_ns()))

    async def _answer(self, delivery: Delivery, target: str) -> Answer:
        request = outgoing(self._inside(delivery.request), target, as_captured=True)
        attempt, sent = await self._send(request, target, self._attempt(delivery.id, request))
        answer = passed_on(sent.status, sent.headers, sent.body)
        if sent.outcome is not Outcome.RESPONDED or answer is None:
            status = 504 if sent.outcome is Outcome.TIMED_OUT else 502
            answer = Answer(status, f"webhook-inspector: no answer from {show(target, 120)}\n".encode())
        await self._finish(finished(attempt, sent), answered_with=answer.status)
        return answer

    def _attempt(self, number: int, request: Outgoing) -> Attempt:
        return Attempt(
            n=1,
            delivery_id=number,
            run_id=None,
            labels=("forward",),
            url=request.url,
            planned_at_ms=0,
            sent_at_ms=0,
            differences=request.differences,
            started_ns=self._clock.wall_ns(),
        )

    async def _send(self, request: Outgoing, target: str, attempt: Attempt) -> tuple[Attempt, Sent]:
        """Connect, keep the attempt, send. An attempt without a number was not kept: no byte left."""
        begun = attempt

        async def begin() -> None:
            nonlocal begun
            begun = replace(attempt, id=await asyncio.to_thread(self._log.begin_forward, attempt))
            self._publish(AttemptBegun(begun))

        sent = await self._sender.send(
            request.url,
            request.method,
            request.headers,
            request.body,
            timeout_s=_TIMEOUT_S,
            on_begin=begin,
            allow_remote=self._allow_remote or target in self._may_be_remote,
        )
        return begun, sent

    async def _finish(self, attempt: Attempt, *, again: bool = False, answered_with: int | None = None) -> None:
        try:
            await asyncio.to_thread(self._log.finish_forward, attempt, again=again, answered_with=answered_with)
        except StoreError as error:
            # It was sent: to send it again would be a silent repeat. A later start names what has no outcome.
            _LOG.warning("how delivery %d was answered is not kept: %s", attempt.delivery_id, error.message)
        self._publish(AttemptFinished(attempt))
