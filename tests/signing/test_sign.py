"""Signing again: what is signed verifies, what is changed afterwards does not."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.factories import T0_NS, make_request
from webhook_inspector.core.clock import NS_PER_S
from webhook_inspector.core.headers import Headers
from webhook_inspector.core.request import Request
from webhook_inspector.core.secret import Secret
from webhook_inspector.core.verification import VerificationStatus
from webhook_inspector.errors import UsageError
from webhook_inspector.providers.load import builtin, load_provider
from webhook_inspector.providers.model import Provider
from webhook_inspector.signing import can_sign, sign, verify


def signs_anything(provider: Provider) -> bool:
    """Whether it can sign a request that has nothing yet: its signature stands in a header, and needs no more."""
    try:
        sign(make_request(b"-"), provider, make_secret(provider, b"12345678"), now_ns=T0_NS)
    except UsageError:
        return False
    return True


def make_secret(provider: Provider, seed: bytes) -> Secret:
    """A secret of the form that the provider's first recipe reads."""
    key = provider.recipes[0].key
    if key.decode == "hex":
        return Secret(seed.hex())
    if key.decode == "base64":
        return Secret("whsec_" + base64.b64encode(seed).decode())
    return Secret(seed.hex() + "-é")


SIGNERS = [provider for provider in builtin().values() if provider.recipes and signs_anything(provider)]
signers = st.sampled_from(SIGNERS)
seeds = st.binary(min_size=8, max_size=48)
bodies = st.one_of(st.binary(max_size=200), st.just(b'{"id":"1","type":"a.b"}'))


def test_most_providers_can_sign_what_has_no_signature_yet() -> None:
    assert len(SIGNERS) > 75
    needs_public_key = {p.name for p in builtin().values() if p.recipes and all(r.uses_public_key for r in p.recipes)}
    assert {p.name for p in builtin().values() if p.recipes and not can_sign(p)} == needs_public_key


@settings(max_examples=100)
@given(provider=signers, seed=seeds, body=bodies, data=st.data())
def test_signed_is_valid_changed_is_not(provider: Provider, seed: bytes, body: bytes, data: st.DataObject) -> None:
    secret = make_secret(provider, seed)
    body = body or b"-"
    signed = sign(make_request(body), provider, secret, now_ns=T0_NS)
    result = verify(signed, provider, [secret], at_ns=T0_NS)
    assert result.valid, result
    assert signed.body == body
    other = make_secret(provider, seed + b"x")
    wrong = verify(signed, provider, [other], at_ns=T0_NS)
    assert wrong.status is VerificationStatus.INVALID
    assert verify(signed, provider, [other, secret], at_ns=T0_NS).valid
    if result.covers_body:
        index = data.draw(st.integers(0, len(body) - 1))
        changed = body[:index] + bytes([body[index] ^ data.draw(st.integers(1, 255))]) + body[index + 1 :]
        assert not verify(replace(signed, body=changed), provider, [secret], at_ns=T0_NS).valid


@settings(max_examples=50)
@given(provider=signers, seed=seeds, body=bodies)
def test_signing_again_replaces_the_old_signature_and_keeps_the_rest(
    provider: Provider, seed: bytes, body: bytes
) -> None:
    secret = make_secret(provider, seed)
    request = make_request(body, headers=[("X-Kept", "1"), ("Webhook-Id", "msg_kept"), ("SVIX-ID", "msg_kept")])
    first = sign(request, provider, secret, now_ns=T0_NS)
    second = sign(first, provider, secret, now_ns=T0_NS + 9000 * NS_PER_S)
    assert [name for name, _ in first.headers] == [name for name, _ in second.headers]
    assert second.headers.get("x-kept") == "1"
    assert second.headers.get("webhook-id") == second.headers.get("svix-id") == "msg_kept"
    assert not body or verify(second, provider, [secret], at_ns=T0_NS + 9000 * NS_PER_S).valid


def test_all_copies_of_a_repeated_signature_header_are_replaced_by_one() -> None:
    request = make_request(headers=[("Stripe-Signature", "t=1,v1=00"), ("A", "b"), ("stripe-signature", "t=2,v1=00")])
    signed = sign(request, builtin()["stripe"], Secret("whsec_x"), now_ns=T0_NS)
    assert len(signed.headers.get_all("stripe-signature")) == 1
    assert verify(signed, builtin()["stripe"], [Secret("whsec_x")], at_ns=T0_NS).valid


def test_both_github_signatures_are_made_new() -> None:
    request = make_request(headers=[("X-Hub-Signature", "sha1=0"), ("X-Hub-Signature-256", "sha256=0")])
    signed = sign(request, builtin()["github"], Secret("s"), now_ns=T0_NS)
    for scheme in ("github-sha256", "github-sha1"):
        assert verify(signed, builtin()["github"], [Secret("s")], at_ns=T0_NS, scheme=scheme).valid


def test_a_second_signature_that_cannot_be_made_is_removed() -> None:
    request = make_request(headers=[("webhook-id", "m"), ("X-Old-Ed", "AAAA")])
    provider = load_provider(
        {
            "base": "standard-webhooks",
            "recipes": {"ed": {"algorithm": "ed25519", "signed": "{body}", "signature": {"from": "header:X-Old-Ed"}}},
        },
        where="test",
        name="mixed",
    )
    signed = sign(request, provider, Secret("whsec_" + base64.b64encode(b"k" * 24).decode()), now_ns=T0_NS)
    assert signed.headers.get("x-old-ed") is None


def test_gitlab_token_stays_beside_a_signature() -> None:
    secret = Secret("whsec_" + base64.b64encode(b"k" * 24).decode())
    request = make_request(headers=[("webhook-signature", "v1,AAAA"), ("webhook-id", "m"), ("X-Gitlab-Token", "tok")])
    signed = sign(request, builtin()["gitlab"], secret, now_ns=T0_NS)
    assert signed.headers.get("x-gitlab-token") == "tok"
    assert verify(signed, builtin()["gitlab"], [secret], at_ns=T0_NS).scheme == "gitlab-signing-token"


def test_gitlab_plain_secret_is_sent_as_token() -> None:
    signed = sign(make_request(), builtin()["gitlab"], Secret("plain token"), now_ns=T0_NS)
    assert signed.headers.get("x-gitlab-token") == "plain token"


def test_a_missing_id_is_made_and_is_the_same_for_the_same_request() -> None:
    secret = Secret("whsec_" + base64.b64encode(b"k" * 24).decode())
    one, two = (sign(make_request(), builtin()["svix"], secret, now_ns=T0_NS) for _ in range(2))
    assert one == two
    assert (one.headers.get("svix-id") or "").startswith("msg_")


@pytest.mark.parametrize(
    ("provider", "secret", "words"),
    [
        ("squarespace", "not hex", "hex digits"),
        ("standard-webhooks", "whsec_***", "base64"),
        ("stripe", "  ", "copy it again"),
    ],
)
def test_a_secret_of_the_wrong_form_is_named(provider: str, secret: str, words: str) -> None:
    with pytest.raises(UsageError, match=words) as caught:
        sign(make_request(), builtin()[provider], Secret(secret, "env:X"), now_ns=T0_NS)
    assert "env:X" in caught.value.message
    assert "***" not in caught.value.message


def test_what_cannot_be_signed_is_named() -> None:
    table = {"algorithm": "ed25519", "signed": "{body}", "header": "X-Ed"}
    provider = load_provider(table, where="test", name="acme")
    assert not can_sign(provider)
    with pytest.raises(UsageError, match="private key"):
        sign(make_request(), provider, Secret("x"), now_ns=T0_NS)


def test_provider_that_signs_nothing() -> None:
    provider = load_provider({"title": "Knack"}, where="test", name="knack")
    assert not can_sign(provider)
    with pytest.raises(UsageError, match="does not sign"):
        sign(make_request(), provider, Secret("x"), now_ns=T0_NS)
    assert verify(make_request(), provider, [], at_ns=T0_NS).status is VerificationStatus.UNSIGNED


def test_url_signed_recipe() -> None:
    provider = load_provider(
        {"algorithm": "hmac-sha1", "signed": "{url}{body}", "header": "X-Sig", "encoding": "base64"},
        where="test",
        name="square-like",
    )
    request = Request("POST", b"/in?x=1", Headers.from_text([("Host", "localhost:4400")]), b"{}")
    signed = sign(request, provider, Secret("k"), now_ns=T0_NS, url="https://a.example/in?x=1")
    assert verify(signed, provider, [Secret("k")], at_ns=T0_NS, url="https://a.example/in?x=1").valid
    assert verify(signed, provider, [Secret("k")], at_ns=T0_NS, url="https://a.example").valid
    assert not verify(signed, provider, [Secret("k")], at_ns=T0_NS).valid


def test_what_is_made_new_is_data() -> None:
    table = {
        "base": "standard-webhooks",
        "resign": {"timestamp": "keep", "id": "new", "nonce": "header:X-Nonce", "remove": ["X-Old"]},
    }
    provider = load_provider(table, where="test", name="acme")
    secret = Secret("whsec_" + base64.b64encode(b"k" * 24).decode())
    pairs = [("webhook-id", "old"), ("webhook-timestamp", str(T0_NS // NS_PER_S - 9)), ("X-Old", "1"), ("X-Nonce", "n")]
    signed = sign(make_request(headers=pairs), provider, secret, now_ns=T0_NS)
    assert signed.headers.get("webhook-id") != "old"
    assert signed.headers.get("webhook-timestamp") == str(T0_NS // NS_PER_S - 9)
    assert signed.headers.get("x-old") is None
    assert signed.headers.get("x-nonce") not in {None, "n"}
    assert verify(signed, provider, [secret], at_ns=T0_NS).valid


def test_pattern_of_headers_becomes_one_header() -> None:
    table = {
        "algorithm": "hmac-sha256",
        "signed": "{body}{param:app}",
        "signature": {"from": "headers:X-Doc-Signature-*", "encoding": "base64"},
    }
    provider = load_provider(table, where="test", name="docs")
    request = make_request(headers=[("X-Doc-Signature-1", "a"), ("X-Doc-Signature-2", "b")])
    with pytest.raises(UsageError, match="parameter app"):
        sign(request, provider, Secret("k"), now_ns=T0_NS)
    signed = sign(request, provider, Secret("k"), now_ns=T0_NS, params={"app": "7"})
    assert sorted(signed.headers.names()) == ["x-doc-signature-1"]
    assert verify(signed, provider, [Secret("k")], at_ns=T0_NS, params={"app": "7"}).valid
    assert verify(signed, provider, [Secret("k")], at_ns=T0_NS).reason == "param_missing"


def test_the_key_of_many_signatures_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    from cryptography.hazmat.primitives import serialization

    from webhook_inspector.signing.digests import sign_private
    from webhook_inspector.signing.testkeys import generate

    read, load = [], serialization.load_pem_private_key

    def counted(data: bytes, password: bytes | None) -> object:
        read.append(data)
        return load(data, password)

    monkeypatch.setattr(serialization, "load_pem_private_key", counted)
    keys = [generate("rsa"), generate("ed25519"), "no key"]
    algorithms = ["rsa-pkcs1v15-sha256", "ed25519", "ed25519"]
    for _ in range(3):
        made = [
            sign_private(algorithm, pem, b"content") is not None
            for algorithm, pem in zip(algorithms, keys, strict=True)
        ]
        assert made == [True, True, False]
    assert len(read) == 3
