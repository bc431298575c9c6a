"""Python's garbage collector in a process that runs for long and must answer quickly."""

from __future__ import annotations

import gc

_NEW = 10_000
"""Objects made and not freed before a round: a request makes hundreds that are freed without one."""


def settle() -> None:
    """Leave what is loaded by now out of the rounds, and make fewer of them: none holds up a sender or a key."""
    gc.freeze()
    gc.set_threshold(_NEW, 20, 20)
    gc.enable()
