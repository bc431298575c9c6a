"""What the official libraries accept is valid here, what they refuse is not, and what is signed here they accept."""

from __future__ import annotations

import base64
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.factories import T0_NS, make_request
from webhook_inspector.core.clock import NS_PER_S
from webhook_inspector.core.headers import decode_header
from webhook_inspector.core.request import Request
from webhook_inspector.core.secret import Secret
from webhook_inspector.core.verification import Verification
from webhook_inspector.providers.load import builtin
from webhook_inspector.signing import sign, verify

T0 = T0_NS // NS_PER_S
BODY = '{"id":"evt_1","name":"Grüße"}'
TEXT = st.text(st.characters(codec="utf-8"), max_size=80)


def ours(provider: str, request: Request, secret: str, at: float = T0) -> Verification:
    return verify(request, builtin()[provider], [Secret(secret)], at_ns=round(at * NS_PER_S))


def header_dict(request: Request) -> dict[str, str]:
    return {decode_header(name): decode_header(value) for name, value in request.headers}


@pytest.fixture
def stripe_accepts(monkeypatch: pytest.MonkeyPatch) -> Any:
    stripe = pytest.importorskip("stripe")

    def accepts(body: str, header: str, secret: str, at: float) -> bool:
        monkeypatch.setattr("time.time", lambda: at)
        try:
            return bool(stripe.WebhookSignature.verify_header(body, header, secret, tolerance=300))
        except stripe.SignatureVerificationError:
            return False
        finally:
            monkeypatch.undo()

    return accepts


@pytest.mark.parametrize("offset", [-7200, -301, -300, -1, 0, 1, 299, 299.5, 300, 300.001, 301, 86400])
def test_stripe_window(offset: float, stripe_accepts: Any) -> None:
    import stripe

    header = stripe.WebhookSignature.generate_signature_header(BODY, "whsec_x", timestamp=T0)
    request = make_request(BODY.encode(), headers=[("Stripe-Signature", header)])
    assert ours("stripe", request, "whsec_x", T0 + offset).valid == stripe_accepts(BODY, header, "whsec_x", T0 + offset)


GOOD = "{good}"
STRIPE_HEADERS = [
    f"t={T0},v1={GOOD}",
    f"v1={GOOD},t={T0}",
    f"t={T0}, v1={GOOD}",
    f"t={T0},v1={GOOD},",
    f"t= {T0},v1={GOOD}",
    f"t=0{T0},v1={GOOD}",
    f"t=+{T0},v1={GOOD}",
    f"t={T0}.0,v1={GOOD}",
    f"t=,v1={GOOD}",
    f"v1={GOOD}",
    f"t={T0}",
    f"t={T0},v1=",
    f"t={T0},v0={GOOD}",
    f"t={T0},V1={GOOD}",
    f"t={T0},v1=00,v1={GOOD}",
    f"t={T0},t=1,v1={GOOD}",
    f"t=1,t={T0},v1={GOOD}",
    f"t={T0},v1={GOOD},foo,bar=baz",
    f"t={T0};v1={GOOD}",
    "",
    "=",
    ",",
    "not-a-signature",
]


@pytest.mark.parametrize("pattern", STRIPE_HEADERS)
@pytest.mark.parametrize("upper", [False, True])
def test_stripe_header_forms(pattern: str, upper: bool, stripe_accepts: Any) -> None:
    import stripe

    good = stripe.WebhookSignature._compute_signature(f"{T0}.{BODY}", "whsec_x")
    header = pattern.replace(GOOD, good.upper() if upper else good)
    request = make_request(BODY.encode(), headers=[("Stripe-Signature", header)])
    assert ours("stripe", request, "whsec_x").valid == stripe_accepts(BODY, header, "whsec_x", T0), header


@settings(max_examples=60)
@given(body=TEXT, secret=TEXT.filter(lambda text: text.strip()))
def test_stripe_accepts_what_is_signed_here(body: str, secret: str) -> None:
    stripe = pytest.importorskip("stripe")
    signed = sign(make_request(body.encode()), builtin()["stripe"], Secret(secret), now_ns=T0_NS)
    header = signed.headers.get("stripe-signature")
    assert stripe.WebhookSignature.verify_header(body, header, secret)
    assert ours("stripe", signed, secret).valid


class SlackClock:
    def __init__(self, at: float) -> None:
        self.at = at

    def now(self) -> float:
        return self.at


@pytest.mark.parametrize("offset", [-3600, -300.5, -300, -299, 0, 300, 300.5, 3600])
def test_slack_window_both_ways(offset: float) -> None:
    signature = pytest.importorskip("slack_sdk.signature")
    secret = "8f742231b10e8888abcd99yyyzzz85a5"
    signed = sign(make_request(BODY.encode()), builtin()["slack"], Secret(secret), now_ns=T0_NS)
    theirs = signature.SignatureVerifier(secret, clock=SlackClock(T0 + offset))
    assert theirs.is_valid_request(BODY, header_dict(signed)) == ours("slack", signed, secret, T0 + offset).valid


@settings(max_examples=60)
@given(body=TEXT, secret=TEXT.filter(lambda text: text.strip()))
def test_slack_accepts_what_is_signed_here(body: str, secret: str) -> None:
    signature = pytest.importorskip("slack_sdk.signature")
    signed = sign(make_request(body.encode()), builtin()["slack"], Secret(secret), now_ns=T0_NS)
    assert signature.SignatureVerifier(secret, clock=SlackClock(T0)).is_valid_request(body, header_dict(signed))
    header = signature.SignatureVerifier(secret).generate_signature(timestamp=str(T0), body=body)
    assert header == signed.headers.get("x-slack-signature")


def standard_accepts(library: Any, error: Any, secret: str, body: str, headers: dict[str, str]) -> bool:
    try:
        library.Webhook(secret).verify(body, headers)
    except (error, ValueError):
        return False
    return True


@pytest.mark.parametrize(
    ("provider", "module", "prefix"),
    [("standard-webhooks", "standardwebhooks", "webhook"), ("svix", "svix.webhooks", "svix")],
)
@pytest.mark.parametrize("size", [1, 24, 31, 32, 64])
@pytest.mark.parametrize("form", ["{}", "whsec_{}", "whsec_{} ", "\n{}"])
def test_standard_webhooks_secrets(provider: str, module: str, prefix: str, size: int, form: str) -> None:
    library = pytest.importorskip(module)
    error = pytest.importorskip("standardwebhooks.webhooks").WebhookVerificationError
    text = base64.b64encode(bytes(range(3, 3 + size))).decode()
    now = int(time.time())  # the library reads the system's clock
    for written in (text, text.rstrip("=")):
        secret = form.format(written)
        signature = library.Webhook("whsec_" + text).sign("msg_1", datetime.fromtimestamp(now, tz=UTC), BODY)
        headers = {f"{prefix}-id": "msg_1", f"{prefix}-timestamp": str(now), f"{prefix}-signature": signature}
        request = make_request(BODY.encode(), headers=list(headers.items()))
        theirs = standard_accepts(library, error, secret, BODY, headers)
        assert theirs == ours(provider, request, secret, now).valid, secret


# Text after the padding is left out: the Python library ignores it, which lets a changed signature pass.
SW_SIGNATURES = [
    "{good}",
    "v1,AAAA {good}",
    "v2,AAAA {good}",
    "v1a,AAAA {good} v1,BBBB",
    "{good} ",
    "{bare}",
    "V1,{bare}",
    "v1a,{bare}",
    "v1 ,{bare}",
    "",
]


@pytest.mark.parametrize("pattern", SW_SIGNATURES)
def test_standard_webhooks_signature_forms(pattern: str) -> None:
    library = pytest.importorskip("standardwebhooks")
    error = pytest.importorskip("standardwebhooks.webhooks").WebhookVerificationError
    secret = "whsec_" + base64.b64encode(b"0123456789abcdef01234567").decode()
    now = int(time.time())
    good = library.Webhook(secret).sign("msg_1", datetime.fromtimestamp(now, tz=UTC), BODY)
    header = pattern.replace("{good}", good).replace("{bare}", good[3:])
    headers = {"webhook-id": "msg_1", "webhook-timestamp": str(now), "webhook-signature": header}
    request = make_request(BODY.encode(), headers=list(headers.items()))
    theirs = standard_accepts(library, error, secret, BODY, headers)
    # A blank at the end makes the Python library give up; the specification only separates by blanks.
    assert ours("standard-webhooks", request, secret, now).valid == (theirs or header == good + " ")


@settings(max_examples=60)
@given(body=TEXT, key=st.binary(min_size=1, max_size=64))
def test_standard_webhooks_accept_what_is_signed_here(body: str, key: bytes) -> None:
    module = pytest.importorskip("standardwebhooks.webhooks")
    secret = "whsec_" + base64.b64encode(key).decode()
    now = int(time.time())
    request = make_request(body.encode(), headers=[("webhook-id", "msg_é")])
    signed = sign(request, builtin()["standard-webhooks"], Secret(secret), now_ns=now * NS_PER_S)
    module.Webhook(secret).verify(body, header_dict(signed), json_parse=False)


@pytest.mark.parametrize("offset", [-301, -299, 0, 299, 301])
def test_standard_webhooks_window(offset: int) -> None:
    module = pytest.importorskip("standardwebhooks.webhooks")
    secret = "whsec_" + base64.b64encode(b"0123456789abcdef01234567").decode()
    now = int(time.time())
    moment = now - offset
    signature = module.Webhook(secret).sign("m", datetime.fromtimestamp(now, tz=UTC) - timedelta(seconds=offset), BODY)
    headers = {"webhook-id": "m", "webhook-timestamp": str(moment), "webhook-signature": signature}
    request = make_request(BODY.encode(), headers=list(headers.items()))
    theirs = standard_accepts(module, module.WebhookVerificationError, secret, BODY, headers)
    result = ours("standard-webhooks", request, secret, now)
    assert theirs == result.valid
    assert result.status in {"valid", "stale"}
