"""Deleted deliveries that can still be brought back.

Deleting moves a delivery's row of `facts` to `trash`: it is in no list, filter, count or completion any more, while
what was received, its attempts and its notes stay as they are. Bringing back moves the row again. Each step is one
transaction, so a process that is killed leaves every delivery either in the list or in the trash, and whoever opens
the log next can still bring it back. Really deleted is what a process deleted that ends in order (`finish`), and what
has been in the trash for `OLD_NS`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from webhook_inspector.core.clock import NS_PER_S
from webhook_inspector.store import prune
from webhook_inspector.store.log import Log

OLD_NS = 86_400 * NS_PER_S
"""What a killed process left in the trash can be brought back for so long."""
OVER = ""
"""The session of what cannot be brought back any more: it only waits for its real deletion."""


@dataclass(frozen=True, slots=True)
class Deletion:
    """What was deleted at once."""

    id: int
    count: int
    session: str
    """Which process did it."""


class Trash:
    """Deletes deliveries and brings them back.

    Args:
        log: Open for writing, unless it is only asked.
        session: Tells this process from others that have the log open.
    """

    def __init__(self, log: Log, session: str) -> None:
        self._log = log
        self._session = session

    def delete(self, ids: Sequence[int], now_ns: int) -> tuple[int, ...]:
        """Take deliveries out of sight; which ones went.

        What still waits to be sent on stays.

        Raises:
            StoreError: The log cannot be written; what went before can be brought back.
        """
        gone: list[int] = []
        deletion: list[int] = []

        def step(connection: sqlite3.Connection, part: Sequence[int]) -> list[int]:
            if not deletion:
                sql = "INSERT INTO deletions (session, at_ns) VALUES (?, ?)"
                deletion.append(connection.execute(sql, (self._session, now_ns)).lastrowid or 0)
            return _move_out(connection, part, deletion[0])

        for part in _parts(ids):
            gone += self._log.write(lambda connection, part=part: step(connection, part))  # type: ignore[misc]  # a default argument's type is not inferred
        return tuple(gone)

    def last(self) -> Deletion | None:
        """What would be brought back next: the newest that this process deleted, else what another one left."""
        row = self._log.readers.one(
            "SELECT d.id, d.session, (SELECT count(*) FROM trash t WHERE t.deletion = d.id) AS n FROM deletions d "
            "WHERE d.session <> ? AND n > 0 ORDER BY d.session = ? DESC, d.id DESC LIMIT 1",
            (OVER, self._session),
        )
        return None if row is None else Deletion(row[0], row[2], row[1])

    def bring_back(self, deletion: int) -> tuple[int, ...]:
        """Bring back what was deleted at once; their numbers, ascending.

        Raises:
            StoreError: The log cannot be written; the rest can still be brought back.
        """
        sql = "SELECT id FROM trash WHERE deletion = ? ORDER BY id"
        ids = [number for (number,) in self._log.readers.rows(sql, (deletion,))]
        back: list[int] = []
        for part in _parts(ids):
            back += self._log.write(lambda connection, part=part: _move_back(connection, part, deletion))  # type: ignore[misc]  # a default argument's type is not inferred
        self._log.write(lambda connection: connection.execute(_FORGET_EMPTY))
        return tuple(back)

    def finish(self, now_ns: int, *, go_on: Callable[[], bool] = lambda: True) -> int:
        """Really delete what this process deleted, and what lies here for too long; how many deliveries.

        Args:
            now_ns: The time.
            go_on: Asked between steps; what is left then is deleted by the next process that ends.

        Raises:
            StoreError: The log cannot be written.
        """
        over = "session IN (?, ?) OR at_ns < ?"
        values = (OVER, self._session, now_ns - OLD_NS)
        if self._log.readers.one(f"SELECT 1 FROM deletions WHERE {over}", values) is None:  # noqa: S608 (constants)
            return 0
        sql = f"UPDATE deletions SET session = ? WHERE {over}"  # noqa: S608 (constants)
        self._log.write(lambda connection: connection.execute(sql, (OVER, *values)))
        return self.purge(go_on)

    def purge(self, go_on: Callable[[], bool]) -> int:
        """Really delete what nothing brings back any more; how many deliveries.

        Raises:
            StoreError: The log cannot be written.
        """
        if self._log.readers.one("SELECT 1 FROM deletions WHERE session = ?", (OVER,)) is None:
            return 0
        done = 0
        while go_on():
            gone = self._log.write(_delete_step)
            if gone is None:
                break
            done += gone
        return done

    def ids(self) -> frozenset[int]:
        """All that lies in the trash."""
        return frozenset(number for (number,) in self._log.readers.rows("SELECT id FROM trash"))


_FORGET_EMPTY = "DELETE FROM deletions WHERE NOT EXISTS (SELECT 1 FROM trash t WHERE t.deletion = deletions.id)"


def _parts(ids: Sequence[int]) -> list[Sequence[int]]:
    return [ids[start : start + prune.STEP] for start in range(0, len(ids), prune.STEP)]


def _columns(connection: sqlite3.Connection) -> str:
    return ", ".join(row[1] for row in connection.execute("PRAGMA table_info(facts)"))


def _move_out(connection: sqlite3.Connection, ids: Sequence[int], deletion: int) -> list[int]:
    marks = ",".join("?" * len(ids))
    found = connection.execute(
        f"SELECT id FROM facts WHERE id IN ({marks}) AND id NOT IN (SELECT delivery_id FROM outbox) ORDER BY id",  # noqa: S608 (marks alone)
        ids,
    )
    gone = [number for (number,) in found]
    marks = ",".join("?" * len(gone))
    columns = _columns(connection)
    connection.execute(
        f"INSERT INTO trash ({columns}, deletion) SELECT {columns}, ? FROM facts WHERE id IN ({marks})",  # noqa: S608 (our own names)
        (deletion, *gone),
    )
    connection.execute(f"DELETE FROM facts WHERE id IN ({marks})", gone)  # noqa: S608 (marks alone)
    return gone


def _move_back(connection: sqlite3.Connection, ids: Sequence[int], deletion: int) -> list[int]:
    marks = ",".join("?" * len(ids))
    where = f"id IN ({marks}) AND deletion = ?"
    found = connection.execute(f"SELECT id FROM trash WHERE {where} ORDER BY id", (*ids, deletion)).fetchall()  # noqa: S608 (marks alone)
    back = [number for (number,) in found]
    columns = _columns(connection)
    connection.execute(
        f"INSERT INTO facts ({columns}) SELECT {columns} FROM trash WHERE {where}",  # noqa: S608 (our own names)
        (*ids, deletion),
    )
    connection.execute(f"DELETE FROM trash WHERE {where}", (*ids, deletion))  # noqa: S608 (marks alone)
    for follow in (_COUNT_ATTEMPTS, _FOLLOW_ATTEMPTS):
        connection.executemany(follow, [(number,) for number in back])
    return back


# Attempts of a run may have begun or ended while their delivery was in the trash.
_COUNT_ATTEMPTS = (
    "UPDATE facts SET attempts = (SELECT count(*) FROM attempts a WHERE a.delivery_id = facts.id) WHERE id = ?"
)
_FOLLOW_ATTEMPTS = (
    "UPDATE facts SET (state, last_status, last_outcome, last_attempt) = ("
    "SELECT CASE WHEN a.outcome = 'responded' AND a.status BETWEEN 200 AND 299 THEN 'processed' ELSE 'failed' END, "
    "a.status, a.outcome, a.id FROM attempts a WHERE a.delivery_id = facts.id AND a.outcome IS NOT NULL "
    "ORDER BY a.id DESC LIMIT 1) "
    "WHERE id = ?1 AND EXISTS (SELECT 1 FROM attempts a WHERE a.delivery_id = ?1 AND a.outcome IS NOT NULL "
    "AND a.id > coalesce(facts.last_attempt, 0))"
)


def _delete_step(connection: sqlite3.Connection) -> int | None:
    """Really delete some; None when nothing is left to."""
    rows = connection.execute(
        "SELECT t.id FROM deletions d JOIN trash t ON t.deletion = d.id WHERE d.session = ? "
        "AND t.id NOT IN (SELECT delivery_id FROM outbox) ORDER BY t.id LIMIT ?",
        (OVER, prune.STEP),
    ).fetchall()
    if not rows:
        connection.execute(_FORGET_EMPTY)
        return None
    return prune.delete(connection, [number for (number,) in rows], wipe=False)
