"""HAR 1.2: an archive that browsers, proxies and test tools read.

Shape and rules after "HTTP Archive (HAR) format", version 1.2 (W3C web performance group, historical draft). What the
format has no place for stands in fields of our own, which it allows with a leading underscore: `_encoding` is
`base64` where a body is not UTF-8, `_base64` are the bytes of a header or a target that are not. The URL's host is the
target's, so that whoever plays the archive sends nothing to a host that a captured request names.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from typing import Any

from webhook_inspector import __version__
from webhook_inspector.core.clock import iso_utc
from webhook_inspector.core.delivery import Record
from webhook_inspector.core.display import show
from webhook_inspector.core.headers import decode_header
from webhook_inspector.core.request import Request
from webhook_inspector.export.api import ExportContext
from webhook_inspector.export.sendable import masked_note, method_of, title, wanted_target


class HarFormat:
    """One entry a delivery."""

    name = "har"
    suffix = ".har"
    help = "a HAR 1.2 archive"

    def render(self, records: Sequence[Record], context: ExportContext) -> bytes:
        """One JSON document, pure ASCII."""
        log = {
            "version": "1.2",
            "creator": {"name": "webhook-inspector", "version": __version__},
            "entries": [_entry(record, context, index) for index, record in enumerate(records)],
        }
        return (json.dumps({"log": log}, indent=2) + "\n").encode("ascii")


def _entry(record: Record, context: ExportContext, index: int) -> dict[str, Any]:
    delivery = record.delivery
    notes = [title(record), *masked_note(context, index)]
    if delivery.refused is not None:
        notes.append(f"refused: {show(delivery.refused, 200)}")
    request = _request(delivery.request, context.target, notes)
    return {
        "startedDateTime": iso_utc(delivery.received_ns),
        "time": 0,
        "request": request,
        "response": _response(delivery.response_status),
        "cache": {},
        "timings": {"send": 0, "wait": 0, "receive": 0},
        "comment": "\n".join(notes),
        "_source": delivery.source,
        "_provider": record.facts.provider,
    }


def _request(request: Request, target: str, notes: list[str]) -> dict[str, Any]:
    method = method_of(request, notes)
    origin, wanted = wanted_target(request, target, notes)
    if not wanted.startswith(b"/"):
        # `http://host@evil.example/`: glued to the host, the target would choose another one.
        wanted = b"/" + wanted
        notes.append("differs: a slash is put before the target")
    if b"#" in wanted:
        notes.append("differs: readers may leave out the target from its # on")
    path = wanted.decode("utf-8", "surrogateescape")
    if not path.isascii():
        path = "".join(char if char.isascii() else "".join(f"%{byte:02X}" for byte in _bytes(char)) for char in path)
        notes.append("differs: characters of the target beyond ASCII are percent-encoded")
    made: dict[str, Any] = {
        "method": method,
        "url": origin + path,
        "httpVersion": f"HTTP/{request.http_version}",
        "cookies": _cookies(request),
        "headers": [_header(name, value, notes) for name, value in request.headers],
        "queryString": _query(path),
        "headersSize": -1,
        "bodySize": len(request.body),
    }
    if request.body:
        made["postData"] = _post_data(request)
    return made


def _bytes(char: str) -> bytes:
    return char.encode("utf-8", "surrogateescape")


def _header(name: bytes, value: bytes, notes: list[str]) -> dict[str, str]:
    made = {"name": decode_header(name), "value": decode_header(value)}
    if made["value"].encode() != value or made["name"].encode() != name:
        made["_base64"] = base64.b64encode(value).decode("ascii")
        notes.append(f"header {show(name, 60)} is not UTF-8: it is written as Latin-1, its bytes stand in _base64")
    return made


def _cookies(request: Request) -> list[dict[str, str]]:
    made = []
    for value in request.headers.get_all("cookie"):
        for part in value.split(";"):
            name, equals, text = part.strip().partition("=")
            if equals:
                made.append({"name": name, "value": text})
    return made


def _query(path: str) -> list[dict[str, str]]:
    """The parameters as they stand in the URL: nothing is decoded."""
    parts = [part.partition("=") for part in path.partition("?")[2].partition("#")[0].split("&") if part]
    return [{"name": name, "value": value} for name, _, value in parts]


def _post_data(request: Request) -> dict[str, Any]:
    kind = request.headers.get("content-type") or ""
    try:
        return {"mimeType": kind, "text": request.body.decode("utf-8")}
    except UnicodeDecodeError:
        text = base64.b64encode(request.body).decode("ascii")
        comment = "text is the body in base64, as it is not UTF-8"
        return {"mimeType": kind, "text": text, "_encoding": "base64", "comment": comment}


def _response(status: int | None) -> dict[str, Any]:
    """What the sender was answered: the status is kept, nothing else of it."""
    return {
        "status": status or 0,
        "statusText": "",
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": [],
        "content": {"size": 0, "mimeType": "x-unknown"},
        "redirectURL": "",
        "headersSize": -1,
        "bodySize": -1,
    }


FORMAT = HarFormat()
