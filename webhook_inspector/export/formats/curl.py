"""A command for curl in a POSIX shell (sh, dash, bash, zsh) that sends the request as captured.

Written for curl 7.55 or later. Nothing of the delivery is run by the shell or read as an option or a file name; the
text holds everything, also a binary body, and is pure ASCII. Windows' cmd has other rules and is not covered.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from webhook_inspector.core.delivery import Record
from webhook_inspector.core.display import show
from webhook_inspector.core.request import Request
from webhook_inspector.export import shell
from webhook_inspector.export.api import ExportContext

MAX_ARGUMENT = 60_000
"""Bytes of a body that may stand in the command line; Linux takes 131,072 for one argument."""

_TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_PLAIN_TARGET = re.compile(rb"/[\x21\x24-\x3b\x3d\x3f-\x5b\x5d\x5f\x61-\x7b\x7d\x7e]*")
_UNSENDABLE = re.compile(rb"[\x00-\x20\x7f]")
_BAD_VALUE = re.compile(rb"[\x00\r\n]")


class CurlFormat:
    """One command a delivery."""

    name = "curl"
    suffix = ".sh"
    help = "a curl command for a POSIX shell"

    def render(self, records: Sequence[Record], context: ExportContext) -> bytes:
        """A shell script with one command for each delivery, differences named in comments above it."""
        lines = ["#!/bin/sh", shell.comment("Written by webhook-inspector for a POSIX shell and curl 7.55 or later.")]
        for index, record in enumerate(records):
            lines += ["", shell.comment(_title(record))]
            command, notes = command_of(record.delivery.request, context.target)
            if context.masked_of(index):
                notes = [f"masked: {', '.join(context.masked_of(index))}", *notes]
            lines += [shell.comment(note) for note in notes]
            lines.append(command)
        return ("\n".join(lines) + "\n").encode("ascii")


def _title(record: Record) -> str:
    kind = record.facts.event.type
    return f"delivery {record.delivery.id}" + (f": {show(kind, 100)}" if kind else "")


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
    method = request.method.encode("utf-8", "replace")
    if not _TOKEN.fullmatch(method):
        notes.append(f"differs: method {show(request.method, 40)!r} cannot be sent; POST is sent")
        method = b"POST"
    if method == b"HEAD" and not request.body:
        return ["--head"]
    if method == b"HEAD":
        notes.append("curl waits for a body after HEAD with a body; it stops after 5 seconds")
        return ["-X 'HEAD' --max-time 5"]
    return [f"-X {shell.quoted(method)}"]


def _url(request: Request, target: str, notes: list[str]) -> list[str]:
    base = urlsplit(target)
    origin = f"{base.scheme}://{base.netloc}"
    wanted = _UNSENDABLE.sub(lambda match: b"%%%02X" % match[0][0], request.target) or b"/"
    if base.path not in {"", "/"}:
        query = base.query.encode("utf-8") or wanted.partition(b"?")[2]
        sent = base.path.encode("utf-8") + (b"?" + query if query else b"")
        if sent != request.target:
            notes.append("differs: the path is the target's, not the captured one")
        wanted = sent
    elif wanted != request.target:
        notes.append("differs: characters of the target that cannot be sent are percent-encoded")
    if _PLAIN_TARGET.fullmatch(wanted) and not wanted.startswith(b"//"):
        return [f"--url {shell.quoted(origin.encode('utf-8') + wanted)}"]
    # Sent as it is written, whatever a URL parser would make of it; the host is the target's in any case.
    return [f"--url {shell.quoted(origin.encode('utf-8') + b'/')}", f"--request-target {shell.quoted(wanted)}"]


def _headers(request: Request, target: str, notes: list[str]) -> list[str]:
    words: list[str] = []
    for name, value in request.headers:
        shown = show(name, 60)
        text = value.strip(b" \t")
        if name.lower() in {b"host", b"content-length"}:
            continue
        if name.lower() == b"transfer-encoding":
            notes.append(f"differs: header {shown}: {show(value, 40)} is left out; the body goes out in one piece")
        elif not _TOKEN.fullmatch(name):
            notes.append(f"differs: header {shown!r} is left out; its name cannot be sent")
        elif _BAD_VALUE.search(text) or (text and not text.strip()):
            # Besides line breaks: curl drops a header whose value is only vertical tabs and form feeds.
            notes.append(f"differs: header {shown} is left out; its value cannot be sent")
        else:
            # curl drops "X:" and wants "X;" for a header without a value.
            words.append(f"-H {shell.quoted(name + b': ' + text if text else name + b';')}")
            if text != value:
                notes.append(f"differs: space around the value of header {shown} is not sent")
    present = {name.lower() for name, _ in request.headers}
    words += [f"-H '{name}:'" for name in ("User-Agent", "Accept") if name.lower().encode() not in present]
    if request.body:
        # curl adds a type to every body, and asks before it sends a large one.
        words += [f"-H '{name}:'" for name in ("Content-Type", "Expect") if name.lower().encode() not in present]
    _note_host(request, target, notes)
    words += _length(request, notes)
    return words


def _note_host(request: Request, target: str, notes: list[str]) -> None:
    captured = request.headers.get_all("host")
    sent = urlsplit(target).netloc
    if captured != [sent]:
        was = f"captured was {show(captured[0], 80)}" if captured else "none was captured"
        notes.append(f"differs: header Host is the target's, {show(sent, 80)}; {was}")
    if captured and request.headers.pairs[0][0].lower() != b"host":
        notes.append("differs: header Host is sent before the others")


def _length(request: Request, notes: list[str]) -> list[str]:
    """What becomes of Content-Length: curl counts the body itself and writes it last."""
    captured = [value for name, value in request.headers if name.lower() == b"content-length"]
    length = str(len(request.body)).encode()
    if not request.body:
        if captured and captured != [b"0"]:
            notes.append(f"differs: header Content-Length is left out; captured was {show(captured[0], 40)}")
        return ["-H 'Content-Length: 0'"] if captured == [b"0"] else []
    if captured == [length]:
        if request.headers.pairs[-1][0].lower() != b"content-length":
            notes.append("differs: header Content-Length is sent after the others")
    elif captured:
        notes.append(f"differs: header Content-Length is {length.decode()}; captured was {show(captured[0], 40)}")
    else:
        notes.append(f"differs: header Content-Length is added: {length.decode()}")
    return []


FORMAT = CurlFormat()
