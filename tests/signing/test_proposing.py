"""Proposals: they load, they hold where they say so, and they never tell a secret."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.factories import T0_NS, make_request
from tests.support.vectors import Vector, all_vectors
from webhook_inspector.core.clock import NS_PER_S
from webhook_inspector.core.headers import Headers
from webhook_inspector.core.request import Request
from webhook_inspector.core.secret import Secret
from webhook_inspector.core.verification import VerificationStatus
from webhook_inspector.providers.load import load_provider, with_custom
from webhook_inspector.providers.model import Provider
from webhook_inspector.signing import sign, verify
from webhook_inspector.signing.proposing import Proposal, propose, provider_toml, template_toml

VALID = [pytest.param(provider, vector, id=vector.id) for provider, vector in all_vectors() if vector.expect == "valid"]
NOT_FOUND = {
    # In the body, in a JWT or in code: nothing that usual recipes could say.
    *("aws-sns", "braintree", "chargebee", "contentful", "dropbox-sign", "easypost", "figma", "fusionauth"),
    *("klaviyo", "knot", "livekit", "mailgun", "microsoft-graph", "netlify", "paypal", "plaid", "plivo", "postmark"),
    *("rfc9421", "unisender-go"),
}
NOT_FOUND_VECTORS = {"adyen-item-hmac-good", "sw-several", "sw-v1a", "sw-v1a-as-secret", "sw-both"}


def loaded(proposal: Proposal, name: str = "acme") -> Provider:
    """The provider, by way of the text that the user gets."""
    text = provider_toml(name, proposal, path="/acme", whence="a test")
    return with_custom(tomllib.loads(text)["providers"])[name]


def secrets_of(vector: Vector) -> list[Secret]:
    return [Secret(text) for text in (*vector.secrets, *([vector.public_key] if vector.public_key else []))]


def proposed(vector: Vector, secrets: list[Secret]) -> Proposal:
    return propose("acme", vector.request, secrets, at_ns=round(vector.now * NS_PER_S), url=vector.url)


@pytest.mark.parametrize(("provider", "vector"), VALID)
def test_what_is_proved_holds_and_the_rest_loads(provider: Provider, vector: Vector) -> None:
    secrets = secrets_of(vector)
    proposal = proposed(vector, secrets)
    made = loaded(proposal)
    assert proposal.proved == (provider.name not in NOT_FOUND and vector.id not in NOT_FOUND_VECTORS)
    key = vector.public_key if made.recipes[0].uses_public_key else None
    result = verify(vector.request, made, secrets, at_ns=round(vector.now * NS_PER_S), url=vector.url, public_key=key)
    assert (result.status in {VerificationStatus.VALID, VerificationStatus.STALE}) == proposal.proved
    changed = Request("POST", vector.request.target, vector.request.headers, vector.request.body + b"x")
    if proposal.proved and result.covers_body:
        again = verify(changed, made, secrets, at_ns=round(vector.now * NS_PER_S), url=vector.url, public_key=key)
        assert not again.valid


@pytest.mark.parametrize(("provider", "vector"), VALID)
def test_without_a_secret_nothing_is_called_proved(provider: Provider, vector: Vector) -> None:
    proposal = proposed(vector, [])
    assert not proposal.proved
    assert loaded(proposal).recipes
    assert proposed(vector, [Secret("another secret")]).proved is False
    assert provider.name


STAMP = "{header:X-Acme-Timestamp}"


@settings(max_examples=40)
@given(
    algorithm=st.sampled_from(["hmac-sha1", "hmac-sha256", "hmac-sha512"]),
    encoding=st.sampled_from(["hex", "base64", "base64url"]),
    signed=st.sampled_from(
        ["{body}", "{header:X-Acme-Timestamp}.{body}", "{header:X-Acme-Timestamp}{body}", "{url}{body}"]
    ),
    prefix=st.sampled_from(["", "sha256=", "v1="]),
    body=st.binary(min_size=1, max_size=60),
)
def test_a_made_up_scheme_is_found_again(algorithm: str, encoding: str, signed: str, prefix: str, body: bytes) -> None:
    table: dict[str, Any] = {"header": "X-Acme-Signature", "algorithm": algorithm, "encoding": encoding}
    table |= {"signed": signed, "prefix": prefix}
    if "Timestamp" in signed:
        table["timestamp"] = {"from": "header:X-Acme-Timestamp", "unit": "s"}
    theirs = load_provider(table, where="t", name="theirs")
    secret = Secret("a secret of theirs")
    request = sign(make_request(body), theirs, secret, now_ns=T0_NS, url="https://a.example/hooks")
    proposal = propose("acme", request, [secret], at_ns=T0_NS, url="https://a.example/hooks")
    assert proposal.proved
    assert verify(request, loaded(proposal), [secret], at_ns=T0_NS, url="https://a.example/hooks").valid


names = st.text(st.sampled_from("XSignature-Tokenabc_!#$%&'*+.^`|~ \x00é\"\\{}\n"), min_size=1, max_size=24)
values = st.one_of(
    st.text(max_size=60),
    st.binary(max_size=64).map(bytes.hex),
    st.sampled_from(["t=1,v1=" + "a" * 64, "a=b;c=d", "v1,=="]),
)


@settings(max_examples=150)
@given(pairs=st.lists(st.tuples(names, values), max_size=6), body=st.binary(max_size=60))
def test_whatever_arrives_gives_a_provider_that_loads(pairs: list[tuple[str, str]], body: bytes) -> None:
    raw = Headers(tuple((name.encode(), value.encode("utf-8", "surrogatepass")) for name, value in pairs))
    request = Request("POST", b"/\x1b[2J", raw, body)
    for secrets in ([], [Secret("k")]):
        made = loaded(propose("acme", request, secrets, at_ns=T0_NS))
        assert made.recipes


def test_no_value_of_the_request_and_no_secret_is_in_the_text() -> None:
    headers = [("X-Acme-Token", "canary-of-a-token"), ("Authorization", "Bearer canary-of-a-bearer")]
    proposal = propose("acme", make_request(headers=headers), [Secret("canary-of-a-token")], at_ns=T0_NS)
    text = provider_toml("acme", proposal, path="/acme", whence="a test")
    assert proposal.proved
    assert "canary" not in text
    assert 'algorithm = "token"' in text


def test_the_template_is_a_provider() -> None:
    table = tomllib.loads(template_toml("acme"))["providers"]["acme"]
    provider = load_provider(table, where="t", name="acme")
    assert str(provider.recipes[0].signed) == "{header:X-Acme-Timestamp}.{body}"
