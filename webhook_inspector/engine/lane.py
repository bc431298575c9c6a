"""What waits for one target of live forwarding, in order, and whether the target is up.

While all is well up to 16 are in flight. When the target is not there, or says that it is not ready, nothing more is
sent for a while that doubles; then one at a time, in order of arrival, until nothing waits any more.
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from enum import Enum

from webhook_inspector.net.loop_thread import spawn

IN_FLIGHT = 16
FIRST_PAUSE_S = 0.25
LONGEST_PAUSE_S = 5.0
"""A target that was down is looked for at least so often."""
LONGEST_BUSY_S = 60.0
"""A longer Retry-After is cut to this."""
MAX_TRIES = 5
"""So often a target may say of one delivery that it is not ready."""


class Ending(Enum):
    """How a send ended, as far as the order of things goes."""

    DONE = "done"
    """It arrived, or may have: it is not sent again."""
    ABSENT = "absent"
    """No byte left: nothing listens there."""
    BUSY = "busy"
    """The target said that it was not ready: 429, 502, 503 or 504."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How one send ended."""

    ending: Ending
    retry_after_s: float | None = None


Send = Callable[[int, bool], Awaitable[Ended]]
"""Sends a delivery; the flag says that a busy answer is final."""


class Lane:
    """Sends the deliveries of one target. Everything but `add`'s numbers stays in the loop that runs it.

    Args:
        send: Sends one.
        changed: Called when the target goes down or is up again.
        waiting: What already waits; it is sent in order, one at a time.
    """

    def __init__(self, send: Send, changed: Callable[[], None], waiting: Iterable[int]) -> None:
        self._send = send
        self._changed = changed
        self._queue = sorted(waiting)
        self._tries: dict[int, int] = {}
        self._in_turn = bool(self._queue)
        self._sending: set[asyncio.Task[None]] = set()
        self._pauses = 0
        self._not_before = 0.0
        self._wake = asyncio.Event()
        self.up: bool | None = None
        """None: not known yet."""

    @property
    def waiting(self) -> int:
        """How many are queued or in flight."""
        return len(self._queue) + len(self._sending)

    def add(self, number: int) -> None:
        """Queue a delivery. Runs in the loop."""
        heapq.heappush(self._queue, number)
        self._wake.set()

    async def run(self) -> None:
        """Send what comes, until cancelled."""
        while True:
            await self._place()
            task = spawn(self._one(heapq.heappop(self._queue)))
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)

    async def settle(self, timeout_s: float) -> None:
        """Let what is in flight end, at most so long; `run` was cancelled."""
        if self._sending:
            await asyncio.wait(set(self._sending), timeout=timeout_s)

    async def _place(self) -> None:
        """Wait until the next one may be sent."""
        loop = asyncio.get_running_loop()
        while True:
            self._wake.clear()
            pause: float | None = None
            if self._queue and len(self._sending) < (1 if self._in_turn else IN_FLIGHT):
                pause = self._not_before - loop.time()
                if pause <= 0:
                    return
            try:
                await asyncio.wait_for(self._wake.wait(), pause)
            except TimeoutError:
                continue

    async def _one(self, number: int) -> None:
        last = self._tries.get(number, 0) + 1 >= MAX_TRIES
        ended = Ended(Ending.DONE)
        try:
            ended = await self._send(number, last)
        finally:
            self._ended(number, ended)
            asyncio.get_running_loop().call_soon(self._wake.set)  # once this task no longer counts

    def _ended(self, number: int, ended: Ended) -> None:
        if ended.ending is Ending.DONE:
            self._tries.pop(number, None)
            self._pauses = 0
            self._in_turn = self._in_turn and bool(self._queue)
            self._tell(up=True)
            return
        heapq.heappush(self._queue, number)
        self._in_turn = True
        if ended.ending is Ending.BUSY:
            self._tries[number] = self._tries.get(number, 0) + 1
        now = asyncio.get_running_loop().time()
        if now >= self._not_before:  # several that were in flight together count as one
            pause = min(FIRST_PAUSE_S * 2**self._pauses, LONGEST_PAUSE_S)
            self._pauses = min(self._pauses + 1, 20)
            self._not_before = now + max(pause, min(ended.retry_after_s or 0.0, LONGEST_BUSY_S))
        self._tell(up=False)

    def _tell(self, *, up: bool) -> None:
        if self.up is not up:
            self.up = up
            self._changed()
