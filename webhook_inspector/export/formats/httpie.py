"""HTTPie commands for a POSIX shell that send the request as captured.

Written for HTTPie 3.2 (its documentation and behaviour, November 2026). HTTPie reads items such as `name:@file` and
`name:=json`: what could be read so is escaped, and what cannot be said without being read is left out and named. The
body comes from `printf`, never from a file. A folder of its own for the time of the script keeps the user's defaults,
sessions and plugins out, and stops HTTPie from asking for new releases of itself.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from webhook_inspector.core.delivery import Record
from webhook_inspector.core.request import Request
from webhook_inspector.export import shell
from webhook_inspector.export.api import ExportContext
from webhook_inspector.export.sendable import (
    Pair,
    grouped,
    headers_of,
    masked_note,
    method_of,
    note_host,
    note_length,
    refuses_not_utf8,
    title,
    url_of,
)

_FIRST = (b"user-agent", b"accept-encoding", b"accept", b"connection")
"""Headers that HTTPie writes before the others, in this order."""
_DEFAULTS = ("User-Agent", "Accept-Encoding", "Accept", "Connection")
_METHOD = re.compile(r"[A-Za-z]+")
"""Any other word in its place HTTPie takes for the URL, or for an option."""
_LOST_BACKSLASH = re.compile(r"(?<!\\)(?:\\\\)*\\[:;=@]")
_HEAD = """\
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
printf '%s' '{"disable_update_warnings": true}' > "$folder/config.json"
HTTPIE_CONFIG_DIR=$folder no_proxy='*' NO_PROXY='*' PYTHONUTF8=1
export HTTPIE_CONFIG_DIR no_proxy NO_PROXY PYTHONUTF8"""


class HttpieFormat:
    """One command a delivery."""

    name = "httpie"
    suffix = ".sh"
    help = "an HTTPie command for a POSIX shell"

    def render(self, records: Sequence[Record], context: ExportContext) -> bytes:
        """A shell script with one command for each delivery, differences named in comments above it."""
        lines = ["#!/bin/sh", shell.comment("Written by webhook-inspector for a POSIX shell and HTTPie 3.2."), _HEAD]
        for index, record in enumerate(records):
            lines += ["", shell.comment(title(record))]
            command, notes = _command(record.delivery.request, context.target)
            lines += [shell.comment(note) for note in (*masked_note(context, index), *notes)]
            lines.append(command)
        return ("\n".join(lines) + "\n").encode("ascii")


def _command(request: Request, target: str) -> tuple[str, list[str]]:
    notes: list[str] = []
    method = method_of(request, notes, known=_METHOD, upper=True)
    origin, path = url_of(request, target, notes, client="HTTPie")
    headers = headers_of(request, notes, _refuses)
    sent = _ordered(headers, body=bool(request.body))
    if sent != headers:
        notes.append("differs: HTTPie sends the headers in an order of its own")
    note_host(request, target, notes)
    note_length(request, notes, place="before the others", adds_zero=True)
    present = {name.lower() for name, _ in headers}
    items = [_item(name, value) for name, value in headers]
    defaults = (*_DEFAULTS, "Content-Type") if request.body else _DEFAULTS
    items += [f"'{name}:'" for name in defaults if name.lower().encode() not in present]
    words = [
        f"http --print=hb --path-as-is{'' if request.body else ' --ignore-stdin'}",
        shell.quoted(method.encode("ascii")),
        shell.quoted((origin + path).encode("ascii")),
        *items,
    ]
    command = " \\\n  ".join(words)
    if request.body:
        command = "{\n" + "\n".join(shell.printed(request.body)) + "\n} | " + command
    return command, notes


def _ordered(headers: list[Pair], *, body: bool) -> list[Pair]:
    """The headers as HTTPie sends them: its own defaults first, then the others, repeats together."""
    first = (*_FIRST, b"content-type") if body else _FIRST
    place = {name: index for index, name in enumerate(first)}
    return sorted(grouped(headers), key=lambda pair: place.get(pair[0].lower(), len(first)))


def _refuses(name: bytes, value: bytes) -> str | None:
    if name.startswith(b"-"):
        return "HTTPie would read it as an option"
    reason = refuses_not_utf8(name, value)
    if reason is None and _LOST_BACKSLASH.search(value.decode("utf-8")):
        return "HTTPie takes a backslash before : ; = @ away"
    return reason


def _item(name: bytes, value: bytes) -> str:
    if not value:
        return shell.quoted(name + b";")
    # `name:@x` would read a file, `name:=x` would be JSON; a backslash says that the character is only itself.
    mark = b"\\" if value[:1] in {b"@", b"="} else b""
    return shell.quoted(name + b":" + mark + value)


FORMAT = HttpieFormat()
