"""The body of a request as a document to look into: JSON, XML, or a form as an object of its fields."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_to_bytes

from webhook_inspector.core.encoding import undo_encoding
from webhook_inspector.core.headers import decode_header
from webhook_inspector.core.jsondoc import JsonInvalidError, load_json
from webhook_inspector.core.multipart import Part, boundary_of, read_multipart
from webhook_inspector.core.request import Request
from webhook_inspector.core.xmldoc import XmlInvalidError, load_xml

MAX_BYTES = 16 * 1024 * 1024
"""Larger bodies are not looked into."""
MAX_FIELDS = 100_000
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Payload:
    """What a body holds."""

    kind: str
    """`json`, `form`, `multipart`, `xml`, `text` (anything else that has bytes) or `empty`."""
    document: Any = None
    """An object with lists for repeated fields when it is a form, of one kind or the other; a file in it is an object
    of `filename`, `content_type`, `size` and `sha256`. XML as `core.xmldoc` reads it."""
    data: bytes = b""
    """The body with gzip and deflate undone."""

    @property
    def structured(self) -> bool:
        """Whether there is a document."""
        return self.kind in {"json", "form", "multipart", "xml"}


def form_fields(data: bytes) -> list[tuple[str, str]]:
    """The fields of a URL-encoded form, decoded, in order and with repeats."""
    fields: list[tuple[str, str]] = []
    for part in data.split(b"&", MAX_FIELDS)[:MAX_FIELDS]:
        if part:
            name, _, value = part.partition(b"=")
            fields.append((_form_text(name), _form_text(value)))
    return fields


def _form_text(data: bytes) -> str:
    return decode_header(unquote_to_bytes(data.replace(b"+", b" ")))


def form_document(fields: list[tuple[str, str]]) -> dict[str, Any]:
    """A form as an object of strings; repeated names become lists, and fields that hold JSON are opened."""
    return _gathered((name, open_field(text)) for name, text in fields)


def _gathered(fields: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    document: dict[str, Any] = {}
    repeated: set[str] = set()
    for name, value in fields:
        if name in repeated:
            document[name].append(value)
        elif name in document:
            repeated.add(name)
            document[name] = [document[name], value]
        else:
            document[name] = value
    return document


def open_field(text: str) -> Any:
    """The JSON object or array that a text holds, else the text."""
    if text[:1] in {"{", "["} and text.rstrip()[-1:] in {"}", "]"}:
        try:
            return load_json(text)
        except JsonInvalidError:
            return text
    return text


def _field(part: Part, number: int) -> tuple[str, Any]:
    """A part of a multipart body; one without a name is called after its place."""
    name = part.name if part.name is not None else f"part {number}"
    kind = part.headers.get("content-type") or ""
    data = part.decoded()
    if part.filename is None and (not kind or kind.startswith("text/") or "json" in kind):
        return name, open_field(decode_header(data))
    digest = hashlib.sha256(data).hexdigest()
    return name, {"filename": part.filename, "content_type": kind, "size": len(data), "sha256": digest}


def payload_of(request: Request) -> Payload:
    """Look into a body; never raises."""
    encodings = ", ".join(request.headers.get_all("content-encoding"))
    data = request.body
    if encodings and data:
        decoded = undo_encoding(data, encodings, MAX_BYTES)
        if decoded.opaque or decoded.cut:
            return Payload("text", data=data)
        data = decoded.data
    if not data.strip():
        return Payload("text" if data else "empty", data=data)
    if len(data) > MAX_BYTES:
        return Payload("text", data=data)
    media_type = request.content_type
    is_form = media_type == FORM
    head = data[:64].lstrip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n")[:1]
    if head in {b"{", b"["} or "json" in media_type:
        try:
            return Payload("json", load_json(data), data)
        except JsonInvalidError:
            pass
    if is_form:
        return Payload("form", form_document(form_fields(data)), data)
    if media_type.startswith("multipart/"):
        boundary = boundary_of(request.headers.get("content-type") or "", data)
        parts = read_multipart(data, boundary).parts if boundary else ()
        if parts:
            return Payload("multipart", _gathered(_field(part, at) for at, part in enumerate(parts, 1)), data)
    if "xml" in media_type or head == b"<":
        try:
            return Payload("xml", load_xml(data), data)
        except XmlInvalidError:
            pass
    return Payload("text", data=data)
