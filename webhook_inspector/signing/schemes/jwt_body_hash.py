"""A JWT in a header with the SHA-256 of the body as a claim: Plaid, Netlify, FusionAuth, LiveKit.

Options of the recipe: `claim` (its name), `encoding` of the hash (`hex` or `base64`), `algorithms` (all that are
allowed; the token's own header never chooses another), `issuer` (when it must be a certain one).
"""

from __future__ import annotations

import hashlib
import json
import warnings
from collections.abc import Mapping
from typing import Any

from webhook_inspector.core.clock import NS_PER_S
from webhook_inspector.core.display import show
from webhook_inspector.core.request import Request
from webhook_inspector.core.verification import VerificationStatus
from webhook_inspector.errors import UsageError
from webhook_inspector.providers.fields import Fields
from webhook_inspector.providers.model import Recipe
from webhook_inspector.signing import digests
from webhook_inspector.signing.case import Case, Match
from webhook_inspector.signing.compare import same
from webhook_inspector.signing.found import Problem, find, place_name
from webhook_inspector.signing.making import Making

_MAX_TOKEN = 16_384
_TIMES = ("iat", "nbf", "exp")
_LIFE_S = 3600
_LEEWAY_S = 60
_UNCHECKED = ("verify_exp", "verify_iat", "verify_nbf", "verify_aud", "verify_iss")
"""The times are checked against the moment of arrival, by the caller."""


class JwtBodyHash:
    """The token's signature, its algorithm, and the hash in it."""

    def match(self, case: Case) -> Match:
        """Check the token, then the hash that it names."""
        recipe = case.recipe
        found = find(recipe, Fields(case.request))
        if found.problem is not None:
            return Match(found, found.problem)
        token = found.signatures[0]
        parts = token.split(b".")
        place = place_name(recipe.signature.source) if recipe.signature else "the header"
        head = _header(parts[0]) if len(parts) == 3 and len(token) <= _MAX_TOKEN else None
        if head is None:
            what = f"{place[:1].upper()}{place[1:]} holds no JWT: three parts of base64url are expected."
            return Match(found, Problem(VerificationStatus.MALFORMED, "header_malformed", what))
        content = token.rpartition(b".")[0]
        allowed = [str(name) for name in recipe.options.get("algorithms", ())]
        algorithm = head.get("alg")
        if algorithm not in allowed:
            what = f"The token says its algorithm is {show(str(algorithm), 40)}; only {', '.join(allowed)} is accepted."
            return Match(found, Problem(VerificationStatus.INVALID, "wrong_algorithm", what), content=content)
        for key in case.keys:
            claims = _claims(token, key.data, str(algorithm), head)
            if claims is not None:
                match = Match(found, key=key, content=content, time_ns=_issued(claims), covers_body=True)
                problem = _wrong_claim(claims, case.request, recipe) or _expired(claims, case.at_ns)
                return match if problem is None else Match(found, problem, content=content, time_ns=match.time_ns)
        return Match(found, content=content)

    def obstacle(self, recipe: Recipe, *, private_key: bool) -> str | None:
        """Shared secrets can sign; of public keys only the provider has the other half."""
        return "only the provider has the private key" if recipe.uses_public_key and not private_key else None

    def sign(self, request: Request, recipe: Recipe, making: Making) -> Request:
        """The request with a new token."""
        spec = recipe.signature
        allowed = recipe.options.get("algorithms", ())
        if spec is None or not allowed or not making.secret.value.strip():
            raise UsageError(f"The request cannot be signed by {recipe.name}; replay as captured.")
        import jwt  # noqa: PLC0415 (a tenth of a second; most signatures do without it)

        claims = _renewed(_claims_before(request, recipe), making)
        claims[str(recipe.options["claim"])] = _hash(request, recipe)
        if recipe.options.get("issuer"):
            claims["iss"] = str(recipe.options["issuer"])
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                token = jwt.encode(claims, making.secret.value, algorithm=str(allowed[0]))
        except (jwt.PyJWTError, ValueError, TypeError):
            raise UsageError(f"The secret {making.secret.label} does not fit {recipe.name}; copy it again.") from None
        headers = request.headers.replaced(spec.source.name, spec.prefix + token)
        return Request(request.method, request.target, headers, request.body, request.http_version)


def _claims_before(request: Request, recipe: Recipe) -> Mapping[str, Any]:
    """The claims of the token that the request has, not checked."""
    found = find(recipe, Fields(request))
    parts = found.signatures[0].split(b".") if found.signatures else []
    return (_header(parts[1]) if len(parts) == 3 else None) or {}


def _renewed(claims: Mapping[str, Any], making: Making) -> dict[str, Any]:
    """The claims with their times moved together, so that the token is issued at the time to sign."""
    times = {name: int(claims[name]) for name in _TIMES if _is_time(claims.get(name))}
    if making.timestamp == "keep" and times:
        return dict(claims)
    now = making.now_ns // NS_PER_S
    start = times.get("iat", times.get("nbf"))
    made: dict[str, Any] = {**claims, "iat": now}
    for name, value in times.items():
        # Without a time of issue nobody knows how long it held: an hour is what libraries give by default.
        made[name] = now + (value - start if start is not None else _LIFE_S)
    if making.timestamp == "stale" and "exp" in times:
        made["exp"] = now
    if "iat" not in times and "nbf" in times:
        del made["iat"]
    return made


def _header(part: bytes) -> Mapping[str, Any] | None:
    data = digests.decode(part, "base64url")
    try:
        head = json.loads(data) if data is not None else None
    except (ValueError, RecursionError):
        return None
    return head if isinstance(head, dict) else None


def _claims(token: bytes, key: bytes, algorithm: str, head: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The claims when the key confirms the token, else None. Whatever the token holds."""
    import jwt  # noqa: PLC0415 (a tenth of a second; most signatures do without it)

    # Any failure in a token or key from outside means that it is not confirmed.
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # short shared secrets: the provider's choice, not ours
            chosen = _chosen(key, head)
            claims: Any = jwt.decode(token, chosen, algorithms=[algorithm], options=_unchecked())
    except Exception:  # noqa: BLE001 (see above)
        return None
    return claims if isinstance(claims, dict) else None


def _unchecked() -> Any:
    return dict.fromkeys(_UNCHECKED, False)


def _chosen(key: bytes, head: Mapping[str, Any]) -> Any:
    """The key itself, or of a JWK or JWK set the one with the token's key id."""
    if not key.lstrip().startswith(b"{"):
        return key
    import jwt  # noqa: PLC0415 (a tenth of a second; most signatures do without it)

    document = json.loads(key)
    keys = document.get("keys", [document])
    named = [one for one in keys if one.get("kid") == head.get("kid")]
    return jwt.PyJWK((named or keys)[0]).key


def _issued(claims: Mapping[str, Any]) -> int | None:
    issued = claims.get("iat")
    return int(issued) * NS_PER_S if issued is not None and _is_time(issued) else None


def _hash(request: Request, recipe: Recipe) -> str:
    digest = hashlib.sha256(request.body).digest()
    return digests.encode(digest, str(recipe.options.get("encoding", "hex"))).decode("ascii")


def _is_time(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**12


def _expired(claims: Mapping[str, Any], at_ns: int) -> Problem | None:
    """The end of validity that the token names itself; a minute is allowed, as its libraries do."""
    end: Any = claims.get("exp")
    if not _is_time(end) or at_ns <= (end + _LEEWAY_S) * NS_PER_S:
        return None
    what = f"The token itself says that it ended {at_ns // NS_PER_S - end} s before it arrived."
    return Problem(VerificationStatus.STALE, "stale_timestamp", what)


def _wrong_claim(claims: Mapping[str, Any], request: Request, recipe: Recipe) -> Problem | None:
    invalid = VerificationStatus.INVALID
    issuer = recipe.options.get("issuer")
    if issuer and claims.get("iss") != issuer:
        what = f"The token was issued by {show(str(claims.get('iss')), 60)}, not by {issuer}."
        return Problem(invalid, "wrong_issuer", what)
    name = str(recipe.options.get("claim"))
    given = claims.get(name)
    if not isinstance(given, str):
        return Problem(invalid, "claim_missing", f"The token is signed, but has no claim {name} with the body's hash.")
    if same(_hash(request, recipe).encode(), given.encode("utf-8", "replace")):
        return None
    return Problem(invalid, "body_tampered", f"The token is signed, but the body's SHA-256 is not the one in {name}.")


SCHEME = JwtBodyHash()
