"""Changing a signed request so that its signature no longer holds: what a handler must refuse."""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import quote_plus

from webhook_inspector.core.headers import Headers
from webhook_inspector.core.request import Request
from webhook_inspector.providers.fields import Fields
from webhook_inspector.providers.model import Provider
from webhook_inspector.signing.found import find
from webhook_inspector.signing.schemes import scheme_of
from webhook_inspector.signing.schemes.api import ContentScheme
from webhook_inspector.signing.writing import header_names

_IN_TEXT = re.compile(rb'"[^"\\]*([A-Za-z0-9])"')
_ANY = re.compile(rb"[A-Za-z0-9]")


def tampered_body(request: Request) -> Request:
    """The request with one letter or digit of its body changed; JSON stays JSON. An empty body gets a byte."""
    found = list(_IN_TEXT.finditer(request.body[:1_000_000]))
    last = found[-1].start(1) if found else None
    if last is None:
        plain = list(_ANY.finditer(request.body[:1_000_000]))
        last = plain[-1].start() if plain else None
    if last is None:
        return replace(request, body=request.body + b" ")
    body = request.body
    return replace(request, body=body[:last] + _other(body[last : last + 1]) + body[last + 1 :])


def tampered_signature(request: Request, provider: Provider) -> Request:
    """The request with one character of each signature changed; the body, where none can be found."""
    result = request
    for recipe in provider.recipes:
        scheme = scheme_of(recipe)
        fields = Fields(request, scope=recipe.scope)
        found = scheme.find(recipe, fields) if isinstance(scheme, ContentScheme) else find(recipe, fields)
        for text in found.signatures:
            result = _replaced(result, text)
    return tampered_body(request) if result == request else result


def _replaced(request: Request, text: bytes) -> Request:
    """The request with one character of a text changed wherever the text stands."""
    places = [match.start() for match in _ANY.finditer(text)]
    if not places:
        return request
    at = places[len(places) // 2]  # the last character of base64 may hold unused bits
    wrong = text[:at] + _other(text[at : at + 1]) + text[at + 1 :]
    pairs = tuple((name, value.replace(text, wrong)) for name, value in request.headers)
    body, target = request.body, request.target
    for old, new in ((text, wrong), (quote_plus(text).encode(), quote_plus(wrong).encode())):
        body, target = body.replace(old, new), target.replace(old, new)
    return replace(request, headers=Headers(pairs), body=body, target=target)


def without_signature(request: Request, provider: Provider) -> Request:
    """The request without the headers of its signature; with a wrong one, where it stands elsewhere."""
    names = {
        name
        for recipe in provider.recipes
        if recipe.signature is not None and recipe.signature.source.kind in {"header", "headers"}
        for name in header_names(request, recipe.signature.source)
    }
    bare = replace(request, headers=request.headers.without(sorted(names)))
    return tampered_signature(request, provider) if bare == request else bare


def _other(char: bytes) -> bytes:
    """Another character of the same kind: digits stay hex digits, letters stay letters of hex where they were."""
    return {b"0": b"1", b"a": b"b", b"A": b"B"}.get(char, b"0" if char.isdigit() else b"a" if char.islower() else b"A")
