"""An answer that a terminal gives too late must not be read as keys.

The question about its ground (`ground.Question`) has a tenth of a second, and the time in which the app is loaded. On
a busy machine the answer may come after the app has begun to read keys, and Textual, which does not know it, hands it
on key by key: `r`, `c` and digits among them. Here it is recognised by its form and dropped; everything else goes on,
in its order.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from textual.events import Key
from textual.keys import _character_to_key

_CHARS = {_character_to_key(char): char for char in map(chr, range(0x21, 0x7F))}
_BEGIN = ("^]11;rgb", "]11;rgb", "^[?", "[?")
_GROUND = re.compile(r"\^?\]11;rgba?(:[0-9a-fA-F/]{0,20})?")
_ATTRIBUTES = re.compile(r"\^?\[\?[\d;]{0,40}c?")
_ENDS = ("\\", "^", "\x07")
WATCHED_S = 2.0
"""Seconds after which no answer is expected any more."""


class LateAnswer:
    """Keys on their way to the app.

    Args:
        now: A clock, in seconds.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._until = now() + WATCHED_S
        self._held: list[Key] = []
        self._text = ""
        self._end = False

    def pass_on(self, event: Key) -> list[Key]:
        """The keys that go on now: this one with those that were held back before it, or none yet."""
        if not self._held and not self._end and self._now() > self._until:
            return [event]
        char = _char(event)
        if self._end:  # an answer is over but for its end: ST, which may come as `^` and a backslash, or BEL
            self._end = char == "^"
            if char in _ENDS:
                return []
        text = self._text + char
        if any(begin.startswith(text) for begin in _BEGIN) or _GROUND.fullmatch(text):
            return self._hold(event, text)
        if _ATTRIBUTES.fullmatch(text):
            if char == "c":
                self._drop()
                return []
            return self._hold(event, text)
        if _GROUND.fullmatch(self._text) and self._text.count("/") == 2:
            self._drop()
            self._end = char == "^"
            # What ended it is its end, or begins the next answer.
            return [] if char in _ENDS else self.pass_on(event)
        gone, self._held, self._text = [*self._held, event], [], ""
        return gone

    def _hold(self, event: Key, text: str) -> list[Key]:
        self._held.append(event)
        self._text = text
        return []

    def _drop(self) -> None:
        self._held, self._text = [], ""


def _char(event: Key) -> str:
    """The character of a key, also of one that was taken for Alt and a character."""
    if event.key == "ctrl+g":
        return "\x07"
    name = event.key.removeprefix("alt+")
    return _CHARS.get(name, event.character or "\0")
