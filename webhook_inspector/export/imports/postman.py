"""Postman collections 2.0 and 2.1.

The format: https://schema.postman.com/collection/json/v2.1.0/draft-07/docs/index.html. Variables of
the collection and its folders are put in; scripts are never run, files are never read.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from webhook_inspector.core.delivery import Delivery
from webhook_inspector.core.display import show
from webhook_inspector.core.jsondoc import JsonInvalidError, load_json
from webhook_inspector.errors import InputError
from webhook_inspector.export.file_text import head_of
from webhook_inspector.export.forms import Part, boundary_of, free_boundary, multipart, url_encoded
from webhook_inspector.export.gathering import Gathering, Note, Pairs, has, made_request, place_of, value_of, with_host
from webhook_inspector.export.importing import Importer, ImportFile, ImportResult, SkipError
from webhook_inspector.export.variables import filled

_SNIFF = re.compile(r"\s*\{")
_KINDS = {
    "json": b"application/json", "xml": b"application/xml", "html": b"text/html", "text": b"text/plain",
    "javascript": b"application/javascript",
}  # fmt: skip
_PATH_VARIABLE = re.compile(r"(?<=/):([A-Za-z_][\w.-]*)")


@dataclass(frozen=True, slots=True)
class _Scope:
    """What a folder hands on to what is in it."""

    label: str = ""
    values: Mapping[str, str] | None = None
    auth: Any = None
    scripts: bool = False

    def inside(self, item: Mapping[str, Any], label: str) -> _Scope:
        own = _values(item.get("variable"))
        return replace(
            self,
            label=label,
            values={**(self.values or {}), **own} if own else self.values,
            auth=item.get("auth") or self.auth,
            scripts=self.scripts or bool(item.get("event")),
        )


class PostmanImporter(Importer):
    """One delivery a request, folders in order."""

    name = "postman"
    help = "Postman collections 2.0 and 2.1"
    origin = "Postman, Bruno"

    def sniff(self, data: bytes) -> bool:
        """Whether it is an object that names the schema of collections."""
        head = head_of(data)
        return _SNIFF.match(head) is not None and ("schema.getpostman.com" in head or "schema.postman.com" in head)

    def parse(self, file: ImportFile) -> ImportResult:
        """Read all requests.

        Raises:
            InputError: It is no collection, or holds no request that can be imported.
        """
        where = show(file.where, 120)
        try:
            document = load_json(file.data)
        except JsonInvalidError as error:
            raise InputError(f"{where} is not a Postman collection: {error}; export it again.") from None
        if isinstance(document, dict) and isinstance(document.get("collection"), dict):
            document = document["collection"]  # what Postman's API gives
        if not isinstance(document, dict) or not isinstance(document.get("item"), list):
            raise InputError(f"{where} is not a Postman collection: item must be a list; export it as version 2.1.")
        gathering = Gathering(file)
        for label, item, scope in _requests(document):
            gathering.entry(label, lambda note, item=item, scope=scope: _delivery(item, scope, gathering, note))  # type: ignore[misc]  # a default argument's type is not inferred
        return gathering.result()


def _requests(document: Mapping[str, Any]) -> Iterator[tuple[str, Any, _Scope]]:
    """Label, item and scope of each request; folders are walked in order, without recursion."""
    stack: list[tuple[Any, _Scope, str]] = []
    root = _Scope().inside(document, "")

    def push(items: list[Any], scope: _Scope) -> None:
        prefix = scope.label
        stack.extend((item, scope, f"{prefix}{index}") for index, item in reversed(list(enumerate(items, 1))))

    push(document["item"], root)
    while stack:
        item, scope, place = stack.pop()
        name = item.get("name") if isinstance(item, dict) else None
        label = f"Request {place}" + (f" ({show(name, 40)})" if isinstance(name, str) and name else "")
        if isinstance(item, dict) and isinstance(item.get("item"), list):
            push(item["item"], scope.inside(item, f"{place}."))
        else:
            yield label, item, scope


def _values(variables: Any) -> dict[str, str]:
    if not isinstance(variables, list):
        return {}
    found: dict[str, str] = {}
    for entry in variables:
        name = entry.get("key", entry.get("id")) if isinstance(entry, dict) and not entry.get("disabled") else None
        value = entry.get("value") if isinstance(name, str) else None
        if isinstance(name, str) and isinstance(value, str | int | float) and not isinstance(value, bool):
            found[name] = str(value)
    return found


def _delivery(item: Any, scope: _Scope, gathering: Gathering, note: Note) -> Delivery:
    request = item.get("request") if isinstance(item, dict) else None
    if isinstance(request, str):
        request = {"url": request}
    if not isinstance(request, dict):
        raise SkipError("it has no request")
    scope = scope.inside(item, "")
    values = scope.values or {}
    pairs: Pairs = []
    for name, value in _fields(request.get("header"), "headers"):
        pairs.append((_filled(name, values), _filled(value, values)))
    _authorize(request.get("auth") or scope.auth, values, pairs, note)
    body, content_type = _body(request.get("body"), values, pairs, note)
    if content_type and not has(pairs, b"content-type"):
        pairs.append((b"Content-Type", content_type))
    place = place_of(_filled(_url(request.get("url")), values), note, plain_scheme=True)
    if scope.scripts:
        note("its scripts are not run")
    method = request.get("method", "GET")
    made = made_request(_text(method, "method"), place.target, with_host(pairs, place.host), body)
    return gathering.delivery(made)


def _fields(value: Any, what: str) -> list[tuple[str, str]]:
    """Names and values of a list that are not disabled; headers of version 2.0 may be one text."""
    if value is None:
        return []
    if isinstance(value, str):
        lines = [line.partition(":") for line in value.split("\n") if line.strip()]
        return [(name.strip(), text.strip()) for name, _, text in lines]
    if not isinstance(value, list):
        raise SkipError(f"its {what} must be a list")
    found: list[tuple[str, str]] = []
    for entry in value:
        if not isinstance(entry, dict):
            raise SkipError(f"one of its {what} is not an object")
        if not entry.get("disabled"):
            text = entry.get("value")
            found.append((_text(entry.get("key"), f"a name in its {what}"), "" if text is None else _text(text, what)))
    return found


def _url(url: Any) -> str:
    if isinstance(url, str):
        return url
    if not isinstance(url, dict):
        raise SkipError("it has no URL")
    raw = url.get("raw")
    if not isinstance(raw, str) or not raw:
        raw = _joined(url)
    path_values = _values(url.get("variable"))
    before, mark, query = raw.partition("?")
    scheme, slashes, rest = before.rpartition("://")
    rest = _PATH_VARIABLE.sub(lambda match: path_values.get(match[1]) or match[0], rest)
    return scheme + slashes + rest + mark + query


def _joined(url: Mapping[str, Any]) -> str:
    """A URL from its parts."""
    host, path = url.get("host", ""), url.get("path", "")
    whole = ".".join(map(str, host)) if isinstance(host, list) else str(host)
    port = url.get("port")
    whole += f":{port}" if port else ""
    steps = (
        [part.get("value", "") if isinstance(part, dict) else part for part in path] if isinstance(path, list) else []
    )
    tail = "/".join(map(str, steps)) if isinstance(path, list) else str(path).removeprefix("/")
    query = "&".join(f"{name}={value}" for name, value in _fields(url.get("query"), "query"))
    return f"{url.get('protocol') or 'http'}://{whole}/{tail}" + (f"?{query}" if query else "")


def _authorize(auth: Any, values: Mapping[str, str], pairs: Pairs, note: Note) -> None:
    kind = auth.get("type") if isinstance(auth, dict) else None
    if not isinstance(kind, str) or kind == "noauth" or has(pairs, b"authorization"):
        return
    given = auth.get(kind)
    known = _values(given) if isinstance(given, list) else given if isinstance(given, dict) else {}
    if kind == "basic":
        user = _filled(f"{known.get('username', '')}:{known.get('password', '')}", values)
        pairs.append((b"Authorization", b"Basic " + base64.b64encode(user)))
    elif kind == "bearer":
        pairs.append((b"Authorization", b"Bearer " + _filled(str(known.get("token", "")), values)))
    else:
        note(f"its {show(kind, 20)} authorization is left out")
        return
    note(f"its {kind} authorization became the header Authorization")


def _body(body: Any, values: Mapping[str, str], pairs: Pairs, note: Note) -> tuple[bytes, bytes]:
    """The body, and the Content-Type that belongs to it."""
    if not isinstance(body, dict) or body.get("disabled") or body.get("mode") is None:
        return b"", b""
    mode = body["mode"]
    if mode == "raw":
        return _filled(_text(body.get("raw", ""), "raw"), values), _kind(body.get("options"))
    if mode == "urlencoded":
        fields = [
            (_filled(name, values).decode(), _filled(value, values).decode())
            for name, value in _fields(body.get("urlencoded"), "form")
        ]
        return url_encoded(fields), b"application/x-www-form-urlencoded"
    if mode == "formdata":
        return _form(body.get("formdata"), values, pairs, note)
    if mode == "graphql":
        return _graphql(body.get("graphql"), values), b"application/json"
    if mode == "file":
        raise SkipError("its body is a file, which an import does not open")
    raise SkipError(f"its body is of the kind {show(str(mode), 20)!r}, which is not known here")


def _kind(options: Any) -> bytes:
    raw = options.get("raw") if isinstance(options, dict) else None
    language = raw.get("language") if isinstance(raw, dict) else None
    return _KINDS.get(language, b"") if isinstance(language, str) else b""


def _form(fields: Any, values: Mapping[str, str], pairs: Pairs, note: Note) -> tuple[bytes, bytes]:
    if isinstance(fields, list):
        for entry in fields:
            if (
                isinstance(entry, dict)
                and not entry.get("disabled")
                and (entry.get("type") == "file" or "src" in entry)
            ):
                raise SkipError("its form holds a file, which an import does not open")
    parts = [Part(_filled(name, values), _filled(value, values)) for name, value in _fields(fields, "form")]
    note("the form was written with a boundary of our own")
    boundary = boundary_of(value_of(pairs, b"content-type") or b"") or free_boundary(parts)
    return multipart(parts, boundary), b"multipart/form-data; boundary=" + boundary


def _graphql(value: Any, values: Mapping[str, str]) -> bytes:
    if not isinstance(value, dict):
        raise SkipError("its GraphQL body is not an object")
    query = _filled(_text(value.get("query", ""), "query"), values).decode()
    given = value.get("variables") or "{}"
    try:
        variables = load_json(_filled(given, values)) if isinstance(given, str) else given
    except JsonInvalidError:
        raise SkipError("its GraphQL variables are not JSON") from None
    return json.dumps({"query": query, "variables": variables}, ensure_ascii=False).encode("utf-8", "replace")


def _filled(text: str, values: Mapping[str, str]) -> bytes:
    try:
        return filled(text, values).encode("utf-8")
    except UnicodeEncodeError:
        raise SkipError("it holds half a character (a lone surrogate)") from None


def _text(value: Any, key: str) -> str:
    if not isinstance(value, str):
        raise SkipError(f"{key} must be text")
    return value


IMPORTER = PostmanImporter()
