"""Logs as every released schema wrote them, kept as files: `python -m tests.torture.released_logs` adds a new one.

Never make one again that is there: it shows what a release really left behind.
"""

from __future__ import annotations

import hashlib
import lzma
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

from sqlite_utils import Migrations

from tests.store.test_migrations import RELEASED
from webhook_inspector.store.create import migrate
from webhook_inspector.store.identify import APPLICATION_ID
from webhook_inspector.store.packing import pack_body
from webhook_inspector.store.schema import MIGRATIONS

FOLDER = Path(__file__).resolve().parent / "released"
COUNT = 25
MOMENT_NS = 1_795_000_000_000_000_000


def body_of(number: int) -> bytes:
    """The body of a delivery of these logs; some hold bytes that are no text, one is empty, one spans pages."""
    if number == COUNT:
        return b""
    text = f'{{"id":"evt_{number}","type":"invoice.paid"}}'.encode()
    return text + bytes(range(256)) * (40 if number == 3 else number % 3)


def file_of(version: int) -> Path:
    return FOLDER / f"schema-{version}.db.xz"


def unpack(version: int, path: Path) -> Path:
    """The log of a released schema, as a file of its own."""
    path.write_bytes(lzma.decompress(file_of(version).read_bytes()))
    path.chmod(0o600)
    return path


def _build(path: Path, version: int) -> None:
    migrations = Migrations(MIGRATIONS.name)
    for released in RELEASED[:version]:
        migrations()(released)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        migrate(connection, migrations)
        for number in range(1, COUNT + 1):
            body = body_of(number)
            connection.execute(
                "INSERT INTO deliveries VALUES (?, ?, 'default', '127.0.0.1:5', 'live', NULL, NULL, 200, 'POST', ?, "
                "'1.1', ?, ?, ?, NULL, ?, ?)",
                (
                    number, MOMENT_NS + number, b"/hooks?n=%d" % number, len(body), hashlib.sha256(body).digest(),
                    b"\0" in body, b"Content-Type: application/json\r\nX-N: %d\r\n" % number,
                    pack_body(body) if version >= 5 else body,
                ),
            )  # fmt: skip
            connection.execute(
                "INSERT INTO facts (id, received_ns, source, method, path, body_size, refused, analysed, event_id) "
                "VALUES (?, ?, 'default', 'POST', '/hooks', ?, 0, 1, ?)",
                (number, MOMENT_NS + number, len(body), f"evt_{number}"),
            )
        connection.execute("INSERT INTO runs VALUES (1, 5, 9, 7, 'http://127.0.0.1:9', '{}', '{}')")
        connection.execute(
            "INSERT INTO attempts (id, run_id, delivery_id, n, labels, url, planned_at_ms, started_ns, outcome, "
            "status, "
            "detail, differences, response_headers, response_body) VALUES (1, 1, 2, 1, '[\"original\"]', "
            "'http://127.0.0.1:9/', 0, 5, 'responded', 200, '', '[]', x'', x'6f6b')"
        )
        if version >= 2:
            connection.execute("INSERT INTO outbox VALUES (4, 'http://127.0.0.1:9', NULL)")
        connection.execute("PRAGMA journal_mode = WAL")


def main() -> None:
    """Add what is missing."""
    for version in range(1, len(RELEASED) + 1):
        if not file_of(version).exists():
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "log.db"
                _build(path, version)
                file_of(version).write_bytes(lzma.compress(path.read_bytes(), preset=9))


if __name__ == "__main__":
    main()
