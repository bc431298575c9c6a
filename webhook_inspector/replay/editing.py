"""A request as a text to be edited, and back: request line, headers, an empty line, body.

Nothing else is interpreted: the body's bytes are what the file holds. An editor that ends the last line of a body that
had no end is not taken at its word.
"""

from __future__ import annotations

import re
from dataclasses import replace

from webhook_inspector.core.headers import Headers
from webhook_inspector.core.request import Request
from webhook_inspector.errors import UsageError

_LINE = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+) (\S+)")
_NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


def as_text(request: Request) -> bytes:
    """The request as a file to edit."""
    lines = [request.method.encode("utf-8", "surrogateescape") + b" " + request.target]
    lines += [name + b": " + value for name, value in request.headers]
    return b"\n".join(lines) + b"\n\n" + request.body


def read_edited(data: bytes, original: Request) -> Request:
    """The request that an edited file holds.

    Args:
        data: The file, LF or CRLF before the body.
        original: What `as_text` was given.

    Returns:
        `original` itself when nothing was changed.

    Raises:
        UsageError: The request line or a header cannot be read, or the empty line is missing.
    """
    head, gap, body = data.partition(b"\n\n")
    windows, gap_windows, body_windows = data.partition(b"\r\n\r\n")
    if gap_windows and (not gap or len(windows) < len(head)):
        head, gap, body = windows, gap_windows, body_windows
    first, *lines = head.replace(b"\r\n", b"\n").split(b"\n")
    line = _LINE.fullmatch(first.strip())
    if line is None or not line[2].startswith((b"/", b"*", b"http")):
        raise UsageError("The first line must be a method and a path, for example `POST /hooks?x=1`.")
    if not gap and lines and lines[-1] == b"":
        lines = lines[:-1]
    elif not gap and body == b"" and original.body:
        raise UsageError("An empty line must stand between the headers and the body.")
    if body.endswith(b"\n") and not original.body.endswith(b"\n"):
        windows_end = gap == b"\r\n\r\n" and body.endswith(b"\r\n")
        body = body.removesuffix(b"\r\n" if windows_end else b"\n")
    request = replace(
        original,
        method=line[1].decode("ascii"),
        target=line[2],
        headers=Headers(tuple(_header(text, number) for number, text in enumerate(lines, 2))),
        body=body,
    )
    return original if request == original else request


def _header(line: bytes, number: int) -> tuple[bytes, bytes]:
    name, colon, value = line.partition(b":")
    if not colon or not _NAME.fullmatch(name):
        raise UsageError(f"Line {number} is not a header: write `Name: value`, and an empty line before the body.")
    return name, value.strip(b" \t")
