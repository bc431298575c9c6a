"""Masking what is secret in a request before it leaves the log.

Headers, path, query, JSON, form, multipart and XML bodies are looked into, part by part. What is secret or belongs to a
person by its name is replaced always, known secrets and keys that give themselves away wherever they stand. What
becomes of the rest is up to a style: masks let it stay, pseudonyms keep only what is known to say nothing about
anybody. A body that cannot be looked into is replaced as a whole.
"""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import quote, unquote_to_bytes

from webhook_inspector.core.display import show
from webhook_inspector.core.encoding import is_utf8
from webhook_inspector.core.headers import Headers, decode_header
from webhook_inspector.core.jsondoc import JsonInvalidError, load_json
from webhook_inspector.core.request import Request
from webhook_inspector.core.secret import Secret
from webhook_inspector.redaction.jsontext import json_string, mask_json, parse_paths
from webhook_inspector.redaction.keeping import HEADERS
from webhook_inspector.redaction.known import leaks, mask_known
from webhook_inspector.redaction.lexicon import VALUES, is_secret_name, is_secret_parameter
from webhook_inspector.redaction.mask import Masks, Style, mask_bytes
from webhook_inspector.redaction.pseudonyms import base64_json, requoted, unquoted

__all__ = ["leaks", "redact"]

_MAX_NESTING = 3
_FORM = re.compile(rb"[A-Za-z0-9_.%~\[\]+-]+=[^\s&]*(?:&[A-Za-z0-9_.%~\[\]+-]+=[^\s&]*)*")
_SCHEME = re.compile(rb"(?:basic|bearer|digest|token|aws4-hmac-sha256|apikey|hmac)\s+", re.IGNORECASE)
_USERINFO = re.compile(rb"(?<=://)[^/?#@]+(?=@)")
_BOUNDARY = re.compile(r'boundary="?([^";]{1,200})"?', re.IGNORECASE)
_PART_NAME = re.compile(rb'\bname="?([^"\r\n;]*)"?', re.IGNORECASE)
_FILE_NAME = re.compile(rb'(filename="?)([^"\r\n;]*)("?)', re.IGNORECASE)
_XML_ELEMENT = re.compile(rb"<([A-Za-z_][\w.-]{0,80}:)?([A-Za-z_][\w.-]{0,80})((?:\s[^<>]*)?)>([^<>]+)</")
_XML_ATTRIBUTE = re.compile(rb"\s([A-Za-z_][\w.:-]{0,80})\s*=\s*(\"[^\"<]*\"|'[^'<]*')")


def redact(
    request: Request,
    *,
    extra_headers: Sequence[str] = (),
    extra_paths: Sequence[str] = (),
    secrets: Sequence[Secret] = (),
    style: Style | None = None,
) -> tuple[Request, tuple[str, ...]]:
    """Mask what is secret in a request.

    Args:
        request: As captured; it is not changed.
        extra_headers: Further headers to mask, by name, any case.
        extra_paths: Further places in JSON bodies: `$.data.note`, `$.items[].name`, `$..name` or `/data/note`.
        secrets: Known secrets, masked wherever and however they are written.
        style: What stands in the place of values; None: masks.

    Returns:
        The request, with a `Content-Length` that is true where there was one, and what was replaced, safe to show.
    """
    work = _Work(parse_paths(extra_paths), tuple(secrets), style or Masks())
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

    def __init__(self, paths: tuple[tuple[str, ...], ...], secrets: tuple[Secret, ...], style: Style) -> None:
        self.paths = paths
        self.secrets = secrets
        self.style = style
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
                clean = _mask_header(lower, value, self.style)
                self.note(f"header {show(text, 60)}")
            elif value and lower not in HEADERS:
                clean = self.header_value(text, value)
            pairs.append((name, self.anywhere(clean, f"header {show(text, 60)}")))
        return Headers(tuple(pairs))

    def header_value(self, name: str, value: bytes) -> bytes:
        text = value.decode("latin-1")
        signs = any(word in name.lower() for word in ("signature", "hmac"))
        new = self.style.signature(text) if signs else self.style.value(name, f"#headers.{name.lower()}", text)
        if new is None or new == text:
            return value
        self.note(f"header {show(name, 60)}")
        return new.encode("latin-1", "replace")

    def target(self, target: bytes) -> bytes:
        masked = _USERINFO.sub(lambda match: self.secret_bytes(match[0]), target)
        if masked != target:
            self.note("user and password in the target")
        path, mark, query = masked.partition(b"?")
        new = self.style.path(path.decode("latin-1"))
        if new is not None and new.encode("latin-1", "replace") != path:
            path = new.encode("latin-1", "replace")
            self.note("the path")
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
                value = self.style.secret_percent(value.decode("latin-1")).encode("ascii", "replace")
                self.note(f"{where} {show(shown, 60)}")
            else:
                value = self.parameter(value, shown, where, nesting)
            parts[index] = name + equals + value
        return b"".join(parts)

    def parameter(self, value: bytes, name: str, where: str, nesting: int) -> bytes:
        plain = unquote_to_bytes(value.replace(b"+", b" "))
        if plain.lstrip()[:1] in {b"{", b"["} and nesting < _MAX_NESTING:
            clean = self.json(plain, nesting + 1)
            if clean is not None:
                return value if clean == plain else quote(clean).encode("ascii")
        written = value.decode("latin-1")
        new = self.style.value(name, f"$.{name}", unquoted(written))
        if new is None:
            return value
        self.note(f"{where} {show(name, 60)}")
        return requoted(new, written).encode("ascii", "replace")

    def secret_bytes(self, data: bytes) -> bytes:
        """Something secret that may be any bytes."""
        return self.style.secret(data.decode("latin-1")).encode("latin-1", "replace")

    def other_bytes(self, data: bytes, name: str, where: str) -> bytes:
        """Any other text; what is not UTF-8 is judged as bytes."""
        encoding = "utf-8" if is_utf8(data) else "latin-1"
        text = data.decode(encoding)
        new = self.style.value(name, f"$.{name}", text)
        if new is None or new == text:
            return data
        self.note(where)
        return new.encode(encoding, "replace")

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
        else:
            clean = self.other_bytes(body, "", "the body")
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
        clean, masked = mask_json(
            text,
            self.paths,
            self.secret_lexeme,
            lambda token, name, path: self.lexeme(token, name, path, nesting),
            self.style.key,
        )
        for path in masked:
            self.note(f"body {path}")
        if clean == text:
            return data
        if encoding in {"utf-16", "utf-32"}:  # keep the byte order that the mark names
            order = "le" if data[0] == 0xFF else "be"
            return data[: 2 if encoding == "utf-16" else 4] + clean.encode(f"{encoding}-{order}")
        return clean.encode(encoding)

    def secret_lexeme(self, token: str) -> str:
        return self.style.secret_json(token) if token[0] == '"' else self.style.secret_number(token)

    def lexeme(self, token: str, name: str, path: str, nesting: int) -> str | None:
        """Any other JSON value: JSON inside a string is looked into; escapes cannot hide a known secret."""
        if token[0] != '"':
            return self.style.number(name, token)
        value = load_json(token)
        if not isinstance(value, str):
            return None
        inside = self.inside(value, nesting)
        if inside is not None:
            return json.dumps(inside)
        new = self.style.value(name, path, value)
        if new is not None:
            return json_string(new, token)
        if "\\" in token or self.wide:
            plain = value.encode("utf-8", "surrogatepass")
            if leaks(plain, self.secrets) or VALUES.search(plain):
                return self.style.secret_json(token)
        return None

    def inside(self, value: str, nesting: int) -> str | None:
        """The JSON that a string holds, as it is or in base64, with what is secret in it replaced; else None."""
        if nesting >= _MAX_NESTING:
            return None
        plain = value.encode("utf-8", "surrogatepass")
        if value.lstrip()[:1] in {"{", "["}:
            clean = self.json(plain, nesting + 1)
            return None if clean is None or clean == plain else clean.decode("utf-8", "surrogatepass")
        coded = base64_json(value)
        clean = None if coded is None else self.json(coded, nesting + 1)
        if clean is None or clean == coded:
            return None
        text = base64.b64encode(clean).decode("ascii")
        return text if value.endswith("=") else text.rstrip("=")

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
            if _FILE_NAME.search(head):
                parts[index] = self.file(head, gap, content, shown)
            elif is_secret_name(shown):
                tail = b"\r\n" if content.endswith(b"\r\n") else b""
                parts[index] = head + gap + self.secret_bytes(content.removesuffix(b"\r\n")) + tail
                self.note(f"form field {show(shown, 60)}")
            elif content.lstrip()[:1] in {b"{", b"["}:
                clean = self.json(content, 1)
                parts[index] = part if clean is None else head + gap + clean
            else:
                tail = b"\r\n" if content.endswith(b"\r\n") else b""
                text = self.other_bytes(content.removesuffix(b"\r\n"), shown, f"form field {show(shown, 60)}")
                parts[index] = head + gap + text + tail
        return mark.join(parts)

    def file(self, head: bytes, gap: bytes, content: bytes, name: str) -> bytes:
        """A part that is a file: its name is somebody's, and what is no text cannot be looked into."""
        where = f"file {show(name, 60)}"
        head = _FILE_NAME.sub(lambda match: match[1] + self.other_bytes(match[2], "", where) + match[3], head)
        tail = b"\r\n" if content.endswith(b"\r\n") else b""
        data = content.removesuffix(b"\r\n")
        if is_utf8(data):
            return head + gap + self.other_bytes(data, name, where) + tail
        if self.style.value(name, f"$.{name}", "file") is None:
            return head + gap + content
        self.note(f"{where}, whole")
        return head + gap + b"x" * len(data) + tail

    def xml_text(self, data: bytes, name: str, where: str) -> bytes:
        """Text of XML, its references read and written again where something is replaced."""
        plain = html.unescape(data.decode("latin-1")).encode("latin-1", "replace")
        new = self.other_bytes(plain, name, where)
        return data if new == plain else html.escape(new.decode("latin-1")).encode("latin-1")

    def xml(self, body: bytes) -> bytes:
        def element(match: re.Match[bytes]) -> bytes:
            name = match[2].decode("utf-8", "replace")
            where = f"body element {show(name, 60)}"
            start = match.start(4) - match.start()
            if not is_secret_name(name):
                return match[0][:start] + self.xml_text(match[4], name, where) + b"</"
            self.note(where)
            return match[0][:start] + self.secret_bytes(match[4]) + b"</"

        def attribute(match: re.Match[bytes]) -> bytes:
            name = match[1].decode("utf-8", "replace")
            where = f"body attribute {show(name, 60)}"
            start = match.start(2) - match.start()
            value = match[2][1:-1]
            if name.startswith("xml"):  # namespaces and languages
                return match[0]
            if is_secret_name(name):
                self.note(where)
                value = self.secret_bytes(value)
            else:
                value = self.xml_text(value, name, where)
            return match[0][: start + 1] + value + match[2][-1:]

        return _XML_ATTRIBUTE.sub(attribute, _XML_ELEMENT.sub(element, body))


def _mask_value(match: re.Match[bytes]) -> bytes:
    """A key with its beginning kept, so that its kind can still be seen."""
    name = match.lastgroup or "tail"
    start, end = match.start(name) - match.start(), match.end(name) - match.start()
    return match[0][:start] + mask_bytes(match[0][start:end]) + match[0][end:]


def _mask_header(lower: str, value: bytes, style: Style) -> bytes:
    def secret(data: bytes) -> bytes:
        return style.secret(data.decode("latin-1")).encode("ascii", "replace")

    if lower in {"cookie", "set-cookie"}:
        parts = []
        for index, part in enumerate(value.split(b";")):
            name, equals, text = part.partition(b"=")
            keep = lower == "set-cookie" and index > 0
            parts.append(part if keep or not equals else name + equals + secret(text))
        return b";".join(parts)
    scheme = _SCHEME.match(value)
    if scheme is None:
        return secret(value)
    return scheme[0] + secret(value[scheme.end() :])
