"""Bodies as they are stored: compressed where that makes them shorter.

No column says so: a stored body that is shorter than `body_size` is one frame of Zstandard (RFC 8878), any other is as
it was received. Level 1 costs less time than writing the bytes that it saves.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Sequence
from functools import lru_cache

import zstandard

SMALLEST = 256
"""Bytes. A shorter body gains nothing worth its time."""
LARGE = 1024 * 1024
"""Bytes. A larger body is written piece by piece, as it is: bound to a statement SQLite would copy it twice."""
_LEVEL = 1
_AT_ONCE = "multi_compress_to_buffer" in zstandard.backend_features
"""Whether the library was built with what packs several in one call."""
_FUNCTION = "whi_plain"
PLAIN_BODY = f"{_FUNCTION}({{0}}body, {{0}}body_size)"
"""A body as it was received, in SQL; `{0}` is the prefix of its columns. Its connection must know `register`."""


class _Context(threading.local):
    """What Zstandard works with: making it anew costs more than a body of some KiB, and threads may not share it."""

    def __init__(self) -> None:
        self.packer = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=False)
        self.unpacker = zstandard.ZstdDecompressor(max_window_size=LARGE)


_CONTEXT = _Context()


def pack_body(body: bytes) -> bytes:
    """A body as it is stored."""
    if not SMALLEST <= len(body) <= LARGE:
        return body
    packed = _CONTEXT.packer.compress(body)
    return packed if len(packed) < len(body) else body


def pack_bodies(bodies: Sequence[bytes]) -> list[bytes]:
    """As `pack_body`, several at once: Python's lock is given up once, not for each."""
    if len(bodies) == 1 or not _AT_ONCE:
        return [pack_body(body) for body in bodies]
    chosen = [n for n, body in enumerate(bodies) if SMALLEST <= len(body) <= LARGE]
    stored = list(bodies)
    if chosen:
        packed = _CONTEXT.packer.multi_compress_to_buffer([bodies[n] for n in chosen], threads=0)
        for place, n in enumerate(chosen):
            segment = packed[place]
            if len(segment) < len(bodies[n]):
                stored[n] = segment.tobytes()
    return stored


def unpack_body(stored: bytes, size: int) -> bytes:
    """The body that `pack_body` packed, of which `size` bytes were received. Never raises, never makes more than that.

    What cannot be unpacked is returned as it is stored: the SHA-256 beside it tells that it is damaged, as it does of
    one that was never packed.
    """
    if len(stored) >= size:
        return stored
    try:
        # The length in the frame is asked first: it is what would be allocated.
        if size > LARGE or zstandard.frame_content_size(stored) != size:
            return stored
        return _CONTEXT.unpacker.decompress(stored, max_output_size=size, allow_extra_data=False)
    except (zstandard.ZstdError, ValueError, MemoryError):
        return stored


_recently = lru_cache(maxsize=2)(unpack_body)
"""One condition may ask for the same body several times."""


def _plain(stored: bytes, size: int) -> bytes:
    return stored if len(stored) >= size else _recently(stored, size)


def register(connection: sqlite3.Connection) -> None:
    """Let a connection read bodies in its conditions."""
    connection.create_function(_FUNCTION, 2, _plain, deterministic=True)
