"""What is said when the same signature, or the same secret, holds on another request."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import replace

import pytest

from tests.support.factories import T0_NS, make_request
from webhook_inspector.core.request import Request
from webhook_inspector.core.secret import Secret
from webhook_inspector.core.verification import Verification
from webhook_inspector.providers.load import builtin, with_custom
from webhook_inspector.providers.model import Provider
from webhook_inspector.signing import sign, verify
from webhook_inspector.signing.references import Asked, References

BODY = b'{"id":"evt_1","n":9007199254740993,"data":{"b":1,"a":[1.50,2]}}'
SECRETS = [Secret("right", "env:RIGHT")]
URLS = with_custom(
    {
        "urls": {
            "algorithm": "hmac-sha256",
            "signed": "{url}{header:X-Event-Id}{param:account}{body}",
            "signature": {"from": "header:X-Sig"},
            "timestamp": {"from": "header:X-Time"},
            "params": ["account"],
        }
    }
)["urls"]


def ask(request: Request, provider: Provider, secrets: list[Secret], label: str = "#1") -> tuple[Asked, Verification]:
    asked = Asked(label, request, provider, secrets, "https://a.test/in?x=1", {"account": "A"})
    return asked, ask_again(asked)


def ask_again(asked: Asked) -> Verification:
    return verify(
        asked.request, asked.provider, asked.secrets, at_ns=T0_NS, url=asked.url, params=asked.params, explained=False
    )


def compare(asked: Asked, *others: tuple[Asked, Verification]) -> Verification:
    references = References()
    for other, result in others:
        references.add(other, result)
    return references.compare(asked, ask_again(asked))


def good(provider: str, body: bytes = BODY) -> tuple[Asked, Verification]:
    request = sign(make_request(body), builtin()[provider], SECRETS[0], now_ns=T0_NS)
    asked, result = ask(request, builtin()[provider], SECRETS)
    assert result.valid
    return asked, result


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        (BODY, BODY.replace(b"evt_1", b"evt_2"), "body_tampered"),
        (BODY, BODY + b"x", "body_tampered"),
        (BODY, b'{"n":9007199254740993,"id":"evt_1","data":{"b":1,"a":[1.50,2]}}', "body_reserialized_key_order"),
        (BODY, BODY.replace(b"993", b"992"), "body_reserialized_number_precision"),
        (BODY, BODY.replace(b"1.50", b"1.5").replace(b'"b":1', b'"b":  1'), "body_reserialized"),
        (b"a=1&b=2&b=3", b"b=2&b=3&a=1", "body_reserialized_form_order"),
        (b"a=1&b=%2f", b"a=1&b=%2F", "body_reserialized"),
        (b"a=1&b=2", b"a=1&b=3", "body_tampered"),
        (b"\xff\x00", b"\xff\x01", "body_tampered"),
        (b"[" * 5000, b"[" * 5001, "body_tampered"),
    ],
)
def test_what_became_of_the_body(before: bytes, after: bytes, reason: str) -> None:
    other, result = good("github", before)
    asked = replace(other, label="#2", request=replace(other.request, body=after))
    said = compare(asked, (other, result))
    assert said.reason == reason
    assert "#1" in said.explanation
    assert said.explanation.endswith(".")
    assert not said.valid


def url_case() -> tuple[Asked, Verification]:
    content = b"https://a.test/in?x=1" + b"evt_1" + b"A" + BODY
    text = hmac.new(b"right", content, hashlib.sha256).hexdigest()
    headers = [("X-Event-Id", "evt_1"), ("X-Time", str(T0_NS // 10**9)), ("X-Sig", text)]
    return ask(make_request(BODY, headers=headers), URLS, SECRETS)


def test_everything_else_that_is_signed_is_named() -> None:
    other, result = url_case()
    assert result.valid
    header = replace(other.request, headers=other.request.headers.replaced("X-Event-Id", "evt_9"))
    cases = {
        "event_id_altered": replace(other, request=header),
        "wrong_account": replace(other, params={"account": "B"}),
        "url_mismatch_host": replace(other, url="https://b.test/in?x=1"),
        "url_mismatch_scheme": replace(other, url="http://a.test/in?x=1"),
        "url_mismatch_query": replace(other, url="https://a.test/in"),
        "url_mismatch_path": replace(other, url="https://a.test/out?x=1"),
        "url_mismatch_port": replace(other, url="https://a.test:1/in?x=1"),
    }
    for reason, asked in cases.items():
        said = compare(asked, (other, result))
        assert said.reason == reason, said
        assert len(said.matches_if) == 1
        assert said.matching_content == result.signed_content


def test_the_same_request_under_another_secret_is_a_wrong_secret() -> None:
    other, result = good("github")
    asked = replace(other, label="#2", secrets=[Secret("wrong", "env:WRONG")])
    said = compare(asked, (other, result))
    assert said.reason == "wrong_secret"
    assert "holds on #1 with another secret" in said.explanation


def test_several_signatures_under_a_third_secret_are_a_rotation() -> None:
    other, _ = good("stripe")
    header = other.request.headers.get("stripe-signature") or ""
    headers = other.request.headers.replaced("Stripe-Signature", header + ",v1=" + "0" * 64)
    both = replace(other, request=replace(other.request, headers=headers))
    asked = replace(both, label="#2", secrets=[Secret("third")])
    assert compare(asked, (both, ask_again(both))).reason == "rotated_secret_not_accepted"


def test_a_secret_that_verifies_others_is_named_and_the_reason_stays() -> None:
    other, result = good("github")
    request = sign(make_request(b"other"), builtin()["github"], Secret("else"), now_ns=T0_NS)
    said = compare(replace(other, label="#2", request=request), (other, result))
    assert said.reason == "wrong_secret"
    assert said.explanation.endswith("The same secret does verify #1.")


def test_nothing_is_said_without_a_request_that_holds() -> None:
    other, result = good("github")
    asked = replace(other, label="#2", request=replace(other.request, body=b"x"))
    alone = ask_again(asked)
    assert compare(asked) == alone
    assert compare(asked, (asked, alone)) == alone
    elsewhere = with_custom({"github-too": {"base": "github"}})["github-too"]
    assert compare(asked, (replace(other, provider=elsewhere), result)) == alone


def test_a_valid_request_is_left_alone() -> None:
    other, result = good("github")
    assert compare(other, (replace(other, label="#9"), result)) == result
