"""Every endpoint check over a real socket, as its row says, and kept like any delivery."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
import time
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.support.patience import PATIENCE_S
from tests.support.vectors import vector
from webhook_inspector.config import load
from webhook_inspector.engine.capture import Capture
from webhook_inspector.engine.handshake import what_to_do
from webhook_inspector.engine.inspector import Inspector
from webhook_inspector.net.answer import OK
from webhook_inspector.providers.load import builtin
from webhook_inspector.signing.handshakes import handshakes

KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
PUBLIC = KEY.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()
SECRET = "endpoint-secret"
CONFIG = f"""
[listen]
port = 0
[sources.discord]
provider = "discord"
secrets = ["{PUBLIC}"]
[sources.meta]
provider = "meta"
params = {{ verify_token = "tok" }}
[sources.websub]
provider = "websub"
params = {{ topic = "https://a.test/feed" }}
[sources.braintree]
provider = "braintree"
secrets = ["private"]
params = {{ public_key_id = "pub" }}
[sources.shopline]
provider = "shopline"
params = {{ app_id = "app-1" }}
[sources.off]
provider = "slack"
handshake = "off"
[sources.named]
handshake = ["dropbox"]
""" + "".join(
    f'[sources.{name}]\nprovider = "{name}"\nsecrets = ["{SECRET}"]\n'
    for name in (
        *("slack", "zoom", "dropbox", "asana", "notion", "x-twitter", "xero", "okta", "trello", "intercom"),
        *("mandrill", "twitch", "monday"),
    )
)
PLAIN = {"Content-Type": "text/plain; charset=utf-8", "X-Content-Type-Options": "nosniff"}


def mac(text: bytes, algorithm: str = "sha256", key: bytes = SECRET.encode()) -> bytes:
    return hmac.new(key, text, algorithm).digest()


def discord(body: bytes, good: bool = True) -> dict[str, str]:
    stamp = str(int(time.time()))
    signature = KEY.sign(stamp.encode() + body + (b"" if good else b"x"))
    return {"X-Signature-Ed25519": signature.hex(), "X-Signature-Timestamp": stamp}


def xero(body: bytes, good: bool = True) -> dict[str, str]:
    return {"x-xero-signature": base64.b64encode(mac(body + (b"" if good else b"x"))).decode()}


def j(document: Any) -> bytes:
    return json.dumps(document).encode()


GRID = [{"id": "1", "data": {"validationCode": "C-1", "validationUrl": "https://rp-x.eventgrid.azure.net/v?id=1"}}]
GRID_TYPE = {"aeg-event-type": "SubscriptionValidation"}
SNS = {"Type": "SubscriptionConfirmation", "SubscribeURL": "https://sns.eu-west-1.amazonaws.com/?Action=Confirm"}
SNS_TYPE = {"x-amz-sns-message-type": "SubscriptionConfirmation"}
TWITCH = j({"challenge": "pogchamp", "subscription": {}})
TWITCH_TYPE = {"Twitch-Eventsub-Message-Type": "webhook_callback_verification"}
ORIGIN = {"WebHook-Request-Origin": "eventemitter.example.com", "WebHook-Request-Rate": "120"}
ALLOWED = {"WebHook-Allowed-Origin": "eventemitter.example.com", "WebHook-Allowed-Rate": "120", "Allow": "POST"}
PING, EVENT, INTERACTION = j({"type": 0}), j({"type": 1, "event": {"type": "X"}}), j({"type": 1})
ENTROPY = j({"events": [], "firstEventSequence": 0, "lastEventSequence": 0, "entropy": "E"})
ZOOM = j({"event": "endpoint.url_validation", "payload": {"plainToken": "P"}, "event_ts": 1})
SLACK = j({"type": "url_verification", "challenge": "C", "token": "t"})
HUB = "?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token="
FEED = "?hub.mode=subscribe&hub.challenge=C&hub.lease_seconds=1&hub.topic="
CRC = b"sha256=" + base64.b64encode(mac(b"C"))

ROWS: list[tuple[str, str, str, dict[str, str], bytes, int, dict[str, str], bytes]] = [
    ("slack", "POST", "/slack", {}, SLACK, 200, {}, j({"challenge": "C"})),
    ("slack", "POST", "/anywhere", {}, SLACK, 200, {"Content-Type": "application/json"}, j({"challenge": "C"})),
    ("zoom", "POST", "/zoom", {}, ZOOM, 200, {}, j({"plainToken": "P", "encryptedToken": mac(b"P").hex()})),
    ("meta", "GET", f"/meta{HUB}tok", {}, b"", 200, PLAIN, b"1158201444"),
    ("meta", "GET", f"/meta{HUB}other", {}, b"", 403, {}, b""),
    ("websub", "GET", f"/websub{FEED}https%3A%2F%2Fa.test%2Ffeed", {}, b"", 200, PLAIN, b"C"),
    ("websub", "GET", f"/websub{FEED}https%3A%2F%2Fb.test%2Ffeed", {}, b"", 404, {}, b""),
    ("dropbox", "GET", "/dropbox?challenge=%3Cb%3E", {}, b"", 200, PLAIN, b"<b>"),
    ("asana", "POST", "/asana", {"X-Hook-Secret": "S-1"}, b"", 200, {"X-Hook-Secret": "S-1"}, b""),
    ("notion", "POST", "/notion", {}, j({"verification_token": "secret_V"}), 200, {}, b""),
    ("microsoft-graph", "POST", "/x?validationToken=a%20b%3Fc", {}, b"", 200, PLAIN, b"a b?c"),
    ("x-twitter", "GET", "/x-twitter?crc_token=C&nonce=n", {}, b"", 200, {}, j({"response_token": CRC.decode()})),
    ("aws-sns", "POST", "/x", SNS_TYPE, j(SNS), 200, {}, b""),
    ("cloudevents", "OPTIONS", "/x", ORIGIN, b"", 200, ALLOWED, b""),
    ("event-grid", "POST", "/x", GRID_TYPE, j(GRID), 200, {}, j({"validationResponse": "C-1"})),
    ("xero", "POST", "/xero", xero(ENTROPY), ENTROPY, 200, {}, b""),
    ("xero", "POST", "/xero", xero(ENTROPY, good=False), ENTROPY, 401, {}, b""),
    ("okta", "GET", "/okta", {"x-okta-verification-challenge": "C"}, b"", 200, {}, j({"verification": "C"})),
    ("discord", "POST", "/discord", discord(PING), PING, 204, {"Content-Type": "application/json"}, b""),
    ("discord", "POST", "/discord", discord(EVENT), EVENT, 204, {}, b""),
    ("discord", "POST", "/discord", discord(INTERACTION), INTERACTION, 200, {}, j({"type": 1})),
    ("discord", "POST", "/discord", discord(PING, good=False), PING, 401, {}, b""),
    ("trello", "HEAD", "/trello", {}, b"", 200, {}, b""),
    ("trello", "GET", "/trello", {}, b"", 200, {}, b""),
    ("intercom", "HEAD", "/intercom", {}, b"", 200, {}, b""),
    ("intercom", "POST", "/intercom", {}, j({"type": "notification_event", "topic": "ping"}), 200, {}, b""),
    ("mandrill", "HEAD", "/mandrill", {}, b"", 200, {}, b""),
    ("twitch", "POST", "/twitch", TWITCH_TYPE, TWITCH, 403, {}, b""),
    ("braintree", "GET", "/braintree?bt_challenge=0123456789abcdef0123", {}, b"", 200, PLAIN, b"pub|"),
    ("shopline", "POST", "/shopline", {}, j({"topic": "webhook/verification"}), 200, PLAIN, b"YXBwLTE="),
    ("monday", "POST", "/monday", {}, j({"challenge": "C"}), 200, {}, j({"challenge": "C"})),
    ("dropbox", "GET", "/named?challenge=C", {}, b"", 200, PLAIN, b"C"),
]
NOTHING = [  # near the shape, or switched off: an ordinary delivery
    ("POST", "/off", {}, SLACK),
    ("GET", "/anywhere?challenge=C", {}, b""),
    ("POST", "/slack", {}, j({"type": "url_verification", "challenge": 7})),
    ("POST", "/slack", {}, j({"type": "url_verification", "challenge": "C" * 5000})),
    ("POST", "/slack", {}, j([SLACK.decode()])),
    ("GET", "/meta?hub.mode=subscribe&hub.challenge=1", {}, b""),
    ("POST", "/asana", {"X-Hook-Secret": ""}, b""),
    ("POST", "/notion", {}, j({"verification_token": "V", "more": 1})),
    ("POST", "/monday", {}, j({"challenge": "C", "event": {}})),
    ("GET", "/braintree?bt_challenge=zzz", {}, b""),
    ("POST", "/x", GRID_TYPE, b"{}"),
    ("POST", "/zoom", {}, b"\xff\x00"),
]


@contextmanager
def opened(folder: Path) -> Iterator[Inspector]:
    path = folder / "webhook-inspector.toml"
    path.write_text(CONFIG, encoding="utf-8")
    config = load(path, {"WEBHOOK_INSPECTOR_LOG": str(folder / "log.db")}, folder)
    with Inspector.open(config, env={}) as listening:
        listening.listen()
        yield listening


@pytest.fixture(scope="module")
def inspector(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inspector]:
    with opened(tmp_path_factory.mktemp("handshakes")) as listening:
        yield listening


def ask(
    inspector: Inspector, method: str, target: str, headers: dict[str, str], body: bytes
) -> tuple[int, dict[str, str], bytes]:
    assert inspector.listening is not None
    parts = urllib.parse.urlsplit(inspector.listening.url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=PATIENCE_S)
    try:
        connection.request(method, target, body=body or None, headers=headers)
        response = connection.getresponse()
        return response.status, dict(response.getheaders()), response.read()
    finally:
        connection.close()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]}-{row[1]}-{row[5]}-{row[2][:24]}")
def test_answered_as_the_row_says(
    inspector: Inspector, row: tuple[str, str, str, dict[str, str], bytes, int, dict[str, str], bytes]
) -> None:
    name, method, target, headers, body, status, wanted, answer = row
    before = inspector.newest_id()
    start = time.monotonic()
    got = ask(inspector, method, target, headers, body)
    assert time.monotonic() - start < 15, "the shortest deadline of any provider is 3 s; a busy machine gets more"
    assert got[0] == status
    assert set(wanted.items()) <= set(got[1].items())
    assert got[2] == answer or (name == "braintree" and got[2].startswith(answer))
    kept = inspector.record(before + 1).delivery
    assert kept.response_status == status, "it is in the log like any other"
    handshaken = inspector.handshake(kept)
    assert handshaken is not None
    assert handshaken.name == name


@pytest.mark.parametrize(("method", "target", "headers", "body"), NOTHING)
def test_anything_else_gets_the_usual_answer(
    inspector: Inspector, method: str, target: str, headers: dict[str, str], body: bytes
) -> None:
    status, _, answer = ask(inspector, method, target, headers, body)
    assert (status, answer) == (200, OK.body)
    assert inspector.handshake(inspector.record(inspector.newest_id()).delivery) is None


def test_twitch_with_a_right_signature(inspector: Inspector) -> None:
    stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    signature = "sha256=" + mac(f"m-1{stamp}".encode() + TWITCH).hex()
    headers = {
        **TWITCH_TYPE,
        "Twitch-Eventsub-Message-Id": "m-1",
        "Twitch-Eventsub-Message-Timestamp": stamp,
        "Twitch-Eventsub-Message-Signature": signature,
    }
    status, got, body = ask(inspector, "POST", "/twitch", headers, TWITCH)
    assert (status, body) == (200, b"pogchamp")
    assert got["Content-Type"] == PLAIN["Content-Type"]


def test_braintree_is_the_hmac_of_its_sdk(inspector: Inspector) -> None:
    challenge = "0123456789abcdef0123"
    key = hashlib.sha1(b"private").digest()
    _, _, body = ask(inspector, "GET", f"/braintree?bt_challenge={challenge}", {}, b"")
    assert body.decode() == f"pub|{hmac.new(key, challenge.encode(), 'sha1').hexdigest()}"


@pytest.mark.parametrize(
    ("method", "target", "headers", "body", "words"),
    [
        ("POST", "/asana", {"X-Hook-Secret": "S-2"}, b"", "secrets set asana --from-delivery"),
        ("POST", "/notion", {}, j({"verification_token": "V-2"}), "secrets set notion --from-delivery"),
        ("POST", "/x", SNS_TYPE, j(SNS), "open https://sns.eu-west-1.amazonaws.com/"),
        ("POST", "/x", GRID_TYPE, j(GRID), "open https://rp-x.eventgrid.azure.net/"),
        ("POST", "/x", SNS_TYPE, j({**SNS, "SubscribeURL": "https://evil.test/"}), ""),
    ],
)
def test_what_is_left_to_the_user_is_said_and_never_done(
    inspector: Inspector, method: str, target: str, headers: dict[str, str], body: bytes, words: str
) -> None:
    ask(inspector, method, target, headers, body)
    delivery = inspector.record(inspector.newest_id()).delivery
    handshaken = inspector.handshake(delivery)
    assert handshaken is not None
    sentence = what_to_do(delivery, handshaken)
    assert words in sentence
    assert bool(words) == bool(sentence)
    gained = handshaken.answer.gained
    assert gained is None or gained not in sentence + repr(handshaken)


def test_a_listener_that_always_says_yes_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Capture, "_answer", lambda *_: OK)
    strict = [row for row in ROWS if row[5] == 401]
    assert {row[0] for row in strict} == {"xero", "discord"}
    with opened(tmp_path) as lax:
        for row in strict:
            with pytest.raises(AssertionError):
                test_answered_as_the_row_says(lax, row)


def test_every_responder_has_a_row_and_a_provider() -> None:
    assert set(handshakes()) == {row[0] for row in ROWS}
    named = {name for provider in builtin().values() for name in provider.handshake}
    assert named == set(handshakes())
    assert all(responder.help for responder in handshakes().values())
    assert vector("slack-good").secrets
