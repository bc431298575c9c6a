"""A command for curl in a POSIX shell (sh, dash, bash, zsh) that sends the request as captured.

Written for curl 7.55 or later. Nothing of the delivery is run by the shell or read as an option or a file name; the
text holds everything, also a binary body, and is pure ASCII. Windows' cmd has other rules and is not covered.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from webhook_inspector.core.delivery import Record
from webhook_inspector.core.request import Request
from webhook_inspector.export import shell
from webhook_inspector.export.api import ExportContext
from webhook_inspector.export.sendable import (
    headers_of,
    masked_note,
    method_of,
    note_host,
    note_length,
    title,
    wanted_target,
)

MAX_ARGUMENT = 60_000
"""Bytes of a body that may stand in the command line; Linux takes 131,072 for one argument."""

_PLAIN_TARGET = re.compile(rb"/[\x21\x24-\x3b\x3d\x3f-\x5b\x5d\x5f\x61-\x7b\x7d\x7e]*")


class CurlFormat:
    """One command a delivery."""

    name = "curl"
    suffix = ".sh"
    help = "a curl command for a POSIX shell"

    def render(self, records: Sequence[Record], context: ExportContext) -> bytes:
        """A shell script with one command for each delivery, differences named in comments above it."""
        lines = ["#!/bin/sh", shell.comment("Written by webhook-inspector for a POSIX shell and curl 7.55 or later.")]
        for index, record in enumerate(records):
            lines += ["", shell.comment(title(record))]
            command, notes = command_of(record.delivery.request, context.target)
            lines += [shell.comment(note) for note in (*masked_note(context, index), *notes)]
            lines.append(command)
        return ("\n".join(lines) + "\n").encode("ascii")


def command_of(request: Request, target: str) -> tuple[str, list[str]]:
    """The command that sends a request to a target, and what it cannot send as captured."""
    notes: list[str] = []
    words = ["curl -q -sS -i --globoff --path-as-is --http1.1 --noproxy '*'"]
    words += _method(request, notes)
    words += _url(request, target, notes)
    words += _headers(request, target, notes)
    pieces: list[str] = []
    if request.body:
        if shell.is_plain(request.body) and len(request.body) <= MAX_ARGUMENT:
            words.append(f"--data-raw {shell.quoted(request.body)}")
        else:
            words.append("--data-binary @-")
            pieces = shell.printed(request.body)
    command = " \\\n  ".join(words)
    if pieces:
        command = "{\n" + "\n".join(pieces) + "\n} | " + command
    return command, notes


def _method(request: Request, notes: list[str]) -> list[str]:
    method = method_of(request, notes).encode("ascii")
    if method == b"HEAD" and not request.body:
        return ["--head"]
    if method == b"HEAD":
        notes.append("curl waits for a body after HEAD with a body; it stops after 5 seconds")
        return ["-X 'HEAD' --max-time 5"]
    return [f"-X {shell.quoted(method)}"]


def _url(request: Request, target: str, notes: list[str]) -> list[str]:
    origin, wanted = wanted_target(request, target, notes)
    if _PLAIN_TARGET.fullmatch(wanted) and not wanted.startswith(b"//"):
        return [f"--url {shell.quoted(origin.encode('utf-8') + wanted)}"]
    # Sent as it is written, whatever a URL parser would make of it; the host is the target's in any case.
    return [f"--url {shell.quoted(origin.encode('utf-8') + b'/')}", f"--request-target {shell.quoted(wanted)}"]


def _refuses(_name: bytes, value: bytes) -> str | None:
    return "curl drops a value of blanks alone" if value and not value.strip() else None


def _headers(request: Request, target: str, notes: list[str]) -> list[str]:
    # curl drops "X:" and wants "X;" for a header without a value.
    words = [
        f"-H {shell.quoted(name + b': ' + text if text else name + b';')}"
        for name, text in headers_of(request, notes, _refuses)
    ]
    present = {name.lower() for name, _ in request.headers}
    words += [f"-H '{name}:'" for name in ("User-Agent", "Accept") if name.lower().encode() not in present]
    if request.body:
        # curl adds a type to every body, and asks before it sends a large one.
        words += [f"-H '{name}:'" for name in ("Content-Type", "Expect") if name.lower().encode() not in present]
    note_host(request, target, notes)
    # curl counts a body itself and writes its length last.
    if note_length(request, notes) == b"0":
        words.append("-H 'Content-Length: 0'")
    return words


FORMAT = CurlFormat()
