"""A migration that is killed leaves the old schema or the new one."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from sqlite_utils import Database, Migrations

import tests
from tests.support.factories import make_delivery
from webhook_inspector.core.clock import ManualClock
from webhook_inspector.core.filters import parse
from webhook_inspector.errors import StoreError
from webhook_inspector.store.annotations import Annotations
from webhook_inspector.store.check import problems_of
from webhook_inspector.store.connect import SCHEMA_VERSION, open_writer
from webhook_inspector.store.create import create, migrate
from webhook_inspector.store.log import Log
from webhook_inspector.store.readers import Readers
from webhook_inspector.store.reading import LogReader
from webhook_inspector.store.schema import (
    MIGRATIONS,
    m0001_log,
    m0002_outbox,
    m0003_shapes,
    m0004_annotations,
    m0005_packed,
)
from webhook_inspector.store.trash import Trash

ROOT = Path(tests.__file__).resolve().parents[1]
ROWS = 50
RELEASED = (m0001_log, m0002_outbox, m0003_shapes, m0004_annotations, m0005_packed)
NEXT = SCHEMA_VERSION + 1


def next_migrations(*, transactional: bool) -> Migrations:
    """The released migrations and one more that rewrites a table in several statements."""
    migrations = Migrations(MIGRATIONS.name)
    for released in RELEASED:
        migrations()(released)

    @migrations(transactional=transactional)
    def m9999_rewrite(db: Database) -> None:
        db.execute("ALTER TABLE deliveries RENAME TO old_deliveries")
        db.execute("CREATE TABLE deliveries AS SELECT * FROM old_deliveries WHERE 0")
        for (number,) in db.execute("SELECT id FROM old_deliveries").fetchall():
            db.execute("INSERT INTO deliveries SELECT * FROM old_deliveries WHERE id = ?", (number,))
        db.execute("DROP TABLE old_deliveries")
        db.execute(f"PRAGMA user_version = {NEXT}")

    return migrations


def migrate_and_die(path: Path, statement: int, *, transactional: bool) -> None:
    """Run the migration and die, as by kill -9, before its n-th statement. Runs in a process of its own."""
    import os

    seen = 0

    def count(_: str) -> None:
        nonlocal seen
        seen += 1
        if seen == statement:
            os._exit(9)

    connection = open_writer(path)
    connection.set_trace_callback(count)
    migrate(connection, next_migrations(transactional=transactional))


def _die(path: Path, statement: int, *, transactional: bool) -> int:
    code = (
        "import sys; from pathlib import Path; from tests.store.test_migrations import migrate_and_die;"
        f"migrate_and_die(Path(sys.argv[1]), {statement}, transactional={transactional})"
    )
    return subprocess.run([sys.executable, "-c", code, str(path)], cwd=ROOT, check=False).returncode


def _state(path: Path) -> tuple[int, set[str], int | None]:
    """Schema version, tables, and rows."""
    with closing(sqlite3.connect(path)) as connection:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        try:
            rows = connection.execute("SELECT count(*) FROM deliveries").fetchone()[0]
        except sqlite3.Error:
            rows = None
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    return version, tables, rows


def _whole(path: Path) -> bool:
    version, tables, rows = _state(path)
    return version in {SCHEMA_VERSION, NEXT} and "old_deliveries" not in tables and rows == ROWS


def make_log(path: Path) -> None:
    log = Log.open(path, clock=ManualClock())
    log.append([make_delivery() for _ in range(ROWS)])
    log.close()


def test_a_killed_migration_leaves_the_old_or_the_new_schema(log_path: Path) -> None:
    make_log(log_path)
    for statement in (3, 6, 9, 20, 40, 58, 62, 66):
        died = _die(log_path, statement, transactional=True)
        assert died in {0, 9}
        assert _whole(log_path)
    _die(log_path, 100_000, transactional=True)
    assert _state(log_path)[0] == NEXT
    assert _whole(log_path)


def test_a_migration_without_a_transaction_is_caught(log_path: Path) -> None:
    make_log(log_path)
    assert _die(log_path, 20, transactional=False) == 9
    assert not _whole(log_path)


def test_a_failing_migration_leaves_the_old_schema(log_path: Path) -> None:
    make_log(log_path)
    migrations = Migrations(MIGRATIONS.name)
    for released in RELEASED:
        migrations()(released)

    @migrations()
    def m9999_fails(db: Database) -> None:
        db.execute("DROP TABLE facts")
        db.execute("INSERT INTO nowhere VALUES (1)")

    with closing(open_writer(log_path)) as connection, pytest.raises(sqlite3.OperationalError):
        migrate(connection, migrations)
    assert _whole(log_path)
    assert "facts" in _state(log_path)[1]


def test_a_killed_start_leaves_no_log(log_path: Path) -> None:
    draft = log_path.with_name(f"{log_path.name}.new")
    draft.write_bytes(b"left by a killed start")
    make_log(log_path)
    assert not draft.exists()
    assert _whole(log_path)


def test_a_start_that_fails_leaves_nothing(log_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(connection: sqlite3.Connection) -> None:
        connection.execute("CREATE TABLE a (b)")
        raise sqlite3.OperationalError("no")

    monkeypatch.setattr("webhook_inspector.store.create.migrate", fail)
    with pytest.raises(StoreError):
        create(log_path)
    assert [one.name for one in log_path.parent.iterdir()] in ([], [f"{log_path.name}.lock"])


def test_an_older_log_is_migrated_when_it_is_opened(log_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_log(log_path)
    monkeypatch.setattr("webhook_inspector.store.identify.SCHEMA_VERSION", NEXT)
    monkeypatch.setattr("webhook_inspector.store.log.SCHEMA_VERSION", NEXT)
    newer = next_migrations(transactional=True)
    monkeypatch.setattr("webhook_inspector.store.create.MIGRATIONS", newer)
    log = Log.open(log_path, clock=ManualClock())
    assert log.count() == ROWS
    log.close()
    assert _state(log_path)[0] == NEXT


def test_a_log_of_the_first_schema_gets_an_outbox(log_path: Path) -> None:
    make_log(log_path)
    with closing(sqlite3.connect(log_path)) as connection:  # as it was before there was an outbox
        for table in (
            *("outbox", "shapes", "shape_state", "acknowledged"),
            *("annotations", "trash", "deletions", "saved_filters", "search_state", "search_blocks"),
        ):
            connection.execute(f"DROP TABLE {table}")
        connection.execute("DELETE FROM _sqlite_migrations WHERE name <> 'm0001_log'")
        connection.execute("PRAGMA user_version = 1")
        connection.commit()
    assert _state(log_path)[0] == 1
    log = Log.open(log_path, clock=ManualClock())
    (number,) = log.append([make_delivery(forward_to="http://127.0.0.1:9")])
    assert log.waiting("http://127.0.0.1:9") == [number]
    assert log.count() == ROWS + 1
    assert log.shape_state() == (0, 0)
    Annotations(log).set_pinned([number], pinned=True)
    assert Trash(log, "me").delete([1], 0) == (1,)
    assert log.count() == ROWS
    log.close()
    assert _state(log_path)[0] == SCHEMA_VERSION


def test_the_log_of_the_first_release_opens(tmp_path: Path) -> None:
    """Migrating from nothing gives the schema that a new log has."""
    new, built = tmp_path / "new.db", tmp_path / "built.db"
    make_log(new)
    with closing(sqlite3.connect(built)) as connection:
        migrate(connection)
    schemas = []
    for path in (new, built):
        with closing(sqlite3.connect(path)) as connection:
            schemas.append(sorted(row[0] or "" for row in connection.execute("SELECT sql FROM sqlite_master")))
    assert schemas[0] == schemas[1]


def test_an_older_log_that_cannot_be_written_is_read_all_the_same(log_path: Path) -> None:
    make_log(log_path)
    with closing(sqlite3.connect(log_path)) as connection:  # as it was before there were notes
        for table in ("annotations", "trash", "deletions", "saved_filters", "search_state", "search_blocks"):
            connection.execute(f"DROP TABLE {table}")
        connection.execute("PRAGMA user_version = 3")
        connection.commit()
    readers = Readers(log_path, immutable=True)
    reader = LogReader(readers)
    assert len(reader.ids(parse("-pinned:yes -note:x -nowhere", now_ns=0))) == ROWS
    assert len(reader.records([1, 2])) == len(reader.summaries([1, 2])) == 2
    assert problems_of(readers) == ()
    readers.close()
