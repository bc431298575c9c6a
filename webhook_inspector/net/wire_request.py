"""The head of an outgoing request, as bytes."""

from __future__ import annotations

import re

from webhook_inspector.core.display import show
from webhook_inspector.core.headers import Headers

_TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_IN_VALUE = re.compile(rb"[\r\n\0]")
_IN_TARGET = re.compile(rb"[\x00-\x20\x7f]")
_URL = re.compile(r"(https?)://([^/?#\\\s@]+)((?:[/?#].*)?)", re.DOTALL | re.IGNORECASE)
_LEFT_OUT = {b"transfer-encoding": "the body is sent whole", b"expect": "the body is sent without waiting"}


class UnsendableError(ValueError):
    """No request can be made of this; the message is one plain sentence."""


def split_url(url: str) -> tuple[str, str, str]:
    """Scheme, authority and request target of a target's URL; the target is `/` where the URL has none.

    Raises:
        UnsendableError: Not an http or https URL, or one with a user name.
    """
    match = _URL.fullmatch(url)
    if match is None:
        raise UnsendableError("The target is not a plain http:// or https:// URL.")
    scheme, authority, target = match.groups()
    if not target.startswith("/"):
        target = "/" + target
    return scheme.lower(), authority, target


def compose(url: str, method: str, headers: Headers, body: bytes) -> tuple[bytes, tuple[str, ...]]:
    """Request line, headers and empty line, and what had to differ from what was handed over.

    Order, case, repeats and bytes are kept. Framing is made true: one Content-Length that fits the body, no
    Transfer-Encoding. Nothing is added but a missing `Host` and a missing length.

    Raises:
        UnsendableError: A part would break the request apart.
    """
    _, authority, target = split_url(url)
    verb = method.encode("utf-8", "replace")
    path = target.encode("utf-8", "surrogateescape")
    if not _TOKEN.fullmatch(verb) or verb == b"CONNECT":
        raise UnsendableError(f"The method {show(method, 40)} cannot be sent to a target.")
    if _IN_TARGET.search(path):
        raise UnsendableError("The request target holds a space or a control character: nothing was sent.")
    lines: list[bytes] = []
    differences: list[str] = []
    length = b"%d" % len(body)
    seen_host = seen_length = False
    for name, value in headers:
        lower = name.lower()
        if not _TOKEN.fullmatch(name) or _IN_VALUE.search(value):
            raise UnsendableError(f"The header {show(name, 60)} would break the request apart: nothing was sent.")
        if lower in _LEFT_OUT:
            differences.append(f"header {show(name, 60)} is left out: {_LEFT_OUT[lower]}")
            continue
        if lower == b"content-length":
            if seen_length:
                differences.append("a second Content-Length is left out")
                continue
            seen_length = True
            if value != length:
                differences.append(f"header Content-Length is {length.decode()}, given was {show(value, 40)}")
            value = length  # noqa: PLW2901 (the true length, in its place)
        seen_host = seen_host or lower == b"host"
        lines.append(name + b": " + value)
    if not seen_host:
        lines.insert(0, b"Host: " + authority.encode("ascii", "replace"))
        differences.append(f"header Host is added: {show(authority, 80)}")
    if body and not seen_length:
        lines.append(b"Content-Length: " + length)
        differences.append(f"header Content-Length is added: {length.decode()}")
    head = verb + b" " + path + b" HTTP/1.1\r\n" + b"\r\n".join(lines) + b"\r\n\r\n"
    return head, tuple(differences)
