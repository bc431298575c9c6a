"""What the app remembers from one run to the next: a theme that was chosen, and the layout for each class of width.

It is kept beside the log's folder of the user, never in the project. Losing it costs nothing: a file that cannot be
read or is something else counts as none, and one that cannot be written is left.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType

from webhook_inspector.adapters.files import write_private
from webhook_inspector.core.ownfile import load_own
from webhook_inspector.errors import InputError

FORM = "webhook-inspector-app"
VERSION = 1
MAX_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Remembered:
    """What is kept."""

    theme: str | None = None
    layouts: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Class of width to layout; the app judges both."""


class AppMemory:
    """The file.

    Args:
        path: Where it is kept; None keeps it in memory only.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._kept = Remembered()

    def read(self) -> Remembered:
        """What was kept last, by any process."""
        if self._path is None:
            return self._kept
        try:
            with self._path.open("rb") as file:
                data = file.read(MAX_BYTES + 1)
            document = load_own(data[:MAX_BYTES], self._path.name, what="memory", form=FORM, version=VERSION, again="")
        except (OSError, ValueError, InputError):
            return Remembered()
        theme, layouts = document.get("theme"), document.get("layouts")
        return Remembered(
            theme if isinstance(theme, str) else None,
            {width: name for width, name in layouts.items() if isinstance(name, str)}
            if isinstance(layouts, dict)
            else {},
        )

    def keep_theme(self, name: str) -> None:
        """Begin with this theme next time."""
        self._write(replace(self.read(), theme=name))

    def keep_layout(self, width: str, name: str) -> None:
        """Begin with this layout at this class of width."""
        kept = self.read()
        self._write(replace(kept, layouts={**kept.layouts, width: name}))

    def _write(self, kept: Remembered) -> None:
        self._kept = kept
        if self._path is None:
            return
        document = {"format": FORM, "version": VERSION, "theme": kept.theme, "layouts": dict(kept.layouts)}
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_private(self._path, (json.dumps(document, indent=2) + "\n").encode(), replace=True)
        except (OSError, ValueError):
            return
