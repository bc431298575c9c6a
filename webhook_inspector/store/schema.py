"""Tables of the log, as migrations. Each migration is one transaction: a killed one leaves the old schema.

Add a migration as a new function at the end; never change one that was released.
"""

from __future__ import annotations

from sqlite_utils import Database, Migrations

MIGRATIONS = Migrations("webhook-inspector")
"""The migrations of this release, oldest first."""


_FACTS: dict[str, type] = {
    "id": int,
    "received_ns": int,
    "source": str,
    "method": str,
    "path": str,
    "body_size": int,
    "refused": int,
    "analysed": int,
    "provider": str,
    "event_type": str,
    "event_id": str,
    "event_time_ns": int,
    "event_attempt": int,
    "sig": str,
    "duplicate_of": int,
    "retry_of": int,
    "late": int,
    "drift": int,
    "shape": str,
    "object_key": str,
    "state": str,
    "attempts": int,
    "last_status": int,
    "last_outcome": str,
    "last_attempt": int,
}
_RUNS: dict[str, type] = {
    "id": int,
    "started_ns": int,
    "finished_ns": int,
    "seed": int,
    "target": str,
    "plan_json": str,
    "verdict_json": str,
}
_ATTEMPTS: dict[str, type] = {
    "id": int,
    "run_id": int,
    "delivery_id": int,
    "n": int,
    "labels": str,
    "url": str,
    "planned_at_ms": float,
    "started_ns": int,
    "sent_at_ms": float,
    "outcome": str,
    "failure": str,
    "status": int,
    "duration_ms": float,
    "detail": str,
    "differences": str,
    "response_header_cuts": bytes,
    "response_headers": bytes,
    "response_body": bytes,
}


@MIGRATIONS()
def m0001_log(db: Database) -> None:
    """The first schema.

    `deliveries` is immutable and holds what was received; the body is last, so that the other columns are read
    without it. `has_nul` says that the method, target, headers or body hold a NUL, at which some functions of
    SQLite stop. `facts` is one narrow row a delivery, made with it: copies of what filters read, and what was derived
    behind the acknowledgement. Text from outside is TEXT where UTF-8 can hold it and it has no NUL, else BLOB.
    """
    db.execute(
        "CREATE TABLE deliveries ("
        "id INTEGER PRIMARY KEY AUTOINCREMENT, received_ns INTEGER NOT NULL, source TEXT NOT NULL, "
        "remote TEXT NOT NULL, origin TEXT NOT NULL, provider_hint TEXT, refused TEXT, response_status INTEGER, "
        "method TEXT NOT NULL, target BLOB NOT NULL, http_version TEXT NOT NULL, "
        "body_size INTEGER NOT NULL, body_sha256 BLOB NOT NULL, has_nul INTEGER NOT NULL, header_cuts BLOB, "
        "headers BLOB NOT NULL, body BLOB NOT NULL)"
    )
    db.table("facts").create(
        _FACTS,
        pk="id",
        not_null={"received_ns", "source", "method", "path", "body_size", "refused", "analysed", "late", "drift"}
        | {"state", "attempts"},
        defaults={"analysed": 0, "late": 0, "drift": 0, "state": "received", "attempts": 0},
    )
    db.table("verifications").create({"id": int, "detail": str}, pk="id", not_null={"detail"})
    db.table("runs").create(
        _RUNS,
        pk="id",
        not_null={"started_ns", "seed", "target", "plan_json"},
    )
    db.table("attempts").create(
        _ATTEMPTS,
        pk="id",
        not_null={"delivery_id", "n", "labels", "url", "planned_at_ms", "started_ns", "detail", "differences"}
        | {"response_headers", "response_body"},
    )
    for statement in _INDEXES:
        db.execute(statement)
    db.execute("PRAGMA user_version = 1")


@MIGRATIONS()
def m0002_outbox(db: Database) -> None:
    """What is still to be sent on, so that it survives the process and is sent once the app is up."""
    db.execute("CREATE TABLE outbox (delivery_id INTEGER PRIMARY KEY, target BLOB NOT NULL, attempt_id INTEGER)")
    db.execute("PRAGMA user_version = 2")


@MIGRATIONS()
def m0003_shapes(db: Database) -> None:
    """Learned shapes, a row each kind of payload and day; how far they were learned; what drift was accepted."""
    db.execute(
        "CREATE TABLE shapes (source BLOB NOT NULL, event_type BLOB NOT NULL, variant BLOB NOT NULL, "
        "version BLOB NOT NULL, day INTEGER NOT NULL, payloads INTEGER NOT NULL, first_id INTEGER NOT NULL, "
        "last_id INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY (source, event_type, variant, version, day))"
    )
    db.execute("CREATE TABLE shape_state (codec INTEGER NOT NULL, upto INTEGER NOT NULL)")
    db.execute("INSERT INTO shape_state (codec, upto) VALUES (0, 0)")
    db.execute(
        "CREATE TABLE acknowledged (event_type BLOB NOT NULL, kind TEXT NOT NULL, path BLOB NOT NULL, "
        "at_ns INTEGER NOT NULL, PRIMARY KEY (event_type, kind, path))"
    )
    db.execute("PRAGMA user_version = 3")


@MIGRATIONS()
def m0004_annotations(db: Database) -> None:
    """Notes and pins, deliveries that were deleted and can still be brought back, saved filters, the word index.

    `trash` holds the rows of `facts` of deleted deliveries as they were: what is not in `facts` is in no list. One row
    of `deletions` stands for what was deleted at once. The word index (`store.search`) is the table `search`, made when
    it is first needed; `search_blocks` are its rows, and `search_state` says up to which delivery they go.
    """
    db.execute("CREATE TABLE annotations (id INTEGER PRIMARY KEY, note, pinned INTEGER NOT NULL DEFAULT 0)")
    columns = [f"{row[1]} {row[2]}" for row in db.execute("PRAGMA table_info(facts)") if row[1] != "id"]
    db.execute(f"CREATE TABLE trash (id INTEGER PRIMARY KEY, {', '.join(columns)}, deletion INTEGER NOT NULL)")
    db.execute("CREATE INDEX trash_deletion ON trash(deletion)")
    db.execute(
        "CREATE TABLE deletions (id INTEGER PRIMARY KEY AUTOINCREMENT, session TEXT NOT NULL, at_ns INTEGER NOT NULL)"
    )
    db.execute("CREATE TABLE saved_filters (name TEXT PRIMARY KEY, query BLOB NOT NULL)")
    db.execute("CREATE TABLE search_state (form INTEGER NOT NULL, upto INTEGER NOT NULL)")
    db.execute(
        "CREATE TABLE search_blocks (first INTEGER PRIMARY KEY, last INTEGER NOT NULL, deliveries INTEGER NOT NULL, "
        "known INTEGER NOT NULL)"
    )
    db.execute("PRAGMA user_version = 4")


@MIGRATIONS()
def m0005_packed(db: Database) -> None:
    """Bodies may be packed (`store.packing`), which an older release could not read. What is there stays as it is."""
    db.execute("PRAGMA user_version = 5")


_INDEXES = (
    # Most are partial, so that capture touches only the first three; the others fill behind the acknowledgement.
    "CREATE INDEX facts_pending ON facts(id) WHERE analysed = 0",
    "CREATE INDEX facts_received ON facts(received_ns)",
    "CREATE INDEX facts_by_source ON facts(lower(source))",
    "CREATE INDEX facts_type ON facts(lower(event_type)) WHERE event_type IS NOT NULL",
    "CREATE INDEX facts_event ON facts(source, event_id) WHERE event_id IS NOT NULL",
    "CREATE INDEX facts_event_id ON facts(lower(event_id)) WHERE event_id IS NOT NULL",
    "CREATE INDEX facts_source_type ON facts(source, event_type) WHERE event_type IS NOT NULL",
    "CREATE INDEX facts_object ON facts(source, object_key, event_time_ns) WHERE object_key IS NOT NULL",
    "CREATE INDEX facts_provider ON facts(lower(provider)) WHERE provider IS NOT NULL",
    "CREATE INDEX facts_sig ON facts(sig) WHERE sig IS NOT NULL",
    "CREATE INDEX facts_state ON facts(state) WHERE state <> 'received'",
    "CREATE INDEX facts_status ON facts(last_status) WHERE last_status IS NOT NULL",
    "CREATE INDEX facts_duplicate ON facts(duplicate_of) WHERE duplicate_of IS NOT NULL",
    "CREATE INDEX attempts_delivery ON attempts(delivery_id)",
    "CREATE INDEX attempts_run ON attempts(run_id, n)",
)
