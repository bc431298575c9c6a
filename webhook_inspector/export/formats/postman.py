"""A Postman collection, format v2.1.0, that Postman and Newman run.

After the collection schema (schema.getpostman.com, v2.1.0) and the documentation of `protocolProfileBehavior`
(postman-runtime; both read November 2026). There is no script in it. Postman replaces `{{name}}` anywhere, also by
values it makes up (`{{$guid}}`), and has no way to escape it: each such name that occurs is therefore a variable of the
collection whose value is itself.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from webhook_inspector.core.delivery import Record
from webhook_inspector.core.display import show
from webhook_inspector.core.jsondoc import JsonInvalidError, load_json
from webhook_inspector.core.request import Request
from webhook_inspector.export.api import ExportContext
from webhook_inspector.export.sendable import (
    headers_of,
    masked_note,
    method_of,
    note_added,
    note_host,
    note_length,
    refuses_not_ascii,
    title,
    url_of,
)

SCHEMA = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
_VARIABLE = re.compile(r"\{\{([^{}]*?)\}\}")
_PATH_VARIABLE = re.compile(r"/:[^/]")
_ADDED = ("User-Agent", "Accept", "Cache-Control", "Postman-Token", "Accept-Encoding", "Connection", "Content-Type")
_LANGUAGES = (("xml", "xml"), ("html", "html"), ("javascript", "javascript"))


class PostmanFormat:
    """One item a delivery."""

    name = "postman"
    suffix = ".postman_collection.json"
    help = "a Postman collection v2.1.0"

    def render(self, records: Sequence[Record], context: ExportContext) -> bytes:
        """One JSON document, pure ASCII, without identifiers that change from one export to the next."""
        items = [_item(record, context, index) for index, record in enumerate(records)]
        names = sorted({name for item in items for name in _variables(item["request"])})
        collection: dict[str, Any] = {
            "info": {"name": "Captured webhooks", "schema": SCHEMA},
            "item": items,
            "auth": {"type": "noauth"},
            "variable": [{"key": name, "value": f"{{{{{name}}}}}", "type": "string"} for name in names],
        }
        return (json.dumps(collection, indent=2) + "\n").encode("ascii")


def _item(record: Record, context: ExportContext, index: int) -> dict[str, Any]:
    request = record.delivery.request
    notes = masked_note(context, index)
    method = method_of(request, notes)
    origin, path = url_of(request, context.target, notes, client="Postman")
    if _PATH_VARIABLE.search(path.partition("?")[0]):
        notes.append("differs: Postman may take a part of the target that begins with a colon for a variable")
    headers = headers_of(request, notes, refuses_not_ascii)
    _note_repeats([name for name, _ in headers], notes)
    note_host(request, context.target, notes, first=False)
    if request.headers.get("host") is not None:
        notes.append("differs: Postman may send header Host in another place of the order")
    note_length(request, notes, place="in another place", adds_zero=True)
    note_added(headers, _ADDED, notes, client="Postman")
    present = {name.lower() for name, _ in headers}
    made: dict[str, Any] = {
        "method": method,
        "header": [{"key": name.decode("ascii"), "value": value.decode("ascii")} for name, value in headers],
        "url": _url(origin, path),
    }
    if request.body:
        _put_body(made, request, notes)
    if _variables(made):
        notes.append(
            "text between {{ and }} is kept by collection variables of the same names; "
            "differs: an environment variable of such a name takes its place in the body, the target or a header"
        )
    return {
        "name": title(record),
        "request": made | {"description": _plain("\n".join(notes))},
        "response": [],
        "protocolProfileBehavior": {
            "followRedirects": False,
            "disableBodyPruning": True,
            "disableUrlEncoding": True,
            "disableCookies": True,
            "disabledSystemHeaders": {
                name.lower(): True for name in _ADDED if name.lower().encode("ascii") not in present
            },
        },
    }


def _plain(text: str) -> str:
    """Text of our own in which nothing is taken for a variable."""
    return text.replace("{{", "{ {").replace("}}", "} }")


def _note_repeats(names: list[bytes], notes: list[str]) -> None:
    first: dict[bytes, bytes] = {}
    for name in names:
        spelled = first.setdefault(name.lower(), name)
        if spelled != name:
            notes.append(f"differs: header {show(name, 60)} is repeated in another spelling; one may be lost")
    if len(first) < len(names):
        notes.append("differs: Postman sends the lines of a repeated header together, in an order of its own")


def _url(origin: str, path: str) -> dict[str, Any]:
    """The URL whole, and in the parts from which Postman puts it together again."""
    base = urlsplit(origin)
    name, _, port = base.netloc.rpartition(":") if base.port is not None else (base.netloc, "", "")
    segments, mark, query = path.partition("?")
    made: dict[str, Any] = {
        "raw": origin + path,
        "protocol": base.scheme,
        "host": [name] if name.startswith("[") else name.split("."),
        "path": segments.removeprefix("/").split("/"),
    }
    if port:
        made["port"] = port
    if mark and query:
        made["query"] = [_parameter(part) for part in query.split("&")]
    return made


def _parameter(part: str) -> dict[str, str | None]:
    name, equals, value = part.partition("=")
    return {"key": name, "value": value if equals else None}


def _put_body(made: dict[str, Any], request: Request, notes: list[str]) -> None:
    try:
        text = request.body.decode("utf-8")
    except UnicodeDecodeError:
        coded = base64.b64encode(request.body).decode("ascii")
        notes.append(f"differs: the body is not sent, as it is not UTF-8; its {len(request.body)} bytes in base64:")
        notes.append(coded)
        return
    made["body"] = {"mode": "raw", "raw": text, "options": {"raw": {"language": _language(request)}}}


def _language(request: Request) -> str:
    """JSON only where it is JSON: Postman takes comments out of what is called so."""
    try:
        load_json(request.body)
    except JsonInvalidError:
        kind = request.content_type
        return next((language for part, language in _LANGUAGES if part in kind), "text")
    return "json"


def _variables(part: Any) -> set[str]:
    """The names that Postman would look up in what is sent."""
    if isinstance(part, str):
        return set(_VARIABLE.findall(part))
    if isinstance(part, dict):
        return {name for key, value in part.items() if key != "description" for name in _variables(value)}
    if isinstance(part, list):
        return {name for value in part for name in _variables(value)}
    return set()


FORMAT = PostmanFormat()
