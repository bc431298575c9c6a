"""The body of a request as a document to look into: JSON, or a form as an object of strings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_to_bytes

from webhook_inspector.core.encoding import undo_encoding
from webhook_inspector.core.headers import decode_header
from webhook_inspector.core.jsondoc import JsonInvalidError, load_json
from webhook_inspector.core.request import Request

MAX_BYTES = 16 * 1024 * 1024
"""Larger bodies are not looked into."""
MAX_FIELDS = 100_000
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Payload:
    """What a body holds."""

    kind: str
    """`json`, `form`, `text` (anything else that has bytes) or `empty`."""
    document: Any = None
    """For `json` and `form`; an object with lists for repeated fields when it is a form."""
    data: bytes = b""
    """The body with gzip and deflate undone."""

    @property
    def structured(self) -> bool:
        """Whether there is a document."""
        return self.kind in {"json", "form"}


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
    document: dict[str, Any] = {}
    repeated: set[str] = set()
    for name, text in fields:
        value = open_field(text)
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
    return Payload("text", data=data)
