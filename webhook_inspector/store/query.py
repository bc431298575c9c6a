"""Which deliveries a query names."""

from __future__ import annotations

from array import array
from typing import Any

from webhook_inspector.core.filters import Query
from webhook_inspector.store.filter_sql import Where, where
from webhook_inspector.store.readers import Readers


def find_ids(readers: Readers, query: Query) -> array[int]:
    """The numbers of what matches, ascending.

    They come as one text: the whole search is one step of SQLite, in which other threads run Python freely.
    """
    if query.root is None and query.last is None:
        whole = _unbroken(readers)
        if whole is not None:
            return array("q", whole)
    condition = where(query)
    inner, values = _select(condition, "f.id AS id", query.last)
    row = readers.one(f"SELECT group_concat(id) FROM ({inner})", values)  # noqa: S608 (our own SQL)
    text = row[0] if row else None
    found = array("q", map(int, text.split(",")) if isinstance(text, str) else ())
    return array("q", sorted(found))


def count_matches(readers: Readers, query: Query) -> int:
    """How many match."""
    condition = where(query)
    if query.last is None and not condition.reads_deliveries:
        row = readers.one(f"SELECT count(*) FROM facts f WHERE {condition.sql}", condition.values)  # noqa: S608
    else:
        inner, values = _select(condition, "f.id AS id", query.last)
        row = readers.one(f"SELECT count(*) FROM ({inner})", values)  # noqa: S608 (our own SQL)
    return int(row[0]) if row else 0


def ids_condition(query: Query) -> tuple[str, tuple[Any, ...]]:
    """What must hold of a row `f` of `facts`, as SQL and its values."""
    if query.root is None and query.last is None:
        return "1", ()
    inner, values = _select(where(query), "f.id", query.last)
    return f"f.id IN ({inner})", values


def _unbroken(readers: Readers) -> range | None:
    """All numbers when none is missing between the first and the last, which is so until something is pruned."""
    row = readers.one("SELECT (SELECT min(id) FROM facts), (SELECT max(id) FROM facts), (SELECT count(*) FROM facts)")
    if row is None or row[0] is None:
        return range(0)
    first, last, count = row
    return range(first, last + 1) if count == last - first + 1 else None


def _select(condition: Where, columns: str, last: int | None) -> tuple[str, tuple[Any, ...]]:
    # CROSS JOIN keeps the order: the narrow rows first, the wide ones only for what is left.
    join = " CROSS JOIN deliveries d ON d.id = f.id" if condition.reads_deliveries else ""
    sql = f"SELECT {columns} FROM facts f{join} WHERE {condition.sql}"  # noqa: S608 (values are bound)
    if last is None:
        return sql, condition.values
    return f"{sql} ORDER BY f.id DESC LIMIT ?", (*condition.values, last)
