"""Masking what is secret in a request before it leaves the log.

First version: headers, query, JSON, form, multipart and XML bodies by name; keys that give themselves away by their
beginning; known secrets in any form. A body that cannot be looked into is replaced as a whole. Masks keep length and
pattern and are the same for the same value; names and free text of people are masked only under plain names such as
`email` or `phone`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import quote, unquote_to_bytes

from webhook_inspector.core.display import show
from webhook_inspector.core.headers import Headers, decode_header
from webhook_inspector.core.jsondoc import JsonInvalidError, load_json
from webhook_inspector.core.request import Request
from webhook_inspector.core.secret import Secret
from webhook_inspector.redaction.jsontext import mask_json, parse_paths
from webhook_inspector.redaction.known import leaks, mask_known
from webhook_inspector.redaction.lexicon import VALUES, is_secret_name, is_secret_parameter
from webhook_inspector.redaction.mask import mask_bytes, mask_json_string, mask_percent, mask_text

__all__ = ["leaks", "redact"]

_MAX_NESTING = 3
_FORM = re.compile(rb"[A-Za-z0-9_.%~\[\]+-]+=[^\s&]*(?:&[A-Za-z0-9_.%~\[\]+-]+=[^\s&]*)*")
_SCHEME = re.compile(rb"(?:basic|bearer|digest|token|aws4-hmac-sha256|apikey|hmac)\s+", re.IGNORECASE)
_USERINFO = re.compile(rb"(?<=://)[^/?#@]+(?=@)")
_BOUNDARY = re.compile(r'boundary="?([^";]{1,200})"?', re.IGNORECASE)
_PART_NAME = re.compile(rb'\bname="?([^"\r\n;]*)"?', re.IGNORECASE)
_XML_ELEMENT = re.compile(rb"<([A-Za-z_][\w.-]{0,80}:)?([A-Za-z_][\w.-]{0,80})((?:\s[^<>]*)?)>([^<>]+)</")
_XML_ATTRIBUTE = re.compile(rb"\s([A-Za-z_][\w.:-]{0,80})\s*=\s*(\"[^\"<]*\"|'[^'<]*')")


def redact(
    request: Request,
    *,
    extra_headers: Sequence[str] = (),
    extra_paths: Sequence[str] = (),
    secrets: Sequence[Secret] = (),
) -> tuple[Request, tuple[str, ...]]:
    """Mask what is secret in a request.

    Args:
        request: As captured; it is not changed.
        extra_headers: Further headers to mask, by name, any case.
        extra_paths: Further places in JSON bodies: `$.data.note`, `$.items[].name`, `$..name` or `/data/note`.
        secrets: Known secrets, masked wherever and however they are written.

    Returns:
        The request, with a `Content-Length` that is true where there was one, and what was masked, safe to show.
    """
    work = _Work(parse_paths(extra_paths), tuple(secrets))
    headers = work.headers(request.headers, {name.lower() for name in extra_headers})
    target = work.target(request.target)
    body = work.body(request)
    if work.decoded:
        headers = headers.without(["content-encoding"])
    if len(body) != len(request.body):
        headers = Headers(
            tuple(
                (name, str(len(body)).encode() if name.lower() == b"content-length" else value)
                for name, value in headers
            )
        )
    return replace(request, headers=headers, target=target, body=body), tuple(work.masked)


class _Work:
    """One pass over a request; collects what was masked."""

    def __init__(self, paths: tuple[tuple[str, ...], ...], secrets: tuple[Secret, ...]) -> None:
        self.paths = paths
        self.secrets = secrets
        self.masked: dict[str, None] = {}
        self.decoded = False
        """The body is no longer what its Content-Encoding says."""
        self.wide = False
        """The JSON text is UTF-16 or UTF-32, where secrets cannot be found as bytes."""

    def note(self, what: str) -> None:
        self.masked[what] = None

    def anywhere(self, data: bytes, where: str) -> bytes:
        """Known secrets and values that give themselves away, wherever they stand."""
        data, found = mask_known(data, self.secrets)
        for label in found:
            self.note(f"{label} in the {where}")
        masked = VALUES.sub(_mask_value, data)
        if masked != data:
            self.note(f"a key or token in the {where}")
        return masked

    def headers(self, headers: Headers, extra: set[str]) -> Headers:
        pairs = []
        for name, value in headers:
            text = decode_header(name)
            lower = text.lower()
            clean = value
            if value and (lower in extra or is_secret_name(text)):
                clean = _mask_header(lower, value)
                self.note(f"header {show(text, 60)}")
            pairs.append((name, self.anywhere(clean, f"header {show(text, 60)}")))
        return Headers(tuple(pairs))

    def target(self, target: bytes) -> bytes:
        masked = _USERINFO.sub(lambda match: mask_bytes(match[0]), target)
        if masked != target:
            self.note("user and password in the target")
        path, mark, query = masked.partition(b"?")
        if mark:
            query = self.parameters(query, "query parameter", 0)
        return self.anywhere(path + mark + query, "target")

    def parameters(self, data: bytes, where: str, nesting: int) -> bytes:
        """`a=1&b=2`, percent-encoded: secret names, and JSON in values."""
        parts = re.split(rb"([&;])", data) if where == "query parameter" else re.split(rb"(&)", data)
        for index in range(0, len(parts), 2):
            name, equals, value = parts[index].partition(b"=")
            shown = unquote_to_bytes(name.replace(b"+", b" ")).decode("utf-8", "replace")
            if not value:
                continue
            secret = is_secret_parameter(shown) if where == "query parameter" else is_secret_name(shown)
            if secret or any(pattern == (shown,) for pattern in self.paths):
                value = mask_percent(value.decode("latin-1")).encode("ascii", "replace")
                self.note(f"{where} {show(shown, 60)}")
            else:
                value = self.parameter_json(value, nesting)
            parts[index] = name + equals + value
        return b"".join(parts)

    def parameter_json(self, value: bytes, nesting: int) -> bytes:
        plain = unquote_to_bytes(value.replace(b"+", b" "))
        if plain.lstrip()[:1] not in {b"{", b"["} or nesting >= _MAX_NESTING:
            return value
        clean = self.json(plain, nesting + 1)
        return value if clean is None or clean == plain else quote(clean).encode("ascii")

    def body(self, request: Request) -> bytes:
        body = request.body
        if not body:
            return body
        if (request.headers.get("content-encoding") or "identity").strip().lower() != "identity":
            self.note("the whole body (it is compressed)")
            self.decoded = True
            return b"[the compressed body was removed]"
        kind = request.content_type
        start = body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
        clean: bytes | None = None
        if "json" in kind or start in {b"{", b"["} or body.startswith((b"\xff\xfe", b"\xfe\xff")):
            clean = self.json(body, 0)
            if clean is None:
                self.note("the whole body (it does not parse)")
                return b'{"removed":"the body did not parse"}'
        elif kind == "application/x-www-form-urlencoded" or (not kind and _FORM.fullmatch(body)):
            clean = self.parameters(body, "form field", 0)
        elif kind.startswith("multipart/"):
            clean = self.multipart(request)
        elif "xml" in kind or start == b"<":
            clean = self.xml(body)
        return self.anywhere(body if clean is None else clean, "body")

    def json(self, data: bytes, nesting: int) -> bytes | None:
        """JSON text with its encoding kept; None when it is not JSON."""
        try:
            load_json(data)
            encoding = json.detect_encoding(data)
            text = data.decode(encoding)
        except (JsonInvalidError, UnicodeDecodeError):
            return None
        self.wide = "16" in encoding or "32" in encoding
        clean, masked = mask_json(text, self.paths, lambda token: self.string(token, nesting))
        for path in masked:
            self.note(f"body {path}")
        if clean == text:
            return data
        if encoding in {"utf-16", "utf-32"}:  # keep the byte order that the mark names
            order = "le" if data[0] == 0xFF else "be"
            return data[: 2 if encoding == "utf-16" else 4] + clean.encode(f"{encoding}-{order}")
        return clean.encode(encoding)

    def string(self, token: str, nesting: int) -> str | None:
        """A kept JSON string: JSON inside it is looked into; escapes cannot hide a known secret."""
        value = load_json(token)
        if not isinstance(value, str):
            return None
        if value.lstrip()[:1] in {"{", "["} and nesting < _MAX_NESTING:
            clean = self.json(value.encode("utf-8", "surrogatepass"), nesting + 1)
            if clean is not None and clean != value.encode("utf-8", "surrogatepass"):
                return json.dumps(clean.decode("utf-8", "surrogatepass"))
        if "\\" in token or self.wide:
            plain = value.encode("utf-8", "surrogatepass")
            if leaks(plain, self.secrets) or VALUES.search(plain):
                return mask_json_string(token)
        return None

    def multipart(self, request: Request) -> bytes | None:
        match = _BOUNDARY.search(request.headers.get("content-type") or "")
        if match is None:
            self.note("the whole body (it does not parse)")
            return b"[the body did not parse and was removed]"
        mark = b"--" + match[1].encode("utf-8", "replace")
        parts = request.body.split(mark)
        for index, part in enumerate(parts):
            head, gap, content = part.partition(b"\r\n\r\n")
            name = _PART_NAME.search(head)
            if not gap or name is None:
                continue
            shown = name[1].decode("utf-8", "replace")
            if is_secret_name(shown):
                tail = b"\r\n" if content.endswith(b"\r\n") else b""
                parts[index] = head + gap + mask_bytes(content.removesuffix(b"\r\n")) + tail
                self.note(f"form field {show(shown, 60)}")
            elif content.lstrip()[:1] in {b"{", b"["}:
                clean = self.json(content, 1)
                parts[index] = part if clean is None else head + gap + clean
        return mark.join(parts)

    def xml(self, body: bytes) -> bytes:
        def element(match: re.Match[bytes]) -> bytes:
            name = match[2].decode("utf-8", "replace")
            if not is_secret_name(name):
                return match[0]
            self.note(f"body element {show(name, 60)}")
            start = match.start(4) - match.start()
            return match[0][:start] + mask_bytes(match[4]) + b"</"

        def attribute(match: re.Match[bytes]) -> bytes:
            name = match[1].decode("utf-8", "replace")
            if not is_secret_name(name):
                return match[0]
            self.note(f"body attribute {show(name, 60)}")
            start = match.start(2) - match.start()
            return match[0][: start + 1] + mask_bytes(match[2][1:-1]) + match[2][-1:]

        return _XML_ATTRIBUTE.sub(attribute, _XML_ELEMENT.sub(element, body))


def _mask_value(match: re.Match[bytes]) -> bytes:
    """A key with its beginning kept, so that its kind can still be seen."""
    name = match.lastgroup or "tail"
    start, end = match.start(name) - match.start(), match.end(name) - match.start()
    return match[0][:start] + mask_bytes(match[0][start:end]) + match[0][end:]


def _mask_header(lower: str, value: bytes) -> bytes:
    if lower in {"cookie", "set-cookie"}:
        parts = []
        for index, part in enumerate(value.split(b";")):
            name, equals, text = part.partition(b"=")
            keep = lower == "set-cookie" and index > 0
            parts.append(part if keep or not equals else name + equals + mask_bytes(text))
        return b";".join(parts)
    scheme = _SCHEME.match(value)
    if scheme is None:
        return mask_bytes(value)
    return scheme[0] + mask_text(value[scheme.end() :].decode("latin-1")).encode("ascii", "replace")
