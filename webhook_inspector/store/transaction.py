"""One transaction of the writer: a batch of deliveries and a few other writes."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from webhook_inspector.core.delivery import Delivery
from webhook_inspector.core.display import show
from webhook_inspector.errors import StoreError
from webhook_inspector.store.connect import SCHEMA_VERSION
from webhook_inspector.store.files import identity
from webhook_inspector.store.insert import insert_deliveries, next_id
from webhook_inspector.store.trouble import is_about_one_row, store_error

Outcomes = tuple[list[int | StoreError], list[Any | BaseException]]


def commit_batch(
    connection: sqlite3.Connection,
    path: Path,
    deliveries: Sequence[Delivery],
    jobs: Sequence[Callable[[sqlite3.Connection], Any]],
) -> Outcomes:
    """Write and commit. The caller holds the lock.

    Returns:
        For each delivery its number, or why this one alone could not be kept; for each job its result, or its
        exception. Everything without an error is synced to the disk.

    Raises:
        sqlite3.Error: Nothing of the batch was committed (after an I/O error of the sync: nothing is certain).
        StoreError: A newer release has upgraded the log; nothing was written.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        _refuse_upgraded(connection, path)
        outcomes = _insert(connection, path, deliveries) if deliveries else []
        results = [_run_job(connection, path, job) for job in jobs]
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # SQLite itself rolls back after some errors
            connection.execute("ROLLBACK")
        raise
    return outcomes, results


def refuse_moved(path: Path, opened: tuple[int, int] | None) -> None:
    """Refuse to write to a log whose name now leads elsewhere: rows would go to a file that nobody finds.

    Raises:
        StoreError: The file was moved, removed or replaced.
    """
    if opened is not None and identity(path) != opened:
        raise StoreError(
            f"Cannot write the log {show(str(path))}: the file was moved, removed or replaced while it was open; "
            "put it back or start again"
        )


def _refuse_upgraded(connection: sqlite3.Connection, path: Path) -> None:
    """Refuse to write to a log that a newer release has upgraded meanwhile: it may keep things in another way now."""
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > SCHEMA_VERSION:
        raise StoreError(
            f"Cannot write the log {show(str(path))}: a newer release of Webhook Inspector has upgraded it; end this "
            "one and start the newer release"
        )


def _insert(connection: sqlite3.Connection, path: Path, deliveries: Sequence[Delivery]) -> list[int | StoreError]:
    first = next_id(connection)
    try:
        insert_deliveries(connection, deliveries, first)
    except Exception as error:
        if not connection.in_transaction or not is_about_one_row(error):
            raise
        connection.execute("ROLLBACK")  # nothing else was done in it yet
        connection.execute("BEGIN IMMEDIATE")
        return [_insert_one(connection, path, delivery) for delivery in deliveries]
    return list(range(first, first + len(deliveries)))


def _insert_one(connection: sqlite3.Connection, path: Path, delivery: Delivery) -> int | StoreError:
    """One of a batch in which some row cannot be kept; the others must not suffer."""
    number = next_id(connection)
    outcome = _run_job(connection, path, lambda _: insert_deliveries(connection, [delivery], number))
    return outcome if isinstance(outcome, StoreError) else number


def _run_job(connection: sqlite3.Connection, path: Path, job: Callable[[sqlite3.Connection], Any]) -> Any:
    connection.execute("SAVEPOINT job")
    try:
        return job(connection)
    except Exception as error:
        if not connection.in_transaction or (isinstance(error, sqlite3.Error) and not is_about_one_row(error)):
            raise
        connection.execute("ROLLBACK TO job")
        if isinstance(error, sqlite3.Error):
            return store_error(error, path)
        if is_about_one_row(error):
            return StoreError(f"Cannot write the log {show(str(path))}: {show(str(error))}")
        return error
    finally:
        if connection.in_transaction:
            connection.execute("RELEASE job")
