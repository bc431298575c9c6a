"""What a terminal can draw."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from textual.scrollbar import ScrollBar, ScrollBarRender


def draws_ascii(wanted: bool | None, env: Mapping[str, str], encoding: str | None = None) -> bool:
    """Whether to draw with ASCII only.

    Args:
        wanted: What was configured; None: from the locale.
        env: The environment; an explicit C locale asks for ASCII even where Python writes UTF-8.
        encoding: What is written to the terminal; None: as this process does.
    """
    if wanted is not None:
        return wanted
    locale = env.get("LC_ALL") or env.get("LC_CTYPE") or env.get("LANG") or ""
    if locale in {"C", "POSIX"}:
        return True
    if encoding is None:
        encoding = getattr(sys.__stderr__, "encoding", None)
    return bool(encoding) and str(encoding).lower().replace("-", "").replace("_", "") != "utf8"


class PlainBars(ScrollBarRender):
    """A scrollbar of grounds only, without the eighths of blocks at its ends."""

    VERTICAL_BARS = [" "] * 8
    HORIZONTAL_BARS = [" "] * 8


def use_scrollbars(*, ascii_only: bool) -> None:
    """Draw scrollbars with block signs or without."""
    kind: type[Any] = PlainBars if ascii_only else ScrollBarRender
    ScrollBar.renderer = kind
