"""Keys in turn: one is handed on when the one before it has been dealt with.

Textual puts a key into the queue of the widget that has the keyboard when the key comes, not when its turn comes. In a
burst (a slow line, a busy machine) all that follows `f` would go to the list, and the words of a filter would be
commands. Here a key waits until the one before it has gone up from its widget to the app, until what it set off has
gone the same way, and until a screen that it opened is there and has given the keyboard to one of its widgets.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from textual.app import App
from textual.dom import DOMNode
from textual.events import Event
from textual.timer import Timer

LONGEST_S = 1.0
"""Seconds after which what waits goes on although the key before it was lost, with a widget that was removed."""


class InTurn:
    """What is typed, on its way to an app.

    Args:
        app: The app.
        hand_on: Gives a key, or a paste, to whoever has the keyboard now.
    """

    def __init__(self, app: App[Any], hand_on: Callable[[Event], Awaitable[None]]) -> None:
        self._app = app
        self._hand_on = hand_on
        self._waiting: deque[Event] = deque()
        self._turn = 0
        self._open = True
        """Whether the next one may go."""
        self._timer: Timer | None = None

    async def take(self, event: Event) -> None:
        """Hand a key on, now or in its turn."""
        self._waiting.append(event)
        if self._open:
            await self._next()
        elif self._timer is None:
            self._timer = self._app.set_timer(LONGEST_S, self._lost)

    async def _next(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        if not self._app.is_running:
            self._waiting.clear()  # it is being closed
        self._open = not self._waiting
        if self._open:
            return
        self._turn += 1
        if len(self._waiting) > 1:
            self._timer = self._app.set_timer(LONGEST_S, self._lost)
        target, turn = self._app.focused or self._app.screen, self._turn
        await self._hand_on(self._waiting.popleft())

        # First behind the key, then behind the messages that it made widgets send; both may move the keyboard.
        self._follow(target, lambda: self._follow(target, lambda: self._after_the_screen(turn)))

    def _follow(self, node: DOMNode, then: Callable[[], None]) -> None:
        """Go behind all there is in the queue of each node up to the app."""
        parent = node.parent
        if parent is None:
            self._app.call_later(then)
        elif not node.call_later(self._follow, parent, then):
            self._follow(parent, then)

    def _after_the_screen(self, turn: int) -> None:
        def ready() -> None:
            self._app.call_later(self._done, turn)

        if not self._app.screen.call_later(ready):
            ready()

    async def _done(self, turn: int) -> None:
        if turn == self._turn:
            await self._next()

    async def _lost(self) -> None:
        self._timer = None
        await self._next()
