"""A new log, made whole or not at all, and the migration of an older one."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from itertools import count
from pathlib import Path

from sqlite_utils import Database, Migrations

from webhook_inspector.core.display import show
from webhook_inspector.errors import StoreError
from webhook_inspector.store.backup import back_up
from webhook_inspector.store.connect import SCHEMA_VERSION, open_writer
from webhook_inspector.store.files import make_file, make_folder, sync_folder
from webhook_inspector.store.identify import APPLICATION_ID, read_version
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
    """Migrate an older log in place, under the lock, after a copy of it was made beside it.

    The copy is what the older release can go on with: `log.db.schema-2`.

    Raises:
        StoreError: It cannot be written or copied, it is damaged, or an older release listens for it.
    """
    listener = Presence.listener_url(path)
    if listener is not None:
        raise StoreError(
            f"Cannot upgrade the log {show(str(path))}: an older release of Webhook Inspector listens for it at "
            f"{show(listener)}; end it and start again"
        )
    try:
        with WriteLock(path).held(), _old_one_kept(path), closing(open_writer(path)) as connection:
            migrate(connection)
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    except StoreError:
        raise
    except (OSError, sqlite3.Error) as error:
        raise store_error(error, path, "upgrade") from error


@contextmanager
def _old_one_kept(path: Path) -> Iterator[None]:
    """Copy a log before the block changes it; when the block fails and the log is as it was, the copy goes."""
    version = read_version(path)
    copy = path.with_name(f"{path.name}.schema-{version}")
    for number in count(2):
        if not os.path.lexists(copy):
            break
        copy = path.with_name(f"{path.name}.schema-{version}.{number}")
    if version == 0 or version >= SCHEMA_VERSION:  # another process was quicker
        yield
        return
    try:
        problems = back_up(path, copy).problems
    except StoreError as error:
        raise type(error)(
            f"Cannot upgrade the log {show(str(path))}: no copy of the old one can be made. {error.message}"
        ) from error
    try:
        if problems:
            raise StoreError(
                f"Cannot upgrade the log {show(str(path))}: it is damaged; `webhook-inspector salvage` writes what "
                "can be read of it to a new log"
            )
        yield
    except BaseException:
        with suppress(StoreError):
            if read_version(path) == version:  # else a part of the way was gone: each migration is whole by itself
                copy.unlink(missing_ok=True)
        raise
