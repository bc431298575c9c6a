"""A Python module that sends the requests with aiohttp."""

from __future__ import annotations

import re
from collections.abc import Sequence

from webhook_inspector.core.delivery import Record
from webhook_inspector.core.request import Request
from webhook_inspector.export.api import ExportContext
from webhook_inspector.export.module import Sending, module
from webhook_inspector.export.sendable import (
    headers_of,
    method_of,
    note_host,
    note_length,
    refuses_controls,
    url_of,
)

_IMPORTS = "import asyncio\nfrom io import BytesIO\n\nimport aiohttp\nfrom yarl import URL"
_SEND = '''\
async def send(session: aiohttp.ClientSession, name: str) -> aiohttp.ClientResponse:
    """Send one delivery: exactly once, no redirect followed."""
    method, target, headers, body = DELIVERIES[name]
    url = URL(ORIGIN + target, encoded=True)
    data = BytesIO(body) if body else None
    async with session.request(method, url, headers=headers, data=data, allow_redirects=False) as response:
        await response.read()
        return response


async def main() -> None:
    """Send every delivery, one after the other."""
    added = ("User-Agent", "Accept", "Accept-Encoding", "Content-Type")
    timeout = aiohttp.ClientTimeout(total=30)
    cookies = aiohttp.DummyCookieJar()
    async with aiohttp.ClientSession(skip_auto_headers=added, timeout=timeout, cookie_jar=cookies) as session:
        for name in DELIVERIES:
            response = await send(session, name)
            print(name, response.status, response.reason)


if __name__ == "__main__":
    asyncio.run(main())
'''
_KEPT = re.compile(rb"/[\x21\x22\x24-\x3e\x40-\x7e]*(?:\?[\x21\x22\x24-\x7e]+)?")
"""yarl leaves a URL that is given as encoded alone, but for a fragment and an empty query."""


class PythonAiohttpFormat:
    """One module for all deliveries."""

    name = "python-aiohttp"
    suffix = ".py"
    help = "a Python module that sends with aiohttp"

    def render(self, records: Sequence[Record], context: ExportContext) -> bytes:
        """The module; what aiohttp cannot send stands in comments at the delivery."""
        return module(records, context, imports=_IMPORTS, send=_SEND, plan=_plan, library="aiohttp")


def _plan(request: Request, target: str, notes: list[str]) -> Sending:
    method = method_of(request, notes, upper=True)
    origin, path = url_of(request, target, notes, client="aiohttp", kept=_KEPT)
    note_host(request, target, notes)
    length = note_length(request, notes, place="", adds_zero=True)
    framing = {b"host": origin.partition("://")[2].encode("ascii")}
    if length is not None:
        framing[b"content-length"] = length
    headers: list[tuple[str, str]] = []
    first: dict[str, str] = {}
    for name, value in headers_of(request, notes, refuses_controls, framing):
        name_text = name.decode("ascii")
        spelled = first.setdefault(name_text.lower(), name_text)
        if spelled != name_text:
            # aiohttp keeps one line only of a name that is spelled in two ways.
            notes.append(f"differs: header {name_text} is repeated and spelled {spelled}, as its first line")
        headers.append((spelled, value.decode("utf-8")))
    return Sending(method, path, headers, request.body)


FORMAT = PythonAiohttpFormat()
