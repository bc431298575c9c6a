"""Finding the signatures in a request: lists, pairs, picks and prefixes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from webhook_inspector.core.display import show
from webhook_inspector.core.headers import decode_header
from webhook_inspector.core.verification import VerificationStatus
from webhook_inspector.providers.fields import Fields
from webhook_inspector.providers.model import Recipe, SignatureSpec
from webhook_inspector.providers.template import Field, parse_template

_VERSION = re.compile(rb"[a-z]{1,4}[0-9]+[a-z]?")
_MAX_ITEMS = 64
"""Signatures beyond these are not looked at: no provider sends that many."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Why no comparison took place, or why it does not count."""

    status: VerificationStatus
    reason: str
    explanation: str


@dataclass(frozen=True, slots=True)
class Found:
    """The signatures of a request, without prefix, and the other parts of the header."""

    signatures: tuple[bytes, ...] = ()
    parts: Mapping[bytes, bytes] = field(default_factory=lambda: MappingProxyType({}))
    """First value of each key of the header, signatures included."""
    problem: Problem | None = None
    texts: tuple[bytes, ...] = ()
    """The headers as received."""

    @property
    def received(self) -> tuple[str, ...]:
        """The signatures, or where there are none the headers, as text."""
        return tuple(decode_header(value) for value in self.signatures or self.texts)


def place_name(source: Field) -> str:
    """A field in words: `the Stripe-Signature header`."""
    words = {
        "header": "the {} header",
        "headers": "the {} headers",
        "json": "the JSON value {}",
        "form": "the form field {}",
        "query": "the query parameter {}",
        "param": "the parameter {}",
    }
    return words.get(source.kind, "{}").format(show(source.name or source.kind, 60))


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def find(recipe: Recipe, fields: Fields) -> Found:
    """The signatures that a request carries for a recipe, or the problem in words. Never raises."""
    spec = recipe.signature
    if spec is None:
        return Found(problem=Problem(VerificationStatus.UNSUPPORTED, "unsupported_scheme", _unsupported(recipe)))
    place = place_name(spec.source)
    values = fields.raw(spec.source)
    present = tuple(value for value in values if value.strip())
    if not present:
        what = f"{_sentence(place)} is {'empty' if values else 'missing'}, so there is no signature to check."
        return Found(problem=Problem(VerificationStatus.MISSING, "header_missing", what))
    if len(set(present)) > 1 and spec.source.kind != "headers" and not _may_repeat(recipe, spec):
        what = f"{_sentence(place)} came {len(present)} times with different values; which one counts is not defined."
        return Found(problem=Problem(VerificationStatus.MALFORMED, "ambiguous_header", what), texts=present)
    return _read(spec, present, place, fields)


def _unsupported(recipe: Recipe) -> str:
    return f"The scheme {recipe.name} cannot be checked here yet."


def _may_repeat(recipe: Recipe, spec: SignatureSpec) -> bool:
    """Several headers of a list are one list, unless the list also holds something that is signed."""
    parts = recipe.signed is not None and any(part.kind == "sig" for part in recipe.signed.fields)
    timed = recipe.timestamp is not None and recipe.timestamp.source.kind == "sig"
    return spec.items is not None and not parts and not timed


def _read(spec: SignatureSpec, texts: tuple[bytes, ...], place: str, fields: Fields) -> Found:
    pick = _pick(spec, fields)
    prefix = spec.prefix.encode()
    signatures: list[bytes] = []
    parts: dict[bytes, bytes] = {}
    bare: list[bytes] = []
    for item in _items(spec, texts):
        key, value = _pair(spec, item)
        if key is not None:
            parts.setdefault(key, value)
        if pick is not None and key != pick:
            continue
        if value.startswith(prefix):
            signatures.append(value[len(prefix) :])
        elif value:
            bare.append(value)
    signatures = [one for one in signatures if one]
    problem = None if signatures else _problem(spec, place, pick, parts, bare)
    return Found(tuple(signatures), MappingProxyType(parts), problem, texts)


def _pick(spec: SignatureSpec, fields: Fields) -> bytes | None:
    if spec.pick is None or "{" not in spec.pick:
        return None if spec.pick is None else spec.pick.encode()
    return (fields.render(parse_template(spec.pick)) or "").encode()


def _items(spec: SignatureSpec, texts: tuple[bytes, ...]) -> list[bytes]:
    if spec.items is None:
        return list(texts)
    return [item for text in texts for item in text.split(spec.items.encode(), _MAX_ITEMS)[:_MAX_ITEMS]]


def _pair(spec: SignatureSpec, item: bytes) -> tuple[bytes | None, bytes]:
    if spec.pair is None:
        return None, item
    key, separator, value = item.partition(spec.pair.encode())
    return (key, value) if separator else (None, b"")


def _problem(
    spec: SignatureSpec, place: str, pick: bytes | None, parts: Mapping[bytes, bytes], bare: list[bytes]
) -> Problem:
    malformed = VerificationStatus.MALFORMED
    name = "" if pick is None else pick.decode("utf-8", "replace")
    if bare:
        what = f"{_sentence(place)} does not start with `{spec.prefix}`."
        return Problem(malformed, "prefix_missing", what)
    versions = [key.decode() for key in parts if _VERSION.fullmatch(key) and key != pick]
    if pick is not None and spec.pick is not None and "{" in spec.pick and parts:
        return Problem(
            malformed, "key_id_not_found", f"{_sentence(place)} has no signature for the key `{show(name)}`."
        )
    if pick is not None and versions:
        what = f"{_sentence(place)} has no {name} item, only {', '.join(versions[:5])}."
        return Problem(malformed, "no_supported_version", what)
    if pick is not None:
        return Problem(malformed, "header_malformed", f"{_sentence(place)} has no {name} item.")
    return Problem(malformed, "header_malformed", f"{_sentence(place)} holds no signature.")
