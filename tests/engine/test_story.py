"""Samples and stories that are sent to the listener of the log: they verify there, whatever signs them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.patience import PATIENCE_S
from webhook_inspector.config import load
from webhook_inspector.config.paths import test_keys_folder as keys_folder
from webhook_inspector.core.secret import Secret
from webhook_inspector.engine.inspector import Inspector
from webhook_inspector.engine.sources import SAMPLE_HEADER
from webhook_inspector.engine.story import StoryOptions
from webhook_inspector.errors import UsageError
from webhook_inspector.signing import verify
from webhook_inspector.signing.testkeys import generate, public_text

CONFIG = """
[sources.texts]
path = "/texts"
provider = "twilio"
secrets = ["env:TWILIO"]
public_url = "https://hooks.example.com/in"
"""


@pytest.fixture(name="live")
def _live(tmp_path: Path) -> Inspector:
    path = tmp_path / "webhook-inspector.toml"
    path.write_text(CONFIG, encoding="utf-8")
    config = replace(load(path, {}, tmp_path), log=tmp_path / "log.db")
    return Inspector.open(config, env={"TWILIO": "token"})


def facts(inspector: Inspector) -> list[tuple[str | None, str | None, str]]:
    assert inspector.wait_analysed(PATIENCE_S)
    records = inspector.records(inspector.ids())
    return [(one.facts.provider, one.facts.event.type, str(one.facts.verification.status)) for one in records]


@pytest.mark.parametrize(
    ("provider", "story", "count"),
    [
        ("stripe", "checkout-refund", 6),
        ("discord", "entitlement", 3),
        ("sendgrid", "email-delivery", 3),
        ("hubspot", "contact", 3),
        ("twilio", "message-status", 3),
        ("linear", "issue", 3),
        ("mailgun", "email-delivery", 3),
    ],
)
def test_a_story_verifies_where_it_is_captured(live: Inspector, provider: str, story: str, count: int) -> None:
    with live:
        live.listen(port=0)
        told = live.plan_story(provider, story, StoryOptions())
        sent = list(live.tell_story(told))
        assert [one.attempt.status for one in sent] == [200] * count
        assert facts(live) == [(provider, one.step.event, "valid") for one in sent]


def test_a_test_key_is_made_by_sending_only(live: Inspector) -> None:
    """A request that calls itself a sample makes no key, and one of another key is not valid."""
    with live:
        listening = live.listen(port=0)
        assert listening.url is not None
        request = live.sample("stripe", to=listening.url)
        forged = replace(request, headers=request.headers.replaced(SAMPLE_HEADER, "discord"))
        forged = replace(forged, headers=forged.headers.replaced("X-Signature-Ed25519", "00" * 64))
        forged = replace(
            forged, headers=forged.headers.replaced("X-Signature-Timestamp", "1").without(["stripe-signature"])
        )
        live.send_request(listening.url, forged)
        assert facts(live)[0][2] != "valid"
        assert not (keys_folder() / "ed25519.pem").exists()
        live.send_sample("discord")
        assert (keys_folder() / "ed25519.pem").exists()
        live.send_request(listening.url, forged)
        assert [status for _, _, status in facts(live)[1:]] == ["valid", "invalid"]


def test_a_private_key_of_the_users_own_signs(live: Inspector) -> None:
    with live:
        discord = live.provider("discord")
        mine = generate("ed25519")
        request = live.sample("discord", to="http://127.0.0.1:1", secret=Secret(mine))
        public = Secret(public_text(discord.recipes[0], mine))
        assert verify(request, discord, [public], at_ns=live.clock.wall_ns()).status == "valid"
        assert request.headers.get(SAMPLE_HEADER) is None
        # A public key cannot sign: the test key does.
        other = live.sample("discord", to="http://127.0.0.1:1", secret=public)
        assert verify(other, discord, [public], at_ns=live.clock.wall_ns()).status == "invalid"
        assert other.headers.get(SAMPLE_HEADER) == "discord"


def test_the_address_that_is_signed_is_the_one_that_the_receiver_knows(live: Inspector) -> None:
    sources = live.sources
    with live:
        assert sources.address_for("twilio", "http://127.0.0.1:4400/texts?a=1") == "https://hooks.example.com/in?a=1"
        assert sources.address_for("hubspot", "http://127.0.0.1:4400/texts") == "http://127.0.0.1:4400/texts"
        assert sources.address_for("twilio", "http://127.0.0.1:3000") == "http://127.0.0.1:3000/"
        assert sources.address_for("twilio", "http://[") == "http://["


def test_a_story_takes_the_users_secret(live: Inspector) -> None:
    with live:
        live.listen(port=0)
        told = live.plan_story("stripe", "dispute", StoryOptions(reorder="reverse", seed=1))
        sent = list(live.tell_story(told, secret=Secret("whsec_other")))
        assert [one.step.n for one in sent] == [7, 6, 5, 4, 3, 2, 1]
        assert {status for _, _, status in facts(live)} == {"no_secret"}


def test_a_single_event_is_a_story_of_one(live: Inspector) -> None:
    with live:
        told = live.plan_story("stripe", None, StoryOptions(duplicate="times=3"))
        assert [step.event for step in told.steps] == ["invoice.paid"]
        assert [planned.labels for planned in told.plan.attempts] == [("original",), ("duplicate",), ("duplicate",)]
        with pytest.raises(UsageError, match="Nothing listens for this log"):
            live.tell_story(told)
