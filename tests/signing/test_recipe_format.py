"""What the recipe format can say: lists, URLs, forms, JSON fields, hashes, public keys."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest

from tests.support.factories import T0_NS
from webhook_inspector.core.clock import NS_PER_S
from webhook_inspector.core.headers import Headers
from webhook_inspector.core.request import Request
from webhook_inspector.core.secret import Secret
from webhook_inspector.providers.load import builtin, load_provider, with_custom
from webhook_inspector.signing import verify


def test_built_in_providers_may_still_be_overridden_by_nothing() -> None:
    assert set(with_custom({})) == set(builtin())


def check(table: dict[str, Any], request: Request, secret: str, **more: Any) -> Any:
    return verify(request, load_provider(table, where="t", name="acme"), [Secret(secret)], at_ns=T0_NS, **more)


@pytest.mark.parametrize("url", ["https://a.example/in?x=1", "https://a.example:443/in?x=1"])
def test_url_and_sorted_form(url: str) -> None:
    table = {
        "algorithm": "hmac-sha1",
        "signed": "{url}{form_sorted}",
        "signature": {"from": "header:X-Sig", "encoding": "base64"},
        "url_variants": ["as-is", "no-port", "default-port"],
    }
    content = b"https://a.example/in?x=1A1\xc3\xa9B2B3"
    text = base64.b64encode(hmac.new(b"k", content, hashlib.sha1).digest()).decode()
    pairs = [["Content-Type", "application/x-www-form-urlencoded"], ["X-Sig", text]]
    request = Request("POST", b"/in?x=1", Headers.from_text(pairs), b"B=3&A=1%C3%A9&B=2&B=3")
    result = check(table, request, "k", url=url)
    assert result.valid
    assert result.covers_body is True
    assert not check(table, request, "k", url="https://b.example/in?x=1").valid


def test_url_from_forwarded_headers_when_none_is_configured() -> None:
    table = {"algorithm": "hmac-sha256", "signed": "{url}", "header": "X-Sig"}
    text = hmac.new(b"k", b"http://pub.example/in", hashlib.sha256).hexdigest()
    pairs = [["Host", "localhost"], ["X-Forwarded-Host", "pub.example"], ["X-Forwarded-Proto", "http"], ["X-Sig", text]]
    result = check(table, Request("GET", b"/in", Headers.from_text(pairs)), "k")
    assert result.valid
    assert result.covers_body is False


@pytest.mark.parametrize("good", [True, False])
def test_named_body_digest_must_be_right_too(good: bool) -> None:
    table = {
        "algorithm": "hmac-sha256",
        "signed": "{url}",
        "header": "X-Sig",
        "body_digest": {"from": "query:sha"},
    }
    body = b"{}" if good else b"{} "
    digest = hashlib.sha256(b"{}").hexdigest()
    url = f"https://a.example/in?sha={digest}"
    text = hmac.new(b"k", url.encode(), hashlib.sha256).hexdigest()
    request = Request("POST", f"/in?sha={digest}".encode(), Headers.from_text([["X-Sig", text]]), body)
    result = check(table, request, "k", url=url)
    assert (result.valid, result.reason) == ((True, "ok") if good else (False, "body_tampered"))


def test_json_fields_with_scope_and_optional_ones() -> None:
    table = {
        "algorithm": "hmac-sha256",
        "key": {"decode": "hex"},
        "scope": "/items/0",
        "signed": "{json:/a}:{json?:/b}:{json:/ok}",
        "signature": {"from": "json:/sig", "encoding": "base64"},
    }
    text = base64.b64encode(hmac.new(b"\x0f", b"x::true", hashlib.sha256).digest()).decode()
    body = json.dumps({"items": [{"a": "x", "ok": True, "sig": text}]}).encode()
    result = check(table, Request("POST", b"/", Headers(), body), "0F")
    assert result.valid
    assert "not covered" in result.explanation


def test_plain_hash_with_the_secret_inside() -> None:
    table = {"algorithm": "sha256", "signed": "{secret}{method}{body}", "header": "X-Sig"}
    text = hashlib.sha256(b"kPUTbody").hexdigest()
    request = Request("PUT", b"/", Headers.from_text([["X-Sig", text]]), b"body")
    assert check(table, request, "k").valid
    assert not check(table, request, "l").valid
    for secret in ("k", "a secret that is not shown"):
        assert check(table, request, secret).signed_content == b"{secret}PUTbody"
        assert "not shown" not in repr(check(table, request, secret))


def test_public_keys_of_each_kind() -> None:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    body = b'{"a":1}'
    ed = ed25519.Ed25519PrivateKey.generate()
    curve = ec.generate_private_key(ec.SECP256R1())
    big = rsa.generate_private_key(65537, 2048)
    spki = PublicFormat.SubjectPublicKeyInfo
    keys = {
        "ed25519": (ed.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex(), "hex", ed.sign(body)),
        "ecdsa-p256-sha256": (
            base64.b64encode(curve.public_key().public_bytes(Encoding.DER, spki)).decode(),
            "spki-base64",
            curve.sign(body, ec.ECDSA(hashes.SHA256())),
        ),
        "rsa-pkcs1v15-sha256": (
            big.public_key().public_bytes(Encoding.PEM, spki).decode(),
            "pem",
            big.sign(body, padding.PKCS1v15(), hashes.SHA256()),
        ),
    }
    for algorithm, (key, decoding, signature) in keys.items():
        table = {
            "algorithm": algorithm,
            "signed": "{body}",
            "key": {"decode": decoding},
            "signature": {"from": "header:X-Sig", "encoding": "base64"},
        }
        provider = load_provider(table, where="t", name="acme")
        pairs = [["X-Sig", base64.b64encode(signature).decode()]]
        good = Request("POST", b"/", Headers.from_text(pairs), body)
        assert verify(good, provider, [], at_ns=T0_NS, public_key=key).valid, algorithm
        assert verify(good, provider, [Secret(key)], at_ns=T0_NS).valid, algorithm
        newline = Request("POST", b"/", Headers.from_text(pairs), body + b"\n")
        assert verify(newline, provider, [Secret(key)], at_ns=T0_NS).reason == "trailing_newline_changed"
        assert not verify(good, provider, [Secret("x" + key[1:])], at_ns=T0_NS).valid
        assert verify(good, provider, [], at_ns=T0_NS).reason == "no_secret"


def test_a_recipe_that_lacks_what_it_requires_is_not_taken_even_by_name() -> None:
    request = Request("POST", b"/", Headers.from_text([["X-Twilio-Signature", "A" * 27 + "="]]))
    result = verify(request, builtin()["twilio"], [Secret("k")], at_ns=T0_NS, scheme="twilio-sharedkey")
    assert result.scheme == "twilio-url-params"


def test_time_in_another_unit_is_named() -> None:
    table = {"base": "slack", "timestamp": {"unit": "ms"}}
    stamp = str(T0_NS // NS_PER_S)
    text = "v0=" + hmac.new(b"k", f"v0:{stamp}:".encode(), hashlib.sha256).hexdigest()
    pairs = [["X-Slack-Signature", text], ["X-Slack-Request-Timestamp", stamp]]
    result = check(table, Request("POST", b"/", Headers.from_text(pairs)), "k")
    assert (result.status, result.reason) == ("stale", "timestamp_wrong_unit")
