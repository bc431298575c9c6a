"""Bytes to what a view can show: content encoding undone within a cap, and characters found for text.

The kept body is never touched: this is for looking.
"""

from __future__ import annotations

import codecs
import json
import re
import zlib
from dataclasses import dataclass

from webhook_inspector.core.display import show

MAX_MEMBERS = 1_000
"""Members of one gzip body that are read; real senders use one."""
MAX_LAYERS = 3
"""Content encodings on top of each other that are undone."""
_GZIP = 16 + zlib.MAX_WBITS
_NAMES = {"br": "Brotli", "zstd": "Zstandard", "compress": "LZW"}
_CHARSET = re.compile(r";\s*charset\s*=\s*(?:\"([^\"]*)\"|([^\s;]+))", re.IGNORECASE)
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")


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


def declared_charset(content_type: str) -> str:
    """The charset parameter of a Content-Type value, in lower case; empty when there is none."""
    match = _CHARSET.search(content_type)
    return (match[1] or match[2] or "").strip().lower() if match else ""


def _codec(charset: str) -> str | None:
    """The Python codec of a charset, when it is a text encoding that Python knows."""
    try:
        info = codecs.lookup(charset)
        b"a".decode(charset)
    except UnicodeDecodeError:
        return info.name
    except (LookupError, ValueError, TypeError):
        return None
    return info.name


_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def decode_text(data: bytes, charset: str = "", *, cut: bool = False) -> tuple[str, str]:
    """Bytes as text, always: by byte order mark, declared charset, UTF-8, UTF-16 by its looks, then Latin-1.

    Args:
        data: The bytes.
        charset: As declared; empty when nothing was declared.
        cut: Whether the data was cut, perhaps inside a character.

    Returns:
        The text, and a note when the reader should know how it was read.
    """
    for mark, name in _MARKS:
        if data.startswith(mark):
            text = data[len(mark) :].decode(name, "replace")
            return text, f"Text begins with a byte order mark ({name.upper()})."
    codec = _codec(charset) if charset else "utf-8"
    if codec is None:
        return decode_text(data, cut=cut)[0], f"Charset {show(charset, 40)} is not known."
    if cut and codec == "utf-8":
        data = _whole_characters(data)
    if not charset and (wide := _wide(data)):
        return data.decode(wide, "replace"), f"Looks like {wide.upper()}: no charset was declared."
    try:
        return data.decode(codec), "" if codec in {"utf-8", "ascii"} else f"Text read as {codec}."
    except UnicodeDecodeError as error:
        at = error.start
    except (ValueError, LookupError):
        at = 0
    if codec == "ascii" or (charset and codec != "utf-8"):
        text, _ = decode_text(data, cut=cut)
        return text, f"Not valid {show(charset, 40)} at byte {at:,}, although declared."
    lenient = data.decode("utf-8", "replace")
    bad = lenient.count("\ufffd")
    # Each U+FFFD takes two bytes more than its one character; all above that are good characters beyond ASCII.
    if len(lenient.encode("utf-8")) - len(lenient) - 2 * bad > bad:
        return lenient, f"Not valid UTF-8 at byte {at:,}: such bytes are shown as \ufffd."
    return data.decode("latin-1"), f"Not valid UTF-8 at byte {at:,}: read as Latin-1."


def _whole_characters(data: bytes) -> bytes:
    """Drop an unfinished UTF-8 character at the end."""
    for back in range(1, min(4, len(data)) + 1):
        byte = data[-back]
        if byte & 0xC0 != 0x80:
            length = (
                1 if byte < 0x80 else 2 if byte >> 5 == 6 else 3 if byte >> 4 == 14 else 4 if byte >> 3 == 30 else 1
            )
            return data[:-back] if length > back else data
    return data


def _wide(data: bytes) -> str:
    """UTF-16 or UTF-32 without a mark, seen by its zeros: their names, or empty."""
    head = data[:64]
    if len(head) < 4 or b"\x00" not in head or len(data) % 2:
        return ""
    guess = json.detect_encoding(head)
    if guess.startswith(("utf-16", "utf-32")):
        zeros = head[1::2].count(0) if guess.endswith("le") else head[::2].count(0)
        return guess if zeros * 4 >= len(head) else ""
    return ""


def looks_binary(data: bytes) -> bool:
    """Whether the first bytes are not text: control characters that text does not use."""
    head = data[:4096]
    if not head or head.startswith(tuple(mark for mark, _ in _MARKS)) or _wide(data):
        return False
    controls = len(_CONTROL.findall(head))
    return b"\x00" in head or controls * 10 > len(head)
