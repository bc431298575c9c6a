"""Sends what a file format says over a socket, as a program that takes URLs does."""

from __future__ import annotations

import posixpath
import re
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Played:
    """One request as a program has read it."""

    method: str
    url: str
    headers: list[tuple[str, str]]
    body: bytes


def play(request: Played, port: int) -> None:
    """Send it: host first, length last, the URL made plain as the WHATWG URL standard does.

    Raises:
        AssertionError: It would go to another host.
    """
    # As browsers and Node read it: what stands before an @ is no host.
    parts = urlsplit(request.url)
    assert (parts.hostname, parts.port) == ("127.0.0.1", port), request.url
    target = _plain(parts.path) + (f"?{parts.query}" if parts.query else "")
    pairs = [(name, value) for name, value in request.headers if name.lower() not in {"host", "content-length"}]
    pairs.insert(0, ("Host", parts.netloc))
    if request.body or request.method in {"POST", "PUT", "PATCH"}:
        pairs.append(("Content-Length", str(len(request.body))))
    lines = [f"{request.method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in pairs)]
    data = "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + request.body
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(data)
        while connection.recv(65536):
            pass


def _plain(path: str) -> str:
    """Dot segments folded, other characters encoded."""
    if re.search(r"/(?:\.|%2e){1,2}(?:/|\Z)", path, re.IGNORECASE):
        path = posixpath.normpath(re.sub("%2e", ".", path, flags=re.IGNORECASE))
    return re.sub(r"[^\x21-\x7e]|[\"<>`{}]", lambda match: f"%{ord(match[0]):02X}", path) or "/"
