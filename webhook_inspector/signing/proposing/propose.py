"""From a request to a provider's table: guessed by looks, and proved where a secret is given."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from webhook_inspector.core.request import Request
from webhook_inspector.core.secret import Secret
from webhook_inspector.core.verification import VerificationStatus
from webhook_inspector.errors import ConfigError
from webhook_inspector.providers.fields import Fields
from webhook_inspector.providers.load import load_provider
from webhook_inspector.providers.model import PUBLIC_KEY, Provider
from webhook_inspector.providers.template import Field
from webhook_inspector.signing.checking import verify
from webhook_inspector.signing.proposing.places import (
    SignaturePlace,
    id_header,
    signature_places,
    time_place,
    time_unit,
    type_header,
)

MAX_TRIES = 2000
_MOST_BYTES = 256 << 20
"""Bytes that are hashed at most, so that a large body does not take minutes."""
_PLACES = 4
_WINDOW_S = 300
_TYPES = ("/type", "/event", "/event_type", "/eventType", "/topic", "/action", "/name", "/kind")
_IDS = ("/id", "/event_id", "/eventId", "/uuid", "/data/id")
_TIMES = ("/created_at", "/created", "/timestamp", "/time", "/occurred_at", "/createdAt")
_SOUND = frozenset({VerificationStatus.VALID, VerificationStatus.STALE})


@dataclass(frozen=True, slots=True)
class Proposal:
    """What was found."""

    table: dict[str, Any]
    """A provider's table, as `[providers.NAME]` takes it; loads without an error."""
    proved: bool
    """Whether it gives the signature of the request with one of the secrets."""
    others: tuple[str, ...]
    """Further headers that may hold the signature."""
    tries: int
    """How many recipes were tried with the secrets."""


def propose(name: str, request: Request, secrets: Sequence[Secret], *, at_ns: int, url: str | None = None) -> Proposal:
    """A recipe for the signature of a request. Never raises on anything in the request.

    Args:
        name: Of the new provider.
        request: One of its requests.
        secrets: What may be its secret or public key; recipes are tried with them until one gives the signature.
        at_ns: When the request arrived, nanoseconds since the epoch.
        url: The public URL that the sender called, for schemes that sign it.
    """
    places = signature_places(request)
    events = _events(request)
    tries = 0
    if secrets:
        budget = max(20, min(MAX_TRIES, _MOST_BYTES // max(1, len(request.body))))
        for recipe in itertools.islice(_recipes(request, places), budget):
            tries += 1
            if _holds(_loaded(name, recipe), request, secrets, at_ns, url):
                return Proposal(recipe | events, proved=True, others=(), tries=tries)
    for place in places:
        for recipe in _of_place(request, place):
            if _loaded(name, recipe | events) is not None:
                others = tuple(other.header for other in places if other is not place)
                return Proposal(recipe | events, proved=False, others=others, tries=tries)
    unknown = {"base": "hmac", "header": "X-Signature"}
    return Proposal(unknown | events, proved=False, others=(), tries=tries)


def _recipes(request: Request, places: Sequence[SignaturePlace]) -> Iterator[dict[str, Any]]:
    for place in places[:_PLACES]:
        yield from _of_place(request, place)


def _of_place(request: Request, place: SignaturePlace) -> Iterator[dict[str, Any]]:
    """Recipes for one header, the likeliest first."""
    if place.algorithms == ("token",):
        yield {"algorithm": "token", "signature": place.spec}
        return
    time, unit = _time(request, place)
    window = {} if time is None else {"timestamp": {"from": time, "unit": unit, "past": _WINDOW_S}}
    for algorithm in place.algorithms:
        if not (algorithm in PUBLIC_KEY or algorithm.startswith("hmac-")):
            continue
        for signed in _contents(time, id_header(request)):
            for key in _keys(algorithm):
                timed = window if time is not None and time in signed else {}
                yield {"algorithm": algorithm, "signed": signed, "signature": place.spec} | key | timed
    for signed in ("{secret}{body}", "{body}{secret}", "{secret}{method}{url}{body}"):
        for algorithm in place.algorithms:
            if algorithm in {"hmac-sha1", "hmac-sha256", "hmac-sha512", "md5"}:
                yield {"algorithm": algorithm.removeprefix("hmac-"), "signed": signed, "signature": place.spec}


def _time(request: Request, place: SignaturePlace) -> tuple[str | None, str]:
    if place.time is not None:
        text = Fields(request).text(Field("header", place.header)) or ""
        items = [item.partition("=")[::2] for item in text.split(place.spec["items"])]
        return place.time, next((unit for _, value in items if (unit := time_unit(value))), "s")
    found = time_place(request)
    return (None, "s") if found is None else (found.source, found.unit)


def _contents(time: str | None, identity: str | None) -> Iterator[str]:
    """What may be signed, the likeliest first."""
    stamp = f"{{{time}}}"
    number = f"{{header:{identity}}}"
    if time is not None and identity is not None:
        yield from (f"{number}.{stamp}.{{body}}", f"{stamp}.{number}.{{body}}", f"{number}{stamp}{{body}}")
    if time is not None:
        yield from (f"{stamp}.{{body}}", f"{stamp}{{body}}", f"{{body}}{stamp}", f"{stamp}:{{body}}")
        yield from (f"{stamp}|{{body}}", f"{stamp}.{{body_sha256}}")
        yield from (f"v0:{stamp}:{{body}}", f"v1:{stamp}:{{body}}", f"{{body}}.{stamp}", f"{stamp}\n{{body}}")
        yield from (
            f"{{method}}{{url}}{{body}}{stamp}",
            f"{{url}}{stamp}{{body}}",
            f"{{method}}{{path}}{stamp}{{body}}",
        )
        yield from (f"{stamp}.{{method}}.{{path}}.{{body}}", f"{stamp}.{{path}}.{{body}}", f"{stamp}.{{url}}.{{body}}")
    yield "{body}"
    if identity is not None:
        yield from (f"{number}.{{body}}", f"{number}{{body}}")
    yield from (
        "{url}{body}",
        "{body}{url}",
        "{url}.{body}",
        "{path}{body}",
        "{method}{path}{body}",
        "{url}",
        "{url}{form_sorted}",
    )
    yield "{body_sha256}"


def _keys(algorithm: str) -> tuple[dict[str, Any], ...]:
    """How the secret may become the key, the likeliest first."""
    if algorithm == "ed25519":
        return ({"key": {"decode": "hex"}}, {"key": {"decode": "base64"}}, {"key": {"decode": "pem"}})
    if algorithm.startswith("ecdsa"):
        return ({"key": {"decode": "spki-base64"}}, {"key": {"decode": "pem"}})
    if algorithm.startswith("rsa"):
        return ({"key": {"decode": "pem"}}, {"key": {"decode": "x509-pem"}})
    prefixed = {"key": {"strip": ["whsec_"], "decode": "base64"}}
    return ({}, prefixed, {"key": {"decode": "hex"}})


def _holds(provider: Provider | None, request: Request, secrets: Sequence[Secret], at_ns: int, url: str | None) -> bool:
    if provider is None:
        return False
    keys: list[str | None] = [None]
    if provider.recipes[0].uses_public_key:
        keys = [secret.value for secret in secrets]
    return any(
        verify(request, provider, secrets, at_ns=at_ns, url=url, public_key=key, explained=False).status in _SOUND
        for key in keys
    )


def _loaded(name: str, table: dict[str, Any]) -> Provider | None:
    try:
        return load_provider(table, where="proposal", name=name)
    except ConfigError:
        return None


def _events(request: Request) -> dict[str, Any]:
    """Where the event says what it is."""
    fields = Fields(request)

    def first(pointers: Sequence[str]) -> str | None:
        return next((f"json:{one}" for one in pointers if fields.text(Field("json", one))), None)

    header, identity = type_header(request), id_header(request)
    kind = f"header:{header}" if header else first(_TYPES)
    number = f"header:{identity}" if identity else first(_IDS)
    events: dict[str, Any] = {}
    if kind:
        events["type"] = kind
    if number:
        events["id"] = number
    time = first(_TIMES)
    unit = None if time is None else time_unit(fields.text(Field("json", time.removeprefix("json:"))) or "")
    if time is not None and unit is not None:
        events["time"] = {"from": time, "unit": unit}
    return {"events": events} if events else {}
