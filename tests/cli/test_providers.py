"""`providers`: show, propose, and hand out test keys."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.support import Cli
from tests.support.factories import T0_NS, make_request
from webhook_inspector.core.clock import iso_utc
from webhook_inspector.core.headers import decode_header
from webhook_inspector.core.secret import Secret
from webhook_inspector.providers.load import builtin, load_provider
from webhook_inspector.signing import sign

CANARY = "canary-of-acme"


@pytest.fixture
def delivered(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a log that holds a delivery of a provider that nobody knows."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ACME_WEBHOOK_SECRET", CANARY)
    config = tmp_path / "webhook-inspector.toml"
    config.write_text('log = "log.db"\n', encoding="utf-8")
    acme = load_provider(
        {
            "header": "X-Acme-Signature",
            "algorithm": "hmac-sha512",
            "encoding": "base64",
            "signed": "{body}.{header:X-Acme-Timestamp}",
            "timestamp": {"from": "header:X-Acme-Timestamp", "unit": "ms"},
        },
        where="t",
        name="acme",
    )
    request = sign(make_request(b'{"event":"a.b"}'), acme, Secret(CANARY), now_ns=T0_NS)
    headers = [[decode_header(name), decode_header(value)] for name, value in request.headers]
    entry = {"method": "POST", "target": "/acme", "headers": headers, "body": request.body.decode()}
    (tmp_path / "in.jsonl").write_text(json.dumps({**entry, "received_at": iso_utc(T0_NS)}), encoding="utf-8")
    assert cli("import", "in.jsonl").code == 0
    return config


def test_a_proposal_goes_into_the_configuration_and_verifies(cli: Cli, delivered: Path) -> None:
    made = cli("providers", "new", "--from", "last", "--secret", "env:ACME_WEBHOOK_SECRET")
    assert made.code == 0
    assert "Proved" in made.err
    assert CANARY not in made.out.decode() + made.err
    delivered.write_bytes(delivered.read_bytes() + made.out)
    assert cli("config", "show").code == 0
    # The delivery came before its source was configured, so the provider is named once.
    checked = cli("verify", "1", "--provider", "acme", "--secret", "env:ACME_WEBHOOK_SECRET", "--json")
    assert (checked.code, checked.records[0]["status"]) == (0, "valid")
    again = cli("providers", "new", "acme", "--from", "1", "--secret", "env:ACME_WEBHOOK_SECRET", "--json")
    assert again.records[0]["proved"] is True


def test_a_guess_says_that_it_is_one(cli: Cli, delivered: Path) -> None:
    made = cli("providers", "new", "--from", "1", "-o", "acme.toml")
    assert (made.code, made.out) == (0, b"")
    assert "a guess" in made.err
    text = (delivered.parent / "acme.toml").read_text(encoding="utf-8")
    assert "nothing in it is proved" in text
    assert "[providers.acme]" in text
    assert "is there already" in cli("providers", "new", "--from", "1", "-o", "acme.toml").err


def test_without_a_delivery_it_is_a_template(cli: Cli) -> None:
    assert b"[providers.shop]" in cli("providers", "new", "shop").out
    for arguments, words in (
        (("providers", "new", "Shop Ä"), "is not a provider's name"),
        (("providers", "new", "--secret", "x"), "--from ID"),
        (("providers", "test-key", "stripe"), "shared secret"),
        (("providers", "test-key", "strpe"), "did you mean stripe?"),
    ):
        ran = cli(*arguments)
        assert ran.code == 2
        assert words in ran.sentence()


def test_the_public_half_of_a_test_key_stays_the_same(cli: Cli) -> None:
    first, second = cli("providers", "test-key", "discord"), cli("providers", "test-key", "discord", "--json")
    assert first.lines[1] == second.records[0]["public_key"]
    assert len(bytes.fromhex(first.lines[1])) == 32
    assert b"BEGIN CERTIFICATE" in cli("providers", "test-key", "paypal").out
    assert b"PRIVATE" not in cli("providers", "test-key", "rfc9421").out


def test_every_provider_is_shown(cli: Cli) -> None:
    assert len(cli("providers", "list").lines) == len(builtin())
    rows = cli("providers", "list", "--json").records
    assert [row["name"] for row in rows] == list(builtin())
    for name in ("knack", "make", "paypal", "squarespace", "stripe", "standard-webhooks"):
        shown = cli("providers", "show", name)
        assert shown.code == 0
        assert "Events" in shown.out.decode()
