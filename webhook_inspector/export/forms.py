"""Form bodies rebuilt from names and values."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote_plus

from webhook_inspector.export.importing import SkipError

BOUNDARY = b"webhook-inspector-imported-form"
_BOUNDARY = re.compile(rb'boundary=(?:"([^"\r\n]{1,200})"|([^\s;"]{1,200}))', re.IGNORECASE)
_CLEAN = re.compile(rb"[\r\n\x00]")


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a multipart form."""

    name: bytes
    value: bytes
    file_name: bytes | None = None
    kind: bytes | None = None
    """Its media type."""


def url_encoded(pairs: Iterable[tuple[str, str]]) -> bytes:
    """`a=1&b=x+y`."""
    encoded = (
        f"{quote_plus(name, errors='surrogateescape')}={quote_plus(value, errors='surrogateescape')}"
        for name, value in pairs
    )
    return "&".join(encoded).encode("ascii")


def boundary_of(content_type: bytes) -> bytes | None:
    """The boundary that a Content-Type names."""
    found = _BOUNDARY.search(content_type)
    return (found[1] or found[2]) if found else None


def free_boundary(parts: Iterable[Part]) -> bytes:
    """A boundary that stands in none of the values: the same for the same parts."""
    values = [part.value for part in parts]
    made, number = BOUNDARY, 0
    while any(made in value for value in values):
        number += 1
        if number > 1000:
            raise SkipError("no boundary can be found for its form")
        made = BOUNDARY + b"-%d" % number
    return made


def multipart(parts: Iterable[Part], boundary: bytes) -> bytes:
    """A multipart/form-data body, its parts as browsers and curl write them (RFC 7578)."""
    lines: list[bytes] = []
    for part in parts:
        head = b'Content-Disposition: form-data; name="' + _quoted(part.name) + b'"'
        if part.file_name is not None:
            head += b'; filename="' + _quoted(part.file_name) + b'"'
        lines += [b"--" + boundary, head]
        if part.kind is not None:
            lines.append(b"Content-Type: " + _CLEAN.sub(b" ", part.kind))
        lines += [b"", part.value]
    return b"\r\n".join([*lines, b"--" + boundary + b"--", b""])


def _quoted(name: bytes) -> bytes:
    return name.replace(b'"', b"%22").replace(b"\r", b"%0D").replace(b"\n", b"%0A")
