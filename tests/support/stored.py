"""What a log file holds, read without the product."""

from __future__ import annotations

import sqlite3

import zstandard


def stored_bodies(connection: sqlite3.Connection) -> dict[int, bytes]:
    """Numbers and bodies, as they were received."""
    rows = connection.execute("SELECT id, body, body_size FROM deliveries")
    return {
        number: bytes(body) if len(body) >= size else zstandard.ZstdDecompressor().decompress(body)
        for number, body, size in rows
    }
