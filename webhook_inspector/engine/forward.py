"""Live forward: each captured delivery is sent on to the user's app, once."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace

from webhook_inspector.core.attempt import Attempt
from webhook_inspector.core.clock import Clock
from webhook_inspector.core.delivery import Delivery
from webhook_inspector.engine.announcements import Announcement, AttemptBegun, AttemptFinished
from webhook_inspector.engine.sending import finished
from webhook_inspector.errors import InspectorError
from webhook_inspector.net.loop_thread import LoopThread, spawn
from webhook_inspector.net.sender import Sender
from webhook_inspector.replay.rewrite import outgoing
from webhook_inspector.store.log import Log

_LOG = logging.getLogger(__name__)
_IN_FLIGHT = 16


class Forwarder:
    """Sends deliveries on, exactly as captured, at most 16 at a time, in order of arrival.

    Args:
        target_for: Gives the target of a source, or None when its deliveries stay here.
    """

    def __init__(
        self,
        log: Log,
        loop: LoopThread,
        sender: Sender,
        clock: Clock,
        *,
        target_for: Callable[[str], str | None],
        allow_remote: bool,
        publish: Callable[[Announcement], None],
    ) -> None:
        self._log = log
        self._loop = loop
        self._sender = sender
        self._clock = clock
        self._target_for = target_for
        self._allow_remote = allow_remote
        self._publish = publish
        self._gate = asyncio.Semaphore(_IN_FLIGHT)

    def add(self, delivery: Delivery) -> None:
        """Send a delivery on if its source has a target. Returns at once."""
        target = self._target_for(delivery.source)
        if target is not None and delivery.refused is None:
            self._loop.call(lambda: spawn(self._send(delivery, target)))

    async def _send(self, delivery: Delivery, target: str) -> None:
        async with self._gate:
            try:
                await self._attempt(delivery, target)
            except InspectorError as error:
                _LOG.warning("delivery %d was not forwarded: %s", delivery.id, error.message)

    async def _attempt(self, delivery: Delivery, target: str) -> None:
        request = outgoing(delivery.request, target, as_captured=True)
        attempt = Attempt(
            n=1,
            delivery_id=delivery.id,
            run_id=None,
            labels=("forward",),
            url=request.url,
            planned_at_ms=0,
            sent_at_ms=0,
            differences=request.differences,
            started_ns=self._clock.wall_ns(),
        )
        attempt = replace(attempt, id=await asyncio.to_thread(self._log.begin_attempt, attempt))
        self._publish(AttemptBegun(attempt))
        sent = await self._sender.send(
            request.url, request.method, request.headers, request.body, timeout_s=30, allow_remote=self._allow_remote
        )
        attempt = finished(attempt, sent)
        await asyncio.to_thread(self._log.finish_attempt, attempt)
        self._publish(AttemptFinished(attempt))
