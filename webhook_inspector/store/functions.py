"""What SQLite cannot tell by itself, as functions of the reading connections. They never raise."""

from __future__ import annotations

import json
import sqlite3
from functools import lru_cache

from webhook_inspector.core.filters import nodes
from webhook_inspector.core.filters.body_values import body_fits, pieces_fit, pieces_follow
from webhook_inspector.core.filters.predicate import header_fits
from webhook_inspector.store import packing
from webhook_inspector.store.values import unpack_headers


def pack_pieces(pieces: tuple[bytes, ...]) -> str:
    """The pieces of a pattern as one value."""
    return ",".join(piece.hex() for piece in pieces)


@lru_cache(maxsize=256)
def _pieces(packed: str) -> tuple[bytes, ...]:
    return tuple(bytes.fromhex(piece) for piece in packed.split(","))


def pack_body(wanted: nodes.Body) -> str:
    """A condition on a body as one value."""
    pieces = None if wanted.pattern is None else pack_pieces(wanted.pattern.pieces)
    return json.dumps([wanted.path, pieces, wanted.low, wanted.high, wanted.open_low, wanted.open_high])


@lru_cache(maxsize=256)
def _body(packed: str) -> nodes.Body:
    path, pieces, low, high, open_low, open_high = json.loads(packed)
    pattern = None if pieces is None else nodes.Pattern(_pieces(pieces))
    return nodes.Body(tuple(path), pattern, low, high, open_low=open_low, open_high=open_high)


def _fit(value: bytes, packed: str) -> bool:
    return pieces_fit(_pieces(packed), value)


def _follow(value: bytes, packed: str) -> bool:
    return pieces_follow(_pieces(packed), value)


def _header(headers: bytes, cuts: bytes | None, name: bytes, packed: str) -> bool:
    wanted = nodes.Header(name, nodes.Pattern(_pieces(packed)))
    return header_fits(unpack_headers(headers, cuts), wanted)


def _body_fit(body: bytes, packed: str) -> bool:
    return body_fits(body, _body(packed))


def register(connection: sqlite3.Connection) -> None:
    """Make the functions known to a connection."""
    packing.register(connection)
    connection.create_function("whi_fit", 2, _fit, deterministic=True)
    connection.create_function("whi_follow", 2, _follow, deterministic=True)
    connection.create_function("whi_header", 4, _header, deterministic=True)
    connection.create_function("whi_body", 2, _body_fit, deterministic=True)
