"""`verify`: from a request to a verification, with the failing step in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from webhook_inspector.core.clock import NS_PER_S
from webhook_inspector.core.request import Request
from webhook_inspector.core.secret import Secret
from webhook_inspector.core.verification import Verification, VerificationStatus
from webhook_inspector.providers.model import Provider, Recipe
from webhook_inspector.signing.case import Case, Match
from webhook_inspector.signing.choosing import ranked
from webhook_inspector.signing.explain import Explanation, explain
from webhook_inspector.signing.explaining.advice import ADVICE
from webhook_inspector.signing.found import place_name
from webhook_inspector.signing.keys import read_keys
from webhook_inspector.signing.matching import match, wrong_digest

Status = VerificationStatus
_SETTLED = frozenset({Status.VALID, Status.STALE})


def verify(
    request: Request,
    provider: Provider | None,
    secrets: Sequence[Secret],
    *,
    at_ns: int,
    now_ns: int | None = None,
    scheme: str | None = None,
    url: str | None = None,
    params: Mapping[str, str] | None = None,
    public_key: str | None = None,
    spare: Sequence[Secret] = (),
    explained: bool = True,
) -> Verification:
    """Check the signature of a request. Never raises, whatever the request holds.

    Args:
        request: As received.
        provider: Whose signature it should be; None: nothing was recognised.
        secrets: The configured secrets; any may match. For schemes with a public key they may hold it.
        at_ns: When the request arrived, nanoseconds since the epoch: the clock for the time window.
        now_ns: The present, for `valid_now`; None: not asked.
        scheme: Name of the recipe; None or a name that is not known: the one that fits best.
        url: The public URL that the provider called, whole or as scheme and host.
        params: Values that some recipes need beside the secret, for example `webhook_id`.
        public_key: For schemes with a public key.
        spare: Secrets of other sources: they verify nothing, but a mismatch may turn out to be signed with one.
        explained: Whether a mismatch is searched for its cause (bounded; see `explain`).
    """
    if provider is None:
        what = "No provider was recognised, so there is no signature scheme to check."
        return Verification(Status.UNSIGNED, reason="no_provider", explanation=what)
    if not provider.recipes:
        what = f"{provider.title} does not sign what it sends."
        return Verification(Status.UNSIGNED, provider.name, reason="not_signed", explanation=what, covers_body=False)
    usable = [secret for secret in secrets if secret.value.strip()]
    key = public_key if public_key and public_key.strip() else None
    recipes = ranked(provider, request, usable, scheme=scheme, public_key=key)
    first: Verification | None = None
    for recipe in recipes if provider.accept == "any" else recipes[:1]:
        explain_it = explained and first is None
        keys = read_keys(recipe, usable, key)
        case = Case(request, recipe, keys, url, params or {}, tuple(usable), tuple(spare), provider.recipes, at_ns)
        configured = len(usable) + (key is not None)
        result = _verify(case, provider, configured, at_ns, now_ns, explained=explain_it)
        if result.status in _SETTLED:
            return result
        first = first or result
    assert first is not None
    return first


def _verify(
    case: Case, provider: Provider, configured: int, at_ns: int, now_ns: int | None, *, explained: bool
) -> Verification:
    recipe = case.recipe
    blank = Verification(Status.INVALID, provider.name, recipe.name, covers_body=recipe.covers_body)
    result = match(case)
    skew = None if result.time_ns is None else (at_ns - result.time_ns) / NS_PER_S
    blank = replace(
        blank,
        skew_seconds=skew,
        signed_content=result.content,
        expected=result.expected,
        received=result.found.received,
        covers_body=recipe.covers_body if result.covers_body is None else result.covers_body,
    )
    problem = result.problem
    if problem is not None and problem.status is Status.MISSING and not configured:
        # Nothing was asked for and nothing was sent: that is no failure.
        what = f"The request carries no signature, and no secret is configured for {provider.title}."
        return replace(blank, status=Status.UNSIGNED, reason=problem.reason, explanation=what)
    if problem is not None and problem.status is Status.MISSING:
        return replace(blank, status=problem.status, reason=problem.reason, explanation=problem.explanation)
    if not case.keys and (not configured or recipe.uses_public_key):
        return replace(blank, status=Status.NO_SECRET, reason="no_secret", explanation=_no_secret(provider, recipe))
    if problem is not None:
        proof = explain(case, result) if explained and problem.status is not Status.STALE else Explanation()
        return replace(
            blank,
            status=problem.status,
            reason=problem.reason,
            explanation=" ".join([problem.explanation, *proof.sentences]),
            matches_if=proof.matches_if,
            matching_content=proof.matching_content,
            advice=ADVICE.get(proof.reason or problem.reason, ()),
        )
    if result.key is None:
        return _mismatch(blank, case, result, configured, explained=explained)
    return _matched(blank, case, result, at_ns, now_ns)


def _no_secret(provider: Provider, recipe: Recipe) -> str:
    what = "public key" if recipe.uses_public_key else "secret"
    form = f" that starts with {recipe.key.strip[0]}" if recipe.uses_public_key and recipe.key.strip else ""
    return f"No {what}{form} is configured for {provider.title}, so the signature was not checked."


def _mismatch(blank: Verification, case: Case, result: Match, configured: int, *, explained: bool) -> Verification:
    proof = explain(case, result) if explained else Explanation()
    reason, what = "wrong_secret", _cannot_tell(case, result, configured)
    if not case.keys:
        reason, what = "secret_unreadable", _unreadable_secret(case.recipe, configured)
    reason = proof.reason or reason
    return replace(
        blank,
        reason=reason,
        explanation=" ".join(proof.sentences) or what,
        matches_if=proof.matches_if,
        matching_content=proof.matching_content,
        advice=ADVICE.get(reason, ()),
    )


def _cannot_tell(case: Case, result: Match, configured: int) -> str:
    recipe = case.recipe
    secrets = "The configured secret does not give" if configured == 1 else f"None of the {configured} secrets gives"
    if recipe.uses_public_key:
        what = "The public key does not confirm this signature: it is another key, or the request was changed"
        return f"{what}; which of the two cannot be told."
    if recipe.algorithm == "token":
        return f"{secrets} the value that was sent."
    several = len(result.found.signatures)
    which = "this signature" if several == 1 else f"any of the {several} signatures"
    return f"{secrets} {which}: the secret is wrong or the request was changed; which of the two cannot be told."


def _unreadable_secret(recipe: Recipe, configured: int) -> str:
    form = {"hex": "hex digits", "base64": "base64"}.get(recipe.key.decode, "text")
    prefix = f" after {recipe.key.strip[0]}" if recipe.key.strip else ""
    secrets = "The configured secret is not" if configured == 1 else f"None of the {configured} secrets is"
    return f"{secrets} {form}{prefix}, which {recipe.name} needs; copy it again from the provider."


def _matched(blank: Verification, case: Case, result: Match, at_ns: int, now_ns: int | None) -> Verification:
    recipe = case.recipe
    assert result.key is not None
    blank = replace(blank, secret_label=result.key.label)
    if recipe.refuse_empty_body and not case.request.body:
        what = "The signature matches, but the body is empty, and the provider's own check refuses empty bodies."
        return replace(blank, reason="empty_body_refused", explanation=what)
    if recipe.body_digest is not None and (wrong := wrong_digest(case)) is not None:
        return replace(blank, reason="body_tampered", explanation=wrong)
    spec = recipe.timestamp
    if spec is not None and result.time_ns is not None and (spec.past is not None or spec.future is not None):
        now = None if now_ns is None else outside(recipe, now_ns - result.time_ns) is None
        blank = replace(blank, valid_now=now)
        outcome = outside(recipe, at_ns - result.time_ns)
        if outcome is not None:
            outcome = wrong_unit(recipe, at_ns, result.time_ns) or outcome
        if outcome is not None:
            advice = ADVICE.get(outcome[0], ())
            return replace(blank, status=Status.STALE, reason=outcome[0], explanation=outcome[1], advice=advice)
    return replace(blank, status=Status.VALID, reason="ok", explanation=_valid(recipe, result, blank))


def _valid(recipe: Recipe, result: Match, blank: Verification) -> str:
    place = "the signature" if recipe.signature is None else place_name(recipe.signature.source)
    what = f"{place[:1].upper()}{place[1:]} matches"
    if len(result.found.signatures) > 1:
        what += f" (one of {len(result.found.signatures)} signatures)"
    if blank.skew_seconds is not None:
        ahead = "after" if blank.skew_seconds < 0 else "before"
        what += f", signed {seconds(abs(blank.skew_seconds))} {ahead} it arrived"
    if blank.covers_body:
        return what + "."
    parts = ", ".join(recipe.covered_parts)
    return what + (f"; of the body only {parts} are signed, the rest is not covered." if parts else _UNCOVERED)


def seconds(value: float) -> str:
    """`412 s`, `2.1 s`."""
    return f"{value:.0f} s" if value >= 100 or value == int(value) else f"{value:.1f} s"


_UNCOVERED = "; the body is not covered by it."
_FACTORS = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}


def wrong_unit(recipe: Recipe, at_ns: int, time_ns: int) -> tuple[str, str] | None:
    """Reason and sentence when the signed time would be inside the window in another unit, else None."""
    spec = recipe.timestamp
    if spec is None or spec.unit not in _FACTORS:
        return None
    number = time_ns // _FACTORS[spec.unit]
    window = max(spec.past or 0, spec.future or 0) * NS_PER_S
    for unit, factor in _FACTORS.items():
        if unit != spec.unit and abs(at_ns - number * factor) <= window:
            what = f"The signed time {number} would be right in {unit}, but {recipe.name} counts in {spec.unit}."
            return "timestamp_wrong_unit", what
    return None


def outside(recipe: Recipe, age_ns: int) -> tuple[str, str] | None:
    """Reason and sentence when a signed time of that age is outside the window, else None."""
    spec = recipe.timestamp
    assert spec is not None
    slack = 0 if spec.edge == "inclusive" else 1
    if spec.past is not None and age_ns > round(spec.past * NS_PER_S) - slack:
        what = f"Signed {seconds(age_ns / NS_PER_S)} before it arrived; the limit is {seconds(spec.past)}."
        return "stale_timestamp", what
    if spec.future is not None and -age_ns > round(spec.future * NS_PER_S) - slack:
        what = f"Signed {seconds(-age_ns / NS_PER_S)} after it arrived; the limit is {seconds(spec.future)}."
        return "future_timestamp", what
    return None
