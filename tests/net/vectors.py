"""Raw requests of our own and what must become of each, sent whole and followed by the end of the sender's stream."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Vector:
    name: str
    raw: bytes
    statuses: tuple[int, ...] = (400,)
    whole: int = 0
    """How many deliveries are accepted."""
    refused: int = 1
    says: str = ""
    """Words that the refusal's sentence must hold."""
    body: bytes | None = None
    """Of the first accepted delivery."""
    maybe: int | None = None
    """A further status that may come last."""


HEAD = b"POST /p HTTP/1.1\r\nHost: x\r\n"
GOOD = HEAD + b"Content-Length: 3\r\n\r\nabc"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


def ok(name: str, raw: bytes, count: int = 1, body: bytes | None = None) -> Vector:
    return Vector(name, raw, (200,) * count, count, 0, body=body)


def bad(name: str, raw: bytes, says: str = "", status: int = 400) -> Vector:
    return Vector(name, raw, (status,), says=says)


ACCEPTED = [
    ok("plain", GOOD, body=b"abc"),
    ok("no body", b"GET /a/../b//%zz?x=%20&&y HTTP/1.1\r\nHost: x\r\n\r\n", body=b""),
    ok("ascii that is odd in a target", b'GET /a"b\\c<>{}|^`#f HTTP/1.1\r\nHost: x\r\n\r\n'),
    ok("absolute form", b"GET http://other.example/x HTTP/1.1\r\nHost: x\r\n\r\n"),
    ok("asterisk", b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n"),
    ok("head", b"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n"),
    ok("a rare method", b"PURGE /x HTTP/1.1\r\nHost: x\r\n\r\n"),
    ok("http 1.0", b"GET / HTTP/1.0\r\n\r\n"),
    ok("http 1.0 with a body", b"POST / HTTP/1.0\r\nContent-Length: 2\r\n\r\nhi", body=b"hi"),
    ok("empty lines before the request", b"\r\n\r\n" + GOOD, body=b"abc"),
    ok("chunks", CHUNKED + b"3;a=b\r\nabc\r\n2\r\nde\r\n0\r\nX-Trailer: v\r\n\r\n", body=b"abcde"),
    ok("a gzip body stays as sent", HEAD + b"Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello", body=b"hello"),
    ok("a get with a body", b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc", body=b"abc"),
    ok("a header that is not UTF-8", b"GET / HTTP/1.1\r\nHost: x\r\nX: caf\xe9\r\n\r\n"),
    ok("a C1 control in a header", b"GET / HTTP/1.1\r\nHost: x\r\nX: a\xc2\x9b31m\r\n\r\n"),
    ok("three in one write", GOOD * 3, 3),
    ok("forty in one write", GOOD * 40, 40),
    ok("chunked then plain", CHUNKED + b"1\r\na\r\n0\r\n\r\n" + GOOD, 2),
    ok("an upgrade is a request like another", HEAD + b"Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n"),
    ok("60 KiB in one header", HEAD + b"X: " + b"a" * 60_000 + b"\r\n\r\n"),
    ok("900 headers", HEAD + b"".join(b"X-%d: 1\r\n" % number for number in range(900)) + b"\r\n"),
]

REFUSED = [
    bad("garbage", b"GARBAGE\r\n\r\n", "not"),
    bad("tls", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(32), "TLS"),
    bad("http 2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "HTTP/2"),
    bad("ssh", b"SSH-2.0-OpenSSH_9.6\r\n", "SSH"),
    bad("smtp", b"EHLO mail.example\r\n", "SMTP"),
    bad("redis", b"*1\r\n$4\r\nPING\r\n", "Redis"),
    bad("http 0.9", b"GET /\r\n", "0.9"),
    bad("a method in small letters", b"get / HTTP/1.1\r\nHost: x\r\n\r\n", "method"),
    bad("a version that is not", b"GET / HTTP/1.2\r\nHost: x\r\n\r\n", "version"),
    bad("version 2.0", b"GET / HTTP/2.0\r\nHost: x\r\n\r\n", "version"),
    bad("no host", b"GET / HTTP/1.1\r\n\r\n", "Host"),
    bad("two hosts", b"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", "Host"),
    bad("a space in the target", b"GET /a b HTTP/1.1\r\nHost: x\r\n\r\n"),
    bad("an escape in the target", b"GET /a\x1b[31m HTTP/1.1\r\nHost: x\r\n\r\n"),
    bad("an escape in a value", HEAD + b"X: \x1b]0;t\x07\r\n\r\n", "control"),
    bad("a NUL in a value", HEAD + b"X: a\0b\r\n\r\n"),
    bad("a folded header", HEAD + b"X: a\r\n b\r\n\r\n"),
    bad("bare line feeds", b"GET / HTTP/1.1\nHost: x\n\n"),
    bad("two lengths", HEAD + b"Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", "Content-Length"),
    bad("a signed length", HEAD + b"Content-Length: +3\r\n\r\nabc", "Content-Length"),
    bad("length and chunks", HEAD + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "contradict"),
    bad("an unknown coding", HEAD + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", "Transfer-Encoding"),
    bad("a chunk without a size", CHUNKED + b"3\r\nabc\r\nZZ\r\n", "chunk"),
    bad("a chunk that is too long", CHUNKED + b"3\r\nabcdef\r\n0\r\n\r\n", "chunk"),
    bad("connect", b"CONNECT other.example:443 HTTP/1.1\r\nHost: x\r\n\r\n", "proxy", 405),
    bad("a body without its length in 1.0", b"POST / HTTP/1.0\r\n\r\nbodybody", "Content-Length"),
    bad("half a head", b"POST /p HTTP/1.1\r\nHost: x\r\nX-A", "before the headers were complete"),
    bad("half a body", HEAD + b"Content-Length: 10\r\n\r\nabc", "before the body was complete"),
    bad("half a chunk", CHUNKED + b"5\r\nab", "before the body was complete"),
    bad("a length beyond all limits", HEAD + b"Content-Length: 9223372036854775808\r\n\r\nabc", "larger", 413),
    bad("70 KiB in one header", HEAD + b"X: " + b"a" * 70_000 + b"\r\n\r\n", "longer than the limit"),
    bad("1001 headers", HEAD + b"".join(b"X-%d: 1\r\n" % number for number in range(1001)) + b"\r\n", "more header"),
]

MIXED = [
    Vector("good then garbage", GOOD + b"GARBAGE\r\n\r\n", (200, 400), 1, 1),
    Vector(
        # Whether the end comes while the last answer is written or after it decides if it gets a 400 too.
        "three good then half a head",
        GOOD * 3 + b"POST /h",
        (200, 200, 200),
        3,
        1,
        "complete",
        maybe=400,
    ),
    Vector("after close", HEAD + b"Connection: close\r\nContent-Length: 3\r\n\r\nabc" + GOOD, (200,), 1, 1),
    Vector("good then a bad chunk", GOOD + CHUNKED + b"ZZ\r\n", (200, 400), 1, 1, "chunk"),
    Vector("good then tls", GOOD + b"\x16\x03\x01\x02\x00\x01", (200, 400), 1, 1, "TLS"),
    Vector("chunked then garbage", CHUNKED + b"1\r\na\r\n0\r\n\r\n" + b"\0\0\0\r\n\r\n", (200, 400), 1, 1),
]

ALL = [*ACCEPTED, *REFUSED, *MIXED]
