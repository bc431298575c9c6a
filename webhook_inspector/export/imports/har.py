"""HAR 1.2, as browsers, proxies and test tools save it.

The format: http://www.softwareishard.com/blog/har-12-spec/. Bodies are text there; where a tool
writes them in base64 it says so in `encoding` or `_encoding`.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any

from webhook_inspector.core.delivery import Delivery
from webhook_inspector.core.display import show
from webhook_inspector.core.jsondoc import JsonInvalidError, load_json
from webhook_inspector.errors import InputError
from webhook_inspector.export.file_text import head_of
from webhook_inspector.export.forms import Part, boundary_of, free_boundary, multipart, url_encoded
from webhook_inspector.export.gathering import Gathering, Note, Pairs, has, made_request, place_of, value_of, with_host
from webhook_inspector.export.importing import Importer, ImportFile, ImportResult, SkipError, moment_of

_SNIFF = re.compile(r'\s*\{\s*"log"\s*:\s*\{')
_VERSIONS = {"http/1.0": "1.0", "h2": "2", "http/2": "2", "http/2.0": "2", "h3": "3", "http/3": "3", "http/3.0": "3"}


class HarImporter(Importer):
    """Every request that went over HTTP, in the file's order."""

    name = "har"
    help = "HAR 1.2"
    origin = "browsers' network tools, Playwright, mitmproxy, Charles, Fiddler, Proxyman"

    def sniff(self, data: bytes) -> bool:
        """Whether it begins as an object with `log`."""
        return _SNIFF.match(head_of(data)) is not None

    def parse(self, file: ImportFile) -> ImportResult:
        """Read all entries.

        Raises:
            InputError: It is not HAR, or holds no request that can be imported.
        """
        where = show(file.where, 120)
        try:
            document = load_json(file.data)
        except JsonInvalidError as error:
            raise InputError(f"{where} is not HAR: {error}; save it again.") from None
        log = document.get("log") if isinstance(document, dict) else None
        entries = log.get("entries") if isinstance(log, dict) else None
        if not isinstance(entries, list):
            raise InputError(f"{where} is not HAR: log.entries must be a list; save it again.")
        gathering = Gathering(file)
        for number, entry in enumerate(entries, 1):
            gathering.entry(f"Entry {number}", lambda note, entry=entry: _delivery(entry, gathering, note))  # type: ignore[misc]  # a default argument's type is not inferred
        return gathering.result()


def _delivery(entry: Any, gathering: Gathering, note: Note) -> Delivery:
    request = entry.get("request") if isinstance(entry, dict) else None
    if not isinstance(request, dict):
        raise SkipError("it has no request")
    place = place_of(_encoded(_text(request.get("url"), "url")), note)
    headers, authority = _headers(request.get("headers", []), note)
    pairs = with_host(headers, authority or place.host)
    body, content_type = _body(request, pairs, note)
    if content_type and not has(pairs, b"content-type"):
        pairs.append((b"Content-Type", content_type))
    version = request.get("httpVersion")
    spoken = _VERSIONS.get(version.lower(), "1.1") if isinstance(version, str) else "1.1"
    received_ns = moment_of(entry.get("startedDateTime"))
    if received_ns is None:
        note("its time cannot be read; the time of the import is used")
    made = made_request(_text(request.get("method"), "method"), place.target, pairs, body, spoken)
    return gathering.delivery(made, received_ns)


def _headers(value: Any, note: Note) -> tuple[Pairs, bytes]:
    """The headers without those that only HTTP/2 has, and the host that one of those named."""
    if not isinstance(value, list):
        raise SkipError("headers must be a list")
    pairs: Pairs = []
    dropped: dict[str, bytes] = {}
    for index, header in enumerate(value, 1):
        if not isinstance(header, dict):
            raise SkipError(f"header {index} is not an object")
        name, text = (_text(header.get(key), f"header {index}") for key in ("name", "value"))
        if name.startswith(":"):
            dropped[name] = _encoded(text)
        else:
            pairs.append((_encoded(name), _encoded(text)))
    if dropped:
        note(f"{show(', '.join(sorted(dropped)), 80)} of HTTP/2 are left out of the headers")
    return pairs, dropped.get(":authority", b"")


def _body(request: dict[str, Any], pairs: Pairs, note: Note) -> tuple[bytes, bytes]:
    """The body, and the Content-Type that belongs to it."""
    data = request.get("postData")
    size = request.get("bodySize")
    size = size if isinstance(size, int) and not isinstance(size, bool) else -1
    if data is None or data == {}:
        if size > 0:
            raise SkipError("its body is not in the file; save it with bodies")
        return b"", b""
    if not isinstance(data, dict):
        raise SkipError("postData must be an object")
    kind = data.get("mimeType")
    content_type = _encoded(kind) if isinstance(kind, str) else b""
    text, params = data.get("text"), data.get("params")
    if isinstance(params, list) and params and not text:
        return _form(params, content_type or (value_of(pairs, b"content-type") or b""), note)
    if text is None:
        if size > 0 or "_file" in data or "_sha1" in data:
            raise SkipError("its body is not in the file; save it with bodies")
        return b"", content_type
    text = _text(text, "postData.text")
    coding = data.get("encoding", data.get("_encoding"))
    if isinstance(coding, str) and coding.lower() == "base64":
        try:
            return base64.b64decode(text, validate=True), content_type
        except (binascii.Error, ValueError):
            raise SkipError("postData.text is not base64") from None
    return _bytes(text, size, note), content_type


def _bytes(text: str, size: int, note: Note) -> bytes:
    body = _encoded(text)
    if size < 0 or size == len(body):
        if "\ufffd" in text:
            note("the body holds replacement characters: bytes were lost when the file was saved")
        return body
    if size == len(text) and max(map(ord, text), default=0) < 256:
        note("the body is text with a character for each byte; it is read as these bytes")
        return text.encode("latin-1")
    note(f"the body may not be as sent: the file says {show(str(size), 20)} bytes and holds {len(body)}")
    return body


def _form(params: list[Any], content_type: bytes, note: Note) -> tuple[bytes, bytes]:
    fields: list[Part] = []
    for index, param in enumerate(params, 1):
        if not isinstance(param, dict):
            raise SkipError(f"postData.params[{index - 1}] is not an object")
        file_name, kind = param.get("fileName"), param.get("contentType")
        if file_name is not None and param.get("value") is None:
            raise SkipError("its form holds a file whose content is not in the file")
        fields.append(
            Part(
                _encoded(_text(param.get("name"), "the name of a form field")),
                _encoded(_text(param.get("value", ""), "the value of a form field")),
                _encoded(_text(file_name, "fileName")) if file_name is not None else None,
                _encoded(_text(kind, "contentType")) if kind is not None else None,
            )
        )
    note("the form was rebuilt from its fields; its bytes may not be as sent")
    if content_type.lower().startswith(b"multipart/"):
        boundary = boundary_of(content_type) or free_boundary(fields)
        return multipart(fields, boundary), b"multipart/form-data; boundary=" + boundary
    pairs = [(part.name.decode("utf-8", "replace"), part.value.decode("utf-8", "replace")) for part in fields]
    return url_encoded(pairs), content_type or b"application/x-www-form-urlencoded"


def _text(value: Any, key: str) -> str:
    if not isinstance(value, str):
        raise SkipError(f"{key} must be text")
    return value


def _encoded(text: str) -> bytes:
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        raise SkipError("it holds half a character (a lone surrogate)") from None


IMPORTER = HarImporter()
