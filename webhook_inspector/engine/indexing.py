"""Keeping the word index of the log behind the acknowledgement, in steps of a few milliseconds."""

from __future__ import annotations

from webhook_inspector.core.clock import NS_PER_S, Clock
from webhook_inspector.engine.background import Background
from webhook_inspector.errors import StoreError
from webhook_inspector.store import search
from webhook_inspector.store.log import Log

REST_S = 1.0
"""A pass begins so long after something came, so that a burst is over."""
SHARE = 12
"""While deliveries keep coming it rests so many times as long as a step took: capture shares the writer with it."""
FLOOD = 1000
"""Deliveries a second from which it waits altogether until fewer come: what is not indexed is found without."""
LOOK_S = 0.25
"""How often it looks whether a flood is over, in seconds."""
ASIDE_S = 30.0
"""After an error it tries again at the earliest so much later."""


class Indexer(Background):
    """Indexes in the background of the process that listens.

    Args:
        log: Open for writing.
        clock: For how long a step took.
        wanted: Whether there is to be an index; without, one that is there is taken out.
    """

    def __init__(self, log: Log, clock: Clock, *, wanted: bool) -> None:
        super().__init__("search", self._work)
        self._log = log
        self._clock = clock
        self._wanted = wanted

    def catch_up(self) -> int:
        """Index all that can be; how many blocks that were.

        Raises:
            StoreError: The log cannot be read or written.
        """
        if not self._wanted or search.is_outdated(self._log.readers):
            if search.state(self._log.readers) is not None:
                self._log.write(search.forget)
            if not self._wanted:
                return 0
        done = 0
        newest, looked_ns = self._log.newest_id(), self._clock.monotonic_ns()
        while not self.ending:
            upto = search.state(self._log.readers) or 0
            block = search.next_block(self._log.readers, upto)
            if block is None:
                break
            begun_ns, found = self._clock.monotonic_ns(), block
            done += self._log.write(lambda connection: search.add_block(connection, found, was=upto))  # noqa: B023 (run before the next round)
            now_ns, now_newest = self._clock.monotonic_ns(), self._log.newest_id()
            came = now_newest - newest
            if came > FLOOD * max((now_ns - looked_ns) / NS_PER_S, LOOK_S):
                self._wait_for_calm()
                now_ns, now_newest = self._clock.monotonic_ns(), self._log.newest_id()
            elif came:
                self.wait(SHARE * (now_ns - begun_ns) / NS_PER_S)
            newest, looked_ns = now_newest, now_ns
        return done

    def _wait_for_calm(self) -> None:
        before = self._log.newest_id()
        while not self.wait(LOOK_S):
            now = self._log.newest_id()
            if now - before < FLOOD * LOOK_S:
                return
            before = now

    def _work(self) -> None:
        if not search.is_supported():
            return
        while self.wait_for_news(REST_S):
            try:
                self.catch_up()
            except StoreError:  # the index is a help: what is not in it is found without
                if self.wait(ASIDE_S):
                    return
