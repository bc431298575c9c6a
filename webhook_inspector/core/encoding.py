"""Content encodings undone for looking inside, with a cap on the output. The kept body is never touched."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

from webhook_inspector.core.display import show

MAX_MEMBERS = 1_000
"""Members of one gzip body that are read; real senders use one."""
MAX_LAYERS = 3
"""Content encodings on top of each other that are undone."""
_GZIP = 16 + zlib.MAX_WBITS
_NAMES = {"br": "Brotli", "zstd": "Zstandard", "compress": "LZW"}


@dataclass(frozen=True, slots=True)
class Decoded:
    """A body after its content encoding was undone."""

    data: bytes
    note: str = ""
    cut: bool = False
    """Whether there is more than `data`."""
    opaque: bool = False
    """Whether `data` is still encoded."""


def undo_encoding(body: bytes, encodings: str, limit: int) -> Decoded:
    """Undo gzip and deflate, at most `limit` bytes of output; a bomb costs no more than that.

    Args:
        body: As on the wire.
        encodings: Value of Content-Encoding, for example `gzip`; of several, the last was applied last.
        limit: Bytes of output.
    """
    names = [name.strip().lower() for name in encodings.split(",")]
    names = [name for name in names if name and name != "identity"]
    if len(names) > MAX_LAYERS:
        return Decoded(body, f"Not decoded: {len(names)} content encodings on top of each other.", opaque=True)
    notes: list[str] = []
    data, cut = body, False
    for name in reversed(names):
        if name not in {"gzip", "x-gzip", "deflate"}:
            known = f" ({_NAMES[name]})" if name in _NAMES else ""
            notes.append(f"Content encoding {show(name, 40)}{known} is not decoded here: these are the bytes as sent.")
            return Decoded(data, " ".join(notes), cut, opaque=True)
        result = _inflate(data, name, limit)
        if result.opaque:
            return Decoded(data, " ".join([*notes, result.note]), cut, opaque=True)
        notes.append(result.note)
        data, cut = result.data, cut or result.cut
    return Decoded(data, " ".join(notes), cut)


def _inflate(data: bytes, name: str, limit: int) -> Decoded:
    wbits = zlib.MAX_WBITS if name == "deflate" else _GZIP
    if name == "deflate" and not _is_zlib(data):
        wbits = -zlib.MAX_WBITS
    pieces: list[bytes] = []
    room = limit
    rest = data
    problem = ""
    members = 0
    while rest and room > 0:
        if members and not (wbits == _GZIP and rest[:2] == b"\x1f\x8b"):
            problem = f"{len(rest):,} bytes after its end are not shown."
            break
        if members >= MAX_MEMBERS:
            problem = f"Only its first {MAX_MEMBERS:,} members are shown."
            break
        reader = zlib.decompressobj(wbits)
        try:
            piece = reader.decompress(rest, room)
        except zlib.error as error:
            piece = b""
            problem = f"It is damaged ({str(error).rpartition(': ')[2]})."
            piece = _salvage(rest, wbits, room)
        pieces.append(piece)
        room -= len(piece)
        members += 1
        if problem:
            break
        if not reader.eof:
            if room > 0:
                problem = "It ends too early: the end is missing."
            break
        rest = reader.unused_data
    output = b"".join(pieces)
    if not output and problem:
        return Decoded(
            data, f"Declared as {name} but cannot be decoded: {problem[0].lower()}{problem[1:]}", opaque=True
        )
    note = f"Decoded from {name}: {len(data):,} B to {len(output):,} B."
    if room <= 0:
        note = f"Decoded from {name}: the first {len(output):,} B."
    return Decoded(output, f"{note} {problem}".strip(), cut=room <= 0)


def _is_zlib(data: bytes) -> bool:
    return len(data) >= 2 and data[0] & 0x0F == 8 and (data[0] << 8 | data[1]) % 31 == 0


def _salvage(data: bytes, wbits: int, room: int) -> bytes:
    """What comes out before the damage: in steps of 1 KiB, then byte by byte where a step fails."""
    reader = zlib.decompressobj(wbits)
    pieces: list[bytes] = []
    for start in range(0, len(data), 1024):
        if room <= 0:
            break
        before = reader.copy()
        try:
            piece = reader.decompress(data[start : start + 1024], room)
        except zlib.error:
            pieces.append(_last_bytes(before, data[start : start + 1024], room))
            break
        pieces.append(piece)
        room -= len(piece)
    return b"".join(pieces)


def _last_bytes(reader: zlib._Decompress, data: bytes, room: int) -> bytes:
    output = b""
    for at in range(len(data)):
        if len(output) >= room:
            break
        try:
            output += reader.decompress(data[at : at + 1], room - len(output))
        except zlib.error:
            break
    return output


def is_utf8(data: bytes) -> bool:
    """Whether bytes are UTF-8 text."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
