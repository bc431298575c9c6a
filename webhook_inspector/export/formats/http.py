"""A .http file for the REST Client of VS Code and the HTTP Client of JetBrains.

Only what both read in the same way is said, after the REST Client's source and the "HTTP Request in Editor"
specification of JetBrains (read November 2026). The format is a language: `###` begins a request, `#` and `//` are
comments also in bodies, `< name` reads a file, `> {% %}` runs a script, `>> name` writes a file, `{{name}}` is
replaced, spaces and line ends around a body go away. A body in which any of this could be seen is not sent: it stands
in a comment in base64, and the request says so.
"""

from __future__ import annotations

import base64
import re
from collections import Counter
from collections.abc import Sequence

from webhook_inspector.core.delivery import Record
from webhook_inspector.core.display import show
from webhook_inspector.core.request import Request
from webhook_inspector.export import shell
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

_METHODS = re.compile(r"GET|HEAD|POST|PUT|DELETE|PATCH|OPTIONS|TRACE", re.IGNORECASE)
_CHUNK = 72
_ADDED = ("User-Agent", "Accept", "Accept-Encoding", "Connection", "Cookie", "Content-Type")
_TEXT = re.compile(r"[^\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]*")
_LIVE = re.compile(
    r"^[^\S\n]*(?:#|//|>|@|```|\?\?|%|<(?![A-Za-z?!/][^\n]*>)|HTTP/)|\{\{|\{%|%\}",
    re.MULTILINE,
)
_FORM = re.compile(r"(?:[A-Za-z0-9._~!$&()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*")
_NAME = re.compile(rb"[A-Za-z0-9_].*", re.DOTALL)
_BASIC = re.compile(rb"basic\s+[A-Za-z0-9+/=_-]+", re.IGNORECASE)
_SIGNED = (b"basic", b"digest", b"aws", b"cognito", b"ntlm")


class HttpFormat:
    """One request a delivery, divided by `###`."""

    name = "http"
    suffix = ".http"
    help = "a .http file for VS Code's REST Client and JetBrains' HTTP Client"

    def render(self, records: Sequence[Record], context: ExportContext) -> bytes:
        """UTF-8; what cannot be said stands in comments at the request."""
        lines = [
            "# Written by webhook-inspector for VS Code's REST Client and JetBrains' HTTP Client,",
            "# on systems whose lines end in LF.",
        ]
        for index, record in enumerate(records):
            lines += ["", f"##{_comment(title(record))}"]
            lines += _lines(record.delivery.request, context.target, masked_note(context, index))
        return ("\n".join(lines) + "\n").encode("utf-8")


def _comment(text: str) -> str:
    """One comment line in which nothing is replaced."""
    return shell.comment(text.replace("{{", "{ {").replace("}}", "} }"))


def _lines(request: Request, target: str, notes: list[str]) -> list[str]:
    method = method_of(request, notes, known=_METHODS, upper=True)
    origin, path = url_of(request, target, notes, client="the program")
    headers = headers_of(request, notes, _refuses)
    names = [name.lower() for name, _ in headers]
    repeated = dict.fromkeys(name for name, count in Counter(names).items() if count > 1)
    notes += [
        f"differs: header {show(name, 60)} is repeated; VS Code joins its values in one, which changes the order"
        for name in repeated
    ]
    note_host(request, target, notes, first=False)
    if request.headers.get("host") is not None:
        notes.append("differs: header Host may be sent in another place of the order")
    note_length(request, notes, place="in another place", adds_zero=True)
    note_added(headers, _ADDED, notes, client="the program")
    body: list[str] = []
    if request.body:
        reason = _unsayable(request)
        if reason is None:
            body = ["", request.body.decode("utf-8")]
            if method in {"GET", "HEAD"}:
                notes.append(f"differs: some programs do not send the body with {method}")
        else:
            notes.append(
                f"differs: the body is not sent, as {reason}; its {len(request.body)} bytes stand in base64 here:"
            )
            coded = base64.b64encode(request.body).decode("ascii")
            notes += [coded[start : start + _CHUNK] for start in range(0, len(coded), _CHUNK)]
    return [
        *(_comment(note) for note in notes),
        "# @no-redirect",
        "# @no-cookie-jar",
        "# @no-auto-encoding",
        f"{method} {origin}{path} HTTP/1.1",
        *(f"{name.decode('ascii')}: {value.decode('ascii')}".rstrip(" ") for name, value in headers),
        *body,
    ]


def _refuses(name: bytes, value: bytes) -> str | None:
    lower = name.lower()
    if not _NAME.fullmatch(name):
        return "a line that begins so would be read as something else"
    if b"{{" in name + value or b"{%" in value:
        return f"its value would be replaced; in base64 it is {base64.b64encode(value).decode('ascii')}"
    if lower == b"x-request-type":
        return "it would be read as an instruction"
    if lower == b"authorization" and value.lower().startswith(_SIGNED) and not _BASIC.fullmatch(value):
        return f"the program would make one of its own; in base64 it is {base64.b64encode(value).decode('ascii')}"
    return refuses_not_ascii(name, value)


def _unsayable(request: Request) -> str | None:
    """Why a body cannot stand in the file; None when it can."""
    try:
        text = request.body.decode("utf-8")
    except UnicodeDecodeError:
        return "it is not UTF-8"
    kind = request.content_type
    if not _TEXT.fullmatch(text):
        return "it holds control characters or such of direction"
    if text != text.strip():
        return "it begins or ends with white space"
    if _LIVE.search(text):
        return "something in it would be replaced, run, read from a file or taken for a comment"
    if kind == "application/x-www-form-urlencoded" and not _FORM.fullmatch(text):
        return "its characters would be encoded"
    if "\n" in text and (kind.startswith("multipart/") or "ndjson" in kind or "jsonl" in kind):
        return "its line ends would be changed"
    if "ndjson" in kind or "graphql" in kind:
        return "it would be changed"
    return None


FORMAT = HttpFormat()
