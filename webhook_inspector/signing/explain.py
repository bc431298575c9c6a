"""Why a signature does not match: one thing at a time is changed until it does, which proves the cause.

Each step of `explaining` yields variations of the case, cheapest first. What is found is reported as "matches
if ...", never as valid. The search is bounded by the number of tries and by the bytes that are hashed, not by the
clock, so that the same delivery always gets the same explanation.
"""

from __future__ import annotations

from dataclasses import dataclass

from webhook_inspector.core.display import show
from webhook_inspector.signing import digests
from webhook_inspector.signing.case import Case, Match
from webhook_inspector.signing.content import public_url
from webhook_inspector.signing.explaining import STEPS
from webhook_inspector.signing.explaining.urls import is_local
from webhook_inspector.signing.matching import match

MAX_TRIES = 600
MAX_HASHED_BYTES = 24 << 20
"""About 60 ms of SHA-256; a body of 10 KiB with all tries needs 2 MB."""
_REPLACEMENT = "\ufffd".encode()


@dataclass(frozen=True, slots=True)
class Explanation:
    """What the search proved."""

    reason: str | None = None
    sentences: tuple[str, ...] = ()
    matches_if: tuple[str, ...] = ()
    matching_content: bytes | None = None
    """What is signed in the variation that matches."""


def explain(case: Case, result: Match) -> Explanation:
    """Search for the one change that makes a signature match.

    Args:
        case: What was asked.
        result: The answer: no match, or a problem with the signature's form.
    """
    tries = 0
    hashed = 0
    weight = 1 if case.recipe.code is None else 2  # a scheme reads the request anew on each try
    if case.recipe.signature is not None:
        for step in STEPS:
            for variation in step(case, result):
                cost = (len(variation.case.request.body) + 500) * max(1, len(variation.case.keys)) * weight
                if tries >= MAX_TRIES // weight or hashed + cost > MAX_HASHED_BYTES:
                    return on_sight(case, result)
                tries += 1
                hashed += cost
                proof = match(variation.case)
                if proof.key is not None:
                    sentence = f"It would match if {variation.matches_if}."
                    return Explanation(variation.reason, (sentence,), (variation.matches_if,), proof.content)
    return on_sight(case, result)


# What can be seen without a proof


def on_sight(case: Case, result: Match) -> Explanation:
    """What the form of the signature alone says, without a proof."""
    spec = case.recipe.signature
    if case.recipe.needs_url and case.keys and result.problem is None:
        url = public_url(case.request, case.url)
        if is_local(url):
            what = (
                f"The URL is part of what is signed, and the sender cannot have called {show(url, 120)}:"
                " set public_url of the source to the address that the provider has."
            )
            return Explanation("url_mismatch_host", (what,))
    name = digests.hash_name(case.recipe.algorithm)
    if result.problem is not None or spec is None or spec.encoding == "text" or name is None or not case.keys:
        return Explanation()
    lengths = {length: other for other, length in digests.DIGEST_BYTES.items()}
    size = digests.DIGEST_BYTES[name]
    for text in result.found.signatures:
        given = digests.decode(text, spec.encoding)
        if given is not None and len(given) == size:
            break
        if given is not None and len(given) in lengths:
            other = lengths[len(given)].replace("sha", "SHA-")
            what = f"The signature is as long as one of {other}, not of {name.replace('sha', 'SHA-')}."
            return Explanation("wrong_algorithm", (what,))
        for encoding in ("hex", "base64", "base64url"):
            data = digests.decode(text, encoding)
            if encoding != spec.encoding and data is not None and len(data) == size:
                return Explanation("wrong_encoding", (f"The signature is in {encoding}, not in {spec.encoding}.",))
        form = f"{name.replace('sha', 'SHA-')} in {spec.encoding}"
        what = f"The signature has {len(text)} characters, which is not the length of {form}."
        return Explanation("header_malformed", (what,))
    if _REPLACEMENT in case.request.body:
        what = (
            "The body holds replacement characters (U+FFFD), as when bytes that are not UTF-8 were decoded on the way;"
            " if so, the bytes that were signed are lost."
        )
        return Explanation("body_transcoded", (what,))
    if len(result.found.signatures) > 1:
        return Explanation("none_of_several_signatures")
    return Explanation()
