"""Secrets kept by name: in the desktop's keyring, or in files that only the user may read.

One file for each name stands in a folder of mode 0700. It holds the secret, or nothing when the secret is in the
keyring; so a name is written and removed in one step, and processes cannot overwrite each other's names.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from webhook_inspector.adapters import keyring
from webhook_inspector.adapters.files import write_private
from webhook_inspector.core.display import show
from webhook_inspector.core.folders import make_folder
from webhook_inspector.core.secret import MAX_SECRET_BYTES
from webhook_inspector.errors import InspectorError, UsageError

Place = Literal["keyring", "file"]
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


@dataclass(frozen=True, slots=True)
class KeptSecret:
    """A name that is kept, and where its value is."""

    name: str
    place: Place


class SecretStore:
    """The secrets of one user.

    Args:
        folder: Gives the folder of the files. Asked only when a secret is; it may raise `InspectorError`.
    """

    def __init__(self, folder: Callable[[], Path]) -> None:
        self._folder = folder

    def path(self, name: str) -> Path:
        """The file of a name."""
        return self._folder() / name

    def all(self) -> list[KeptSecret]:
        """Every kept name, in order.

        Raises:
            UsageError: The folder cannot be read.
        """
        try:
            files = [path for path in self._folder().iterdir() if NAME.fullmatch(path.name) and path.is_file()]
            return [KeptSecret(path.name, _place(path)) for path in sorted(files)]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise UsageError(f"The folder of kept secrets cannot be read ({error.strerror}): check it.") from None

    def stamp(self) -> tuple[tuple[str, int, int], ...]:
        """What changes when a secret is kept or removed; empty when there are none."""
        try:
            # The number of the file beside its time: clocks of file systems tick in milliseconds.
            found = ((path.name, path.stat()) for path in self._folder().iterdir())
            return tuple(sorted((name, each.st_mtime_ns, each.st_ino) for name, each in found))
        except (OSError, InspectorError):
            return ()

    def kept(self, name: str) -> KeptSecret | None:
        """Where a name is kept, or None."""
        return next((each for each in self.all() if each.name == name), None)

    def get(self, name: str) -> str:
        """The value of a secret.

        Raises:
            UsageError: It is not kept, its file is open to others, or the keyring fails.
        """
        kept = self.kept(name)
        if kept is not None and kept.place == "file":
            return self._from_file(name)
        # A name without a file may still be one that the user put into the keyring with another program.
        value = keyring.read(name) if kept is not None or keyring.keyring_title() is not None else None
        if not value:
            raise UsageError(
                f"No secret is kept under the name {show(name, 80)}: run `webhook-inspector secrets set NAME`."
            )
        return value

    def lookup(self, name: str) -> tuple[str | None, str]:
        """As `get`, for references: the value, or None and the reason in one sentence."""
        try:
            return self.get(name), ""
        except InspectorError as error:
            return None, error.message

    def set(self, name: str, value: str, place: Place) -> None:
        """Keep a secret, in the place of one of the same name.

        Raises:
            UsageError: The name or the value cannot be kept, or the place fails.
        """
        if not NAME.fullmatch(name):
            raise UsageError(
                f"{show(name, 80)} is not a name for a secret: use letters, digits, dots, dashes and underscores."
            )
        data = value.encode("utf-8", "surrogatepass")
        if not value.strip() or len(data) > MAX_SECRET_BYTES:
            raise UsageError(f"The secret is empty or over {MAX_SECRET_BYTES} bytes: nothing was kept.")
        before = self.kept(name)
        if place == "keyring":
            keyring.write(name, value)
        self._write(name, data if place == "file" else b"")
        if place == "file" and before is not None and before.place == "keyring":
            keyring.delete(name)

    def remove(self, name: str) -> KeptSecret:
        """Forget a secret, and say where it was.

        Raises:
            UsageError: It is not kept, or its place fails.
        """
        kept = self.kept(name)
        if kept is None:
            raise UsageError(
                f"No secret is kept under the name {show(name, 80)}: see `webhook-inspector secrets list`."
            )
        if kept.place == "keyring":
            keyring.delete(name)
        try:
            self.path(name).unlink(missing_ok=True)
        except OSError as error:
            raise self._trouble(name, "removed", error) from None
        return kept

    def _write(self, name: str, data: bytes) -> None:
        path = self.path(name)
        try:
            make_folder(path.parent)
            if os.name == "posix":
                path.parent.chmod(0o700)
            write_private(path, data, replace=True)
        except OSError as error:
            raise self._trouble(name, "written", error) from None

    def _from_file(self, name: str) -> str:
        path = self.path(name)
        try:
            with path.open("rb") as file:
                mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
                if os.name == "posix" and mode & 0o077:
                    shown = show(str(path), 300)
                    raise UsageError(f"{shown} is open to other users (mode {mode:04o}): run chmod 600 {shown}.")
                return file.read(MAX_SECRET_BYTES + 1).decode("utf-8")
        except OSError as error:
            raise self._trouble(name, "read", error) from None
        except UnicodeDecodeError:
            raise UsageError(f"{show(str(path), 300)} is not text in UTF-8: set the secret again.") from None

    def _trouble(self, name: str, what: str, error: OSError) -> UsageError:
        return UsageError(f"{show(str(self.path(name)), 300)} cannot be {what} ({error.strerror}): check its folder.")


def _place(path: Path) -> Place:
    return "file" if path.stat().st_size else "keyring"
