"""A Python module that sends the requests with the requests library."""

from __future__ import annotations

from collections.abc import Sequence

from webhook_inspector.core.delivery import Record
from webhook_inspector.core.display import show
from webhook_inspector.core.request import Request
from webhook_inspector.export.api import ExportContext
from webhook_inspector.export.module import Sending, module
from webhook_inspector.export.sendable import (
    grouped,
    headers_of,
    method_of,
    note_host,
    note_length,
    url_of,
)

_IMPORTS = "import requests\nfrom urllib3 import HTTPHeaderDict\nfrom urllib3.util import SKIP_HEADER"
_SEND = '''\
def send(name: str) -> requests.Response:
    """Send one delivery: exactly once, past proxies and .netrc, no redirect followed."""
    method, target, headers, body = DELIVERIES[name]
    url = ORIGIN + target
    request = requests.Request(method, url, data=body).prepare()
    # What is prepared is put back as captured: method, target, and headers with their repeats.
    request.method, request.url = method, url
    request.headers = HTTPHeaderDict()
    for header, value in headers:
        request.headers.add(header, value)
    for header in ("User-Agent", "Accept-Encoding"):
        if header not in request.headers:
            request.headers[header] = SKIP_HEADER
    with requests.Session() as session:
        session.trust_env = False
        return session.send(request, timeout=30, allow_redirects=False)


if __name__ == "__main__":
    for name in DELIVERIES:
        response = send(name)
        print(name, response.status_code, response.reason)
'''


class PythonFormat:
    """One module for all deliveries."""

    name = "python"
    suffix = ".py"
    help = "a Python module that sends with requests"

    def render(self, records: Sequence[Record], context: ExportContext) -> bytes:
        """The module; what requests cannot send stands in comments at the delivery."""
        return module(records, context, imports=_IMPORTS, send=_SEND, plan=_plan, library="requests")


def _plan(request: Request, target: str, notes: list[str]) -> Sending:
    method = method_of(request, notes)
    origin, path = url_of(request, target, notes, client="requests")
    note_host(request, target, notes, first=False)
    length = note_length(request, notes, place="", adds_zero=True)
    framing = {b"host": origin.partition("://")[2].encode("ascii")}
    if length is not None:
        framing[b"content-length"] = length
    headers = headers_of(request, notes, framing=framing)
    first: dict[bytes, bytes] = {}
    sent = [(first.setdefault(name.lower(), name), value) for name, value in grouped(headers)]
    if sent != headers:
        repeated = sorted({show(one[0], 60) for one, other in zip(headers, sent, strict=True) if one != other})
        notes.append(
            "differs: requests sends the lines of a repeated header together and spells them as the first; "
            f"this changes the order or the names of {', '.join(repeated)}"
        )
    # http.client writes text as Latin-1: each character is the byte that was captured.
    return Sending(
        method, path, [(name.decode("ascii"), value.decode("latin-1")) for name, value in sent], request.body
    )


FORMAT = PythonFormat()
