"""The judge of exports: what arrived is what was captured, or the file names the difference."""

from __future__ import annotations

import base64
from collections import Counter
from typing import Any

from tests.support.factories import T0_NS, make_request
from tests.support.recording import split_request
from webhook_inspector.core.delivery import Delivery, Event, Facts, Record
from webhook_inspector.core.display import show
from webhook_inspector.core.headers import Headers
from webhook_inspector.core.request import Request

FRAMING = (b"host", b"content-length")


def record_of(request: Request, number: int = 1) -> Record:
    return Record(Delivery(request, T0_NS, id=number), Facts(event=Event(type="invoice.paid")))


def said_in(text: str) -> list[str]:
    """The differences that a file names, one a line."""
    return [line.partition("differs: ")[2] for line in text.splitlines() if "differs: " in line]


def corpus_request(item: dict[str, Any]) -> Request:
    body = base64.b64decode(item["body_b64"])
    if "body_recipe" in item:
        body = item["body_recipe"]["unit"].encode() * item["body_recipe"]["count"]
    headers = tuple((name.encode(), base64.b64decode(value)) for name, value in item["headers"])
    return Request(item["method"], item["target"].encode(), Headers(headers), body)


def assert_sent_or_named(request: Request, data: bytes, said: list[str]) -> None:
    """Compare what a socket got with what was captured.

    Args:
        request: As captured.
        data: The bytes of one recorded request.
        said: The differences that the export names.
    """
    method, target, pairs, body = split_request(data)
    assert body == request.body or any("the body" in line for line in said), (body[:80], request.body[:80])
    assert method.decode() == request.method or any("method" in line for line in said), (method, request.method)
    assert target == request.target or any(" target" in line or "the path" in line for line in said), target
    assert_headers(list(request.headers.pairs), pairs, said)


def assert_headers(captured: list[tuple[bytes, bytes]], arrived: list[tuple[bytes, bytes]], said: list[str]) -> None:
    """Each header that is missing, added, changed or moved is named."""
    for name in FRAMING:
        one, other = ([pair for pair in some if pair[0].lower() == name] for some in (captured, arrived))
        assert one == other or any(name.decode() in line.lower() for line in said), (one, other)
    one, other = ([pair for pair in some if pair[0].lower() not in FRAMING] for some in (captured, arrived))
    changed = Counter(one) - Counter(other) | Counter(other) - Counter(one)
    for header, value in changed:
        shown = {show(header, 60).lower(), ascii(show(header, 60)).lower()}
        named = [line for line in said if "header" in line and any(form in line.lower() for form in shown)]
        assert named, f"nothing is said about {header!r}: {value!r}"
    same = [pair for pair in one if pair not in changed], [pair for pair in other if pair not in changed]
    assert same[0] == same[1] or any("order" in line for line in said), same


HARD = [
    make_request(b"{}", method="heAD"),
    make_request(b"", target=b"/a?"),
    make_request(b"x", target=b"/a b\x00\xff'\"`$(touch PWN)"),
    make_request(b"x", target="/é?ü={{x}}".encode()),
    make_request(b"x", target=b"/%7e%ff%zz/../.?a=;b&&=c"),
    make_request(b"x", target=b"http://evil.example/x?y"),
    make_request(b"x", target=b"@evil.example/x"),
    make_request(b"x", target=b"*", method="OPTIONS"),
    make_request(b"x", method="GE T"),
    make_request(b"x", method="evil.example"),
    make_request(b"x", method="-oPWN"),
    make_request(b"", method="M-SEARCH"),
    make_request(b"x", headers=[("-oPWN", "1"), ("--output", "PWN"), ("-", "a")]),
    make_request(b"", headers=[("Content-Length", "0"), ("X-A", "1")]),
    make_request(b"", method="GET", headers=[("Content-Length", "7"), ("X-A", "1")]),
    make_request(b"x", headers=[("X-A", "1"), ("Z", "0"), ("x-a", "2"), ("X-A", "3"), ("Host", "evil.example")]),
    make_request(b"{}", headers=[("host", "a"), ("X-B", "1"), ("Content-Length", "2"), ("X-A", "2"), ("X-B", "3")]),
    make_request(b"x", headers=[("Cookie", "a=b"), ("Authorization", "Basic x"), ("User-Agent", "u"), ("Accept", "")]),
    make_request(b"x", headers=[("Accept", "a"), ("Content-Type", "text/x"), ("User-Agent", "u"), ("Connection", "x")]),
    make_request(b"x", headers=[("Transfer-Encoding", "chunked"), ("Connection", "X-Hop, close"), ("X-Hop", "1")]),
    make_request(
        b"x", headers=[("X-At", "@/etc/hostname"), ("X-Eq", "=1"), ("X-Eq2", "=@/etc/hostname"), ("X-C", ":@x")]
    ),
    make_request(
        b"x", headers=[("X-B1", "\\@x"), ("X-B2", "a\\\\:b"), ("X-B3", "a\\:b"), ("X-B4", "a\\"), ("X-B5", "\\n")]
    ),
    make_request(b"x", headers=[("X-V", "{{$processEnv HOME}}"), ("#X", "1"), ("&X", "1"), ("X-Nb", "\u00a0a\u00a0")]),
    make_request(b"x", headers=[("Authorization", "Digest a b"), ("X-Request-Type", "GraphQL"), ("!x", "{{a}}")]),
    Request("POST", b"/", Headers(((b"X-L", b"caf\xe9"), (b"X C", b"1"), (b"X-Esc", b"\x1b[2J"), (b"", b"x"))), b"x"),
    Request("POST", b"/", Headers(((b"X\r\ntouch PWN", b"1"), (b"X-B", b"1\ntouch PWN"))), b"'''\"\"\"\\"),
]
"""What clients get wrong, beside the corpus."""
