"""A tolerant reader of multipart bodies (RFC 2046, RFC 7578): bytes to parts, never an exception."""

from __future__ import annotations

import base64
import binascii
import quopri
import re
from dataclasses import dataclass
from urllib.parse import unquote

from webhook_inspector.core.headers import Headers, decode_header

MAX_PARTS = 1_000
MAX_HEAD = 65_536
_BOUNDARY = re.compile(r";\s*boundary\s*=\s*(?:\"((?:[^\"\\]|\\.)*)\"|([^\s;]+))", re.IGNORECASE)
_FIRST_LINE = re.compile(rb"\s{0,8}--([^\r\n]{1,200}?)[ \t]*\r?\n")
_PARAMETER = re.compile(r";\s*([\w!#$%&'*+.^`|~-]+)\s*=\s*(?:\"((?:[^\"\\]|\\.)*)\"|([^;]*))")


@dataclass(frozen=True, slots=True)
class Part:
    """One part."""

    headers: Headers
    data: bytes
    """Exactly the bytes between the empty line and the next delimiter."""
    name: str | None
    """From Content-Disposition; None when it is not there."""
    filename: str | None
    """As sent; never use it as a path."""

    def decoded(self) -> bytes:
        """The data with base64 or quoted-printable transfer encoding undone, where it is declared and fits."""
        encoding = (self.headers.get("content-transfer-encoding") or "").strip().lower()
        try:
            if encoding == "base64":
                return base64.b64decode(b"".join(self.data.split()), validate=True)
            return quopri.decodestring(self.data) if encoding == "quoted-printable" else self.data
        except (binascii.Error, ValueError):
            return self.data


@dataclass(frozen=True, slots=True)
class Multipart:
    """The parts of a body, and what was odd about it."""

    parts: tuple[Part, ...]
    notes: tuple[str, ...] = ()
    more: bool = False
    """Whether there are more parts than `MAX_PARTS`."""


def boundary_of(content_type: str, body: bytes) -> bytes | None:
    """The boundary: as declared, else the body's first line."""
    match = _BOUNDARY.search(content_type)
    if match:
        quoted = match[1]
        text = re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else match[2]
        return text.encode("utf-8", "replace") or None
    first = _FIRST_LINE.match(body[:512])
    return first[1] if first else None


def read_multipart(body: bytes, boundary: bytes) -> Multipart:
    """Split a body at its delimiters. Line ends may be CRLF or LF; what cannot be read is named in `notes`."""
    delimiter = b"--" + boundary
    parts: list[Part] = []
    notes: list[str] = []
    found = _next_delimiter(body, delimiter, 0)
    if found is None:
        return Multipart((), ("The boundary does not occur in the body.",))
    if body[: found[0]].strip():
        notes.append(f"{found[0]:,} B stand before the first part.")
    while not found[2]:
        start = found[1]
        following = _next_delimiter(body, delimiter, start)
        end = len(body) if following is None else following[0]
        if len(parts) >= MAX_PARTS:
            return Multipart(tuple(parts), tuple(notes), more=True)
        parts.append(_read_part(body[start:end], len(parts) + 1, notes))
        if following is None:
            notes.append("The last part is not closed: the final delimiter is missing.")
            break
        found = following
    else:
        rest = body[found[1] :]
        if rest.strip():
            notes.append(f"{len(rest):,} B stand after the last part.")
    return Multipart(tuple(parts), tuple(notes))


def _next_delimiter(body: bytes, delimiter: bytes, at: int) -> tuple[int, int, bool] | None:
    """Where the content before it ends, where the content after it starts, and whether it is the final one."""
    start = at
    while (place := body.find(delimiter, at)) >= 0:
        at = place + 1
        if place > start and body[place - 1] != 0x0A:
            continue
        if place == start and start > 0 and body[place - 1] != 0x0A:
            continue
        after = place + len(delimiter)
        final = body.startswith(b"--", after)
        after += 2 if final else 0
        line_end = body.find(b"\n", after, after + 200)
        padding = body[after : line_end if line_end >= 0 else after + 200]
        if padding.strip(b" \t\r") and not final:
            continue
        if line_end < 0 and not final and padding.strip():
            continue
        before = place
        if before > start and body[before - 1 : before] == b"\n":
            before -= 1
            if before > start and body[before - 1 : before] == b"\r":
                before -= 1
        skip_line = line_end >= 0 and not padding.strip(b" \t\r")
        return before, line_end + 1 if skip_line else min(after, len(body)), final
    return None


def _read_part(data: bytes, number: int, notes: list[str]) -> Part:
    head, rest = b"", data
    if data.startswith((b"\r\n", b"\n")):
        rest = data[2:] if data.startswith(b"\r\n") else data[1:]
    else:
        match = re.compile(rb"\r?\n\r?\n").search(data, 0, MAX_HEAD)
        if match:
            head, rest = data[: match.start()], data[match.end() :]
        else:
            notes.append(f"Part {number} has no empty line after its headers: shown as it is.")
    pairs: list[tuple[bytes, bytes]] = []
    for line in re.split(rb"\r?\n", head) if head else ():
        if line[:1] in {b" ", b"\t"} and pairs:
            pairs[-1] = (pairs[-1][0], pairs[-1][1] + b" " + line.strip())
            continue
        name, colon, value = line.partition(b":")
        if not colon:
            notes.append(f"Part {number} has a header line without a colon.")
        pairs.append((name, value.strip(b" \t")))
    headers = Headers(tuple(pairs))
    parameters = disposition(headers.get("content-disposition") or "")
    return Part(headers, rest, parameters.get("name"), parameters.get("filename"))


def disposition(value: str) -> dict[str, str]:
    """The parameters of a Content-Disposition value; `filename*` (RFC 5987) wins over `filename`."""
    found: dict[str, str] = {}
    for match in _PARAMETER.finditer(value[:8192]):
        name, quoted, bare = match[1].lower(), match[2], match[3]
        # Browsers escape quotes as %22 and leave backslashes alone (old ones send whole paths).
        text = quoted.replace('\\"', '"') if quoted is not None else bare.strip()
        if name.endswith("*"):
            charset, _, rest = text.partition("'")
            encoded = rest.partition("'")[2]
            try:
                found[name[:-1]] = unquote(encoded, charset or "utf-8", "replace")
            except LookupError:
                found[name[:-1]] = decode_header(encoded.encode("utf-8", "replace"))
        else:
            found.setdefault(name, text)
    return found
