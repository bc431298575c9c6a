"""Values from outside as SQLite values and back, without loss."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

from webhook_inspector.core.headers import Headers

_MIN_INT = -(2**63)
_MAX_INT = 2**63 - 1


def pack_text(text: str) -> str | bytes:
    """Text as SQLite TEXT, or as a BLOB of UTF-8 when it holds a NUL or a lone surrogate."""
    if "\0" in text:
        return text.encode("utf-8", "surrogatepass")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            return text.encode("utf-8", "surrogatepass")
    return text


def pack_optional(text: str | None) -> str | bytes | None:
    """As `pack_text`; None stays None."""
    return None if text is None else pack_text(text)


def unpack_text(value: str | bytes) -> str:
    """The text that `pack_text` packed."""
    return value if isinstance(value, str) else value.decode("utf-8", "surrogatepass")


def unpack_optional(value: str | bytes | None) -> str | None:
    """As `unpack_text`; None stays None."""
    return None if value is None else unpack_text(value)


def clamp_int(number: int | None) -> int | None:
    """A number that SQLite can hold: one beyond 64 bits is None, as it says nothing that we could compare."""
    return number if number is None or _MIN_INT <= number <= _MAX_INT else None


def clamped(number: int) -> int:
    """The nearest number that SQLite can hold."""
    return max(_MIN_INT, min(_MAX_INT, number))


def pack_headers(headers: Headers) -> tuple[bytes, bytes | None]:
    """Headers as searchable bytes (`name: value` lines that end in CRLF) and their cuts.

    The cuts, pairs of lengths, are needed only when a name or a value itself holds what separates them.
    """
    pairs = headers.pairs
    blob = b"\r\n".join([*map(b": ".join, pairs), b""])
    if blob.count(b"\r\n") == len(pairs) and (
        blob.count(b": ") == len(pairs) or b": " not in b"\n".join([name for name, _ in pairs])
    ):
        return blob, None
    return blob, array("q", [len(part) for pair in pairs for part in pair]).tobytes()


def unpack_headers(blob: bytes, cuts: bytes | None) -> Headers:
    """The headers that `pack_headers` packed."""
    if cuts is None:
        lines = blob.split(b"\r\n")[:-1]
        return Headers(tuple((name, value) for name, _, value in (line.partition(b": ") for line in lines)))
    lengths = array("q")
    lengths.frombytes(cuts)
    return Headers(_cut(blob, lengths))


def _cut(blob: bytes, lengths: Sequence[int]) -> tuple[tuple[bytes, bytes], ...]:
    pairs: list[tuple[bytes, bytes]] = []
    at = 0
    for name, value in zip(lengths[::2], lengths[1::2], strict=True):
        middle = at + name + 2
        pairs.append((blob[at : at + name], blob[middle : middle + value]))
        at = middle + value + 2
    return tuple(pairs)
