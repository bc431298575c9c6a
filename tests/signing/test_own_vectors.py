"""Every provider's own vectors come out as their file says, by name and by choice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from urllib.parse import parse_qsl

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
@pytest.mark.parametrize("every", [31, pytest.param(1, marks=pytest.mark.torture)])
def test_one_flipped_bit_anywhere_in_body_or_signature_never_verifies(
    provider: Provider, vector: Vector, every: int
) -> None:
    whole = check(provider, vector, vector.recipe)
    if whole.covers_body:
        for index in range(0, len(vector.body), every):
            body = bytearray(vector.body)
            body[index] ^= 1
            result = check(provider, vector, vector.recipe, replace(vector.request, body=bytes(body)))
            assert not result.valid or _only_unsigned_changed(provider, vector, bytes(body)), index
    for changed in islice(_with_a_flipped_signature(provider, vector, whole.received), 0, None, every):
        result = check(provider, vector, vector.recipe, changed)
        assert not result.valid or len(whole.received) > 1, changed


def _only_unsigned_changed(provider: Provider, vector: Vector, body: bytes) -> bool:
    """Whether a form has the same fields in spite of the change: `+` and `%20` are one."""
    recipe = provider.recipe(vector.recipe)
    assert recipe is not None
    sorted_form = recipe.signed is not None and any(part.kind == "form_sorted" for part in recipe.signed.fields)
    return sorted_form and sorted(parse_qsl(body, keep_blank_values=True)) == sorted(
        parse_qsl(vector.body, keep_blank_values=True)
    )


def _with_a_flipped_signature(provider: Provider, vector: Vector, received: tuple[str, ...]) -> Iterator[Request]:
    """The request with each bit of the signature's text flipped, wherever it stands."""
    recipe = provider.recipe(vector.recipe)
    assert recipe is not None
    folds = recipe.signature is not None and (recipe.signature.case == "fold" or recipe.uses_public_key)
    for good in (text.encode() for text in received):
        for index in range(len(good)):
            # Long ones (RSA, JWT) take turns: each check there tries many explanations.
            for bit in (1, 2, 4, 0x20) if len(good) <= 128 else ((1, 2, 4)[index % 3],):
                if folds and bit == 0x20:  # upper and lower case stand for the same digest there
                    continue
                flipped = bytearray(good)
                flipped[index] ^= bit
                if bytes(flipped) in {b"", good} or not 0x20 < flipped[index] < 0x7F:
                    continue
                pairs = tuple((key, value.replace(good, bytes(flipped))) for key, value in vector.request.headers)
                body = vector.body.replace(good, bytes(flipped))
                target = vector.request.target.replace(good, bytes(flipped))
                changed = replace(vector.request, headers=Headers(pairs), body=body, target=target)
                if changed != vector.request:
                    yield changed


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
        test_one_flipped_bit_anywhere_in_body_or_signature_never_verifies(provider, vector, 1)
