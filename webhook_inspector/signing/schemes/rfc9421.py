"""HTTP Message Signatures (RFC 9421), with the body covered only through `content-digest` (RFC 9530).

The structured fields and the signature base are those of the library http-message-signatures; this module gives
it the captured request and takes the base from it, so that keys, times and words are judged as for any recipe.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType, SimpleNamespace
from typing import Any

from webhook_inspector.core.clock import NS_PER_S
from webhook_inspector.core.display import show
from webhook_inspector.core.headers import decode_header
from webhook_inspector.core.request import Request
from webhook_inspector.core.verification import VerificationStatus
from webhook_inspector.errors import UsageError
from webhook_inspector.providers.fields import Fields
from webhook_inspector.providers.model import Recipe
from webhook_inspector.signing import digests
from webhook_inspector.signing.case import Case, Match
from webhook_inspector.signing.compare import same
from webhook_inspector.signing.content import public_url
from webhook_inspector.signing.found import Found, Problem, find
from webhook_inspector.signing.keys import read_key
from webhook_inspector.signing.making import Making

_MAX_HEADER = 16_384
_MAX_SIGNATURES = 8
_LABEL = re.compile(r"(?:^|,)\s*([a-z*][a-z0-9_.*-]{0,63})=")
_BODY_FIELD = "content-digest"
_COVERED = ('"@method"', '"@target-uri"', f'"{_BODY_FIELD}"')
"""What a first signature covers."""
_NAMES = {
    "hmac-sha256": "hmac-sha256",
    "ed25519": "ed25519",
    "ecdsa-p256-sha256": "ecdsa-p256-sha256",
    "rsa-pss-sha512": "rsa-pss-sha512",
    "rsa-pkcs1v15-sha256": "rsa-v1_5-sha256",
}
"""Our names of the algorithms, and the RFC's."""


@dataclass(frozen=True, slots=True)
class _Signed:
    """One signature of a request as the library reads it."""

    label: str
    base: bytes
    signature: bytes
    covered: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    params: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def covers_body(self) -> bool:
        """Whether the digest of the body is signed."""
        return any(name.startswith(f'"{_BODY_FIELD}"') for name in self.covered)


class Rfc9421:
    """Any of the signatures may match."""

    def match(self, case: Case) -> Match:
        """Read the two headers, build each base, compare, and check the digest where it is covered."""
        found = find(case.recipe, Fields(case.request))
        if found.problem is not None:
            return Match(found, found.problem)
        try:
            signed = list(_read(case.request, public_url(case.request, case.url), case.recipe))
        except ValueError as error:
            what = f"The signature headers cannot be read: {show(str(error), 200)}."
            return Match(found, Problem(VerificationStatus.MALFORMED, "header_malformed", what))
        keyid = case.params.get("keyid")
        chosen = [one for one in signed if keyid is None or one.params.get("keyid") == keyid] or signed
        for one in chosen:
            for key in case.keys:
                if _holds(case.recipe, key.data, one):
                    match = Match(_found(one), None, key, _created(one), one.base, covers_body=one.covers_body)
                    problem = _expired(one, case.at_ns) or _wrong_digest(one, case.request)
                    return match if problem is None else replace(match, problem=problem, key=None)
        first = chosen[0]
        return Match(_found(first), time_ns=_created(first), content=first.base, covers_body=first.covers_body)

    def obstacle(self, recipe: Recipe, *, private_key: bool) -> str | None:
        """Shared secrets can sign; of public keys only the sender has the other half."""
        return "only the provider has the private key" if recipe.uses_public_key and not private_key else None

    def sign(self, request: Request, recipe: Recipe, making: Making) -> Request:
        """The request with a new signature over what the old one covered, and a new digest where there was one."""
        url = public_url(request, making.url)
        try:
            old = next(iter(_read(request, url, recipe)), None)
        except ValueError:
            old = None
        covered = [name for name in (old.covered if old else _COVERED) if "@signature-params" not in name]
        if any(_BODY_FIELD in name for name in covered):
            digest = digests.encode(digests.digest("sha256", b"", request.body), "base64").decode("ascii")
            request = _with(request, "Content-Digest", f"sha-256=:{digest}:")
        keyid = str(old.params.get("keyid", "")) if old else ""
        keyid = making.params.get("keyid") or keyid or "webhook-inspector"
        label = old.label if old else "sig1"
        created = making.now_ns // NS_PER_S
        if making.timestamp == "keep" and old is not None:
            created = int(old.params.get("created", created))
        params = f'({" ".join(covered)});created={created};keyid="{keyid}"'
        if recipe.uses_public_key:
            params += f';alg="{_NAMES[recipe.algorithm]}"'
        request = _with(request, "Signature-Input", f"{label}={params}")
        request = _with(request, "Signature", f"{label}=:AA==:")
        try:
            base = next(iter(_read(request, url, recipe))).base
        except (ValueError, StopIteration) as error:
            raise UsageError(f"The request cannot be signed by {recipe.name}: {show(str(error), 120)}.") from None
        text = digests.encode(_signature(recipe, making, base), "base64").decode("ascii")
        return _with(request, "Signature", f"{label}=:{text}:")


def _signature(recipe: Recipe, making: Making, base: bytes) -> bytes:
    if recipe.uses_public_key:
        made = digests.sign_private(recipe.algorithm, making.secret.value, base)
        if made is not None and recipe.algorithm.startswith("ecdsa"):
            made = digests.raw_ecdsa(made)
    else:
        key = read_key(recipe.key, making.secret.value)
        made = None if key is None else digests.digest(recipe.algorithm, key, base)
    if made is None:
        raise UsageError(f"The secret {making.secret.label} does not fit {recipe.name}; copy it again.")
    return made


def _with(request: Request, name: str, value: str) -> Request:
    headers = request.headers.replaced(name, value)
    return Request(request.method, request.target, headers, request.body, request.http_version)


def _read(request: Request, url: str, recipe: Recipe) -> Iterator[_Signed]:
    """The signatures of a request with their bases.

    Raises:
        ValueError: The headers cannot be read, or something that is covered is not there.
    """
    pairs = [(decode_header(name).lower(), decode_header(value)) for name, value in request.headers]
    texts = {name: ", ".join(value for key, value in pairs if key == name) for name in ("signature-input", "signature")}
    if any(len(text) > _MAX_HEADER for text in texts.values()):
        raise ValueError("they are too long")
    labels = list(dict.fromkeys(_LABEL.findall(texts["signature-input"])))[:_MAX_SIGNATURES]
    if not labels:
        raise ValueError("Signature-Input names no signature")
    others: dict[str, str] = {}
    for name, value in pairs:
        if name not in texts:
            others[name] = f"{others[name]}, {value}" if name in others else value
    for label in labels:
        one = {**others, **{name: _member(text, label) for name, text in texts.items()}}
        yield _base(SimpleNamespace(method=request.method.upper(), url=url, headers=one), recipe)


def _member(text: str, label: str) -> str:
    """One member of a dictionary field. Byte sequences and inner lists hold no comma outside of quotes."""
    for part in re.split(r',(?=(?:[^"]*"[^"]*")*[^"]*$)', text):
        if part.strip().startswith(f"{label}="):
            return part.strip()
    raise ValueError(f"there is no member {label} in both headers")


def _base(message: SimpleNamespace, recipe: Recipe) -> _Signed:
    # A third of a second to load; most signatures do without it.
    from http_message_signatures import HTTPMessageVerifier, HTTPSignatureAlgorithm  # noqa: PLC0415 (see above)
    from http_message_signatures.exceptions import HTTPMessageSignaturesException  # noqa: PLC0415 (see above)

    taken: list[tuple[bytes, bytes]] = []

    class Taking(HTTPSignatureAlgorithm):
        """Keeps what would be compared."""

        algorithm_id = _NAMES.get(recipe.algorithm, recipe.algorithm)

        def __init__(self, public_key: object = None, private_key: object = None) -> None:
            """Needs no key."""

        def verify(self, signature: bytes, message: bytes) -> None:
            taken.append((message, signature))

    class Timeless(HTTPMessageVerifier):
        """Times are judged by the caller, at the moment of arrival."""

        require_created = False

        def validate_created_and_expires(self, sig_input: Any, max_age: Any = None) -> None:
            """Accept."""

    keys = SimpleNamespace(resolve_public_key=lambda _keyid: b"-")
    verifier = Timeless(signature_algorithm=Taking, key_resolver=keys)  # type: ignore[arg-type]  # it is only asked for a key
    try:
        result = verifier.verify(message, max_age=None)[0]
    except (HTTPMessageSignaturesException, IndexError, UnicodeError, RecursionError, TypeError) as error:
        raise ValueError(str(error) or type(error).__name__) from None
    base, signature = taken[0]
    return _Signed(result.label, base, signature, result.covered_components, result.parameters)


def _found(one: _Signed) -> Found:
    text = digests.encode(one.signature, "base64")
    parts = {b"label": one.label.encode(), b"keyid": str(one.params.get("keyid", "")).encode("utf-8", "replace")}
    return Found(signatures=(text,), parts=MappingProxyType(parts), texts=(text,))


def _holds(recipe: Recipe, key: bytes, one: _Signed) -> bool:
    if recipe.uses_public_key:
        return bool(digests.check_public(recipe.algorithm, key, recipe.key.decode, one.base, one.signature))
    return same(digests.digest(recipe.algorithm, key, one.base), one.signature)


def _created(one: _Signed) -> int | None:
    created = one.params.get("created")
    return created * NS_PER_S if isinstance(created, int) and abs(created) < 10**12 else None


def _expired(one: _Signed, at_ns: int) -> Problem | None:
    expires = one.params.get("expires")
    if not isinstance(expires, int) or at_ns <= expires * NS_PER_S:
        return None
    what = f"The signature itself says that it ended {at_ns // NS_PER_S - expires} s before it arrived."
    return Problem(VerificationStatus.STALE, "stale_timestamp", what)


def _wrong_digest(one: _Signed, request: Request) -> Problem | None:
    """A problem when the covered digest is not that of the body."""
    value = next((text for name, text in one.covered.items() if name.startswith(f'"{_BODY_FIELD}"')), None)
    if value is None:
        return None
    known = 0
    for name, text in re.findall(r"(sha-256|sha-512)=:([A-Za-z0-9+/=]*):", value):
        known += 1
        wanted = digests.encode(digests.digest(name.replace("-", ""), b"", request.body), "base64")
        if not same(wanted, text.encode()):
            what = f"The signature holds, but the body's {name} is not the one in Content-Digest."
            return Problem(VerificationStatus.INVALID, "body_tampered", what)
    if known:
        return None
    what = "The Content-Digest that is signed has no algorithm that can be checked (sha-256 or sha-512)."
    return Problem(VerificationStatus.MALFORMED, "header_malformed", what)


SCHEME = Rfc9421()
