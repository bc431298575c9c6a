"""Responders never raise, never echo more than they may, and never end a header line."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webhook_inspector.core.headers import Headers
from webhook_inspector.core.request import Request
from webhook_inspector.core.secret import Secret
from webhook_inspector.signing.handshakes import Ask, handshakes
from webhook_inspector.signing.handshakes.api import MAX_ECHO

HEADERS = [
    "X-Hook-Secret", "x-okta-verification-challenge", "WebHook-Request-Origin", "WebHook-Request-Rate",
    "WebHook-Request-Callback", "aeg-event-type", "x-amz-sns-message-type", "Twitch-Eventsub-Message-Type",
    "x-xero-signature", "X-Signature-Ed25519",
]  # fmt: skip
QUERIES = ["hub.mode", "hub.challenge", "hub.verify_token", "hub.topic", "challenge", "crc_token", "validationToken"]
WORDS = ["subscribe", "SubscriptionValidation", "SubscriptionConfirmation", "webhook_callback_verification", "tok"]
odd = st.text(max_size=40) | st.sampled_from([*WORDS, "x" * 9000, "a\r\nSet-Cookie: x", "\x00", "<script>", "é"])
json_values = st.recursive(
    odd | st.integers() | st.none(), lambda inner: st.lists(inner, max_size=2) | st.dictionaries(odd, inner, max_size=2)
)
bodies = st.binary(max_size=60) | st.builds(
    lambda fields: json.dumps(fields).encode("utf-8", "surrogatepass"),
    st.dictionaries(
        st.sampled_from(
            ["type", "challenge", "event", "payload", "verification_token", "topic", "data", "SubscribeURL"]
        ),
        json_values,
        max_size=3,
    ),
)


@settings(max_examples=200)
@given(
    method=st.sampled_from(["GET", "POST", "HEAD", "OPTIONS", "X"]),
    pairs=st.lists(st.tuples(st.sampled_from(HEADERS), odd), max_size=4),
    query=st.lists(st.tuples(st.sampled_from(QUERIES), odd), max_size=4),
    body=bodies,
    secrets=st.lists(odd, max_size=1),
    good=st.booleans(),
)
def test_hostile_requests(
    method: str,
    pairs: list[tuple[str, str]],
    query: list[tuple[str, str]],
    body: bytes,
    secrets: list[str],
    good: bool,
) -> None:
    from urllib.parse import quote

    words = "&".join(f"{name}={quote(value, errors='surrogatepass')}" for name, value in query)
    headers = Headers(tuple((name.encode(), value.encode("utf-8", "surrogatepass")) for name, value in pairs))
    request = Request(method, f"/x?{words}".encode(), headers, body)
    params = {"verify_token": "tok", "public_key_id": "pub", "app_id": "app"}
    for name, responder in handshakes().items():
        answer = responder.answer(Ask(request, [Secret(text) for text in secrets], params, lambda: good))
        if answer is None:
            continue
        assert answer.status in {200, 204, 401, 403, 404}, name
        assert len(answer.body) <= 6 * MAX_ECHO + 200
        for key, value in answer.headers:
            assert not set("\r\n\0") & set(key + value)
        if answer.body:
            assert ("X-Content-Type-Options", "nosniff") in answer.headers
            assert answer.headers[0][1].split(";")[0] in {"text/plain", "application/json"}
        assert "Secret" not in repr(answer) or answer.gained is None


@pytest.mark.parametrize("name", handshakes())
def test_an_ordinary_delivery_is_no_check(name: str) -> None:
    request = Request("POST", b"/hooks", Headers(), b'{"id":"evt_1","type":"invoice.paid"}')
    assert handshakes()[name].answer(Ask(request, [Secret("s")])) is None
