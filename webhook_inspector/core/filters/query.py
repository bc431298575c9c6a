"""A filter, read and ready."""

from __future__ import annotations

from dataclasses import dataclass

from webhook_inspector.core.filters.nodes import Node


@dataclass(frozen=True, slots=True)
class Query:
    """A filter that was understood."""

    text: str = ""
    """As it was written."""
    root: Node | None = None
    """What must hold; None: everything."""
    last: int | None = None
    """Of what matches only the newest so many; None: all."""
    ids: tuple[int, ...] = ()
    """The numbers of deliveries that are named, in the order written; ranges and negated numbers are not in it."""
