"""What hangs on salvaged deliveries: facts, attempts, runs, and whatever else the log keeps."""

from __future__ import annotations

import sqlite3
from contextlib import suppress

from webhook_inspector.core.units import plural
from webhook_inspector.store.tolerant import TolerantTable

_NOT_COPIED = frozenset({"deliveries", "sqlite_sequence", "_sqlite_migrations"})
_ONE_EACH = frozenset({"facts", "verifications"})
"""Tables with a row for a delivery, under its number."""
_SUMS = ("shapes", "shape_state")
"""Only whole: they say together what was learned from which deliveries."""


def copy_tables(source: sqlite3.Connection, into: sqlite3.Connection, saved: set[int]) -> list[str]:
    """Copy every other table row by row; what could not be read is a sentence each.

    Args:
        source: The copy of the damaged log.
        into: The new log; its deliveries and their bare facts are in it.
        saved: The numbers of the deliveries.

    Raises:
        sqlite3.OperationalError: The new log cannot be written.
    """
    problems: list[str] = []
    tables = [table for table in _plain_tables(into) if table not in _NOT_COPIED]
    into.execute("BEGIN IMMEDIATE")
    failed = {table for table in tables if table not in _SUMS and not _copy(source, into, table, saved)}
    into.execute("SAVEPOINT sums")
    sums = [table for table in _SUMS if table in tables]
    for table in sums:
        into.execute(f"DELETE FROM {table}")  # noqa: S608 (of our schema)
    whole = [_copy(source, into, table, saved) for table in sums]
    if not all(whole):
        into.execute("ROLLBACK TO sums")
        failed |= set(sums[:1])
    into.execute("RELEASE sums")
    into.execute("COMMIT")
    if failed:
        problems.append(f"not everything of {plural(len(failed), 'table')} can be read: {', '.join(sorted(failed))}")
    return problems


def _plain_tables(connection: sqlite3.Connection) -> list[str]:
    """Tables of rows. A search index, with the tables that it keeps for itself, follows from them."""
    rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'").fetchall()
    virtual = [name for name, sql in rows if str(sql).upper().startswith("CREATE VIRTUAL")]
    return [
        name for name, _ in rows if name not in virtual and not any(name.startswith(f"{index}_") for index in virtual)
    ]


def _copy(source: sqlite3.Connection, into: sqlite3.Connection, table: str, saved: set[int]) -> bool:
    """Whether the whole table was read."""
    columns = [name for name in _columns(into, table) if name in _columns(source, table)]
    if not columns:
        return True  # the damaged log is older than this table
    reading = TolerantTable(source, table, ", ".join(columns))
    sql = f"INSERT OR REPLACE INTO {table} ({', '.join(columns)}) VALUES ({','.join('?' * len(columns))})"  # noqa: S608
    key = "id" if table in _ONE_EACH else "delivery_id"
    about = columns.index(key) if key in columns else None
    for row in reading.rows(*reading.ends()):
        if about is not None and row[about] not in saved:
            continue
        with suppress(sqlite3.IntegrityError):
            into.execute(sql, row)
    return not reading.unreadable and _countable(source, table)


def _columns(connection: sqlite3.Connection, table: str) -> list[str]:
    try:
        return [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
    except sqlite3.Error:
        return []


def _countable(connection: sqlite3.Connection, table: str) -> bool:
    try:
        connection.execute(f"SELECT count(*) FROM {table} NOT INDEXED").fetchone()  # noqa: S608 (of our schema)
    except sqlite3.Error:
        return False
    return True
