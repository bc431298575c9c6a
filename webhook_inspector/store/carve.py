"""Deliveries out of the pages of a damaged log, without its tables: for what SQLite itself cannot reach any more.

Written after https://sqlite.org/fileformat2.html, sections 1.6, 2.1 and 4.1 (read November 2026). A row counts only
when its body has the SHA-256 that stands beside it, so nothing else is taken for a delivery.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from webhook_inspector.store.packing import unpack_body
from webhook_inspector.store.rows import DELIVERY_COLUMNS

PAGE = 4096
"""Bytes of a page of every log."""
_LEAF = 0x0D
_NAMES = DELIVERY_COLUMNS.split(", ")
_COUNT = len(_NAMES)
_SIZE, _HASH, _BODY = (_NAMES.index(name) for name in ("body_size", "body_sha256", "body"))
_LARGEST_LOCAL = PAGE - 35
_SMALLEST_LOCAL = (PAGE - 12) * 32 // 255 - 23
_WAL_HEADER, _FRAME_HEADER = 32, 24
_INTEGERS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}


@dataclass(frozen=True, slots=True)
class _Cell:
    row: int
    size: int
    local: bytes
    overflow: int


class _Pages:
    """The pages of a log: as they lie in its write-ahead log, newest first, and as they lie in the file."""

    def __init__(self, file: BinaryIO, wal: BinaryIO | None) -> None:
        self._file = file
        self._wal = wal
        self._frames: dict[int, int] = {}
        """Page to the place of its newest frame's content."""
        self.count = file.seek(0, 2) // PAGE
        """At most so many pages there are."""
        end = wal.seek(0, 2) if wal is not None else 0
        place = _WAL_HEADER
        while wal is not None and place + _FRAME_HEADER + PAGE <= end:
            wal.seek(place)
            number = int.from_bytes(wal.read(4), "big")
            if number:
                self._frames[number] = place + _FRAME_HEADER
            place += _FRAME_HEADER + PAGE
        self._in_file = self.count
        self.count += len(self._frames)

    def numbers(self) -> list[int]:
        """Every page of the file and of the write-ahead log."""
        return sorted({*range(1, self._in_file + 1), *self._frames})

    def newest(self, number: int) -> bytes:
        """A page as it was written last; frames that were never committed are among them."""
        place = self._frames.get(number)
        if place is None or self._wal is None:
            return self.in_file(number)
        self._wal.seek(place)
        return self._wal.read(PAGE)

    def in_file(self, number: int) -> bytes:
        self._file.seek((number - 1) * PAGE)
        return self._file.read(PAGE)

    def versions(self, number: int) -> list[bytes]:
        return list(dict.fromkeys((self.newest(number), self.in_file(number))))


def frames_of(wal: Path) -> int:
    """How many pages lie in a write-ahead log since it was begun anew; 0 when there is none."""
    if not wal.exists():
        return 0
    count = 0
    with wal.open("rb") as file:
        file.seek(_WAL_HEADER)
        first = b""
        while len(frame := file.read(_FRAME_HEADER + PAGE)) == _FRAME_HEADER + PAGE:
            first = first or frame[8:16]
            if frame[8:16] != first:  # left over from before it was begun anew
                break
            count += 1
    return count


def carve(path: Path, wal: Path) -> Iterator[tuple[Any, ...]]:
    """Values of `DELIVERY_COLUMNS` of every row that lies whole in some page; a number may come more than once.

    Args:
        path: The log.
        wal: Its write-ahead log, which need not be there.

    Raises:
        OSError: They cannot be read.
    """
    with path.open("rb") as file, wal.open("rb") if wal.exists() else nullcontext() as beside:
        pages = _Pages(file, beside)
        for number in pages.numbers():
            for page in pages.versions(number):
                for cell in _cells(page, 100 if number == 1 else 0):
                    payload = _payload(pages, cell)
                    values = _record(payload) if payload is not None else None
                    if values is not None and _is_delivery(values):
                        yield (cell.row, *values[1:])


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


def _payload(pages: _Pages, cell: _Cell) -> bytes | None:
    """A payload with what lies in other pages; None when those are not there."""
    if cell.size > pages.count * PAGE:
        return None
    parts = [cell.local]
    left = cell.size - len(cell.local)
    number = cell.overflow
    while left > 0:
        page = pages.newest(number) if number > 1 else b""
        if len(page) < PAGE:
            return None
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
    stored, size = values[_BODY], values[_SIZE]
    if not isinstance(stored, bytes) or not isinstance(size, int):
        return False
    body = unpack_body(stored, size)
    return len(body) == size and hashlib.sha256(body).digest() == values[_HASH]


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
