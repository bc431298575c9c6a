"""Keeps the attempts of a run in the log, from its event loop: what is asked for during a commit shares the next one.

Who asks first is never kept later than who asks after it, so an attempt that begins when another has ended is not in
the log before that end.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass

from webhook_inspector.core.attempt import Attempt
from webhook_inspector.errors import StoreError
from webhook_inspector.store.log import Log


@dataclass(slots=True)
class _Asked:
    """Attempts that begin or end together, and who waits until they are kept."""

    begun: Sequence[Attempt]
    ended: Sequence[Attempt]
    done: asyncio.Future[list[int]]


class Keeper:
    """For one event loop; made in it. No thread waits for the disk, and each commit costs two changes of threads."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._loop = asyncio.get_running_loop()
        self._asked: list[_Asked] = []
        self._busy = False

    async def begin(self, attempts: Sequence[Attempt]) -> list[int]:
        """Keep attempts before their first bytes leave; their numbers.

        Raises:
            StoreError: They are not kept: do not send.
        """
        return await self._ask(attempts, ())

    def end(self, attempt: Attempt) -> asyncio.Future[list[int]]:
        """Keep how an attempt ended; done once that is so, or a StoreError."""
        return self._ask((), (attempt,))

    def _ask(self, begun: Sequence[Attempt], ended: Sequence[Attempt]) -> asyncio.Future[list[int]]:
        done: asyncio.Future[list[int]] = self._loop.create_future()
        self._asked.append(_Asked(begun, ended, done))
        if not self._busy:
            self._busy = True
            # Not at once: what ends lets another begin in the next turn of the loop, and both share a commit.
            self._loop.call_soon(self._loop.call_soon, self._keep)
        return done

    def _keep(self) -> None:
        asked, self._asked = self._asked, []
        self._busy = bool(asked)
        if not asked:
            return
        begun = [attempt for one in asked for attempt in one.begun]
        ended = [attempt for one in asked for attempt in one.ended]
        try:
            future = self._log.keep_attempts(begun, ended)
        except StoreError as error:
            self._loop.call_soon(self._kept, asked, error)
            return
        future.add_done_callback(lambda future: self._tell(asked, future))

    def _tell(self, asked: list[_Asked], future: Future[list[int]]) -> None:
        """Runs in the log's thread."""
        outcome = future.exception() or future.result()
        try:
            self._loop.call_soon_threadsafe(self._kept, asked, outcome)
        except RuntimeError:  # the loop was closed meanwhile: nobody waits any more
            return

    def _kept(self, asked: list[_Asked], outcome: list[int] | BaseException) -> None:
        at = 0
        for one in asked:
            if isinstance(outcome, BaseException):
                if not one.done.done():
                    one.done.set_exception(outcome)
                continue
            if not one.done.done():
                one.done.set_result(outcome[at : at + len(one.begun)])
            at += len(one.begun)
        self._keep()
