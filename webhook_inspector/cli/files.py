"""Writing files for the user: private, whole, and never over another one by accident."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path

from webhook_inspector.core.display import show
from webhook_inspector.errors import UsageError


def write_new(
    path: Path, data: bytes, *, force: bool, hint: str = "choose another name, or replace it with --force"
) -> None:
    """Write a file that only the user may read (0600).

    Args:
        path: Where; its folder must exist.
        data: The whole content.
        force: Replace a file that is there. A link is replaced, not followed.
        hint: What to do when the file is there.

    Raises:
        UsageError: The file is there and `force` is not set, or it cannot be written.
    """
    name = show(str(path), 300)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    place = path.with_name(f".{path.name[:100]}.{secrets.token_hex(4)}") if force else path
    created = False
    try:
        with os.fdopen(os.open(place, flags, 0o600), "wb") as file:
            created = True
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if force:
            os.replace(place, path)  # noqa: PTH105 (atomic on every system)
    except FileExistsError:
        raise UsageError(f"{name} is there already: {hint}.") from None
    except (OSError, ValueError) as error:
        if created:
            with contextlib.suppress(OSError):
                place.unlink()
        reason = getattr(error, "strerror", None) or "its name is not valid"
        raise UsageError(f"{name} cannot be written ({reason}): choose another place.") from None
