"""The main views: what the tabs of the header lead to. A view is there when its screen is in the folder."""

from __future__ import annotations

import pkgutil
from dataclasses import dataclass
from functools import cache

from webhook_inspector.tui import screens
from webhook_inspector.tui.keys import KEYS
from webhook_inspector.tui.safe import Line, Piece


@dataclass(frozen=True, slots=True)
class View:
    """One tab of the header."""

    name: str
    """File of its screen in `tui/screens/`."""
    title: str

    @property
    def key_id(self) -> str:
        """Its key in the table."""
        return f"view_{self.name}"


_ORDER = (
    View("log", "Log"), View("shapes", "Shapes"), View("runs", "Runs"), View("stats", "Stats"),
    View("sources", "Sources"),
)  # fmt: skip


@cache
def views() -> tuple[View, ...]:
    """The main views in the order of their tabs."""
    there = {info.name for info in pkgutil.iter_modules(screens.__path__)}
    return tuple(view for view in _ORDER if view.name in there and view.key_id in KEYS)


def view_of(screen: type[object]) -> str:
    """The name of the main view that a class is the screen of; empty for any other screen."""
    name = screen.__module__.rpartition(".")[2]
    return name if any(view.name == name for view in views()) else ""


def tab_line(current: str) -> Line:
    """The tabs; the one that is shown is underlined."""
    line = Line()
    for view in views():
        role = "current" if view.name == current else "dim"
        line = line + Line.of("  " if line.pieces else "", Piece(view.title, role, f"screen.view('{view.name}')"))
    return line
