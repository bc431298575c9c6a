"""A new log, made whole or not at all, and the migration of an older one."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from sqlite_utils import Database, Migrations

from webhook_inspector.core.display import show
from webhook_inspector.errors import StoreError
from webhook_inspector.store.connect import open_writer
from webhook_inspector.store.files import make_file, make_folder, sync_folder
from webhook_inspector.store.identify import APPLICATION_ID
from webhook_inspector.store.lock import WriteLock
from webhook_inspector.store.presence import Presence
from webhook_inspector.store.schema import MIGRATIONS
from webhook_inspector.store.trouble import store_error


def migrate(connection: sqlite3.Connection, migrations: Migrations | None = None) -> None:
    """Bring a log to the newest schema; the caller holds the lock.

    Raises:
        sqlite3.Error: A migration failed; the log has the schema it had before that migration.
    """
    (MIGRATIONS if migrations is None else migrations).apply(
        Database(connection, recursive_triggers=False, execute_plugins=False)
    )


def create(path: Path) -> None:
    """Make a new log beside its final name and rename it there, so that a killed start leaves no half log.

    Does nothing when another process made it first.

    Raises:
        StoreError: It cannot be made; nothing is left behind.
    """
    try:
        make_folder(path.parent)
        with WriteLock(path).held():
            if not path.exists():
                _build(path)
    except (OSError, sqlite3.Error) as error:
        raise store_error(error, path, "create") from error


def _build(path: Path) -> None:
    draft = path.with_name(f"{path.name}.new")
    leftovers = [draft, *(draft.with_name(draft.name + end) for end in ("-wal", "-shm", "-journal"))]
    for leftover in leftovers:
        leftover.unlink(missing_ok=True)
    try:
        make_file(draft)
        with closing(open_writer(draft)) as connection:
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            migrate(connection)
            # Last: what precedes is then in the file itself, where `refuse_foreign` reads it.
            connection.execute("PRAGMA journal_mode = WAL")
        os.replace(draft, path)  # noqa: PTH105 (the same as Path.replace, spelled as the system call it is)
        sync_folder(path.parent)
    except BaseException:
        for leftover in leftovers:
            with suppress(OSError):
                leftover.unlink(missing_ok=True)
        raise


def upgrade(path: Path) -> None:
    """Migrate an older log in place, under the lock.

    Raises:
        StoreError: It cannot be written, or an older release listens for it.
    """
    listener = Presence.listener_url(path)
    if listener is not None:
        raise StoreError(
            f"Cannot upgrade the log {show(str(path))}: an older release of Webhook Inspector listens for it at "
            f"{show(listener)}; end it and start again"
        )
    try:
        with WriteLock(path).held(), closing(open_writer(path)) as connection:
            migrate(connection)
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    except StoreError:
        raise
    except (OSError, sqlite3.Error) as error:
        raise store_error(error, path, "upgrade") from error
