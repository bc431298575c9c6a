"""Which deliveries a query names."""

from __future__ import annotations

import json
from array import array
from typing import Any

from webhook_inspector.core.filters import Query
from webhook_inspector.store.filter_sql import Where, where
from webhook_inspector.store.readers import Readers
from webhook_inspector.store.search import candidates, expression

_RANGES = 4000
"""Blocks of the word index that one statement reads."""
_RANGES_OF_LAST = 100
"""The same where the newest few are wanted."""


def find_ids(readers: Readers, query: Query) -> array[int]:
    """The numbers of what matches, ascending.

    They come as one text: the whole search is one step of SQLite, in which other threads run Python freely.
    """
    if query.root is None and query.last is None:
        whole = _unbroken(readers)
        if whole is not None:
            return array("q", whole)
    condition = where(query)
    indexed = _indexed(readers, query, condition)
    if indexed is not None:
        return indexed
    inner, values = _select(condition, "f.id AS id", query.last)
    return array("q", sorted(_numbers(readers, inner, values)))


def count_matches(readers: Readers, query: Query) -> int:
    """How many match."""
    condition = where(query)
    indexed = _indexed(readers, query, condition)
    if indexed is not None:
        return len(indexed)
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


def _indexed(readers: Readers, query: Query, condition: Where) -> array[int] | None:
    """As `find_ids`, reading only what the word index names; None when it does not help."""
    wanted = None if query.root is None else expression(query.root)
    ranges = None if wanted is None else candidates(readers, wanted)
    if ranges is None:
        return None
    inner = (
        "SELECT f.id AS id FROM json_each(?) r CROSS JOIN facts f ON "  # noqa: S608 (values are bound)
        "f.id BETWEEN json_extract(r.value, '$[0]') AND json_extract(r.value, '$[1]') "
        f"CROSS JOIN deliveries d ON d.id = f.id WHERE {condition.sql}"
    )
    found: array[int] = array("q")
    if query.last is not None:
        # What is not indexed yet may be much: its newest come first, and often they are enough.
        tail, values = _select(condition, "f.id AS id", query.last, first=ranges.pop()[0])
        found.extend(sorted(_numbers(readers, tail, values), reverse=True))
        if len(found) >= query.last:
            return array("q", sorted(found))
    step = _RANGES if query.last is None else _RANGES_OF_LAST
    for end in range(len(ranges), 0, -step):  # the newest first
        packed = json.dumps(ranges[max(0, end - step) : end])
        found.extend(sorted(_numbers(readers, inner, (packed, *condition.values)), reverse=True))
        if query.last is not None and len(found) >= query.last:
            break
    return array("q", sorted(found[: query.last]))


def _numbers(readers: Readers, inner: str, values: tuple[Any, ...]) -> list[int]:
    row = readers.one(f"SELECT group_concat(id) FROM ({inner})", values)  # noqa: S608 (our own SQL)
    text = row[0] if row else None
    return [int(number) for number in text.split(",")] if isinstance(text, str) else []


def _unbroken(readers: Readers) -> range | None:
    """All numbers when none is missing between the first and the last, which is so until something is pruned."""
    row = readers.one("SELECT (SELECT min(id) FROM facts), (SELECT max(id) FROM facts), (SELECT count(*) FROM facts)")
    if row is None or row[0] is None:
        return range(0)
    first, last, count = row
    return range(first, last + 1) if count == last - first + 1 else None


def _select(
    condition: Where, columns: str, last: int | None, *, first: int | None = None
) -> tuple[str, tuple[Any, ...]]:
    # CROSS JOIN keeps the order: the narrow rows first, the wide ones only for what is left.
    join = " CROSS JOIN deliveries d ON d.id = f.id" if condition.reads_deliveries else ""
    sql = f"SELECT {columns} FROM facts f{join} WHERE {condition.sql}"  # noqa: S608 (values are bound)
    values = condition.values
    if first is not None:
        sql, values = f"{sql} AND f.id >= ?", (*values, first)
    if last is None:
        return sql, values
    return f"{sql} ORDER BY f.id DESC LIMIT ?", (*values, last)
