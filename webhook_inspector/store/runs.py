"""Runs and attempts: what was sent, committed before the first byte leaves."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass, replace
from typing import Any

from webhook_inspector.core.attempt import Attempt, Failure, Outcome
from webhook_inspector.core.delivery import State
from webhook_inspector.store.values import clamp_int, pack_headers, pack_text, unpack_headers, unpack_text

ATTEMPT_COLUMNS = (
    "id, run_id, delivery_id, n, labels, url, planned_at_ms, started_ns, sent_at_ms, outcome, failure, status, "
    "duration_ms, detail, differences, response_header_cuts, response_headers, response_body"
)
RUN_COLUMNS = "id, started_ns, finished_ns, seed, target, plan_json, verdict_json"


@dataclass(frozen=True, slots=True)
class RunRow:
    """One run as stored."""

    id: int
    started_ns: int
    """Nanoseconds since the epoch, UTC."""
    finished_ns: int | None
    """None: it goes on, or the process died."""
    seed: int
    target: str
    plan_json: str
    verdict_json: str | None


def insert_run(connection: sqlite3.Connection, run: RunRow) -> int:
    """Begin a run; its number."""
    cursor = connection.execute(
        "INSERT INTO runs (started_ns, seed, target, plan_json) VALUES (?, ?, ?, ?)",
        (run.started_ns, pack_seed(run.seed), pack_text(run.target), pack_text(run.plan_json)),
    )
    return cursor.lastrowid or 0


def update_run(connection: sqlite3.Connection, run_id: int, verdict_json: str, now_ns: int) -> None:
    """End a run."""
    connection.execute(
        "UPDATE runs SET finished_ns = ?, verdict_json = ? WHERE id = ?", (now_ns, pack_text(verdict_json), run_id)
    )


def insert_attempt(connection: sqlite3.Connection, attempt: Attempt) -> int:
    """Begin an attempt, and count it with its delivery; its number."""
    columns = ATTEMPT_COLUMNS.partition(", ")[2]
    values = _attempt_row(attempt)
    cursor = connection.execute(
        f"INSERT INTO attempts ({columns}) VALUES ({','.join('?' * len(values))})",  # noqa: S608 (constants)
        values,
    )
    connection.execute("UPDATE facts SET attempts = attempts + 1 WHERE id = ?", (attempt.delivery_id,))
    return cursor.lastrowid or 0


def update_attempt(connection: sqlite3.Connection, attempt: Attempt) -> None:
    """End an attempt. Its delivery's state follows it, unless an attempt begun later has ended before it."""
    assignments = ATTEMPT_COLUMNS.partition(", ")[2].replace(",", " = ?,") + " = ?"
    connection.execute(
        f"UPDATE attempts SET {assignments} WHERE id = ?",  # noqa: S608 (constants)
        (*_attempt_row(attempt), attempt.id),
    )
    answered = attempt.outcome is Outcome.RESPONDED and attempt.status is not None and 200 <= attempt.status < 300
    connection.execute(
        "UPDATE facts SET state = ?, last_status = ?, last_outcome = ?, last_attempt = ? "
        "WHERE id = ? AND coalesce(last_attempt, 0) <= ?",
        (
            (State.PROCESSED if answered else State.FAILED).value,
            attempt.status,
            None if attempt.outcome is None else attempt.outcome.value,
            attempt.id,
            attempt.delivery_id,
            attempt.id,
        ),
    )


def read_attempt(row: tuple[Any, ...]) -> Attempt:
    """The attempt of a row of `ATTEMPT_COLUMNS`."""
    return Attempt(
        id=row[0],
        run_id=row[1],
        delivery_id=row[2],
        n=row[3],
        labels=tuple(json.loads(row[4])),
        url=unpack_text(row[5]),
        planned_at_ms=row[6],
        started_ns=row[7],
        sent_at_ms=row[8],
        outcome=None if row[9] is None else Outcome(row[9]),
        failure=None if row[10] is None else Failure(row[10]),
        status=row[11],
        duration_ms=row[12],
        detail=unpack_text(row[13]),
        differences=tuple(json.loads(row[14])),
        response_headers=unpack_headers(row[16], row[15]),
        response_body=bytes(row[17]),
    )


def read_run(row: tuple[Any, ...]) -> RunRow:
    """The run of a row of `RUN_COLUMNS`."""
    run = RunRow(*row)
    return replace(run, seed=unpack_seed(row[3]), target=unpack_text(row[4]), plan_json=unpack_text(row[5]))


def pack_seed(seed: int) -> int | str:
    """A seed; one beyond 64 bits as text."""
    return seed if clamp_int(seed) is not None else str(seed)


def unpack_seed(value: int | str) -> int:
    """The seed that `pack_seed` packed."""
    return int(value)


def _attempt_row(attempt: Attempt) -> tuple[Any, ...]:
    headers, cuts = pack_headers(attempt.response_headers)
    return (
        attempt.run_id,
        attempt.delivery_id,
        attempt.n,
        json.dumps(attempt.labels),
        pack_text(attempt.url),
        attempt.planned_at_ms,
        attempt.started_ns,
        attempt.sent_at_ms,
        None if attempt.outcome is None else attempt.outcome.value,
        None if attempt.failure is None else attempt.failure.value,
        attempt.status,
        attempt.duration_ms,
        pack_text(attempt.detail),
        json.dumps(attempt.differences),
        cuts,
        headers,
        attempt.response_body,
    )
