"""What happens when the app fails by a fault of its own.

A traceback with local variables would print secrets and captured bodies into the scrollback. So the terminal gets one
sentence with the type and the place; the traceback, without locals, goes to a file that only its owner can read.
"""

from __future__ import annotations

from pathlib import Path

from textual.worker import WorkerFailed

from webhook_inspector.config.problems import place_of
from webhook_inspector.core.display import show

EXIT_CODE = 3
"""As the command line's for an unexpected error."""


def cause_of(error: BaseException) -> BaseException:
    """The error itself, where a worker wrapped it."""
    return error.error if isinstance(error, WorkerFailed) and error.error is not None else error


def sentence(error: BaseException, details: Path | None, log: Path) -> str:
    """What the terminal is told."""
    where = f" Details: {show(str(details), 300)}" if details is not None else ""
    return (
        f"The app stopped at an error of its own: {type(error).__name__} in {place_of(error)}. "
        f"What was captured is safe in {show(str(log), 300)}.{where}"
    )
