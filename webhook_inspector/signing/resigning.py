"""`sign`: the same event with a fresh time and a signature that holds."""

from __future__ import annotations

import fnmatch
import hashlib
from collections.abc import Mapping
from dataclasses import replace

from webhook_inspector.core.headers import decode_header, encode_header
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
from webhook_inspector.signing.found import Found, find, place_name
from webhook_inspector.signing.keys import read_key
from webhook_inspector.signing.making import Making
from webhook_inspector.signing.schemes import scheme_of
from webhook_inspector.signing.schemes.api import WholeScheme


def obstacle(recipe: Recipe) -> str | None:
    """Why requests cannot be signed by a recipe, as the end of "because ..."; None when they can."""
    if recipe.code is not None:
        scheme = scheme_of(recipe)
        if scheme is None:
            return "its scheme is not known here"
        if isinstance(scheme, WholeScheme):
            return scheme.obstacle(recipe)
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


def sign(
    request: Request,
    provider: Provider,
    secret: Secret,
    *,
    now_ns: int,
    url: str | None = None,
    params: Mapping[str, str] | None = None,
) -> Request:
    """The request with a fresh time and a new signature. Event ids, other headers and the body are kept.

    Signatures of the provider's other recipes are made new too where the secret fits them, and removed where not.

    Args:
        request: The request, signed or not.
        provider: Whose recipe to use: the one that the request already follows, else the first that can be signed.
        secret: The secret.
        now_ns: The new time, nanoseconds since the epoch.
        url: The public URL, for schemes that sign it.
        params: Values that some recipes need beside the secret.

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
    making = Making(secret, now_ns, url, params or {})
    result = _signed(request, chosen, making)
    for other in provider.recipes:
        if other is chosen or not _goes_stale(result, other, chosen):
            continue
        if obstacle(other) is None and read_key(other.key, secret.value):
            result = _signed(result, other, making)
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


def _signed(request: Request, recipe: Recipe, making: Making) -> Request:
    scheme = scheme_of(recipe)
    if isinstance(scheme, WholeScheme):
        return scheme.sign(request, recipe, making)
    spec = recipe.signature
    assert spec is not None
    secret = making.secret
    key = read_key(recipe.key, secret.value) if secret.value.strip() else None
    if key is None:
        form = {"hex": "hex digits", "base64": "base64"}.get(recipe.key.decode, "text")
        raise UsageError(f"The secret {secret.label} is not {form}, which {recipe.name} needs; copy it again.")
    parts = dict(find(recipe, Fields(request)).parts)
    request, stamp = _renewed(request, recipe, parts, making)
    if recipe.algorithm == "token":
        text = digests.encode(key, spec.encoding if spec.encoding != "hex" else "text")
        return _written(request, spec, _header_value(recipe, spec, parts, text))
    address = public_url(request, making.url) if recipe.needs_url else ""
    fields = Fields(request, params=making.params, scope=recipe.scope)
    try:
        if scheme is not None:
            content = scheme.content(recipe, fields, Found(parts=parts), url=address, secret=key)
        else:
            assert recipe.signed is not None
            content = build(recipe.signed, fields, parts, url=address, secret=key, timestamp=stamp)
    except MissingFieldError as error:
        what = place_name(error.field)
        raise UsageError(f"The request cannot be signed by {recipe.name}: {what} is missing; add it.") from None
    text = digests.encode(digests.digest(recipe.algorithm, key, content), spec.encoding)
    return _written(request, spec, _header_value(recipe, spec, parts, text))


def _renewed(request: Request, recipe: Recipe, parts: dict[bytes, bytes], making: Making) -> tuple[Request, str]:
    """The request with what the recipe makes new (time, ids, nonce), and the time. Puts the time into `parts`."""
    headers = request.headers.without(recipe.resign.remove)
    spec = recipe.timestamp
    stamp = ""
    if spec is not None:
        old = Fields(request).text(spec.source) if spec.source.kind == "header" else None
        if spec.source.kind == "sig" and spec.source.name.encode() in parts:
            old = decode_header(parts[spec.source.name.encode()])
        keep = recipe.resign.timestamp == "keep" and old is not None
        stamp = old if keep and old is not None else format_time(making.now_ns, spec.unit)
        if spec.source.kind == "sig":
            parts[spec.source.name.encode()] = stamp.encode()
        else:
            headers = headers.replaced(spec.source.name, stamp)
    made = hashlib.sha256(request.body + str(making.now_ns).encode()).hexdigest()[:24]
    for part in recipe.signed.fields if recipe.signed else ():
        is_id = part.kind == "header" and part.name.lower().endswith("-id")
        if is_id and (headers.get_bytes(part.name) is None or recipe.resign.id == "new"):
            headers = headers.replaced(part.name, f"msg_{made}")
    if recipe.resign.nonce is not None:
        headers = headers.replaced(recipe.resign.nonce.name, made)
    return replace(request, headers=headers), stamp


def _header_value(recipe: Recipe, spec: SignatureSpec, parts: dict[bytes, bytes], text: bytes) -> bytes:
    signature = spec.prefix.encode() + text
    if spec.pair is None:
        return signature
    pair = spec.pair.encode()
    names: list[str] = []
    if recipe.timestamp is not None and recipe.timestamp.source.kind == "sig":
        names.append(recipe.timestamp.source.name)
    names += [part.name for part in (recipe.signed.fields if recipe.signed else ()) if part.kind == "sig"]
    items = [name.encode() + pair + parts.get(name.encode(), b"") for name in dict.fromkeys(names)]
    items.append((spec.pick or "").encode() + pair + signature)
    return (spec.items or ",").encode().join(items)


def _names(request: Request, source: Field) -> list[str]:
    if source.kind == "header":
        return [source.name]
    patterns = [pattern.strip() for pattern in source.name.lower().split(",")]
    return [name for name in request.headers.names() if any(fnmatch.fnmatchcase(name, one) for one in patterns)]


def _written(request: Request, spec: SignatureSpec, value: bytes) -> Request:
    """The request with the signature header set in its place and its older copies removed."""
    source = spec.source
    name = source.name if source.kind == "header" else source.name.partition(",")[0].replace("*", "1")
    gone = {one.lower() for one in _names(request, source)} - {name.lower()}
    headers = request.headers.without(gone).replaced(name, "")
    header = encode_header(name.lower())
    pairs = tuple((key, value if key.lower() == header else old) for key, old in headers)
    return replace(request, headers=type(headers)(pairs))
