"""Places for requests in flight. For one event loop."""

from __future__ import annotations

import asyncio
from collections import deque


class Places:
    """So many at once; who comes first is served first.

    Args:
        count: How many there are.
    """

    def __init__(self, count: int) -> None:
        self._free = count
        self._waiting: deque[asyncio.Future[bool]] = deque()
        self._closed = False

    def take_now(self) -> bool:
        """Take a place; False when none is free, or others wait for one."""
        if self._closed or not self._free:
            return False
        self._free -= 1
        return True

    async def take(self) -> bool:
        """Wait for a place; False when none is given any more."""
        if self._closed or self.take_now():
            return not self._closed
        turn: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            return await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled() and turn.result():
                self.give()  # it was given at the same moment
            raise

    def give(self) -> None:
        """Give a place back."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(True)
                return
        self._free += 1

    def close(self) -> None:
        """Give none any more; who waits is told."""
        self._closed = True
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(False)
