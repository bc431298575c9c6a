"""Values that occur in the log, for the completion of filters."""

from __future__ import annotations

from typing import Any

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
    "sig": "sig",
}


def common_values(readers: Readers, key: str, prefix: str, limit: int) -> list[tuple[str, int, int]]:
    """The most frequent values of a filter key that begin with a prefix.

    Values that differ only in the case of ASCII letters are one, as they are for a filter.

    Returns:
        (value as the newest delivery has it, count, arrival of the newest in nanoseconds since the epoch), most
        frequent first.
    """
    column = _COLUMNS.get(key)
    if column is None:
        return []
    folded = column if key == "status" else f"lower({column})"
    condition = "1" if key == "sig" else f"{column} IS NOT NULL"
    values: list[Any] = []
    start = prefix.encode("utf-8", "surrogatepass").lower()
    if start:
        compared = "CAST(coalesce(sig, 'unsigned') AS BLOB)" if key == "sig" else f"CAST({folded} AS BLOB)"
        condition += f" AND substr({compared}, 1, ?) = ?"
        values += [len(start), start]
    # The number of the newest delivery comes from the same index as the value; its row is read for the few shown.
    groups = readers.rows(
        f"SELECT count(*) AS n, max(id) AS newest FROM facts WHERE {condition} "  # noqa: S608 (from the table above)
        f"GROUP BY {folded} ORDER BY n DESC, newest DESC LIMIT ?",
        (*values, limit),
    )
    found = []
    for count, newest in groups:
        row = readers.one(f"SELECT {column}, received_ns FROM facts WHERE id = ?", (newest,))  # noqa: S608 (as above)
        if row is not None:
            found.append((_shown(row[0]), count, row[1]))
    return found


def _shown(value: Any) -> str:
    if value is None:
        return "unsigned"
    return str(value) if isinstance(value, int) else unpack_text(value)
