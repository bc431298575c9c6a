"""The configuration file while its sources are edited: read once, written whole, never over somebody else's change."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from webhook_inspector.adapters.files import write_private
from webhook_inspector.config.load import load_bytes, read_file
from webhook_inspector.config.model import Config
from webhook_inspector.config.paths import FILE_NAME
from webhook_inspector.core.display import show
from webhook_inspector.errors import ConfigError, UsageError

Change = Callable[[str], str]
"""A text of the file to the next one; see `config.editing`. Raises ConfigError."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A text that loads."""

    data: bytes
    config: Config
    """What it would mean."""


class SourceFile:
    """The file.

    Args:
        path: Where it is; None: `webhook-inspector.toml` in the working folder, which may not be there yet.
        env: Environment variables, for the loader.
        cwd: The working folder.

    Raises:
        ConfigError: It cannot be read.
    """

    def __init__(self, path: Path | None, env: Mapping[str, str], cwd: Path) -> None:
        self.path = path or cwd / FILE_NAME
        self._env = env
        self._cwd = cwd
        self._data = self._on_disk()

    @property
    def data(self) -> bytes | None:
        """What was read or written last; None: there is no file."""
        return self._data

    @property
    def where(self) -> str:
        """Its name, safe to show."""
        return show(str(self.path))

    def read(self) -> None:
        """Read it again.

        Raises:
            ConfigError: It cannot be read.
        """
        self._data = self._on_disk()

    def load(self) -> Config:
        """What it says.

        Raises:
            ConfigError: It does not load.
        """
        return self._loaded(self._data or b"")

    def draft(self, change: Change) -> Draft:
        """What the file would be after a change. Nothing is written.

        Raises:
            ConfigError: The change cannot be made, or its result does not load: the loader's sentence.
        """
        try:
            text = (self._data or b"").decode("utf-8")
        except UnicodeDecodeError:
            raise ConfigError(f"{self.where} is not text in UTF-8: rewrite it.") from None
        data = change(text).encode("utf-8")
        return Draft(data, self._loaded(data))

    def write(self, data: bytes | None) -> None:
        """Put another text in the place of the file, in one step; None takes the file away.

        Its permissions stay; a new one is for the user only. A link stays one: the file that it names is written.

        Raises:
            ConfigError: The file was changed since it was read: it has been read again, and nothing was written.
            UsageError: It cannot be written.
        """
        if self._on_disk() != self._data:
            self.read()
            raise ConfigError(
                f"{self.where}: changed by somebody else, so it has been read again: look, and repeat the change."
            )
        try:
            target = Path(os.path.realpath(self.path))
            if data is None:
                target.unlink(missing_ok=True)
            else:
                mode = stat.S_IMODE(target.stat().st_mode) if self._data is not None else 0o600
                write_private(target, data, replace=True, mode=mode)
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise UsageError(f"{self.where} cannot be written ({reason}): check its folder.") from None
        self._data = data

    def sentence(self, message: str) -> str:
        """A sentence of the loader without the file's name, for a place that shows it."""
        return message.removeprefix(f"{self.where}: ")

    def _on_disk(self) -> bytes | None:
        # A link to nowhere counts as a file: reading it says what is wrong.
        return read_file(self.path) if os.path.lexists(self.path) else None

    def _loaded(self, data: bytes) -> Config:
        return load_bytes(data, self.path, self._env, self._cwd)
