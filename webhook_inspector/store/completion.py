"""Values that occur in the log, for the completion of filters."""

from __future__ import annotations

from webhook_inspector.store.readers import Readers
from webhook_inspector.store.values import unpack_text

_COLUMNS = {
    "provider": "provider",
    "source": "source",
    "type": "event_type",
    "id": "event_id",
    "method": "method",
    "path": "path",
    "state": "state",
    "status": "last_status",
    "sig": "coalesce(sig, 'unsigned')",
}


def common_values(readers: Readers, key: str, prefix: str, limit: int) -> list[tuple[str, int, int]]:
    """The most frequent values of a filter key that begin with a prefix (ASCII case does not matter).

    Returns:
        (value, count, time of the newest in nanoseconds since the epoch), most frequent first.
    """
    column = _COLUMNS.get(key)
    if column is None:
        return []
    start = prefix.encode("utf-8", "surrogatepass").lower()
    rows = readers.rows(
        f"SELECT {column}, count(*) AS n, max(received_ns) AS newest FROM facts "  # noqa: S608 (from the table above)
        f"WHERE {column} IS NOT NULL AND substr(CAST(lower({column}) AS BLOB), 1, ?) = ? "
        "GROUP BY 1 ORDER BY n DESC, newest DESC LIMIT ?",
        (len(start), start, limit),
    )
    return [(str(row[0]) if isinstance(row[0], int) else unpack_text(row[0]), row[1], row[2]) for row in rows]
