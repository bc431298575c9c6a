"""Every recipe of every provider signs again what its vectors hold."""

from __future__ import annotations

from functools import cache

import pytest

from tests.support.vectors import Vector, all_vectors
from webhook_inspector.core.clock import NS_PER_S
from webhook_inspector.core.secret import Secret
from webhook_inspector.core.verification import Verification, VerificationStatus
from webhook_inspector.errors import UsageError
from webhook_inspector.events import extract
from webhook_inspector.providers.load import builtin
from webhook_inspector.providers.model import Provider, Recipe
from webhook_inspector.signing import sign, verify
from webhook_inspector.signing.resigning import obstacle
from webhook_inspector.signing.testkeys import family, generate, public_text

VALID = [pytest.param(provider, vector, id=vector.id) for provider, vector in all_vectors() if vector.expect == "valid"]
private_key = cache(generate)


def parts(provider: Provider, vector: Vector) -> tuple[Recipe, Secret, Secret]:
    """The recipe, what signs, and what verifies."""
    recipe = provider.recipe(vector.recipe)
    assert recipe is not None
    if not recipe.uses_public_key:
        return recipe, vector.named_secrets[-1], vector.named_secrets[-1]
    key = private_key(family(recipe))
    return recipe, Secret(key, "the test key"), Secret(public_text(recipe, key), "the test key")


def check(provider: Provider, vector: Vector, request: object, secret: Secret, at_ns: int) -> Verification:
    return verify(request, provider, [secret], at_ns=at_ns, url=vector.url, params=vector.params)  # type: ignore[arg-type]  # a Request


@pytest.mark.parametrize(("provider", "vector"), VALID)
def test_signed_again_it_holds_later(provider: Provider, vector: Vector) -> None:
    _, signer, verifier = parts(provider, vector)
    later = vector.now_ns + 90_061 * NS_PER_S
    again = sign(vector.request, provider, signer, now_ns=later, url=vector.url, params=vector.params)
    result = check(provider, vector, again, verifier, later)
    assert result.valid, result
    before, after = extract(vector.request, provider), extract(again, provider)
    assert after.type == before.type
    derived = {"plaid", "mandrill", "rfc9421", "dropbox", "websub", "braintree"}  # their id is the signature itself
    assert after.id == before.id or provider.name in derived
    twice = sign(again, provider, signer, now_ns=later, url=vector.url, params=vector.params)
    assert check(provider, vector, twice, verifier, later).valid


@pytest.mark.parametrize(("provider", "vector"), VALID)
def test_the_captured_time_is_kept_when_asked(provider: Provider, vector: Vector) -> None:
    recipe, signer, verifier = parts(provider, vector)
    later = vector.now_ns + 7 * NS_PER_S
    kept = sign(vector.request, provider, signer, now_ns=later, time="keep", url=vector.url, params=vector.params)
    result = check(provider, vector, kept, verifier, vector.now_ns)
    assert result.valid
    if recipe.timestamp is not None and vector.request.headers:
        original = verify(
            vector.request,
            provider,
            vector.named_secrets,
            at_ns=vector.now_ns,
            public_key=vector.public_key,
            url=vector.url,
            params=vector.params,
        )
        assert result.skew_seconds == original.skew_seconds


@pytest.mark.parametrize(("provider", "vector"), VALID)
def test_a_stale_time_is_stale(provider: Provider, vector: Vector) -> None:
    recipe, signer, verifier = parts(provider, vector)
    if recipe.timestamp is None or recipe.timestamp.past is None:
        return
    stale = sign(
        vector.request, provider, signer, now_ns=vector.now_ns, time="stale", url=vector.url, params=vector.params
    )
    result = check(provider, vector, stale, verifier, vector.now_ns)
    assert (result.status, result.reason) == (VerificationStatus.STALE, "stale_timestamp"), result


def test_only_public_keys_stand_in_the_way() -> None:
    for provider in builtin().values():
        for recipe in provider.recipes:
            assert obstacle(recipe, private_key=recipe.uses_public_key) is None, recipe.name
            assert (obstacle(recipe) is None) is not recipe.uses_public_key


@pytest.mark.parametrize(("provider", "vector"), VALID)
def test_a_request_without_what_is_signed_is_refused_in_words(provider: Provider, vector: Vector) -> None:
    _, signer, verifier = parts(provider, vector)
    from webhook_inspector.core.request import Request

    bare = Request("POST", b"/", vector.request.headers.without(vector.request.headers.names()), b"not json")
    try:
        signed = sign(bare, provider, signer, now_ns=vector.now_ns, url=vector.url, params=vector.params)
    except UsageError as error:
        assert error.message.endswith(".")
        assert signer.value not in error.message
    else:
        assert check(provider, vector, signed, verifier, vector.now_ns).valid
