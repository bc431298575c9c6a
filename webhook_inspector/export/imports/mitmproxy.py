"""Flow files of mitmproxy 7 to 12: what `mitmdump -w FILE` and the key `w` write, read without mitmproxy.

One typed netstring a flow (mitmproxy/io/io.py and mitmproxy/io/compat.py, version 11 with flow format 21, read
2026-11-20; versions 7 to 12 write formats 13 to 21, whose requests are alike).
"""

from __future__ import annotations

import re
from typing import Any

from webhook_inspector.core.delivery import Delivery
from webhook_inspector.core.display import show
from webhook_inspector.export import tnetstring
from webhook_inspector.export.gathering import Gathering, Note, made_request, sendable, with_host
from webhook_inspector.export.importing import Importer, ImportFile, ImportResult, SkipError, seconds_of

OLDEST = 10
"""Flow format of mitmproxy 6; older ones named parts of a request otherwise."""
_SNIFF = re.compile(rb"([0-9]{2,10}):[0-9]{1,10}:[a-z_]{2,30}[;,]")
_VERSIONS = {b"HTTP/1.0": "1.0", b"HTTP/2.0": "2", b"HTTP/2": "2", b"HTTP/3": "3", b"HTTP/3.0": "3"}


class MitmproxyImporter(Importer):
    """The requests of HTTP flows, in the file's order; other flows are named."""

    name = "mitmproxy"
    help = "flows of mitmproxy 7 to 12"
    origin = "`mitmdump -w FILE`, mitmweb's File > Save"

    def sniff(self, data: bytes) -> bool:
        """Whether a typed netstring with an object comes first."""
        found = _SNIFF.match(data)
        if found is None:
            return False
        end = found.end(1) + 1 + int(found[1])
        return data[end : end + 1] in {b"}", b""}

    def parse(self, file: ImportFile) -> ImportResult:
        """Read all flows.

        Raises:
            InputError: It holds no flow that can be imported.
        """
        gathering = Gathering(file)
        position, number = 0, 0
        while position < len(file.data):
            number += 1
            try:
                after = tnetstring.extent(file.data, position)
            except tnetstring.TnetstringError as error:
                gathering.skip(f"Flow {number}", f"the file is damaged there: {error}; what follows was not read")
                break
            start, position = position, after
            gathering.entry(f"Flow {number}", lambda note, start=start: _flow(file.data, start, gathering, note))  # type: ignore[misc]  # a default argument's type is not inferred
        return gathering.result()


def _flow(data: bytes, start: int, gathering: Gathering, note: Note) -> Delivery:
    try:
        flow, _ = tnetstring.read(data, start)
    except tnetstring.TnetstringError as error:
        raise SkipError(f"it cannot be read: {error}") from None
    if not isinstance(flow, dict):
        raise SkipError("it is not a flow")
    kind = _text(flow.get("type"))
    if kind != "http":
        raise SkipError(f"it is a flow of {show(kind or 'an unknown kind', 20)}, not of HTTP")
    version = flow.get("version")
    if not isinstance(version, int) or version < OLDEST:
        raise SkipError("it was written by mitmproxy 5 or older; open and save it with a newer mitmproxy")
    if flow.get("websocket"):
        raise SkipError("it is a WebSocket")
    request = flow.get("request")
    if not isinstance(request, dict):
        raise SkipError("it has no request")
    return _delivery(request, gathering, note)


def _delivery(request: dict[str, Any], gathering: Gathering, note: Note) -> Delivery:
    method = _text(request.get("method"))
    if method == "CONNECT":
        raise SkipError("it is a CONNECT, which only asks a proxy for a connection")
    body = request.get("content")
    if body is None:
        raise SkipError("its body is not in the file")
    headers = request.get("headers")
    if not isinstance(body, bytes) or not isinstance(headers, list):
        raise SkipError("its headers or its body cannot be read")
    pairs = []
    for header in headers:
        if not isinstance(header, list) or [type(part) for part in header] != [bytes, bytes]:
            raise SkipError("its headers cannot be read")
        pairs.append((header[0], header[1]))
    if request.get("trailers"):
        note("headers that came after the body are left out")
    spoken = _VERSIONS.get(_bytes(request.get("http_version")), "1.1")
    target = sendable(_bytes(request.get("path")), note)
    made = made_request(method, target, with_host(pairs, _host(request)), body, spoken)
    received_ns = seconds_of(request.get("timestamp_start"))
    if received_ns is None:
        note("its time cannot be read; the time of the import is used")
    return gathering.delivery(made, received_ns)


def _host(request: dict[str, Any]) -> bytes:
    """Host and port, where HTTP/2 sent no Host header."""
    authority = _bytes(request.get("authority"))
    if authority:
        return authority
    host, port = _bytes(request.get("host")), request.get("port")
    usual = {b"http": 80, b"https": 443}.get(_bytes(request.get("scheme")))
    return host if not isinstance(port, int) or port == usual else host + b":%d" % port


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value if isinstance(value, str) else ""


def _bytes(value: Any) -> bytes:
    return value.encode("utf-8", "replace") if isinstance(value, str) else value if isinstance(value, bytes) else b""


IMPORTER = MitmproxyImporter()
