"""Parts of the engine that are made when they are first asked for, so that a command pays for what it uses."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Late(Generic[T]):
    """A part that is made once, by whichever thread asks first.

    Args:
        make: Makes it; imports what it needs.
    """

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._lock = threading.RLock()
        self._made: T | None = None

    def __call__(self) -> T:
        """The part."""
        made = self._made
        if made is None:
            with self._lock:
                made = self._made
                if made is None:
                    made = self._made = self._make()
        return made

    @property
    def made(self) -> T | None:
        """The part, if anybody asked for it yet."""
        return self._made
