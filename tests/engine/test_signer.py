"""What is signed again for a replay or an export, and what is told when it is not."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.factories import T0_NS, make_request
from tests.support.patience import PATIENCE_S
from tests.support.recording import recording, split_request
from webhook_inspector.config import load
from webhook_inspector.core.clock import NS_PER_S, SystemClock, iso_utc
from webhook_inspector.core.headers import Headers, decode_header
from webhook_inspector.core.request import Request
from webhook_inspector.core.secret import Secret
from webhook_inspector.core.verification import Verification
from webhook_inspector.engine.inspector import Inspector
from webhook_inspector.engine.replay_options import ReplayOptions, SendOptions
from webhook_inspector.engine.test_keys import private_key, public_keys
from webhook_inspector.errors import UsageError
from webhook_inspector.providers.load import builtin
from webhook_inspector.signing import sign, verify
from webhook_inspector.signing.testkeys import generate

CONFIG = """
log = "log.db"
[sources.stripe]
provider = "stripe"
secrets = ["env:OLD", "env:NEW"]
[sources.github]
provider = "github"
secrets = ["env:NEW"]
[sources.twilio]
provider = "twilio"
secrets = ["env:NEW"]
[sources.tunnel]
path = "/tunnel"
provider = "twilio"
secrets = ["env:NEW"]
public_url = "https://hooks.example.com/in"
[sources.paypal]
provider = "paypal"
params = { webhook_id = "WH-1" }
[sources.discord]
provider = "discord"
[sources.gitlab]
provider = "gitlab"
secrets = ["env:NEW"]
[sources.nobody]
provider = "shopify"
[sources.standard]
provider = "standard-webhooks"
secrets = ["env:OLD"]
"""
ENV = {"OLD": "whsec_old-!!", "NEW": "whsec_new-canary"}
FORM = [("Content-Type", "application/x-www-form-urlencoded")]
Put = Callable[..., int]


@pytest.fixture
def opened(tmp_path: Path) -> Any:
    path = tmp_path / "webhook-inspector.toml"
    path.write_text(CONFIG, encoding="utf-8")
    with Inspector.open(load(path, {}, tmp_path), env=ENV) as inspector:
        yield inspector


@pytest.fixture
def put(opened: Inspector, tmp_path: Path) -> Put:
    def put(request: Request, source: str) -> int:
        headers = [[decode_header(name), decode_header(value)] for name, value in request.headers]
        entry = {"method": "POST", "target": f"/{source}", "source": source, "headers": headers}
        file = tmp_path / "one.jsonl"
        file.write_text(
            json.dumps({**entry, "body": request.body.decode(), "received_at": iso_utc(T0_NS)}), encoding="utf-8"
        )
        return opened.import_file(file).ids[0]

    return put


def captured(provider: str, secret: str, request: Request | None = None, **more: Any) -> Request:
    return sign(request or make_request(), builtin()[provider], Secret(secret), now_ns=T0_NS, **more)


def replayed(inspector: Inspector, ids: list[int], **how: Any) -> list[tuple[Request, str, tuple[str, ...]]]:
    """What the target got for each delivery, at which address, and what was said of it."""
    plan = inspector.plan(ids, ReplayOptions(speed=None, seed=1))
    with recording() as target:
        run = inspector.start_run(plan, target.url, send=SendOptions(**how))
        run.wait(PATIENCE_S)
        got = [split_request(data) for data in target.take()]
    return [
        (
            Request(method.decode(), path, Headers(tuple(pairs)), body),
            target.url + path.decode(),
            inspector.run_result(run.id).attempts[index].differences,
        )
        for index, (method, path, pairs, body) in enumerate(got)
    ]


def checked(request: Request, provider: str, secret: str, **more: Any) -> Verification:
    now = SystemClock().wall_ns()
    return verify(request, builtin()[provider], [Secret(secret)], at_ns=now, **more)


def test_the_time_is_the_present_or_the_captured_one_or_too_old(opened: Inspector, put: Put) -> None:
    number = put(captured("stripe", ENV["NEW"]), "stripe")
    ((now, _, said),) = replayed(opened, [number], sign="now")
    assert checked(now, "stripe", ENV["NEW"]).valid
    assert any("signed again with env:NEW and the present time" in text for text in said)
    ((kept, _, _),) = replayed(opened, [number], sign="keep")
    before = opened.record(number).delivery.request.headers.get("Stripe-Signature")
    assert kept.headers.get("Stripe-Signature") == before
    ((stale, _, said),) = replayed(opened, [number], sign="stale")
    assert checked(stale, "stripe", ENV["NEW"]).status == "stale"
    assert any("too old" in text for text in said)
    ((plain, _, said),) = replayed(opened, [number], sign="captured")
    assert plain.headers.get("Stripe-Signature") == before
    assert not any("signed" in text for text in said)


def test_the_secret_that_it_verified_with_signs_it(opened: Inspector, put: Put) -> None:
    old, new = (put(captured("stripe", ENV[name]), "stripe") for name in ("OLD", "NEW"))
    (first, _, _), (second, _, _) = replayed(opened, [old, new])
    assert checked(first, "stripe", ENV["OLD"]).valid
    assert checked(second, "stripe", ENV["NEW"]).valid


def test_one_that_cannot_be_signed_does_not_stop_the_others(opened: Inspector, put: Put) -> None:
    # The secret of `standard` is no base64, so nothing can be signed with it.
    unsigned = make_request(headers=[("webhook-id", "1"), ("webhook-timestamp", "1"), ("webhook-signature", "v1,x")])
    bad, none = put(unsigned, "standard"), put(captured("shopify", "x"), "nobody")
    good = put(captured("github", ENV["NEW"]), "github")
    plan = opened.plan([bad, none, good], ReplayOptions())
    said = opened.signing_outlook(plan, "http://localhost", SendOptions())
    assert len(said) == 2
    assert "1 delivery of Standard Webhooks keeps the captured signature" in said[0]
    assert "not base64" in said[0]
    assert said[1] == "1 delivery of Shopify keeps the captured signature: no secret is known for it."
    results = replayed(opened, [bad, none, good])
    assert len(results) == 3
    assert results[0][0].headers.get("webhook-signature") == "v1,x"
    assert any("sent with the captured signature: no secret" in text for text in results[1][2])
    assert checked(results[2][0], "github", ENV["NEW"]).valid


def test_a_url_that_is_signed_is_the_public_one_else_the_targets(opened: Inspector, put: Put) -> None:
    request = make_request(b"a=1&b=2", headers=FORM)
    plain, tunnel = (
        put(captured("twilio", ENV["NEW"], request, url="https://x/"), name) for name in ("twilio", "tunnel")
    )
    (first, address, _), (second, _, _) = replayed(opened, [plain, tunnel])
    assert checked(first, "twilio", ENV["NEW"], url=address).valid
    assert checked(second, "twilio", ENV["NEW"], url="https://hooks.example.com/in").valid


def test_a_test_key_stands_in_and_its_public_half_verifies(opened: Inspector, put: Put) -> None:
    theirs = generate("ed25519")
    request = make_request(b'{"type":1}', headers=[("X-Signature-Timestamp", str(T0_NS // NS_PER_S))])
    discord = put(captured("discord", theirs, request), "discord")
    transmission = [(f"PAYPAL-TRANSMISSION-{name}", "2026-11-18T11:06:40Z") for name in ("ID", "TIME")]
    request = make_request(b'{"event_type":"x"}', headers=[*transmission, ("PAYPAL-AUTH-ALGO", "SHA256withRSA")])
    paypal = put(captured("paypal", generate("rsa"), request, params={"webhook_id": "WH-1"}), "paypal")
    plan = opened.plan([discord, paypal], ReplayOptions())
    said = opened.signing_outlook(plan, "http://localhost", SendOptions())
    assert [("a test key of your own can stand in" in text) for text in said] == [True, True]
    said = opened.signing_outlook(plan, "http://localhost", SendOptions(test_key=True))
    assert [f"providers test-key {name}" in text for text, name in zip(said, ("discord", "paypal"), strict=True)]
    (one, _, _), (two, _, _) = replayed(opened, [discord, paypal], test_key=True)
    for request, name, params in ((one, "discord", {}), (two, "paypal", {"webhook_id": "WH-1"})):
        ((_, public),) = public_keys(builtin()[name])
        result = verify(request, builtin()[name], [], at_ns=SystemClock().wall_ns(), params=params, public_key=public)
        assert result.valid, result
    assert private_key("ed25519") == private_key("ed25519") != theirs
    with pytest.raises(UsageError, match="shared secret"):
        public_keys(builtin()["stripe"])


def test_a_stale_time_needs_a_time(opened: Inspector, put: Put) -> None:
    number = put(captured("github", ENV["NEW"]), "github")
    said = opened.signing_outlook(opened.plan([number], ReplayOptions()), "http://x", SendOptions(sign="stale"))
    assert said == ["GitHub signs no time, so its signature cannot be made stale."]


def test_an_export_is_signed_after_it_was_masked(opened: Inspector, put: Put) -> None:
    body = b'{"id":"evt_1","type":"invoice.paid","email":"someone@example.com"}'
    number = put(captured("stripe", ENV["NEW"], make_request(body)), "stripe")
    data = opened.export([number], "raw", sign="now")
    _, _, pairs, masked = split_request(data)
    assert b"someone@example.com" not in masked
    assert checked(Request("POST", b"/", Headers(tuple(pairs)), masked), "stripe", ENV["NEW"]).valid
    _, _, pairs, masked = split_request(opened.export([number], "raw"))
    assert not checked(Request("POST", b"/", Headers(tuple(pairs)), masked), "stripe", ENV["NEW"]).valid
    with pytest.raises(UsageError, match="cannot be signed again"):
        opened.export([put(make_request(), "nobody")], "raw", sign="now")


def test_a_shared_value_is_not_exported_by_signing(opened: Inspector, put: Put) -> None:
    number = put(captured("gitlab", ENV["NEW"]), "gitlab")
    with pytest.raises(Exception, match="would still be in the file") as caught:
        opened.export([number], "raw", sign="now")
    assert ENV["NEW"] not in str(caught.value)
