"""Requests with their expected signer from a JSON file: what `verify --requests FILE` reads."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from webhook_inspector.core.clock import NS_PER_S
from webhook_inspector.core.display import show
from webhook_inspector.core.headers import Headers
from webhook_inspector.core.jsondoc import JsonInvalidError, load_json
from webhook_inspector.core.request import Request
from webhook_inspector.core.secret import Secret
from webhook_inspector.core.verification import Verification, VerificationStatus
from webhook_inspector.errors import InputError
from webhook_inspector.providers.model import Provider
from webhook_inspector.signing.checking import verify
from webhook_inspector.signing.references import Asked, References


def _empty() -> Mapping[str, str]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class RequestItem:
    """One request of the file."""

    id: str
    """Its `id`, or its number from 1."""
    provider: str
    request: Request
    scheme: str | None = None
    secrets: tuple[Secret, ...] = ()
    public_key: str | None = None
    params: Mapping[str, str] = field(default_factory=_empty)
    url: str | None = None
    """The full public URL."""
    now_ns: int | None = None
    """The clock for this request, nanoseconds since the epoch; None: the present."""


def parse_requests(data: bytes, *, where: str) -> list[RequestItem]:
    """The requests of a file: a list of objects, or one object.

    Args:
        data: The file.
        where: Its name, for messages.

    Raises:
        InputError: Names the item and the key.
    """
    try:
        document = load_json(data)
    except JsonInvalidError as error:
        raise InputError(f"{where}: not JSON that can be read: {error}.") from None
    items = document if isinstance(document, list) else [document]
    return [_item(item, index, where) for index, item in enumerate(items, start=1)]


def verify_item(item: RequestItem, providers: Mapping[str, Provider], now_ns: int) -> Verification:
    """The verification of one request; its own clock wins over `now_ns`. Never raises."""
    provider = providers.get(item.provider)
    if provider is None:
        what = f"The provider {show(item.provider, 60)} is not known here; see `providers list`."
        return Verification(
            VerificationStatus.UNSUPPORTED, item.provider, item.scheme, reason="unknown_provider", explanation=what
        )
    now = now_ns if item.now_ns is None else item.now_ns
    return verify(
        item.request,
        provider,
        item.secrets,
        at_ns=now,
        now_ns=now,
        scheme=item.scheme,
        url=item.url,
        params=item.params,
        public_key=item.public_key,
    )


def verify_items(
    items: Sequence[RequestItem], providers: Mapping[str, Provider], now_ns: int
) -> Iterator[tuple[RequestItem, Verification]]:
    """The verification of each request, in order; those that fail are held against those that do not."""
    results = [verify_item(item, providers, now_ns) for item in items]
    asked = [_asked(item, providers) for item in items]
    references = References()
    for one, result in zip(asked, results, strict=True):
        if one is not None:
            references.add(one, result)
    for item, one, result in zip(items, asked, results, strict=True):
        yield item, result if one is None else references.compare(one, result)


def _asked(item: RequestItem, providers: Mapping[str, Provider]) -> Asked | None:
    provider = providers.get(item.provider)
    if provider is None:
        return None
    label = show(item.id, 80)
    return Asked(label, item.request, provider, item.secrets, item.url, item.params, item.public_key)


def _item(item: Any, number: int, where: str) -> RequestItem:
    if not isinstance(item, dict):
        raise InputError(f"{where}: item {number} must be an object with id, provider, method, url, headers.")
    label = show(str(item.get("id", number)), 80)
    place = f"{where}: item {number} ({label})" if "id" in item else f"{where}: item {number}"
    url = _text(item, "url", place)
    body = _text(item, "body_base64", place, default="")
    try:
        content = base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError):
        raise InputError(f"{place}: key `body_base64` is not base64.") from None
    secrets = _texts(item, "secret", place)
    named = [Secret(text, "secret" if len(secrets) == 1 else f"secret {n}") for n, text in enumerate(secrets, 1)]
    public_key = _text(item, "public_key", place, default="")
    return RequestItem(
        id=str(item.get("id", number)),
        provider=_text(item, "provider", place),
        request=Request(
            method=_text(item, "method", place, default="POST"),
            target=_target(url).encode("utf-8", "replace"),
            headers=_headers(item.get("headers", {}), place),
            body=content,
        ),
        scheme=_text(item, "scheme", place, default="") or None,
        secrets=tuple(named),
        public_key=public_key or None,
        params=_params(item.get("params"), place),
        url=url,
        now_ns=_now(item.get("now_epoch"), place),
    )


def _text(item: Mapping[str, Any], key: str, place: str, default: str | None = None) -> str:
    value = item.get(key)
    if value is None and default is not None:
        return default
    if not isinstance(value, str):
        what = "is missing" if key not in item else "must be text"
        raise InputError(f"{place}: key `{key}` {what}.")
    return value


def _texts(item: Mapping[str, Any], key: str, place: str) -> Sequence[str]:
    value = item.get(key)
    if value is None:
        return ()
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list) or not all(isinstance(one, str) for one in values):
        raise InputError(f"{place}: key `{key}` must be text or a list of texts.")
    return values


def _headers(value: Any, place: str) -> Headers:
    if not isinstance(value, dict):
        raise InputError(f"{place}: key `headers` must be an object of name and value.")
    pairs: list[tuple[str, str]] = []
    for name in value:
        pairs += [(name, text) for text in _texts(value, name, f"{place}: headers")]
    return Headers.from_text(pairs)


def _params(value: Any, place: str) -> Mapping[str, str]:
    if value is None:
        return _empty()
    if not isinstance(value, dict) or not all(isinstance(one, (str, int, float)) for one in value.values()):
        raise InputError(f"{place}: key `params` must be an object of texts.")
    return MappingProxyType({name: str(one) for name, one in value.items()})


def _now(value: Any, place: str) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) < 1e12:
        raise InputError(f"{place}: key `now_epoch` must be a number of seconds since 1970.")
    return value * NS_PER_S if isinstance(value, int) else round(value * NS_PER_S)


def _target(url: str) -> str:
    """Path and query of a URL, as on a request line."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "/"
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
