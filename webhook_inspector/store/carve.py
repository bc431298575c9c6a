"""Deliveries out of the pages of a damaged log, without its tables: for what SQLite itself cannot reach any more.

Written after https://sqlite.org/fileformat2.html, sections 1.6 and 2.1 (read November 2026). A row counts only when
its body has the SHA-256 that stands beside it, so nothing else is taken for a delivery.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from webhook_inspector.store.rows import DELIVERY_COLUMNS

PAGE = 4096
"""Bytes of a page of every log."""
_LEAF = 0x0D
_NAMES = DELIVERY_COLUMNS.split(", ")
_COUNT = len(_NAMES)
_SIZE, _HASH, _BODY = (_NAMES.index(name) for name in ("body_size", "body_sha256", "body"))
_LARGEST_LOCAL = PAGE - 35
_SMALLEST_LOCAL = (PAGE - 12) * 32 // 255 - 23
_INTEGERS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}


@dataclass(frozen=True, slots=True)
class _Cell:
    row: int
    size: int
    local: bytes
    overflow: int


def carve(path: Path) -> Iterator[tuple[Any, ...]]:
    """Values of `DELIVERY_COLUMNS` of every row that lies whole in some page; a number may come more than once.

    Raises:
        OSError: The file cannot be read.
    """
    with path.open("rb") as file:
        pages = file.seek(0, 2) // PAGE
        for number in range(1, pages + 1):
            page = _page(file, number)
            for cell in _cells(page, 100 if number == 1 else 0):
                payload = _payload(file, cell, pages)
                values = _record(payload) if payload is not None else None
                if values is not None and _is_delivery(values):
                    yield (cell.row, *values[1:])


def _page(file: BinaryIO, number: int) -> bytes:
    file.seek((number - 1) * PAGE)
    return file.read(PAGE)


def _cells(page: bytes, start: int) -> Iterator[_Cell]:
    """The cells of a leaf of a table; of other pages, and of cells that make no sense, none."""
    if len(page) < PAGE or page[start] != _LEAF:
        return
    count = int.from_bytes(page[start + 3 : start + 5], "big")
    for index in range(min(count, PAGE // 4)):
        place = start + 8 + 2 * index
        offset = int.from_bytes(page[place : place + 2], "big")
        if start + 8 <= offset < PAGE - 4:
            size, at = _varint(page, offset)
            row, at = _varint(page, at)
            local = _local(size)
            end = at + local
            if size < 2 or end + (4 if local < size else 0) > PAGE:
                continue
            overflow = int.from_bytes(page[end : end + 4], "big") if local < size else 0
            yield _Cell(row, size, page[at:end], overflow)


def _local(size: int) -> int:
    """How much of a payload lies in its own page."""
    if size <= _LARGEST_LOCAL:
        return size
    local = _SMALLEST_LOCAL + (size - _SMALLEST_LOCAL) % (PAGE - 4)
    return local if local <= _LARGEST_LOCAL else _SMALLEST_LOCAL


def _payload(file: BinaryIO, cell: _Cell, pages: int) -> bytes | None:
    """A payload with what lies in other pages; None when those are not there."""
    if cell.size > pages * PAGE:
        return None
    parts = [cell.local]
    left = cell.size - len(cell.local)
    number = cell.overflow
    while left > 0:
        if not 2 <= number <= pages:
            return None
        page = _page(file, number)
        number = int.from_bytes(page[:4], "big")
        parts.append(page[4 : 4 + left])
        left -= PAGE - 4
    return b"".join(parts)


def _record(payload: bytes) -> list[Any] | None:
    """The values of a record with as many columns as a delivery has; None for any other."""
    end, at = _varint(payload, 0)
    kinds: list[int] = []
    while at < min(end, len(payload)) and len(kinds) <= _COUNT:
        kind, at = _varint(payload, at)
        kinds.append(kind)
    if len(kinds) != _COUNT or at != end:
        return None
    values: list[Any] = []
    for kind in kinds:
        length = _INTEGERS.get(kind, 8 if kind == 7 else 0 if kind < 12 else (kind - 12) // 2)
        raw = payload[at : at + length]
        at += length
        if len(raw) != length:
            return None
        values.append(_value(kind, raw))
    return values


def _value(kind: int, raw: bytes) -> Any:
    if kind in _INTEGERS:
        return int.from_bytes(raw, "big", signed=True)
    if kind in {8, 9}:
        return kind - 8
    if kind < 12:
        return None  # also a float, which no column of a delivery is
    if kind % 2 == 0:
        return raw
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw


def _is_delivery(values: list[Any]) -> bool:
    body = values[_BODY]
    return isinstance(body, bytes) and len(body) == values[_SIZE] and hashlib.sha256(body).digest() == values[_HASH]


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """A number of 1 to 9 bytes and where it ends; 0 beyond the end of the data."""
    value = 0
    for step in range(9):
        if at >= len(data):
            return 0, at
        byte = data[at]
        at += 1
        if step == 8:
            return value << 8 | byte, at
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            break
    return value, at
