"""Files that only the user may read: written whole or not at all."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path


def write_private(path: Path, data: bytes, *, replace: bool, mode: int = 0o600) -> None:
    """Write a file that only the user may read and have it on the disk before returning.

    Args:
        path: Where; its folder must exist.
        data: The whole content.
        replace: Put it in the place of a file that is there, in one step. A link is replaced, not followed.
        mode: Other permissions, of a file that is replaced.

    Raises:
        FileExistsError: The file is there and `replace` is not set.
        OSError: It cannot be written; nothing is left behind.
        ValueError: The name is not valid.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    place = path.with_name(f".{path.name[:100]}.{secrets.token_hex(4)}") if replace else path
    handle = os.open(place, flags, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            if mode != 0o600 and os.name == "posix":
                os.fchmod(file.fileno(), mode)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if replace:
            os.replace(place, path)  # noqa: PTH105 (atomic on every system)
    except OSError:
        with contextlib.suppress(OSError):
            place.unlink()
        raise
