"""Names of files and folders, as short as they can be."""

from __future__ import annotations

import os
from pathlib import Path

from webhook_inspector.tui.safe import Safe, clean


def place(path: str | Path, limit: int) -> Safe:
    """A path as it is shown: below the home folder with `~`, at most `limit` characters."""
    text, home = str(path), os.path.expanduser("~")  # noqa: PTH111 (Path.home raises where there is none)
    if home not in {"~", "/"} and (text == home or text.startswith(home + os.sep)):
        text = "~" + text[len(home) :]
    return clean(text, limit)
