"""Providers' own libraries accept what is signed here, refuse what is refused here, and the other way round."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.oracles import PUBLIC, SHARED, Oracle, Sent, braintree_gateway
from webhook_inspector.core.clock import NS_PER_S
from webhook_inspector.core.headers import Headers
from webhook_inspector.core.request import Request
from webhook_inspector.core.secret import Secret
from webhook_inspector.core.verification import Verification
from webhook_inspector.providers.load import builtin
from webhook_inspector.signing import sign, verify
from webhook_inspector.signing.choosing import ranked
from webhook_inspector.signing.handshakes import Ask, handshakes
from webhook_inspector.signing.testkeys import family, generate, public_text

documents = st.dictionaries(
    # No name that a library knows, nor one in brackets: some read more of a document than its signature.
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8).map("any".__add__),
    st.one_of(st.integers(-(2**40), 2**40), st.text(st.characters(codec="utf-8"), max_size=20), st.none()),
    max_size=4,
)
seeds = st.binary(min_size=8, max_size=24)
shared = pytest.mark.parametrize("oracle", SHARED, ids=lambda oracle: oracle.id)
public = pytest.mark.parametrize("oracle", PUBLIC, ids=lambda oracle: oracle.id)
SLOW = {"telnyx", "openai", "workos", "dropbox-sign"}
"""Libraries that take a second each to import."""
every = pytest.mark.parametrize(
    "oracle",
    [pytest.param(one, id=one.id, marks=[pytest.mark.torture] if one.id in SLOW else []) for one in (*SHARED, *PUBLIC)],
)
KEYS = {kind: generate(kind) for kind in ("ed25519", "ecdsa-p256")}


def text_of(oracle: Oracle, document: dict[str, Any]) -> str:
    now = {"time_ms": int(time.time() * 1000)} if "time_ms" in oracle.document else {}
    return json.dumps({**document, **oracle.document, **now}, ensure_ascii=False)


def unsigned(oracle: Oracle, document: dict[str, Any]) -> Request:
    text = text_of(oracle, document)
    headers = Headers.from_text([("Content-Type", oracle.content_type), *oracle.headers.items()])
    body = text.encode() if oracle.body is None else oracle.body(text)
    if oracle.resigned and oracle.signs is not None:
        before, _ = oracle.signs(oracle.secret(b"another one"), "another body", int(time.time()))
        headers = Headers((*headers, *Headers.from_text(before.items())))
    return Request("POST", oracle.target, headers, body)


def keys(oracle: Oracle, request: Request, seed: bytes) -> tuple[Secret, str, str | None]:
    """What signs, what the library is given, and our public key."""
    if oracle not in PUBLIC:
        secret = oracle.secret(seed)
        return Secret(secret), secret, None
    recipe = ranked(builtin()[oracle.provider], request, [])[0]
    private = KEYS[family(recipe)]
    text = public_text(recipe, private)
    return Secret(private), text, text


def signed(oracle: Oracle, request: Request, secret: Secret, how: str = "now") -> Request:
    provider = builtin()[oracle.provider]
    return sign(request, provider, secret, now_ns=time.time_ns(), url=oracle.url, params=oracle.params, time=how)


def ours(oracle: Oracle, request: Request, secret: str, public_key: str | None) -> Verification:
    secrets = [] if public_key else [Secret(secret)]
    return verify(
        request, builtin()[oracle.provider], secrets, at_ns=time.time_ns(), url=oracle.url, params=oracle.params,
        public_key=public_key,
    )  # fmt: skip


@every
def test_what_we_sign_they_accept(oracle: Oracle) -> None:
    oracle.sdk  # noqa: B018 (skips here, not in every example)

    @settings(max_examples=20)
    @given(document=documents, seed=seeds)
    def check(document: dict[str, Any], seed: bytes) -> None:
        request = unsigned(oracle, document)
        secret, theirs, public_key = keys(oracle, request, seed)
        made = signed(oracle, request, secret)
        assert ours(oracle, made, theirs, public_key).valid
        assert oracle.holds(Sent(made, theirs))

    check()


@every
def test_what_is_refused_is_refused_by_both(oracle: Oracle) -> None:
    oracle.sdk  # noqa: B018 (as above)
    request = unsigned(oracle, {"a": "b"})
    secret, theirs, public_key = keys(oracle, request, b"12345678")
    made = signed(oracle, request, secret)
    assert oracle.holds(Sent(made, theirs))
    _, other, other_key = keys(oracle, request, b"87654321")
    if public_key is None:
        assert not oracle.holds(Sent(made, other))
        assert not ours(oracle, made, other, other_key).valid
    if oracle.tampered:
        changed = replace(made, body=made.body.replace(b"b", b"c") + b" ")
        assert not oracle.holds(Sent(changed, theirs))
        assert not ours(oracle, changed, theirs, public_key).valid
    if oracle.stale:
        stale = signed(oracle, request, secret, "stale")
        assert not oracle.holds(Sent(stale, theirs))
        assert ours(oracle, stale, theirs, public_key).status == "stale"
    bare = replace(request, headers=Headers(()))
    assert not oracle.holds(Sent(bare, theirs))
    assert not ours(oracle, bare, theirs, public_key).valid


@pytest.mark.parametrize("oracle", [oracle for oracle in SHARED if oracle.signs], ids=lambda oracle: oracle.id)
def test_what_they_sign_we_accept(oracle: Oracle) -> None:
    oracle.sdk  # noqa: B018 (as above)
    signs = oracle.signs
    assert signs is not None

    @settings(max_examples=20)
    @given(document=documents, seed=seeds)
    def check(document: dict[str, Any], seed: bytes) -> None:
        secret = oracle.secret(seed)
        headers, body = signs(secret, text_of(oracle, document), int(time.time()))
        pairs = [("Content-Type", oracle.content_type), *headers.items()]
        request = Request("POST", oracle.target, Headers.from_text(pairs), body)
        assert oracle.holds(Sent(request, secret))
        assert ours(oracle, request, secret, None).valid
        assert not ours(oracle, request, oracle.secret(seed[::-1] + b"x"), None).valid

    check()


def test_discord_with_a_key_of_pynacl() -> None:
    nacl = pytest.importorskip("nacl.signing")
    key = nacl.SigningKey.generate()
    stamp = str(int(time.time()))
    body = b'{"type":1}'
    signature = key.sign(stamp.encode() + body).signature.hex()
    pairs = [("X-Signature-Timestamp", stamp), ("X-Signature-Ed25519", signature)]
    request = Request("POST", b"/", Headers.from_text(pairs), body)
    at_ns = int(stamp) * NS_PER_S
    assert verify(request, builtin()["discord"], [], at_ns=at_ns, public_key=bytes(key.verify_key).hex()).valid
    other = bytes(nacl.SigningKey.generate().verify_key).hex()
    assert not verify(request, builtin()["discord"], [], at_ns=at_ns, public_key=other).valid


@settings(max_examples=20)
@given(challenge=st.text("0123456789abcdef", min_size=18, max_size=34), seed=seeds)
def test_braintrees_own_answer_to_its_endpoint_check(challenge: str, seed: bytes) -> None:
    braintree = pytest.importorskip("braintree")
    gateway = braintree_gateway(braintree, seed.hex())
    request = Request("GET", b"/in?bt_challenge=" + challenge.encode(), Headers(()))
    ask = Ask(request, [Secret(seed.hex())], {"public_key_id": "public-1"})
    answer = handshakes()["braintree"].answer(ask)
    try:
        theirs = gateway.webhook_notification.verify(challenge)
    except braintree.exceptions.invalid_challenge_error.InvalidChallengeError:
        theirs = None
    assert (answer.body.decode() if answer else None) == theirs
