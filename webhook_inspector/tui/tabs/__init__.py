"""The tabs of the detail: one file each, with a `TAB`. The folder is the registry."""

from __future__ import annotations

import sys
from functools import lru_cache

from webhook_inspector.core.registry import discover
from webhook_inspector.tui.tabs.api import Tab


@lru_cache(maxsize=1)
def tabs() -> tuple[Tab, ...]:
    """Every tab, by its number."""
    return tuple(sorted(discover(sys.modules[__name__], "TAB").values(), key=lambda tab: tab.number))
