"""Whether a check fails on a variant that is broken on purpose."""

from __future__ import annotations

from collections.abc import Callable


def catches(check: Callable[[], object]) -> bool:
    """Whether the check fails."""
    try:
        check()
    except AssertionError:
        return True
    return False
