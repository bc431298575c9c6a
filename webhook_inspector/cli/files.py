"""Writing files for the user: private, whole, and never over another one by accident."""

from __future__ import annotations

from pathlib import Path

from webhook_inspector.adapters.files import write_private
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
    try:
        write_private(path, data, replace=force)
    except FileExistsError:
        raise UsageError(f"{name} is there already: {hint}.") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "its name is not valid"
        raise UsageError(f"{name} cannot be written ({reason}): choose another place.") from None
