"""Writing a value where a signature or a time stands in a request: header, JSON body, form body, query."""

from __future__ import annotations

import fnmatch
import re
from dataclasses import replace
from urllib.parse import quote_plus

from webhook_inspector.core.headers import encode_header
from webhook_inspector.core.jsonedit import replace_value
from webhook_inspector.core.request import Request
from webhook_inspector.providers.template import Field

WRITABLE = frozenset({"header", "headers", "json", "form", "query"})
"""Kinds of fields that can be written."""


def header_names(request: Request, source: Field) -> list[str]:
    """The headers of a request that a field names or matches, in small letters."""
    if source.kind == "header":
        return [source.name.lower()]
    patterns = [pattern.strip() for pattern in source.name.lower().split(",")]
    return [name for name in request.headers.names() if any(fnmatch.fnmatchcase(name, one) for one in patterns)]


def written(request: Request, source: Field, value: bytes, *, scope: str = "") -> Request | None:
    """The request with a value in its place, everything else as it was.

    A header is added when it is not there, and its further copies are removed. A JSON value or a form field must be
    there already: None when it is not.
    """
    if source.kind in {"header", "headers"}:
        return _in_header(request, source, value)
    text = value.decode("utf-8", "surrogateescape")
    if source.kind == "json":
        body = replace_value(request.body, scope + source.name, text)
        return None if body is None else replace(request, body=body)
    if source.kind == "form":
        pairs = _in_pairs(request.body, source.name, text)
        return None if pairs is None else replace(request, body=pairs)
    if source.kind == "query":
        path, mark, query = request.target.partition(b"?")
        pairs = _in_pairs(query, source.name, text)
        return None if pairs is None else replace(request, target=path + mark + pairs)
    return None


def _in_header(request: Request, source: Field, value: bytes) -> Request:
    name = source.name if source.kind == "header" else source.name.partition(",")[0].replace("*", "1")
    gone = set(header_names(request, source)) - {name.lower()}
    headers = request.headers.without(gone).replaced(name, "")
    header = encode_header(name.lower())
    pairs = tuple((key, value if key.lower() == header else old) for key, old in headers)
    return replace(request, headers=type(headers)(pairs))


def _in_pairs(text: bytes, name: str, value: str) -> bytes | None:
    """A form or query with the value of the first field of that name replaced."""
    key = re.escape(quote_plus(name).encode())
    found = re.search(rb"(?:^|&)" + key + rb"=([^&]*)", text)
    if found is None:
        return None
    start, end = found.span(1)
    return text[:start] + quote_plus(value.encode("utf-8", "surrogateescape")).encode() + text[end:]
