"""Reading fields and templates of a request: what event rules, hints and signatures look at."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl

from webhook_inspector.core.headers import decode_header
from webhook_inspector.core.jsondoc import JsonInvalidError, load_json, pointer
from webhook_inspector.core.request import Request
from webhook_inspector.providers.model import DetectRule
from webhook_inspector.providers.template import Field, Template

_MAX_FORM_FIELDS = 5000
_FORM_TYPE = "application/x-www-form-urlencoded"
_LONG = 64 * 1024
"""Bytes. A longer body is read as JSON or as a form only when it begins so: to try costs several times its size."""
_LARGEST_FORM = 8 * 1024 * 1024
"""Bytes. A longer form is not taken apart: each of its escapes would be an object."""
_FORM_BEGINS = re.compile(rb"[^\x00-\x20=&<>{\"]{1,1024}=")
_BEFORE_JSON = b"\x00\xef\xbb\xbf\xff\xfe \t\r\n"
"""Byte order marks, zeros of UTF-16 and UTF-32, and white space."""


def to_bytes(text: str) -> bytes:
    """Text that was read from a request as bytes again; never raises."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace")


class Fields:
    """The fields of one request. The body is parsed when it is first needed, once.

    Args:
        request: The request; nothing in it makes this raise.
        params: Values that the user configured, for `param:NAME`.
        scope: JSON pointer at which other pointers start.
    """

    def __init__(self, request: Request, *, params: Mapping[str, str] | None = None, scope: str = "") -> None:
        self.request = request
        self._params = params or {}
        self._scope = scope
        self._document: Any = None
        self._parsed = False
        self._by_name: dict[bytes, list[bytes]] | None = None
        self._form: list[tuple[str, str]] | None = None

    def raw(self, field: Field) -> list[bytes]:
        """Every value of a field, as bytes: headers exactly as received."""
        request, name = self.request, field.name
        if field.kind == "header":
            return self._headers().get(name.lower().encode(), [])
        if field.kind == "headers":
            patterns = [pattern.strip() for pattern in name.lower().split(",")]
            pairs = ((decode_header(key).lower(), value) for key, value in request.headers)
            return [value for key, value in pairs if any(fnmatch.fnmatchcase(key, one) for one in patterns)]
        return [to_bytes(text) for text in self._texts(field)]

    def _headers(self) -> Mapping[bytes, list[bytes]]:
        if self._by_name is None:
            self._by_name = {}
            for key, value in self.request.headers:
                self._by_name.setdefault(key.lower(), []).append(value)
        return self._by_name

    def text(self, field: Field) -> str | None:
        """The first value of a field as text, or None."""
        if field.kind in {"header", "headers"}:
            values = self.raw(field)
            return decode_header(values[0]) if values else None
        texts = self._texts(field)
        return texts[0] if texts else None

    def render(self, template: Template) -> str | None:
        """The text of a template, or None when one of its fields is not there."""
        parts: list[str] = []
        for part in template.parts:
            value = part if isinstance(part, str) else self.text(part)
            if value is None and not (isinstance(part, Field) and part.optional):
                return None
            parts.append(value or "")
        return "".join(parts)

    def first(self, templates: Sequence[Template]) -> str | None:
        """The first of several templates that is there and not empty."""
        return next((text for template in templates if (text := self.render(template))), None)

    def json(self) -> Any:
        """The JSON document: the body, or the field `payload` of a form, where GitHub and Slack put it; else None."""
        if not self._parsed:
            self._parsed = True
            self._document = _document(self.request.body)
            if self._document is None and self.request.content_type == _FORM_TYPE:
                held = next((value for key, value in self.form() if key == "payload"), "")
                self._document = _document(to_bytes(held))
        return self._document

    def form(self) -> list[tuple[str, str]]:
        """The fields of the form body in order; empty when there are none. Bytes that are not UTF-8 survive.

        A body of more than `_LARGEST_FORM` bytes has none.
        """
        if self._form is None:
            self._form = []
            body = self.request.body
            told = self.request.content_type == _FORM_TYPE
            guessed = body[:1].isalnum() and (len(body) <= _LONG or _FORM_BEGINS.match(body) is not None)
            if (told or guessed) and len(body) <= _LARGEST_FORM:
                self._form = _pairs(body.decode("utf-8", "surrogateescape"))
        return self._form

    def _texts(self, field: Field) -> list[str]:
        kind, name, request = field.kind, field.name, self.request
        if kind == "json":
            value = _scalar(pointer(self.json(), self._scope + name))
            return [] if value is None else [value]
        if kind == "form":
            return [value for key, value in self.form() if key == name]
        if kind == "query":
            return [value for key, value in _pairs(request.query) if key == name]
        if kind == "param":
            return [self._params[name]] if name in self._params else []
        if kind == "key":
            document = self.json()
            found = [key for key in name.split(",") if isinstance(document, dict) and key in document]
            return found[:1]
        if kind == "method":
            return [request.method]
        if kind == "path":
            return [request.path]
        if kind == "host":
            host = request.headers.get("host")
            return [] if host is None else [host]
        return []


def _document(data: bytes) -> Any:
    if len(data) > _LONG and data[:_LONG].lstrip(_BEFORE_JSON)[:1] not in {b"{", b"["}:
        return None
    try:
        return load_json(data) if data else None
    except JsonInvalidError:
        return None


def detect_score(rules: Sequence[DetectRule], fields: Fields) -> int:
    """The sum of the weights of the hints that hold."""
    return sum(rule.weight for rule in rules if _holds(rule, fields))


def _holds(rule: DetectRule, fields: Fields) -> bool:
    text = fields.text(rule.source)
    if rule.absent:
        return text is None
    if text is None:
        return False
    return rule.like is None or fnmatch.fnmatchcase(text[:4096].lower(), rule.like.lower())


def _pairs(text: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(text, keep_blank_values=True, errors="surrogateescape", max_num_fields=_MAX_FORM_FIELDS)
    except ValueError:
        return []


def _scalar(value: Any) -> str | None:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        try:
            return str(value)
        except ValueError:  # more digits than Python converts
            return None
    return None
