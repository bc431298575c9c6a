"""The providers' own libraries as judges: what each accepts, and what it would sign itself.

Every entry calls the library's public check with what it asks for. None opens a socket.
"""

from __future__ import annotations

import base64
import hashlib
import importlib
import io
import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl

import pytest

from webhook_inspector.core.request import Request

URL = "https://hooks.example.com/in?x=1"
FORM = "application/x-www-form-urlencoded"
JSON = "application/json"


@dataclass(frozen=True)
class Sent:
    """A request in the forms that the libraries take."""

    request: Request
    secret: str
    """The shared secret, or the public key in the provider's form."""

    def header(self, name: str) -> str:
        return self.request.headers.get(name) or ""

    @property
    def headers(self) -> dict[str, str]:
        return {name.decode(): value.decode() for name, value in self.request.headers}

    @property
    def text(self) -> str:
        return self.request.body.decode()

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.text, keep_blank_values=True))


Signs = Callable[[str, str, int], tuple[Mapping[str, str], bytes]]
"""From secret, text of the body and time (seconds) to headers and body of a signed request."""


@dataclass(frozen=True)
class Oracle:
    """One check of one library.

    `accepts` may raise: that is a refusal.
    """

    id: str
    provider: str
    module: str
    accepts: Callable[[Any, Sent], object]
    signs: Signs | None = None
    secret: Callable[[bytes], str] = bytes.hex
    headers: Mapping[str, str] = field(default_factory=dict)
    """What the request carries before it is signed."""
    target: bytes = b"/in?x=1"
    url: str = URL
    content_type: str = JSON
    params: Mapping[str, str] = field(default_factory=dict)
    document: Mapping[str, Any] = field(default_factory=dict)
    """Fields that the body must have."""
    body: Callable[[str], bytes] | None = None
    """Makes the body from the text of the JSON; None: the text itself."""
    resigned: bool = False
    """Whether a request must have been signed once before it can be signed again: its claims are kept."""
    stale: bool = True
    """Whether the library has a time window, so that it refuses an old time."""
    tampered: bool = True
    """Whether the library covers the whole body."""

    @property
    def sdk(self) -> Any:
        """The library; the test is skipped where it is not installed."""
        logging.disable(logging.INFO)
        return pytest.importorskip(self.module)

    def holds(self, sent: Sent) -> bool:
        """What the library says."""
        try:
            with redirect_stdout(io.StringIO()):
                result = self.accepts(self.sdk, sent)
                return result is not None and result is not False
        except pytest.skip.Exception:
            raise
        except Exception:
            return False


def _sub(module: str) -> Any:
    return importlib.import_module(module)


def _whsec(seed: bytes) -> str:
    return "whsec_" + base64.b64encode(seed).decode()


def _true(_result: object) -> bool:
    """For checks that raise when they refuse."""
    return True


# Shared secrets over the body alone


def _pusher(sdk: Any, sent: Sent) -> object:
    client = sdk.Pusher(app_id="1", key="k", secret=sent.secret)
    return client.validate_webhook(sent.header("X-Pusher-Key"), sent.header("X-Pusher-Signature"), sent.text)


def _coinbase_signs(secret: str, text: str, _now: int) -> tuple[Mapping[str, str], bytes]:
    signer = _sub("coinbase_commerce.webhook").WebhookSignature
    return {"X-CC-Webhook-Signature": signer._compute_signature(text, secret)}, text.encode()


def _adyen_items(secret: str, text: str, _now: int) -> tuple[Mapping[str, str], bytes]:
    import json

    document = json.loads(text)
    item = document["notificationItems"][0]["NotificationRequestItem"]
    plain = {key: value for key, value in item.items() if key != "additionalData"}
    item["additionalData"] = {"hmacSignature": _sub("Adyen.util").generate_notification_sig(plain, secret).decode()}
    return {}, json.dumps(document).encode()


_ADYEN_ITEM = {
    "pspReference": "8535", "originalReference": "", "merchantAccountCode": "Shop", "merchantReference": "o-1",
    "amount": {"value": 1130, "currency": "EUR"}, "eventCode": "AUTHORISATION", "success": "true",
    "additionalData": {"hmacSignature": "x"},
}  # fmt: skip

BODY_ONLY = [
    Oracle(
        "gidgethub", "github", "gidgethub.sansio",
        lambda sdk, sent: _true(
            sdk.validate_event(sent.request.body, signature=sent.header("X-Hub-Signature-256"), secret=sent.secret)
        ),
        stale=False,
    ),
    Oracle(
        "coinbase-commerce", "coinbase-commerce", "coinbase_commerce.webhook",
        lambda sdk, sent: sdk.WebhookSignature.verify_sig_header(
            sent.text, sent.header("X-CC-Webhook-Signature"), sent.secret
        ),
        _coinbase_signs,
        stale=False,
    ),
    Oracle(
        "razorpay", "razorpay", "razorpay",
        lambda sdk, sent: sdk.Client(auth=("a", "b")).utility.verify_webhook_signature(
            sent.text, sent.header("X-Razorpay-Signature"), sent.secret
        ),
        stale=False,
    ),
    Oracle(
        "gocardless", "gocardless", "gocardless_pro.webhooks",
        lambda sdk, sent: _true(sdk.parse(sent.request.body, sent.secret, sent.header("Webhook-Signature"))),
        document={"events": []}, stale=False,
    ),
    Oracle(
        "easypost", "easypost", "easypost.util",
        lambda sdk, sent: _true(
            sdk.validate_webhook(
                sent.request.body, {"X-Hmac-Signature": sent.header("X-Hmac-Signature")}, sent.secret
            )
        ),
        secret=lambda seed: seed.hex() + "é", stale=False,
    ),
    Oracle(
        "line", "line", "linebot.v3.webhook",
        lambda sdk, sent: sdk.SignatureValidator(sent.secret).validate(sent.text, sent.header("X-Line-Signature")),
        stale=False,
    ),
    Oracle("pusher", "pusher", "pusher", _pusher, headers={"X-Pusher-Key": "k"}, document={"time_ms": 0}, stale=False),
    Oracle(
        "adyen-platform", "adyen", "Adyen.util",
        lambda sdk, sent: sdk.is_valid_hmac_payload(sent.header("HmacSignature"), sent.secret, sent.request.body),
        lambda secret, text, _: (
            {"HmacSignature": _sub("Adyen.util").generate_payload_sig(text.encode(), secret).decode()}, text.encode(),
        ),
        headers={"HmacSignature": "x"}, stale=False,
    ),
    Oracle(
        "adyen-payments", "adyen", "Adyen.util",
        lambda sdk, sent: sdk.is_valid_hmac_notification(_sub("json").loads(sent.text), sent.secret),
        _adyen_items,
        document={"notificationItems": [{"NotificationRequestItem": _ADYEN_ITEM}]}, stale=False, tampered=False,
    ),
]  # fmt: skip


# With a time


def _openai(sdk: Any, sent: Sent) -> object:
    client = sdk.OpenAI(api_key="x")
    return _true(client.webhooks.verify_signature(sent.text, sent.headers, secret=sent.secret))


def _resend(sdk: Any, sent: Sent) -> object:
    headers = {name: sent.header(f"svix-{name}") for name in ("id", "timestamp", "signature")}
    return _true(sdk.Webhooks.verify({"payload": sent.text, "headers": headers, "webhook_secret": sent.secret}))


def _box_headers(sent: Sent) -> dict[str, str]:
    return {name.lower(): value for name, value in sent.headers.items()}


def _paddle(sdk: Any, sent: Sent) -> object:
    body = sent.request.body
    request = SimpleNamespace(headers=sent.headers, body=body, content=body, data=body)
    return sdk.Verifier(maximum_variance=5).verify(request, sdk.Secret(sent.secret))


def _hubspot(version: str) -> Callable[[Any, Sent], object]:
    name = "X-HubSpot-Signature-v3" if version == "v3" else "X-HubSpot-Signature"

    def accepts(sdk: Any, sent: Sent) -> object:
        return sdk.Signature.is_valid(
            sent.header(name), sent.secret, sent.text, URL, "POST", version,
            timestamp=sent.header("X-HubSpot-Request-Timestamp") or None,
        )  # fmt: skip

    return accepts


def _hubspot_signs(version: str) -> Signs:
    def signs(secret: str, text: str, now: int) -> tuple[Mapping[str, str], bytes]:
        sdk = _sub("hubspot.utils.signature").Signature
        made = sdk.get_signature(secret, text, version, URL, "POST", str(now * 1000))
        if version == "v3":
            return {"X-HubSpot-Signature-v3": made, "X-HubSpot-Request-Timestamp": str(now * 1000)}, text.encode()
        return {"X-HubSpot-Signature": made, "X-HubSpot-Signature-Version": version}, text.encode()

    return signs


def _paddle_signs(secret: str, text: str, now: int) -> tuple[Mapping[str, str], bytes]:
    made = _sub("paddle_billing.Notifications").PaddleSignature.calculate_hmac(secret, f"{now}:{text}".encode())
    return {"Paddle-Signature": f"ts={now};h1={made.hexdigest()}"}, text.encode()


TIMED = [
    Oracle("openai", "openai", "openai", _openai, secret=_whsec),
    Oracle("resend", "resend", "resend", _resend, secret=_whsec),
    Oracle(
        "elevenlabs", "elevenlabs", "elevenlabs.webhooks_custom",
        lambda sdk, sent: _true(
            sdk.WebhooksClient.construct_event(None, sent.text, sent.header("ElevenLabs-Signature"), sent.secret)
        ),
    ),
    Oracle(
        "workos", "workos", "workos.webhooks._verification",
        lambda sdk, sent: _true(
            sdk.verify_header(
                event_body=sent.request.body, event_signature=sent.header("WorkOS-Signature"), secret=sent.secret
            )
        ),
    ),
    Oracle(
        "box", "box", "box_sdk_gen.managers.webhooks",
        lambda sdk, sent: sdk.WebhooksManager.validate_message(sent.text, _box_headers(sent), sent.secret),
        headers={"BOX-SIGNATURE-VERSION": "1", "BOX-SIGNATURE-ALGORITHM": "HmacSHA256"},
    ),
    Oracle("paddle", "paddle", "paddle_billing.Notifications", _paddle, _paddle_signs),
    Oracle("hubspot-v3", "hubspot", "hubspot.utils.signature", _hubspot("v3"), _hubspot_signs("v3")),
    Oracle(
        "hubspot-v2", "hubspot", "hubspot.utils.signature", _hubspot("v2"), _hubspot_signs("v2"),
        headers={"X-HubSpot-Signature-Version": "v2", "X-HubSpot-Signature": "0" * 64}, stale=False,
    ),
    Oracle(
        "hubspot-v1", "hubspot", "hubspot.utils.signature", _hubspot("v1"), _hubspot_signs("v1"),
        headers={"X-HubSpot-Signature-Version": "v1", "X-HubSpot-Signature": "0" * 64}, stale=False,
    ),
]  # fmt: skip


# With the URL, with fields, with tokens


def _to_form(text: str) -> bytes:
    from urllib.parse import urlencode

    return urlencode({"Body": text, "A": "1", "B": ""}).encode()


def _twilio_signs(secret: str, text: str, _now: int) -> tuple[Mapping[str, str], bytes]:
    body = _to_form(text)
    validator = _sub("twilio.request_validator").RequestValidator(secret)
    fields = dict(parse_qsl(body.decode(), keep_blank_values=True))
    return {"X-Twilio-Signature": validator.compute_signature(URL, fields)}, body


def _plivo_signs(secret: str, text: str, _now: int) -> tuple[Mapping[str, str], bytes]:
    body = _to_form(text)
    sdk = _sub("plivo.utils.signature_v3")
    fields = dict(parse_qsl(body.decode(), keep_blank_values=True))
    content = sdk.construct_post_url(URL, fields)
    made = sdk.get_signature_v3(secret.encode(), content.decode(), b"n-1")
    return {"X-Plivo-Signature-V3": made.decode(), "X-Plivo-Signature-V3-Nonce": "n-1"}, body


def braintree_gateway(sdk: Any, secret: str) -> Any:
    """A gateway with keys of our own; it connects to nothing."""
    return sdk.BraintreeGateway(
        sdk.Configuration(sdk.Environment.Sandbox, merchant_id="m", public_key="public-1", private_key=secret)
    )


def _braintree_signs(secret: str, _text: str, _now: int) -> tuple[Mapping[str, str], bytes]:
    from urllib.parse import urlencode

    gateway = braintree_gateway(_sub("braintree"), secret)
    made = gateway.webhook_testing.sample_notification("subscription_went_past_due", "s-1")
    return {}, urlencode(made).encode()


def _braintree_form(_text: str) -> bytes:
    from urllib.parse import urlencode

    time = b"<timestamp type='datetime'>2026-11-21T00:00:00Z</timestamp>"
    xml = b"<notification><kind>check</kind>" + time + b"<subject/></notification>"
    return urlencode({"bt_signature": "public-1|00", "bt_payload": base64.encodebytes(xml).decode()}).encode()


def _dropbox_sign(sdk: Any, sent: Sent) -> object:
    event = _sub("json").loads(sent.form["json"])["event"]
    return sdk.EventCallbackHelper.is_valid(sent.secret, SimpleNamespace(event=SimpleNamespace(**event)))


def _dropbox_sign_form(_text: str) -> bytes:
    from urllib.parse import urlencode

    event = '{"event":{"event_time":"1795000000","event_type":"signature_request_sent","event_hash":"00"}}'
    return urlencode({"json": event}).encode()


def _livekit(sdk: Any, sent: Sent) -> object:
    receiver = sdk.WebhookReceiver(sdk.TokenVerifier("key-1", sent.secret))
    return _true(receiver.receive(sent.text, sent.header("Authorization")))


def _livekit_signs(secret: str, text: str, _now: int) -> tuple[Mapping[str, str], bytes]:
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    token = _sub("livekit.api").AccessToken("key-1", secret).with_sha256(digest).to_jwt()
    return {"Authorization": token}, text.encode()


WITH_MORE = [
    Oracle(
        "twilio-form", "twilio", "twilio.request_validator",
        lambda sdk, sent: sdk.RequestValidator(sent.secret).validate(URL, sent.form, sent.header("X-Twilio-Signature")),
        _twilio_signs, content_type=FORM, body=_to_form, stale=False,
    ),
    Oracle(
        "square", "square", "square.utils.webhooks_helper",
        lambda sdk, sent: sdk.verify_signature(
            request_body=sent.text, signature_header=sent.header("x-square-hmacsha256-signature"),
            signature_key=sent.secret, notification_url=URL,
        ),
        stale=False,
    ),
    Oracle(
        "plivo-v3", "plivo", "plivo.utils.signature_v3",
        lambda sdk, sent: sdk.validate_v3_signature(
            "POST", URL, sent.header("X-Plivo-Signature-V3-Nonce"), sent.secret, sent.header("X-Plivo-Signature-V3"),
            sent.form,
        ),
        _plivo_signs, content_type=FORM, body=_to_form, stale=False,
    ),
    Oracle(
        "braintree", "braintree", "braintree",
        lambda sdk, sent: _true(
            braintree_gateway(sdk, sent.secret).webhook_notification.parse(
                sent.form["bt_signature"], sent.form["bt_payload"]
            )
        ),
        _braintree_signs, content_type=FORM, body=_braintree_form, params={"public_key_id": "public-1"}, stale=False,
        tampered=False,
    ),
    Oracle(
        "dropbox-sign", "dropbox-sign", "dropbox_sign",
        _dropbox_sign, content_type=FORM, body=_dropbox_sign_form, stale=False, tampered=False,
    ),
    Oracle(
        "livekit", "livekit", "livekit.api",
        _livekit, _livekit_signs, resigned=True,
        secret=lambda seed: (seed * 4).hex(), document={"event": "room_started"},
    ),
]  # fmt: skip

SHARED: Sequence[Oracle] = (*BODY_ONLY, *TIMED, *WITH_MORE)
"""Checks with a shared secret."""


# With a public key


def _nacl(sdk: Any, sent: Sent) -> object:
    key = sdk.VerifyKey(bytes.fromhex(sent.secret))
    content = sent.header("X-Signature-Timestamp").encode() + sent.request.body
    return _true(key.verify(content, bytes.fromhex(sent.header("X-Signature-Ed25519"))))


PUBLIC: Sequence[Oracle] = (
    Oracle(
        "pynacl-for-discord", "discord", "nacl.signing", _nacl, headers={"X-Signature-Timestamp": "1"}, stale=False
    ),
    Oracle(
        "sendgrid", "sendgrid", "sendgrid.helpers.eventwebhook",
        lambda sdk, sent: sdk.EventWebhook(sent.secret).verify_signature(
            sent.text,
            sent.header("X-Twilio-Email-Event-Webhook-Signature"),
            sent.header("X-Twilio-Email-Event-Webhook-Timestamp"),
        ),
        stale=False,
    ),
    Oracle(
        "telnyx", "telnyx", "telnyx.lib.webhook_verification",
        lambda sdk, sent: _true(sdk.verify_webhook_signature(sent.text, sent.headers, sent.secret)),
    ),
)  # fmt: skip
"""Checks with a public key: a pair of our own stands in for the provider's."""
