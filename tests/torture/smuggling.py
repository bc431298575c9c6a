"""Requests that two readers may cut differently, and a careless reader that is taken in by them."""

from __future__ import annotations

from tests.net.vectors import HEAD

HIDDEN = b"GET /hidden HTTP/1.1\r\nHost: x\r\n\r\n"
_CHUNKED = b"Transfer-Encoding: chunked\r\n"


def _with(lines: bytes, body: bytes = b"0\r\n\r\n" + HIDDEN) -> bytes:
    return HEAD + lines + b"\r\n" + body


def _length(value: bytes) -> bytes:
    return _with(b"Content-Length: " + value + b"\r\n", b"abc" + HIDDEN)


def _chunk(raw: bytes) -> bytes:
    return _with(_CHUNKED, raw + b"\r\n0\r\n\r\n" + HIDDEN)


TRICKS: dict[str, bytes] = {
    "length, then chunked": _with(b"Content-Length: 5\r\n" + _CHUNKED),
    "chunked, then length": _with(_CHUNKED + b"Content-Length: 5\r\n"),
    "length that covers the hidden one": _with(b"Content-Length: %d\r\n" % (5 + len(HIDDEN)) + _CHUNKED),
    "two codings": _with(_CHUNKED + b"Transfer-Encoding: x\r\n"),
    "chunked twice": _with(_CHUNKED + _CHUNKED),
    "chunked, then identity": _with(b"Transfer-Encoding: chunked, identity\r\n"),
    "xchunked": _with(b"Transfer-Encoding: xchunked\r\n"),
    "a vertical tab before chunked": _with(b"Transfer-Encoding: \x0bchunked\r\n"),
    "a space before the colon": _with(b"Transfer-Encoding : chunked\r\n"),
    "a folded coding": _with(b"Transfer-Encoding:\r\n chunked\r\n"),
    "a coding behind a bare line feed": _with(b"X: y\nTransfer-Encoding: chunked\r\n"),
    "a coding behind a bare carriage return": _with(b"X: y\rTransfer-Encoding: chunked\r\n"),
    "a NUL in the coding": _with(b"Transfer-Encoding: chunked\0\r\n"),
    "an underscore": _with(b"Content_Length: 3\r\nTransfer-Encoding: identity\r\n"),
    "two lengths": _with(b"Content-Length: 3\r\nContent-Length: 40\r\n", b"abc" + HIDDEN),
    "the same length twice": _with(b"Content-Length: 3\r\nContent-Length: 3\r\n", b"abc" + HIDDEN),
    "plus": _length(b"+3"),
    "minus": _length(b"-1"),
    "hexadecimal": _length(b"0x3"),
    "a list": _length(b"3, 3"),
    "an empty length": _length(b""),
    "a huge length": _length(b"18446744073709551616"),
    "other digits": _length(b"\xd9\xa3"),
    "an underscore in the length": _length(b"1_0"),
    "a chunk size with 0x": _chunk(b"0x3\r\nabc"),
    "a chunk size with plus": _chunk(b"+3\r\nabc"),
    "a chunk size with minus": _chunk(b"-3\r\nabc"),
    "a chunk size that is none": _chunk(b"zz\r\nabc"),
    "a huge chunk size": _chunk(b"ffffffffffffffff0\r\nabc"),
    "a chunk size with an underscore": _chunk(b"0_3\r\nabc"),
    "a chunk that is longer than it says": _chunk(b"3\r\nabcd"),
    "a chunk size behind a bare line feed": _chunk(b"3\nabc"),
}


def careless(raw: bytes) -> list[bytes]:
    """Targets of the requests that a reader sees who goes by the first length and otherwise expects no body."""
    found = []
    while b"\r\n\r\n" in raw:
        head, _, raw = raw.partition(b"\r\n\r\n")
        found.append(head.split(b" ")[1])
        lengths = [
            line.partition(b":")[2] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")
        ]
        size = int(lengths[0]) if lengths and lengths[0].strip().isdigit() else 0
        raw = raw[size:].removeprefix(b"0\r\n\r\n")
    return found
