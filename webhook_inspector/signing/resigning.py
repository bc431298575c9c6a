"""`sign`: the same event with a fresh time and a signature that holds."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace

from webhook_inspector.core.clock import NS_PER_S
from webhook_inspector.core.headers import decode_header
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
from webhook_inspector.signing.making import Making
from webhook_inspector.signing.schemes import scheme_of
from webhook_inspector.signing.schemes.api import WholeScheme
from webhook_inspector.signing.writing import WRITABLE, header_names, written

SIGN_TIMES = ("now", "keep", "stale")
"""The times that can be signed: the present, the captured one, or one that is too old on purpose."""
_STALE_BY_S = 60
_STALE_WITHOUT_WINDOW_S = 3600
_PRIVATE = "-----BEGIN"


def obstacle(recipe: Recipe, *, private_key: bool = False) -> str | None:
    """Why requests cannot be signed by a recipe, as the end of "because ..."; None when they can.

    Args:
        recipe: The recipe.
        private_key: Whether a private key of one's own stands in for the provider's.
    """
    scheme = scheme_of(recipe)
    if recipe.code is not None and scheme is None:
        return "its scheme is not known here"
    if recipe.uses_public_key and not private_key:
        return "only the provider has the private key"
    if isinstance(scheme, WholeScheme):
        return scheme.obstacle(recipe, private_key=private_key)
    if recipe.signature is None or recipe.signature.source.kind not in WRITABLE:
        return "its signature is at a place that cannot be written"
    return None


def can_sign(provider: Provider, *, private_key: bool = False) -> bool:
    """Whether `sign` works for at least one of the provider's recipes."""
    return any(obstacle(recipe, private_key=private_key) is None for recipe in provider.recipes)


def sign(
    request: Request,
    provider: Provider,
    secret: Secret,
    *,
    now_ns: int,
    url: str | None = None,
    params: Mapping[str, str] | None = None,
    time: str = "now",
) -> Request:
    """The request with a fresh time and a new signature. Event ids, other headers and the rest of the body are kept.

    Signatures of the provider's other recipes are made new too where the secret fits them, and removed where not.

    Args:
        request: The request, signed or not.
        provider: Whose recipe to use: the one that the request already follows, else the first that can be signed.
        secret: The secret; for schemes with a public key a private key of one's own, as PEM.
        now_ns: The present, nanoseconds since the epoch.
        url: The public URL, for schemes that sign it.
        params: Values that some recipes need beside the secret.
        time: One of `SIGN_TIMES`.

    Raises:
        UsageError: The recipe cannot be signed, the secret does not fit, or something that is signed is missing.
    """
    if not provider.recipes:
        raise UsageError(f"{provider.title} does not sign what it sends; replay as captured.")
    private = secret.value.lstrip().startswith(_PRIVATE) and "PRIVATE KEY" in secret.value
    fitting = [recipe for recipe in ranked(provider, request, [secret]) if _fits(recipe, secret, private=private)]
    recipes = [recipe for recipe in fitting if obstacle(recipe, private_key=private) is None]
    if not recipes:
        why = obstacle((fitting or list(provider.recipes))[0], private_key=private) or "no private key is given"
        raise UsageError(f"Requests of {provider.title} cannot be signed because {why}; replay as captured.")
    chosen = recipes[0]
    making = Making(secret, _moment(chosen, now_ns, time), url, params or {}, None if time == "now" else time)
    result = _signed(request, chosen, making)
    for other in provider.recipes:
        if other is chosen or not _goes_stale(result, other, chosen):
            continue
        if obstacle(other, private_key=private) is None and read_key(other.key, secret.value) and not private:
            result = _signed(result, other, making)
        elif other.signature is not None:
            result = replace(result, headers=result.headers.without(header_names(result, other.signature.source)))
    return result


def _fits(recipe: Recipe, secret: Secret, *, private: bool) -> bool:
    """Whether the secret is of the kind that the recipe needs."""
    if not private or not recipe.uses_public_key:
        return recipe.uses_public_key == private
    return digests.sign_private(recipe.algorithm, secret.value, b"") is not None


def _moment(recipe: Recipe, now_ns: int, time: str) -> int:
    """The time to sign: the present, or one that is outside the recipe's window."""
    if time != "stale":
        return now_ns
    window = recipe.timestamp.past if recipe.timestamp is not None else None
    return now_ns - int((_STALE_WITHOUT_WINDOW_S if window is None else window + _STALE_BY_S) * NS_PER_S)


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
    key = _key(recipe, making.secret)
    found = find(recipe, Fields(request)) if scheme is None else scheme.find(recipe, Fields(request))
    parts = dict(found.parts)
    request, stamp = _renewed(request, recipe, parts, making)
    if recipe.algorithm == "token":
        text = digests.encode(key, spec.encoding if spec.encoding != "hex" else "text")
        return _put(request, recipe, _value(recipe, spec, parts, text))
    address = public_url(request, making.url) if recipe.needs_url else ""
    fields = Fields(request, params=making.params, scope=recipe.scope)
    try:
        if scheme is not None:
            content = scheme.content(recipe, fields, replace(found, parts=parts), url=address, secret=key)
        else:
            assert recipe.signed is not None
            content = build(recipe.signed, fields, parts, url=address, secret=key, timestamp=stamp)
    except MissingFieldError as error:
        what = place_name(error.field)
        raise UsageError(f"The request cannot be signed by {recipe.name}: {what} is missing; add it.") from None
    if recipe.uses_public_key:
        digest = digests.sign_private(recipe.algorithm, making.secret.value, content)
        if digest is None:
            raise UsageError(f"The key {making.secret.label} is no private key for {recipe.algorithm}; make a new one.")
    else:
        digest = digests.digest(recipe.algorithm, key, content)
    text = digests.encode(digest, spec.encoding)
    if scheme is not None and (rewritten := scheme.rewritten(request, found, text)) is not None:
        return rewritten
    return _put(request, recipe, _value(recipe, spec, parts, text, making.params))


def _key(recipe: Recipe, secret: Secret) -> bytes:
    if recipe.uses_public_key:
        return b""
    key = read_key(recipe.key, secret.value) if secret.value.strip() else None
    if key is None:
        form = {"hex": "hex digits", "base64": "base64"}.get(recipe.key.decode, "text")
        raise UsageError(f"The secret {secret.label} is not {form}, which {recipe.name} needs; copy it again.")
    return key


def _renewed(request: Request, recipe: Recipe, parts: dict[bytes, bytes], making: Making) -> tuple[Request, str]:
    """The request with what the recipe makes new (time, ids, nonce), and the time. Puts the time into `parts`."""
    request = replace(request, headers=request.headers.without(recipe.resign.remove))
    spec = recipe.timestamp
    stamp = ""
    if spec is not None:
        old = Fields(request, scope=recipe.scope).text(spec.source) if spec.source.kind != "sig" else None
        if spec.source.kind == "sig" and spec.source.name.encode() in parts:
            old = decode_header(parts[spec.source.name.encode()])
        keep = (making.timestamp or recipe.resign.timestamp) == "keep" and old is not None
        stamp = old if keep and old is not None else _like(old, format_time(making.now_ns, spec.unit), making.now_ns)
        if spec.source.kind == "sig":
            parts[spec.source.name.encode()] = stamp.encode()
        else:
            request = _placed(request, recipe, spec.source, stamp)
    made = hashlib.sha256(request.body + str(making.now_ns).encode()).hexdigest()[:24]
    headers = request.headers
    for part in recipe.signed.fields if recipe.signed else ():
        is_id = part.kind == "header" and part.name.lower().endswith("-id")
        if is_id and (headers.get_bytes(part.name) is None or recipe.resign.id == "new"):
            headers = headers.replaced(part.name, f"msg_{made}")
        if part.kind == "header" and part.name.lower() == "content-length":
            headers = headers.replaced(part.name, str(len(request.body)))
    if recipe.resign.nonce is not None:
        headers = headers.replaced(recipe.resign.nonce.name, made)
    return replace(request, headers=headers), stamp


def _like(old: str | None, stamp: str, now_ns: int) -> str:
    """A new ISO time with as many decimals as the old one had."""
    decimals = len(old.partition(".")[2].rstrip("Z")) if old and old.endswith("Z") and "T" in stamp else 0
    if not 0 < decimals <= 9 or not stamp.endswith("Z"):
        return stamp
    return f"{stamp[:-1]}.{now_ns % NS_PER_S:09d}"[: len(stamp) + decimals] + "Z"


def _placed(request: Request, recipe: Recipe, source: Field, value: str) -> Request:
    changed = written(request, source, value.encode("utf-8", "surrogateescape"), scope=recipe.scope)
    if changed is None:
        what = place_name(source)
        raise UsageError(f"The request cannot be signed by {recipe.name}: {what} is missing; add it.")
    return changed


def _put(request: Request, recipe: Recipe, value: bytes) -> Request:
    """The request with the signature in its place."""
    spec = recipe.signature
    assert spec is not None
    changed = written(request, spec.source, value, scope=recipe.scope)
    if changed is None:
        what = place_name(spec.source)
        raise UsageError(f"The request cannot be signed by {recipe.name}: {what}, where it stands, is missing; add it.")
    return changed


def _value(
    recipe: Recipe,
    spec: SignatureSpec,
    parts: dict[bytes, bytes],
    text: bytes,
    params: Mapping[str, str] | None = None,
) -> bytes:
    """The signature as the header, value or field holds it: with prefix, key and the other parts."""
    signature = spec.prefix.encode() + text
    if spec.pair is None:
        return signature
    pair = spec.pair.encode()
    names: list[str] = []
    if recipe.timestamp is not None and recipe.timestamp.source.kind == "sig":
        names.append(recipe.timestamp.source.name)
    names += [part.name for part in (recipe.signed.fields if recipe.signed else ()) if part.kind == "sig"]
    items = [name.encode() + pair + parts.get(name.encode(), b"") for name in dict.fromkeys(names)]
    pick = spec.pick or ""
    for name, value in (params or {}).items():
        pick = pick.replace(f"{{param:{name}}}", value)
    items.append(pick.encode() + pair + signature)
    return (spec.items or ",").encode().join(items)
