"""Every provider's own vectors come out as their file says, by name and by choice."""

from __future__ import annotations

import pytest

from tests.support.vectors import Vector, all_vectors, vectors_of
from webhook_inspector.core.headers import Headers
from webhook_inspector.core.request import Request
from webhook_inspector.core.verification import Verification
from webhook_inspector.providers.load import builtin
from webhook_inspector.providers.model import Provider
from webhook_inspector.signing import verify

VECTORS = [pytest.param(provider, vector, id=vector.id) for provider, vector in all_vectors()]


def check(provider: Provider, vector: Vector, scheme: str | None, flip: Request | None = None) -> Verification:
    return verify(
        flip or vector.request,
        provider,
        vector.named_secrets,
        at_ns=vector.now_ns,
        now_ns=vector.now_ns,
        scheme=scheme,
        url=vector.url,
        params=vector.params,
        public_key=vector.public_key,
    )


@pytest.mark.parametrize(("provider", "vector"), VECTORS)
def test_vector_by_name(provider: Provider, vector: Vector) -> None:
    result = check(provider, vector, vector.recipe)
    assert (result.status, result.scheme) == (vector.expect, vector.recipe), result
    assert vector.reason in {None, result.reason}, result
    assert result.explanation.endswith((".", "?"))
    assert (result.reason == "ok") == result.valid


@pytest.mark.parametrize(("provider", "vector"), VECTORS)
def test_vector_with_the_recipe_chosen_by_what_is_there(provider: Provider, vector: Vector) -> None:
    result = check(provider, vector, None)
    assert (result.status, result.scheme) == (vector.expect, vector.recipe), result


@pytest.mark.parametrize("provider", builtin().values(), ids=lambda provider: provider.name)
def test_every_recipe_has_a_valid_and_every_provider_an_invalid_vector(provider: Provider) -> None:
    vectors = vectors_of(provider.name)
    valid = {vector.recipe for vector in vectors if vector.expect == "valid"}
    assert {recipe.name for recipe in provider.recipes} - valid <= {"svix-v1a"}
    assert any(vector.expect == "invalid" for vector in vectors) or not provider.recipes


@pytest.mark.parametrize(
    ("provider", "vector"),
    [pytest.param(provider, vector, id=vector.id) for provider, vector in all_vectors() if vector.expect == "valid"],
)
def test_one_flipped_bit_anywhere_in_body_or_signature_never_verifies(provider: Provider, vector: Vector) -> None:
    recipe = provider.recipe(vector.recipe)
    assert recipe is not None
    assert recipe.signature is not None
    headers = Headers.from_text([list(pair) for pair in vector.headers])
    if recipe.covers_body:
        for index in range(len(vector.body)):
            body = bytearray(vector.body)
            body[index] ^= 1
            assert not check(provider, vector, None, Request("POST", b"/", headers, bytes(body))).valid, index
    name = recipe.signature.source.name.lower()
    original = headers.get_bytes(name)
    assert original is not None
    signed = check(provider, vector, None).received
    good = [text.encode() for text in signed]
    for index in range(len(original)):
        if not any(original.find(one) <= index < original.find(one) + len(one) for one in good):
            continue
        for bit in (1, 2, 4, 0x20):
            flipped = bytearray(original)
            flipped[index] ^= bit
            pairs = tuple((key, bytes(flipped) if key.lower().decode() == name else old) for key, old in headers)
            result = check(provider, vector, vector.recipe, Request("POST", b"/", Headers(pairs), vector.body))
            assert not result.valid or len(signed) > 1, (index, bit)


@pytest.mark.parametrize(
    ("name", "lenient"),
    [
        ("stripe-good", lambda wanted, given: wanted.lower() == given.lower()),
        ("github-good", lambda wanted, given: wanted[:63] == given[:63]),
        ("sw-good", lambda wanted, given: wanted[:-4] == given[:-4]),
    ],
)
def test_a_lenient_comparison_is_caught(name: str, lenient: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webhook_inspector.signing.matching.same", lenient)
    provider, vector = next((provider, vector) for provider, vector in all_vectors() if vector.id == name)
    with pytest.raises(AssertionError):
        test_one_flipped_bit_anywhere_in_body_or_signature_never_verifies(provider, vector)
