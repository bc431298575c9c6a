"""A pytest module that sends deliveries to a handler and asserts that each is accepted.

Pure ASCII, and nothing of a delivery is ever code: bytes and text stand in it as Python's own `ascii` writes them. It
sends through the fixture `webhook_inspector`, whose rules of what can go out are those that the comments name.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from webhook_inspector.core.delivery import Record
from webhook_inspector.core.display import show
from webhook_inspector.core.encoding import is_utf8
from webhook_inspector.core.request import Request
from webhook_inspector.export.api import ExportContext
from webhook_inspector.export.shell import comment

_HEAD = '''\
"""Deliveries as webhook-inspector captured them, sent to your handler.

Needs webhook-inspector beside pytest: its plugin has the fixture. Start the handler, then run

    WEBHOOK_TARGET=http://127.0.0.1:3000/hooks WEBHOOK_SECRET=... python -m pytest THIS_FILE

WEBHOOK_SECRET is the secret that your handler checks signatures with: each delivery is signed again with it and the
present time. Without it the captured signature goes out, and a handler that looks at its age refuses it.
{redacted}"""

import os

import pytest

TARGET = os.environ.get("WEBHOOK_TARGET") or {target}
SECRET = os.environ.get("WEBHOOK_SECRET") or None

'''
_REDACTED = "Secrets are masked; a comment above each delivery names what is.\n"
_TEST = """

@pytest.mark.parametrize("delivery", DELIVERIES)
def test_delivery_is_accepted(webhook_inspector, delivery):
    webhook_inspector.send_request(delivery, to=TARGET, secret=SECRET).assert_accepted()
"""

_MOST_LINES = 2000
"""Bodies of more lines stand on one: Python reads that faster."""
_TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}")
_BREAKING = re.compile(rb"[\x00\r\n]")
_UNSENDABLE = re.compile(rb"[\x00-\x20\x7f]")
_NOT_NAME = re.compile(r"[^A-Za-z0-9._]+")
_LEFT_OUT = frozenset(
    (b"connection", b"keep-alive", b"proxy-authenticate", b"proxy-authorization", b"proxy-connection", b"te",
     b"trailer", b"transfer-encoding", b"upgrade", b"expect")
)  # fmt: skip


class PytestFormat:
    """One test, run for each delivery."""

    name = "pytest"
    suffix = ".py"
    help = "a pytest module that sends to your handler"

    def render(self, records: Sequence[Record], context: ExportContext) -> bytes:
        """The module; what is masked or goes out otherwise than captured stands in comments."""
        head = _HEAD.format(target=_text(_without_user(context.target)), redacted=_REDACTED if context.redacted else "")
        lines = [head + "DELIVERIES = ["]
        for index, record in enumerate(records):
            lines += _delivery(record, context.target, context.masked_of(index))
        lines += ["]", _TEST]
        return "\n".join(lines).encode("ascii")


def _without_user(target: str) -> str:
    """A target without user and password: they are not written, the environment can give them."""
    parts = urlsplit(target)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def _delivery(record: Record, target: str, masked: Sequence[str]) -> list[str]:
    """The lines of one delivery, a parameter of the test."""
    delivery, request = record.delivery, record.delivery.request
    kind = record.facts.event.type or ""
    label = "-".join(filter(None, (str(delivery.id), _NOT_NAME.sub("-", kind[:80]).strip("-"))))
    notes = [f"delivery {delivery.id}" + (f": {show(kind, 100)}" if kind else "")]
    notes += [f"masked: {', '.join(masked)}"] if masked else []
    notes += [f"differs: {difference}" for difference in differences(request, target)]
    provider = record.facts.provider or delivery.provider_hint
    return [
        *(f"    {comment(note)}" for note in notes),
        "    pytest.param(",
        "        {",
        f'            "provider": {_text(provider) if provider is not None else None},',
        f'            "method": {_text(request.method)},',
        f'            "target": {request.target!a},',
        '            "headers": [',
        *(f"                ({name!a}, {value!a})," for name, value in request.headers),
        "            ],",
        *_body(request.body),
        "        },",
        f"        id={_text(label)},",
        "    ),",
    ]


def _body(body: bytes) -> list[str]:
    """The body as literals, one a line of text: a secret in it is not cut, so that it can still be found."""
    pieces = body.splitlines(keepends=True) or [b""]
    if len(pieces) == 1 or len(pieces) > _MOST_LINES:
        return [f'            "body": {body!a},']
    return ['            "body": (', *(f"                {piece!a}" for piece in pieces), "            ),"]


def _text(value: str) -> str:
    """Text as a literal in double quotes where it is plain."""
    plain = value.isascii() and value.isprintable() and '"' not in value and "\\" not in value
    return f'"{value}"' if plain else ascii(value)


def differences(request: Request, target: str) -> list[str]:
    """What cannot go out as captured, or not to this target, one short sentence each."""
    notes = []
    if not _TOKEN.fullmatch(request.method.encode("utf-8", "replace")) or request.method == "CONNECT":
        notes.append(f"method {show(request.method, 40)!r} cannot be sent; POST is sent")
    notes += _target(request.target, target)
    named = {
        token.strip().lower()
        for name, value in request.headers
        if name.lower() == b"connection"
        for token in value.split(b",")
    } - {b"host", b"content-length", b"content-type"}
    for name, value in request.headers:
        shown = show(name, 60)
        if name.lower() in _LEFT_OUT | named:
            notes.append(f"header {shown} concerns the captured connection only and is left out")
        elif not _TOKEN.fullmatch(name):
            notes.append(f"header {shown!r} is left out; its name cannot be sent")
        elif _BREAKING.search(value):
            notes.append(f"header {shown} is left out; its value cannot be sent")
        elif value.strip(b" \t") != value:
            notes.append(f"space around the value of header {shown} means nothing and may be lost")
    return [*notes, *_framing(request, target)]


def _target(captured: bytes, target: str) -> list[str]:
    base = urlsplit(target)
    if base.path not in {"", "/"} or base.query:
        return ["path or query are the target's, not the captured ones"]
    if not captured.startswith(b"/"):
        return ["only path and query of the captured target are sent, after a /"]
    if _UNSENDABLE.search(captured) or not is_utf8(captured):
        return ["characters of the target that cannot be sent are percent-encoded"]
    return []


def _framing(request: Request, target: str) -> list[str]:
    """Host and Content-Length are made for each send."""
    notes = []
    hosts = request.headers.get_all("host")
    if hosts != [urlsplit(target).netloc]:
        notes.append(f"header Host is the target's; captured was {show(hosts[0], 80) if hosts else 'none'}")
    lengths = request.headers.get_all("content-length")
    if lengths != [str(len(request.body))] and (lengths or request.body or request.method in {"POST", "PUT", "PATCH"}):
        captured = show(lengths[0], 40) if lengths else "none"
        notes.append(f"header Content-Length is {len(request.body)}; captured was {captured}")
    return notes


FORMAT = PytestFormat()
