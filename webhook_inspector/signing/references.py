"""Holding a request that does not verify against requests that do.

When the same signature holds on another request, what differs between the two is what was changed: that is
known, not guessed. And when the same secret verifies other requests, the secret itself is in order.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from webhook_inspector.core.display import show
from webhook_inspector.core.headers import decode_header
from webhook_inspector.core.jsondoc import JsonInvalidError, load_json
from webhook_inspector.core.request import Request
from webhook_inspector.core.secret import Secret
from webhook_inspector.core.verification import Verification, VerificationStatus
from webhook_inspector.providers.model import Provider, Recipe
from webhook_inspector.signing.content import public_url
from webhook_inspector.signing.keys import read_keys

_CHANGEABLE = frozenset({"wrong_secret", "none_of_several_signatures", "url_mismatch_host", "body_tampered"})
"""Reasons that say less than a comparison can."""
_HOLDS = frozenset({VerificationStatus.VALID, VerificationStatus.STALE})
_NEVER_SIGNED = frozenset({"content-length", "connection", "accept-encoding", "user-agent", "accept", "host"})
_MAX_BODY = 1 << 20
_MAX_TWINS = 8


@dataclass(frozen=True, slots=True)
class Asked:
    """A request and what it was verified with."""

    label: str
    """As the user knows it: `#812`."""
    request: Request
    provider: Provider
    secrets: Sequence[Secret] = ()
    url: str | None = None
    params: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    public_key: str | None = None

    def keys(self, recipe: Recipe, label: str | None = None) -> frozenset[bytes]:
        """The keys that it was tried with, or only that of one secret."""
        keys = read_keys(recipe, self.secrets, self.public_key)
        return frozenset(key.data for key in keys if label is None or key.label == label)


@dataclass(frozen=True, slots=True)
class _Difference:
    reason: str
    text: str
    """`its header webhook-id is a, not b`."""
    undone: str = ""
    """The end of "it would match if ..."; empty where a change cannot be undone by the user."""


def can_be_compared(verification: Verification) -> bool:
    """Whether holding it against other requests can say more than it does."""
    return (
        verification.status is VerificationStatus.INVALID
        and verification.reason in _CHANGEABLE
        and not verification.matches_if
        and bool(verification.received)
    )


class References:
    """Requests that verified, to hold others against. Those that did not verify are not taken."""

    def __init__(self) -> None:
        self._by_signature: dict[tuple[str, str, str], list[tuple[Asked, Verification]]] = {}
        self._by_key: dict[tuple[str, str, bytes], str] = {}

    def add(self, asked: Asked, result: Verification) -> None:
        """Take a request when its signature holds."""
        recipe = asked.provider.recipe(result.scheme or "")
        if result.status not in _HOLDS or recipe is None:
            return
        place = (asked.provider.name, recipe.name)
        for signature in result.received:
            twins = self._by_signature.setdefault((*place, signature), [])
            if len(twins) < _MAX_TWINS:
                twins.append((asked, result))
        for key in asked.keys(recipe, result.secret_label):
            self._by_key.setdefault((*place, key), asked.label)

    def compare(self, asked: Asked, verification: Verification) -> Verification:
        """The verification with what other requests prove; as it is where they prove nothing more."""
        recipe = asked.provider.recipe(verification.scheme or "")
        if recipe is None or not can_be_compared(verification):
            return verification
        place = (asked.provider.name, recipe.name)
        keys = asked.keys(recipe)
        twins = [twin for each in verification.received for twin in self._by_signature.get((*place, each), ())]
        # Of several with the same signature, one that was checked with the same key proves the most.
        twins.sort(key=lambda twin: not keys & twin[0].keys(recipe, twin[1].secret_label))
        if twins:
            return _held_against(verification, asked, *twins[0], recipe)
        for key in keys:
            label = self._by_key.get((*place, key))
            if label is not None:
                what = f"{verification.explanation} The same secret does verify {label}."
                return replace(verification, explanation=what)
        return verification


def _held_against(
    verification: Verification, asked: Asked, other: Asked, result: Verification, recipe: Recipe
) -> Verification:
    same_key = bool(asked.keys(recipe) & other.keys(recipe, result.secret_label))
    differences = list(_differences(asked, other, recipe))
    if not same_key:
        several = len(verification.received) > 1
        reason = "rotated_secret_not_accepted" if several else "wrong_secret"
        what = f"The same signature holds on {other.label} with another secret, so the secret is not the sender's."
        if several:
            what += " Several signatures are sent while a secret is rotated: take one of the two that are in use."
        return replace(verification, reason=reason, explanation=what)
    if not differences:
        return verification
    first = differences[0]
    what = f"The same signature holds on {other.label} with this secret; here {_joined(differences)}."
    undone = (first.undone,) if first.undone and len(differences) == 1 else ()
    content = result.signed_content if undone else None
    return replace(verification, reason=first.reason, explanation=what, matches_if=undone, matching_content=content)


def _joined(differences: list[_Difference]) -> str:
    texts = [difference.text for difference in differences[:3]]
    more = f" and {len(differences) - 3} more things differ" if len(differences) > 3 else ""
    return ", and ".join(texts) + more


def _differences(asked: Asked, other: Asked, recipe: Recipe) -> Iterator[_Difference]:
    if recipe.needs_url or recipe.code is not None:
        yield from _urls(public_url(asked.request, asked.url), public_url(other.request, other.url))
    for name in recipe.params:
        mine, theirs = asked.params.get(name, ""), other.params.get(name, "")
        if mine != theirs:
            text = f"the value {name} is {show(mine, 60)}, not {show(theirs, 60)}"
            yield _Difference(f"wrong_{name}", text, f"the value {name} were {show(theirs, 60)}")
    yield from _headers(asked, other, recipe)
    if asked.request.body != other.request.body and recipe.covers_body is not False:
        yield _body(asked.request, other.request)
    elif asked.request.body != other.request.body:
        yield _Difference("body_tampered", "the signed fields of the body differ")


def _urls(mine: str, theirs: str) -> Iterator[_Difference]:
    if mine == theirs:
        return
    try:
        here, there = urlsplit(mine), urlsplit(theirs)
        pairs = [
            ("host", here.hostname, there.hostname),
            ("port", here.port, there.port),
            ("scheme", here.scheme, there.scheme),
            ("path", here.path, there.path),
            ("query", here.query, there.query),
        ]
    except ValueError:
        pairs = []
    which = next((name for name, a, b in pairs if a != b), "path")
    text = f"the URL is {show(mine, 200)}, not {show(theirs, 200)}"
    yield _Difference(f"url_mismatch_{which}", text, f"the URL were {show(theirs, 200)}")


def _headers(asked: Asked, other: Asked, recipe: Recipe) -> Iterator[_Difference]:
    for name in _signed_headers(asked.request, recipe):
        mine, theirs = asked.request.headers.get(name), other.request.headers.get(name)
        if mine is None or theirs is None or mine == theirs:
            continue
        reason = "signed_header_altered"
        spec = recipe.timestamp
        if spec is not None and spec.source.kind == "header" and spec.source.name.lower() == name:
            reason = "timestamp_altered"
        elif name.endswith("-id"):
            reason = "event_id_altered"
        text = f"the header {show(name, 60)} is {show(mine, 80)}, not {show(theirs, 80)}"
        yield _Difference(reason, text, f"the header {show(name, 60)} were {show(theirs, 80)}")


def _signed_headers(request: Request, recipe: Recipe) -> list[str]:
    """Names of the headers that are signed; where only code knows, of all that may be."""
    if recipe.code is not None:
        own = recipe.signature.source.name.lower() if recipe.signature else ""
        names = dict.fromkeys(decode_header(name).lower() for name, _ in request.headers)
        return [name for name in names if name not in _NEVER_SIGNED and name != own]
    fields = list(recipe.signed.fields) if recipe.signed else []
    if recipe.timestamp is not None:
        fields.append(recipe.timestamp.source)
    return list(dict.fromkeys(part.name.lower() for part in fields if part.kind == "header"))


def _body(mine: Request, theirs: Request) -> _Difference:
    reason, how = _kind_of_change(mine, theirs)
    if how:
        return _Difference(reason, f"the body {how}", f"the body {how.replace('has', 'did not have', 1)}")
    place = next((n for n, (a, b) in enumerate(zip(mine.body, theirs.body, strict=False)) if a != b), None)
    where = f"from byte {place} on" if place is not None else "in its length"
    return _Difference(reason, f"the body differs {where}")


def _kind_of_change(mine: Request, theirs: Request) -> tuple[str, str]:
    """The reason, and in words how the body was written again; no words where its content differs."""
    if max(len(mine.body), len(theirs.body)) > _MAX_BODY:
        return "body_tampered", ""
    try:
        here, there = load_json(mine.body), load_json(theirs.body)
    except JsonInvalidError:
        return _kind_of_form_change(mine, theirs)
    if not isinstance(here, dict | list):
        return "body_tampered", ""
    if _canonical(here) == _canonical(there):
        if json.dumps(here) != json.dumps(there):
            return "body_reserialized_key_order", "has its JSON keys in another order"
        return "body_reserialized", "has the same JSON written in another way"
    if _same_but_numbers(here, there):
        return "body_reserialized_number_precision", "has numbers of another precision"
    return "body_tampered", ""


def _canonical(document: Any) -> str:
    try:
        return json.dumps(document, sort_keys=True)
    except (RecursionError, ValueError):
        return ""


def _kind_of_form_change(mine: Request, theirs: Request) -> tuple[str, str]:
    try:
        here, there = (parse_qsl(one.body.decode("ascii"), keep_blank_values=True) for one in (mine, theirs))
    except ValueError:
        return "body_tampered", ""
    if here and here != there and sorted(here) == sorted(there):
        return "body_reserialized_form_order", "has its form fields in another order"
    if here and here == there:
        return "body_reserialized", "has the same form written in another way"
    return "body_tampered", ""


def _same_but_numbers(here: Any, there: Any) -> bool:
    """Whether two documents differ in nothing but numbers that a float cannot tell apart."""
    pairs = [(here, there)]
    while pairs:
        a, b = pairs.pop()
        if isinstance(a, dict) and isinstance(b, dict) and list(a) == list(b):
            pairs += [(a[key], b[key]) for key in a]
        elif isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
            pairs += zip(a, b, strict=True)
        elif type(a) in {int, float} and type(b) in {int, float}:
            if not _equal_as_floats(a, b):
                return False
        elif a != b:
            return False
    return True


def _equal_as_floats(a: float, b: float) -> bool:
    try:
        return float(a) == float(b)
    except OverflowError:
        return a == b
