"""Filters as SQL over `facts f` and `deliveries d`. Every value is bound."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from webhook_inspector.core.filters import Query


@dataclass(frozen=True, slots=True)
class Where:
    """A condition and its values."""

    sql: str
    values: tuple[Any, ...]
    reads_deliveries: bool
    """Whether it needs the wide rows."""


def where(query: Query) -> Where:
    """The condition of a query, without its `last`."""
    if query.root is None:
        return Where("1", (), reads_deliveries=False)
    raise NotImplementedError
