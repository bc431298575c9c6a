"""Requests of our own making with the verification that is expected: one file of them for each provider.

The files stand in `tests/providers/vectors`; each `[[vectors]]` table is one `Vector`. A signature in them was
computed with `hashlib`, `hmac` or `cryptography` directly, never with the code under test.
"""

from __future__ import annotations

import base64
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from webhook_inspector.core.clock import NS_PER_S
from webhook_inspector.core.headers import Headers
from webhook_inspector.core.request import Request
from webhook_inspector.core.secret import Secret
from webhook_inspector.providers.load import builtin
from webhook_inspector.providers.model import Provider

FOLDER = Path(__file__).parent.parent / "providers" / "vectors"
_TEXT_KEYS = ("id", "recipe", "expect", "now", "reason", "secret", "public_key", "params")
_KEYS = {*_TEXT_KEYS, "method", "url", "target", "headers", "body", "body_base64"}


@dataclass(frozen=True)
class Vector:
    """A request and what comes out."""

    id: str
    recipe: str
    expect: str
    """A verification status."""
    now: float
    """Seconds since the epoch."""
    secrets: tuple[str, ...] = ()
    public_key: str | None = None
    params: Mapping[str, str] = field(default_factory=dict)
    method: str = "POST"
    url: str = "https://example.test/hooks"
    target: str = "/hooks"
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    reason: str | None = None

    @property
    def request(self) -> Request:
        """The request as it would arrive."""
        return Request(self.method, self.target.encode(), Headers.from_text(self.headers), self.body)

    @property
    def named_secrets(self) -> list[Secret]:
        """Its secrets, with names."""
        return [Secret(text, f"secret {n}") for n, text in enumerate(self.secrets, 1)]

    @property
    def now_ns(self) -> int:
        """Its clock, nanoseconds since the epoch."""
        return round(self.now * NS_PER_S)


@cache
def vectors_of(provider: str) -> tuple[Vector, ...]:
    """The vectors of a provider, in the order of its file."""
    path = FOLDER / f"{provider}.toml"
    return tuple(_vector(table, path.name) for table in tomllib.loads(path.read_text(encoding="utf-8"))["vectors"])


def all_vectors() -> list[tuple[Provider, Vector]]:
    """Every vector of every built-in provider."""
    return [(provider, vector) for provider in builtin().values() for vector in vectors_of(provider.name)]


def vector(identifier: str) -> Vector:
    """The vector of that id."""
    return next(one for _, one in all_vectors() if one.id == identifier)


def _vector(table: Mapping[str, Any], where: str) -> Vector:
    assert set(table) <= _KEYS, f"{where}: {set(table) - _KEYS}"
    body = base64.b64decode(table["body_base64"]) if "body_base64" in table else table.get("body", "").encode()
    return Vector(
        id=table["id"],
        recipe=table["recipe"],
        expect=table["expect"],
        now=table["now"],
        secrets=tuple(_texts(table.get("secret", []))),
        public_key=table.get("public_key"),
        params=table.get("params", {}),
        method=table.get("method", "POST"),
        url=table.get("url", "https://example.test/hooks"),
        target=table.get("target", "/hooks"),
        headers=tuple((name, text) for name, value in table.get("headers", {}).items() for text in _texts(value)),
        body=body,
        reason=table.get("reason"),
    )


def _texts(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
