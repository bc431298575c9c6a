"""What happens when the app fails by a fault of its own.

A traceback with local variables would print secrets and captured bodies into the scrollback. So the terminal gets one
sentence with the type and the place; the traceback, without locals, goes to a file that only its owner can read.
"""

from __future__ import annotations

import os
import traceback
from pathlib import Path

from textual.worker import WorkerFailed

from webhook_inspector.config.paths import problem_folder
from webhook_inspector.core.clock import Clock, iso_utc
from webhook_inspector.core.display import show

EXIT_CODE = 3
"""As the command line's for an unexpected error."""

_PACKAGE = "webhook_inspector"


def cause_of(error: BaseException) -> BaseException:
    """The error itself, where a worker wrapped it."""
    return error.error if isinstance(error, WorkerFailed) and error.error is not None else error


def place_of(error: BaseException) -> str:
    """`tui/app.py:120`: the innermost line of ours, else the innermost line."""
    frames = traceback.extract_tb(error.__traceback__)
    if not frames:
        return "an unknown place"
    ours = [frame for frame in frames if _PACKAGE in Path(frame.filename).parts]
    frame = (ours or frames)[-1]
    parts = Path(frame.filename).parts
    start = len(parts) - parts[::-1].index(_PACKAGE) if _PACKAGE in parts else len(parts) - 1
    return f"{'/'.join(parts[start:])}:{frame.lineno}"


def write_details(error: BaseException, clock: Clock, folder: Path | None = None) -> Path | None:
    """The traceback, without locals, in a file for its owner only; None when it cannot be written."""
    folder = folder or problem_folder()
    if folder is None:
        return None
    stamp = iso_utc(clock.wall_ns()).replace(":", "").replace("-", "").replace(".", "")
    path = folder / f"{stamp}-{os.getpid()}-app.txt"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.writelines(traceback.format_exception(error))
    except OSError:
        return None
    return path


def sentence(error: BaseException, details: Path | None, log: Path) -> str:
    """What the terminal is told."""
    where = f" Details: {show(str(details), 300)}" if details is not None else ""
    return (
        f"The app stopped at an error of its own: {type(error).__name__} in {place_of(error)}. "
        f"What was captured is safe in {show(str(log), 300)}.{where}"
    )
