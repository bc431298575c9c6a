"""`sign`: the same event with a fresh time and a signature that holds."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from webhook_inspector.core.headers import encode_header
from webhook_inspector.core.request import Request
from webhook_inspector.core.secret import Secret
from webhook_inspector.errors import UsageError
from webhook_inspector.providers.fields import Fields
from webhook_inspector.providers.model import Provider, Recipe, SignatureSpec
from webhook_inspector.providers.template import Field
from webhook_inspector.providers.units import format_time
from webhook_inspector.signing import digests
from webhook_inspector.signing.choosing import ranked
from webhook_inspector.signing.content import MissingFieldError, build, public_url
from webhook_inspector.signing.found import find, place_name
from webhook_inspector.signing.keys import read_key


def obstacle(recipe: Recipe) -> str | None:
    """Why requests cannot be signed by a recipe, as the end of "because ..."; None when they can."""
    if recipe.code is not None:
        return "its scheme needs code that is not part of this version"
    if recipe.uses_public_key:
        return "only the provider has the private key"
    if recipe.signature is None or recipe.signature.source.kind not in {"header", "headers"}:
        return "its signature is not in a header"
    if recipe.timestamp is not None and recipe.timestamp.source.kind not in {"header", "sig"}:
        return "its time is part of the body"
    return None


def can_sign(provider: Provider) -> bool:
    """Whether `sign` works for at least one of the provider's recipes."""
    return any(obstacle(recipe) is None for recipe in provider.recipes)


def sign(request: Request, provider: Provider, secret: Secret, *, now_ns: int, url: str | None = None) -> Request:
    """The request with a fresh time and a new signature. Event ids, other headers and the body are kept.

    Signatures of the provider's other recipes are made new too where the secret fits them, and removed where not.

    Args:
        request: The request, signed or not.
        provider: Whose recipe to use: the one that the request already follows, else the first that can be signed.
        secret: The secret.
        now_ns: The new time, nanoseconds since the epoch.
        url: The public URL, for schemes that sign it.

    Raises:
        UsageError: The recipe cannot be signed, the secret does not fit, or something that is signed is missing.
    """
    if not provider.recipes:
        raise UsageError(f"{provider.title} does not sign what it sends; replay as captured.")
    recipes = [recipe for recipe in ranked(provider, request, [secret]) if obstacle(recipe) is None]
    if not recipes:
        why = obstacle(provider.recipes[0])
        raise UsageError(f"Requests of {provider.title} cannot be signed because {why}; replay as captured.")
    chosen = recipes[0]
    result = _signed(request, chosen, secret, now_ns, url)
    for other in provider.recipes:
        if other is chosen or not _goes_stale(result, other, chosen):
            continue
        if obstacle(other) is None and read_key(other.key, secret.value):
            result = _signed(result, other, secret, now_ns, url)
        elif other.signature is not None:
            result = replace(result, headers=result.headers.without(_names(result, other.signature.source)))
    return result


def _goes_stale(request: Request, other: Recipe, chosen: Recipe) -> bool:
    """Whether the request also has a signature of another recipe. A token stays right."""
    if other.signature is None or chosen.signature is None or other.algorithm == "token":
        return False
    source = other.signature.source
    if source == chosen.signature.source or source.kind not in {"header", "headers"}:
        return False
    return bool(find(other, Fields(request)).texts)


def _signed(request: Request, recipe: Recipe, secret: Secret, now_ns: int, url: str | None) -> Request:
    spec = recipe.signature
    assert spec is not None
    key = read_key(recipe.key, secret.value)
    if key is None or not secret.value.strip():
        form = {"hex": "hex digits", "base64": "base64"}.get(recipe.key.decode, "text")
        raise UsageError(f"The secret {secret.label} is not {form}, which {recipe.name} needs; copy it again.")
    found = find(recipe, Fields(request))
    stamp = _stamp(recipe, now_ns)
    request = _timed(request, recipe, stamp, now_ns)
    parts = dict(found.parts)
    if recipe.timestamp is not None and recipe.timestamp.source.kind == "sig":
        parts[recipe.timestamp.source.name.encode()] = stamp.encode()
    if recipe.algorithm == "token":
        text = digests.encode(key, spec.encoding if spec.encoding != "hex" else "text")
    else:
        assert recipe.signed is not None
        address = public_url(request, url) if recipe.needs_url else ""
        try:
            content = build(recipe.signed, Fields(request), parts, url=address, secret=key, timestamp=stamp)
        except MissingFieldError as error:
            what = place_name(error.field)
            raise UsageError(f"The request cannot be signed by {recipe.name}: {what} is missing; add it.") from None
        text = digests.encode(digests.digest(recipe.algorithm, key, content), spec.encoding)
    return _written(request, spec, _header_value(recipe, spec, parts, text))


def _stamp(recipe: Recipe, now_ns: int) -> str:
    return "" if recipe.timestamp is None else format_time(now_ns, recipe.timestamp.unit)


def _timed(request: Request, recipe: Recipe, stamp: str, now_ns: int) -> Request:
    """The request with a fresh time header, and with ids that were missing."""
    headers = request.headers
    spec = recipe.timestamp
    if spec is not None and spec.source.kind == "header":
        headers = headers.replaced(spec.source.name, stamp)
    for part in recipe.signed.fields if recipe.signed else ():
        if part.kind == "header" and headers.get_bytes(part.name) is None and part.name.lower().endswith("-id"):
            made = hashlib.sha256(request.body + str(now_ns).encode()).hexdigest()[:24]
            headers = headers.replaced(part.name, f"msg_{made}")
    return replace(request, headers=headers)


def _header_value(recipe: Recipe, spec: SignatureSpec, parts: dict[bytes, bytes], text: bytes) -> bytes:
    signature = spec.prefix.encode() + text
    if spec.pair is None:
        return signature
    pair = spec.pair.encode()
    names: list[str] = []
    if recipe.timestamp is not None and recipe.timestamp.source.kind == "sig":
        names.append(recipe.timestamp.source.name)
    names += [part.name for part in (recipe.signed.fields if recipe.signed else ()) if part.kind == "sig"]
    items = [name.encode() + pair + parts[name.encode()] for name in dict.fromkeys(names)]
    items.append((spec.pick or "").encode() + pair + signature)
    return (spec.items or ",").encode().join(items)


def _names(request: Request, source: Field) -> list[str]:
    if source.kind == "header":
        return [source.name]
    prefix = source.name.partition("*")[0].lower()
    return [name for name in request.headers.names() if name.startswith(prefix)]


def _written(request: Request, spec: SignatureSpec, value: bytes) -> Request:
    """The request with the signature header set in its place and its older copies removed."""
    source = spec.source
    name = source.name if source.kind == "header" else source.name.replace("*", "1")
    gone = {one.lower() for one in _names(request, source)} - {name.lower()}
    headers = request.headers.without(gone).replaced(name, "")
    header = encode_header(name.lower())
    pairs = tuple((key, value if key.lower() == header else old) for key, old in headers)
    return replace(request, headers=type(headers)(pairs))
