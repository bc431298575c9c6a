"""Each sample, signed, is recognised as its provider's, has the event it is named after, and verifies."""

from __future__ import annotations

import json
import random

import pytest

from tests.support.factories import T0_NS
from webhook_inspector.core.clock import NS_PER_S
from webhook_inspector.core.secret import Secret
from webhook_inspector.core.verification import VerificationStatus
from webhook_inspector.events import detect, extract
from webhook_inspector.providers.load import builtin
from webhook_inspector.samples import catalogue, sample
from webhook_inspector.signing import sign, verify

ALL = [(provider, event) for provider, events in catalogue().items() for event in events]
SECRETS = {
    "squarespace": "0f" * 32,
    "standard-webhooks": "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
    "svix": "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
    "gitlab": "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
}
TYPES = {"push": "Push Hook", "merge_request": "Merge Request Hook"}


@pytest.mark.parametrize(("provider_name", "event_name"), ALL)
def test_a_signed_sample_is_recognised_and_verifies(provider_name: str, event_name: str) -> None:
    provider = builtin()[provider_name]
    secret = Secret(SECRETS.get(provider_name, "sample-secret"))
    request = sample(provider_name, event_name, now_ns=T0_NS, rng=random.Random(3))
    later = T0_NS + 5 * NS_PER_S
    signed = sign(request, provider, secret, now_ns=later)

    assert signed.body == request.body
    assert detect(signed, builtin()) == provider_name
    event = extract(signed, provider)
    assert event.type == (TYPES[event_name] if provider_name == "gitlab" else event_name)
    has_no_id = provider_name == "slack" and event_name == "url_verification"
    assert bool(event.id) is not has_no_id
    if event.time_ns is not None:
        assert abs(event.time_ns - T0_NS) <= 60 * NS_PER_S
    verification = verify(signed, provider, [secret], at_ns=later)
    assert verification.status is VerificationStatus.VALID, verification
    wrong = verify(
        signed, provider, [Secret("whsec_" + "AAAA" * 8 if "whsec" in secret.value else "f0" * 32)], at_ns=later
    )
    assert wrong.status is VerificationStatus.INVALID


def test_two_samples_of_one_seed_stream_are_two_events() -> None:
    rng = random.Random(5)
    first, second = (sample("stripe", None, now_ns=T0_NS, rng=rng) for _ in range(2))
    assert json.loads(first.body)["id"] != json.loads(second.body)["id"]
