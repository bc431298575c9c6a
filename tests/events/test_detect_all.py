"""Every provider is recognised from its own requests."""

from __future__ import annotations

import pytest

from tests.support.vectors import Vector, all_vectors
from webhook_inspector.events import detect, extract
from webhook_inspector.providers.load import builtin
from webhook_inspector.providers.model import Provider

GENERIC = {"hmac", "shared-token"}
ALIKE = {
    "svix-webhook-headers": "standard-webhooks",
}
"""Vectors that carry nothing but another provider's headers, and what is recognised instead."""

VALID = [
    pytest.param(provider, vector, id=vector.id)
    for provider, vector in all_vectors()
    if vector.expect == "valid" and vector.headers and provider.name not in GENERIC
]


@pytest.mark.parametrize(("provider", "vector"), VALID)
def test_recognised(provider: Provider, vector: Vector) -> None:
    assert detect(vector.request, builtin()) == ALIKE.get(vector.id, provider.name)


@pytest.mark.parametrize(("provider", "vector"), VALID)
def test_its_event_is_named(provider: Provider, vector: Vector) -> None:
    event = extract(vector.request, provider)
    assert event.type
    assert event.id or vector.id == "shopify-new-headers"  # made without an id, to show that the other names suffice
