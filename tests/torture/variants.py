"""Whether a check fails on a variant that is broken on purpose."""

from __future__ import annotations

from collections.abc import Callable


def catches(check: Callable[[], object], says: str = "") -> bool:
    """Whether the check fails, for the reason that is meant: with these words in its message."""
    try:
        check()
    except AssertionError as error:
        assert says in str(error), error
        return True
    return False
