"""Learned shapes: one row a kind of payload and day, and up to which delivery they were learned."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from webhook_inspector.store.values import pack_text, unpack_text

COLUMNS = "source, event_type, variant, version, day, payloads, first_id, last_id, data"


@dataclass(frozen=True, slots=True)
class ShapeKey:
    """What one summary is about."""

    source: str
    event_type: str
    variant: str = ""
    version: str = ""
    """The provider's version of its payloads, where deliveries name it."""
    day: int = 0
    """Days since 1970-01-01, UTC."""


@dataclass(frozen=True, slots=True)
class ShapeRow:
    """One summary as stored."""

    key: ShapeKey
    payloads: int
    first_id: int
    last_id: int
    data: bytes
    """As `shapes.summary.dump` wrote it."""


def read_shape(row: tuple[Any, ...]) -> ShapeRow:
    """The row of `COLUMNS`."""
    source, event_type, variant, version = (unpack_text(value) for value in row[:4])
    return ShapeRow(ShapeKey(source, event_type, variant, version, row[4]), row[5], row[6], row[7], bytes(row[8]))


def replace_shapes(
    connection: sqlite3.Connection, rows: Sequence[ShapeRow], *, codec: int, was: int, upto: int
) -> bool:
    """Put rows in the place of those of the same key, if nobody else has learned meanwhile.

    Args:
        connection: In a transaction.
        rows: Whole rows, what was stored before included.
        codec: Version of their form.
        was: Up to which delivery the shapes were learned when the rows were read.
        upto: Up to which they are learned now.

    Returns:
        False when another process was quicker: read again.
    """
    state = connection.execute("SELECT codec, upto FROM shape_state").fetchone()
    if state != (codec, was):
        return False
    for row in rows:
        key = row.key
        connection.execute(
            f"INSERT OR REPLACE INTO shapes ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 (constants)
            (
                *(pack_text(text) for text in (key.source, key.event_type, key.variant, key.version)),
                *(key.day, row.payloads, row.first_id, row.last_id, row.data),
            ),
        )
    connection.execute("UPDATE shape_state SET upto = ?", (upto,))
    return True


def forget_shapes(connection: sqlite3.Connection, codec: int) -> None:
    """Begin to learn anew, in another form; nothing is done when another process has begun already.

    Were it done twice, a step that read rows between could be stored over what was learned after.
    """
    if connection.execute("SELECT codec FROM shape_state").fetchone() == (codec,):
        return
    connection.execute("DELETE FROM shapes")
    connection.execute("DELETE FROM shape_state")
    connection.execute("INSERT INTO shape_state (codec, upto) VALUES (?, 0)", (codec,))


def condition(wanted: Mapping[str, str]) -> tuple[str, list[str | bytes]]:
    """A WHERE clause for columns that must have these values."""
    if not wanted:
        return "", []
    names = [name for name in ("source", "event_type", "variant", "version") if name in wanted]
    return " WHERE " + " AND ".join(f"{name} = ?" for name in names), [pack_text(wanted[name]) for name in names]
