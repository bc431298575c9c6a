"""What is counted of deliveries, read in steps: a log may hold more than memory should."""

from __future__ import annotations

from array import array
from collections.abc import Iterator

from webhook_inspector.events.counted import Seen
from webhook_inspector.store.readers import Readers
from webhook_inspector.store.values import unpack_optional, unpack_text

_STEP = 5000
"""Numbers in one statement; SQLite takes 32 766 values in one (sqlite.org/limits.html, read 2026-11-20)."""
_COLUMNS = (
    "f.id, f.source, f.event_type, f.provider, f.received_ns, f.body_size, f.refused, f.sig, "
    "f.duplicate_of IS NOT NULL, f.retry_of IS NOT NULL, f.late, f.drift, f.last_attempt IS NOT NULL, "
    "f.last_status, f.last_outcome"
)
_ANSWERS = (
    "SELECT f.id, a.duration_ms FROM facts f CROSS JOIN attempts a ON a.delivery_id = f.id "
    "WHERE f.attempts > 0 AND a.outcome = 'responded' AND a.duration_ms IS NOT NULL AND f.id "
)


def read_steps(readers: Readers, ids: array[int]) -> Iterator[tuple[list[Seen], list[tuple[int, float]]]]:
    """What the log says of deliveries, some thousand at a time.

    Args:
        readers: The connections.
        ids: Ascending.

    Yields:
        What was seen of each delivery, and the answers to them: (number of the delivery, milliseconds).
    """
    for start in range(0, len(ids), _STEP):
        step = ids[start : start + _STEP]
        if step[-1] - step[0] + 1 == len(step):
            condition, values = "BETWEEN ? AND ?", [step[0], step[-1]]
        else:
            condition, values = f"IN ({','.join('?' * len(step))})", list(step)
        rows = readers.rows(f"SELECT {_COLUMNS} FROM facts f WHERE f.id {condition}", values)  # noqa: S608 (constants)
        seen = [
            Seen(row[0], unpack_text(row[1]), unpack_optional(row[2]), unpack_optional(row[3]), *row[4:])
            for row in rows
        ]
        yield seen, readers.rows(f"{_ANSWERS}{condition}", values)
