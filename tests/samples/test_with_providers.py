"""Each sample, signed, is recognised as its provider's, has the event it is named after, and verifies."""

from __future__ import annotations

import json
import random

import pytest

from tests.support.factories import T0_NS
from webhook_inspector.core.clock import NS_PER_S
from webhook_inspector.core.request import Request
from webhook_inspector.core.secret import Secret
from webhook_inspector.core.verification import VerificationStatus
from webhook_inspector.events import detect, extract
from webhook_inspector.providers.load import builtin
from webhook_inspector.providers.model import Provider
from webhook_inspector.samples import catalogue, describe_stories, sample, story
from webhook_inspector.samples.files import files
from webhook_inspector.signing import can_sign, sign, verify
from webhook_inspector.signing.testkeys import FAMILIES, family, generate, public_text

ALL = [(provider, event) for provider, events in catalogue().items() for event in events]
URL = "https://hooks.example.com/in"
STANDARD = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
SECRETS = {
    "squarespace": "0f" * 32,
    **dict.fromkeys(("standard-webhooks", "svix", "gitlab", "clerk", "resend"), STANDARD),
}
TYPES = {("slack", "slash_command"): "/tide"}
"""What a sample's event is called in the request, where that is not the sample's name (GitLab: its title)."""
WITHOUT_ID = {("slack", "url_verification")}
KEYS = {kind: generate(kind) for kind in FAMILIES if kind != "rsa"}


def secrets_of(provider: Provider) -> tuple[Secret, Secret, Secret]:
    """To sign with, to verify with, and a wrong one of the same form."""
    if can_sign(provider):
        right = Secret(SECRETS.get(provider.name, "sample-secret"))
        return right, right, Secret("whsec_" + "AAAA" * 8 if "whsec" in right.value else "f0" * 32)
    recipe = provider.recipes[0]
    kind = family(recipe)
    return (
        Secret(KEYS[kind]),
        Secret(public_text(recipe, KEYS[kind])),
        Secret(public_text(recipe, generate(kind))),
    )


def check(request: Request, provider_name: str, event_name: str, at_ns: int) -> None:
    provider = builtin()[provider_name]
    private, public, other = secrets_of(provider)
    later = at_ns + 4 * NS_PER_S
    signed = sign(request, provider, private, now_ns=later, url=URL)

    assert detect(signed, builtin()) == provider_name
    event = extract(signed, provider)
    title = files()[provider_name]["events"][event_name].get("title", event_name)
    assert event.type == (title if provider_name == "gitlab" else TYPES.get((provider_name, event_name), event_name))
    assert bool(event.id) is not ((provider_name, event_name) in WITHOUT_ID)
    if event.time_ns is not None:
        assert abs(event.time_ns - at_ns) <= 60 * NS_PER_S
    verification = verify(signed, provider, [public], at_ns=later, url=URL)
    assert verification.status is VerificationStatus.VALID, verification
    wrong = verify(signed, provider, [other], at_ns=later, url=URL)
    assert wrong.status is VerificationStatus.INVALID


@pytest.mark.parametrize(("provider_name", "event_name"), ALL)
def test_a_signed_sample_is_recognised_and_verifies(provider_name: str, event_name: str) -> None:
    request = sample(provider_name, event_name, now_ns=T0_NS, rng=random.Random(3))
    check(request, provider_name, event_name, T0_NS)


@pytest.mark.parametrize("info", describe_stories(), ids=lambda info: f"{info.provider} {info.name}")
def test_each_step_of_a_story_is_recognised_and_verifies(info: object) -> None:
    from webhook_inspector.samples import StoryInfo

    assert isinstance(info, StoryInfo)
    for step in story(info.provider, info.name, now_ns=T0_NS, rng=random.Random(3)):
        check(step.request, info.provider, step.event, step.at_ns)


def test_two_samples_of_one_seed_stream_are_two_events() -> None:
    rng = random.Random(5)
    first, second = (sample("stripe", None, now_ns=T0_NS, rng=rng) for _ in range(2))
    assert json.loads(first.body)["id"] != json.loads(second.body)["id"]
