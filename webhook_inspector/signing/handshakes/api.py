"""What a responder to an endpoint check is asked, and what it answers.

Rules for all: answer only what matches exactly, echo only bounded values, and raw text only as `text/plain` that
no browser sniffs. Nothing is ever requested: an address that must be opened is handed to the user.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Protocol

from webhook_inspector.core.jsondoc import JsonInvalidError, load_json
from webhook_inspector.core.request import Request
from webhook_inspector.core.secret import Secret
from webhook_inspector.providers.fields import Fields, to_bytes
from webhook_inspector.providers.template import Field

MAX_ECHO = 4096
"""Longest value that is echoed, characters."""
_MAX_BODY = 64 * 1024
"""A longer body is no check of an endpoint."""
_PLAIN = (("Content-Type", "text/plain; charset=utf-8"), ("X-Content-Type-Options", "nosniff"))
_JSON = (("Content-Type", "application/json"), ("X-Content-Type-Options", "nosniff"))


@dataclass(frozen=True, slots=True)
class HandshakeAnswer:
    """What the provider is told, and what the user is."""

    status: int = 200
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    body: bytes = field(default=b"", repr=False)
    gained: str | None = field(default=None, repr=False)
    """A secret that the provider handed over: the key of later signatures."""
    open_url: str | None = None
    """An address that the user must open to confirm; never requested by this program. Not yet safe to show."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A request that may be an endpoint check."""

    request: Request
    secrets: Sequence[Secret] = ()
    """Of the source, for answers that are computed with them."""
    params: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Values that the source configures, for example `verify_token`."""
    verified: Callable[[], bool] = lambda: False
    """Whether the request's signature holds."""

    def query(self, name: str) -> str | None:
        """A parameter of the query when it is there exactly once and short enough."""
        values = Fields(self.request).raw(Field("query", name))
        return bounded(values[0].decode("utf-8", "replace")) if len(values) == 1 else None

    def header(self, name: str) -> str | None:
        """A header when it is there exactly once and holds printable ASCII that is short enough."""
        values = Fields(self.request).raw(Field("header", name))
        text = values[0].decode("latin-1").strip() if len(values) == 1 else ""
        return bounded(text) if text.isascii() and text.isprintable() else None

    def json(self) -> Any:
        """The JSON of a short body, or None."""
        body = self.request.body
        if not body or len(body) > _MAX_BODY:
            return None
        try:
            return load_json(body)
        except JsonInvalidError:
            return None


class Handshake(Protocol):
    """A responder. Its module names its one instance `HANDSHAKE`."""

    help: str
    """What is asked and what is answered, in one line."""
    unmistakable: bytes
    """What every such request holds (see `looked_through`), where the shape alone says whose it is, so that it is
    answered on sources without a provider too; else empty."""

    def answer(self, ask: Ask) -> HandshakeAnswer | None:
        """The answer; None when this is no such check, or what it needs is not configured. Never raises."""
        ...


def looked_through(request: Request) -> bytes:
    """The target, the names of the headers in lower case and a short body: where a request says what it is."""
    body = request.body if len(request.body) <= _MAX_BODY else b""
    return b"\n".join([request.target, *[name.lower() for name, _ in request.headers.pairs], body])


def bounded(value: object) -> str | None:
    """A text that may be echoed, or None."""
    return value if isinstance(value, str) and 0 < len(value) <= MAX_ECHO else None


def echo(text: str) -> HandshakeAnswer:
    """A text, exactly."""
    return HandshakeAnswer(200, _PLAIN, to_bytes(text))


def answer_json(document: Mapping[str, Any]) -> HandshakeAnswer:
    """A JSON object."""
    return HandshakeAnswer(200, _JSON, json.dumps(document).encode())


def member(document: Any, *path: str) -> Any:
    """A value inside JSON objects, or None."""
    for name in path:
        document = document.get(name) if isinstance(document, dict) else None
    return document
