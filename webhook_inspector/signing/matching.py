"""The interpreter of recipes: one request, one recipe, some keys; does any of them give a signature that is there?"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from webhook_inspector.core.headers import decode_header
from webhook_inspector.core.verification import VerificationStatus
from webhook_inspector.providers.fields import Fields
from webhook_inspector.providers.model import Recipe, TimestampSpec
from webhook_inspector.providers.template import Field
from webhook_inspector.providers.units import parse_time
from webhook_inspector.signing import digests
from webhook_inspector.signing.case import Case, Match
from webhook_inspector.signing.compare import same
from webhook_inspector.signing.content import MissingFieldError, build, public_url, url_forms
from webhook_inspector.signing.found import Found, Problem, find, place_name
from webhook_inspector.signing.keys import Key
from webhook_inspector.signing.schemes import scheme_of, unknown_scheme
from webhook_inspector.signing.schemes.api import WholeScheme
from webhook_inspector.signing.trust import foreign_address

_LOOKS_WRITTEN = re.compile(rb"[A-Za-z0-9+/_-]{16,}={0,2}")
_SECRET_SHOWN = b"{secret}"
_UNIT_NS = {"s": 1_000_000_000, "ms": 1_000_000, "us": 1000, "ns": 1}


def match(case: Case) -> Match:
    """Read the request by the recipe, or the scheme it names, and compare. Never raises on anything in the request."""
    recipe = case.recipe
    scheme = scheme_of(recipe)
    if recipe.code is not None and scheme is None:
        return unknown_scheme(recipe)
    if isinstance(scheme, WholeScheme):
        return scheme.match(case)
    fields = Fields(case.request, params=case.params, scope=recipe.scope)
    found = find(recipe, fields) if scheme is None else scheme.find(recipe, fields)
    if found.problem is not None:
        return Match(found, found.problem)
    timestamp: str | None = None
    time_ns: int | None = None
    if recipe.timestamp is not None:
        read = read_timestamp(recipe.timestamp, fields, found)
        if isinstance(read, Problem):
            return Match(found, read)
        time_ns, timestamp = read
    problem = _ambiguous(recipe, fields) or _unreadable(recipe, found) or foreign_address(recipe, fields)
    if problem is not None:
        return Match(found, problem, time_ns=time_ns)
    if recipe.algorithm == "token":
        return _match_token(case, found)

    def content_for(key: bytes, url: str) -> bytes:
        if scheme is not None:
            return scheme.content(recipe, fields, found, url=url, secret=key)
        assert recipe.signed is not None
        return build(recipe.signed, fields, found.parts, url=url, secret=key, timestamp=timestamp)

    try:
        return replace(_match_content(case, found, content_for, time_ns), covers_body=_covers(recipe, fields))
    except MissingFieldError as error:
        return Match(found, _missing(error.field), time_ns=time_ns)


def _covers(recipe: Recipe, fields: Fields) -> bool | None:
    """False where form fields are signed and the body is not a form; None: as the recipe says."""
    return False if recipe.signs_form and fields.request.body and not fields.form() else None


def _match_token(case: Case, found: Found) -> Match:
    spec = case.recipe.signature
    assert spec is not None
    for key in case.keys:
        wanted = digests.encode(key.data, spec.encoding if spec.encoding != "hex" else "text")
        if any(same(wanted, given) for given in found.signatures):
            return Match(found, key=key)
    return Match(found)


def _match_content(case: Case, found: Found, content_for: Callable[[bytes, str], bytes], time_ns: int | None) -> Match:
    recipe = case.recipe
    spec = recipe.signature
    assert spec is not None
    urls: tuple[str, ...] = ("",)
    if recipe.needs_url:
        urls = url_forms(public_url(case.request, case.url), recipe.url_variants)
    secret_inside = recipe.signed is None or any(part.kind == "secret" for part in recipe.signed.fields)
    expected: str | None = None
    given_signatures = [one.lower() for one in found.signatures] if spec.case == "fold" else found.signatures
    for key in case.keys:
        for url in urls:
            content = content_for(key.data, url)
            # What is handed out must not hold the secret, also where the secret is part of what is hashed.
            shown = content_for(_SECRET_SHOWN, url) if secret_inside else content
            if recipe.uses_public_key:
                if _public_match(recipe, key, content, found):
                    return Match(found, None, key, time_ns, shown)
                continue
            wanted = digests.encode(digests.digest(recipe.algorithm, key.data, content), spec.encoding)
            text = spec.prefix + wanted.decode("ascii", "replace")
            expected = text if expected is None else expected
            if any(same(wanted, given) for given in given_signatures):
                return Match(found, None, key, time_ns, shown, text)
    return Match(found, None, None, time_ns, content_for(_SECRET_SHOWN, urls[0]), expected)


def _public_match(recipe: Recipe, key: Key, content: bytes, found: Found) -> bool:
    assert recipe.signature is not None
    for text in found.signatures:
        given = digests.decode(text, recipe.signature.encoding)
        if given is not None and digests.check_public(recipe.algorithm, key.data, recipe.key.decode, content, given):
            return True
    return False


def read_timestamp(spec: TimestampSpec, fields: Fields, found: Found) -> Problem | tuple[int, str]:
    """The signed time in nanoseconds and as a number in its unit, or the problem in words."""
    source = spec.source
    if source.kind == "sig":
        raw = found.parts.get(source.name.encode())
        if raw is None:
            what = f"The signature header has no {source.name} item, so the signed time is not known."
            return Problem(VerificationStatus.MALFORMED, "header_malformed", what)
        texts = [decode_header(raw)]
    else:
        texts = [decode_header(value) for value in fields.raw(source)]
    if not texts or not texts[0].strip():
        return _missing(source, "timestamp_missing")
    time_ns = parse_time(texts[0], spec.unit, decimals=False)
    if time_ns is None:
        place = f"item {source.name} of the signature header" if source.kind == "sig" else place_name(source)
        what = f"The time in {place} cannot be read; it must be {_UNIT_WORDS[spec.unit]}."
        return Problem(VerificationStatus.MALFORMED, "timestamp_malformed", what)
    number = str(time_ns // _UNIT_NS[spec.unit]) if spec.unit in _UNIT_NS else texts[0]
    return time_ns, number


_UNIT_WORDS = {
    "s": "whole seconds since 1970",
    "ms": "whole milliseconds since 1970",
    "us": "whole microseconds since 1970",
    "ns": "whole nanoseconds since 1970",
    "iso8601": "an ISO 8601 time",
    "http-date": "an HTTP date",
}


def _missing(source: Field, reason: str = "header_missing") -> Problem:
    if source.kind == "param":
        what = f"The value {source.name} is part of what is signed; configure it beside the secret."
        return Problem(VerificationStatus.NO_SECRET, "param_missing", what)
    place = f"item {source.name} of the signature header" if source.kind == "sig" else place_name(source)
    what = f"{place[:1].upper()}{place[1:]} is missing, and it is part of what is signed."
    status = VerificationStatus.MALFORMED if source.kind == "sig" else VerificationStatus.MISSING
    return Problem(status, reason, what)


def _ambiguous(recipe: Recipe, fields: Fields) -> Problem | None:
    """A signed header that came twice with different values: no rule says which one was signed."""
    sources = [part for part in (recipe.signed.fields if recipe.signed else ()) if part.kind == "header"]
    if recipe.timestamp is not None and recipe.timestamp.source.kind == "header":
        sources.append(recipe.timestamp.source)
    for source in sources:
        if len(set(fields.raw(source))) > 1:
            place = place_name(source)
            what = (
                f"{place[:1].upper()}{place[1:]} came several times with different values; which was signed is unknown."
            )
            return Problem(VerificationStatus.MALFORMED, "ambiguous_header", what)
    return None


def _unreadable(recipe: Recipe, found: Found) -> Problem | None:
    """A signature that no algorithm could have written. One of another algorithm or encoding is not unreadable."""
    spec = recipe.signature
    if spec is None or spec.encoding == "text" or recipe.algorithm in {"token", "none"}:
        return None
    if any(_LOOKS_WRITTEN.fullmatch(one) and _length(one) is not None for one in found.signatures):
        return None
    what = f"The signature in {place_name(spec.source)} is not one in {spec.encoding}."
    return Problem(VerificationStatus.MALFORMED, "header_malformed", what)


def _length(text: bytes) -> int | None:
    """Bytes of what a signature stands for in any encoding; None when it is none."""
    for encoding in ("hex", "base64", "base64url"):
        data = digests.decode(text, encoding)
        if data is not None:
            return len(data)
    return None


def wrong_digest(case: Case) -> str | None:
    """A sentence when the digest of the body that the request names is not that of its body; None when it is."""
    named = case.recipe.body_digest
    if named is None:
        return None
    values = Fields(case.request, params=case.params, scope=case.recipe.scope).raw(named.source)
    wanted = digests.encode(digests.digest(named.algorithm, b"", case.request.body), named.encoding)
    if not values:
        return (
            f"{place_name(named.source)[:1].upper()}{place_name(named.source)[1:]}, the digest of the body, is missing."
        )
    given = values[0].lower() if named.encoding == "hex" else values[0]
    if same(wanted, given):
        return None
    return f"The body was changed: its {named.algorithm} is not the one in {place_name(named.source)}."
