"""Details of our own errors, in a file that only the user reads."""

from __future__ import annotations

import os
import traceback
from pathlib import Path

from webhook_inspector.config.paths import problem_folder
from webhook_inspector.core.clock import Clock, iso_utc
from webhook_inspector.core.folders import make_folder

_PACKAGE = "webhook_inspector"


def place_of(error: BaseException) -> str:
    """Where in our code an error rose, as `tui/app.py:42`; the last place at all when none is ours."""
    frames = traceback.extract_tb(error.__traceback__)
    if not frames:
        return "an unknown place"
    ours = [frame for frame in frames if _PACKAGE in Path(frame.filename).parts]
    frame = (ours or frames)[-1]
    parts = Path(frame.filename).parts
    start = len(parts) - parts[::-1].index(_PACKAGE) if _PACKAGE in parts else len(parts) - 1
    return f"{'/'.join(parts[start:])}:{frame.lineno}"


def write_details(error: BaseException, clock: Clock, folder: Path | None = None) -> Path | None:
    """Write the traceback, without local variables, where only the user reads it.

    Args:
        error: What went wrong.
        clock: Names the file.
        folder: Where to; the state folder when None.

    Returns:
        The file, or None when it cannot be written.
    """
    folder = folder or problem_folder()
    if folder is None:
        return None
    stamp = iso_utc(clock.wall_ns()).replace(":", "").replace("-", "").replace(".", "")
    path = folder / f"{stamp}-{os.getpid()}.txt"
    try:
        make_folder(folder)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.writelines(traceback.format_exception(error))
    except OSError:
        return None
    return path
