"""A thread that works behind what the user waits for: begun once, woken by news, ended and waited for."""

from __future__ import annotations

import threading
from collections.abc import Callable

_JOIN_S = 10.0
"""A process that ends waits no longer for the running step."""


class Background:
    """One daemon thread, which ends when it is told to.

    Args:
        name: Of the thread; `whi-` is put in front.
        work: What it does; returns soon after `wait` or `wait_for_news` said that it is to end.
    """

    def __init__(self, name: str, work: Callable[[], None]) -> None:
        self._name = f"whi-{name}"
        self._work_of_thread = work
        self._news = threading.Event()
        self._end = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def ending(self) -> bool:
        """Whether the thread is to end."""
        return self._end.is_set()

    def start(self) -> None:
        """Begin, as if there were news; does nothing when it has begun."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._work_of_thread, name=self._name, daemon=True)
            self._news.set()
            self._thread.start()

    def notice(self) -> None:
        """There is something new. Returns at once, from any thread."""
        self._news.set()

    def end(self) -> None:
        """Tell it to end, without waiting for it: for a thread that waits for something else too."""
        self._end.set()
        self._news.set()

    def stop(self) -> None:
        """End after the running step."""
        self.end()
        if self._thread is not None:
            self._thread.join(_JOIN_S)

    # -- for the thread itself

    def wait(self, seconds: float) -> bool:
        """Rest; True, at once, when the thread is to end."""
        return self._end.wait(seconds)

    def wait_for_news(self, rest_s: float) -> bool:
        """Wait for news, and `rest_s` more until a burst is over; False when the thread is to end."""
        self._news.wait()
        if self.wait(rest_s):
            return False
        self._news.clear()
        return True

    def go_on(self, rest_s: float = 0.0) -> None:
        """Rest within a step.

        Raises:
            EndedError: The thread is to end.
        """
        if self.wait(rest_s):
            raise EndedError


class EndedError(Exception):
    """The process ends: what a step has not done is done by the next one, also of a later process."""
