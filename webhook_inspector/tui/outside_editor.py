"""The user's own editor on a text, in the place of the app. Meanwhile deliveries are captured and nothing is drawn."""

from __future__ import annotations

import asyncio
import os
import shlex
import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from textual.app import App, SuspendNotSupported

from webhook_inspector.errors import UsageError
from webhook_inspector.tui.safe import clean

_USUAL = ("sensible-editor", "vim", "nano", "vi", "notepad")
"""Tried in this order where none is named."""
MAX_EDITED_BYTES = 64 * 1024 * 1024


def command_of(env: Mapping[str, str]) -> list[str]:
    """The command that VISUAL or EDITOR names, with its arguments; else the first usual one that is there.

    Raises:
        UsageError: None is named and none is there, or what is named cannot be read.
    """
    named = env.get("VISUAL") or env.get("EDITOR")
    if named:
        try:
            words = shlex.split(named, posix=sys.platform != "win32")
        except ValueError:
            words = []
        if not words:
            raise UsageError(f"EDITOR is {clean(named, 80)!r}, which is no command: set it to one that works.")
        return words
    for name in _USUAL:
        if shutil.which(name):
            return [name]
    raise UsageError("No editor was found: set EDITOR to the command of yours.")


async def edit(app: App[Any], text: bytes, env: Mapping[str, str], *, suffix: str = ".txt") -> bytes:
    """The text as the editor left it.

    Args:
        app: Makes room for the editor.
        text: What is edited; it stands in a file that only the user can read, and that is gone afterwards.
        env: Names the editor.
        suffix: Of the file.

    Raises:
        UsageError: There is no editor, it failed, or the terminal cannot be left here.
    """
    command = command_of(env)
    with tempfile.TemporaryDirectory(prefix="webhook-inspector-") as folder:
        path = Path(folder) / f"request{suffix}"
        path.touch(mode=0o600)
        path.write_bytes(text)
        try:
            with app.suspend():
                # Waited for without stopping the loop: what goes on in the app must not pile up until it returns.
                process = await asyncio.create_subprocess_exec(*command, os.fspath(path))
                code = await process.wait()
        except SuspendNotSupported:
            raise UsageError("The terminal cannot be left here: use `webhook-inspector replay N --edit`.") from None
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "it is no command"
            raise UsageError(f"{clean(command[0], 80)} cannot be run ({clean(reason, 80)}): set EDITOR.") from None
        if code != 0:
            raise UsageError(f"{clean(command[0], 80)} ended with {code}: nothing was changed.")
        return _read(path)


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_EDITED_BYTES:
            raise UsageError(f"What was written has more than {MAX_EDITED_BYTES} bytes: nothing was changed.")
        return path.read_bytes()
    except OSError:
        raise UsageError("The editor left no file: nothing was changed.") from None
