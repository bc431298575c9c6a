"""Targets: this machine as typed, others when asked for, some never."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.shared import shared_json
from webhook_inspector.core.display import one_line
from webhook_inspector.errors import TargetError
from webhook_inspector.replay.targets import Access, check_target, judge_address, judge_target


def verdict_of(url: str) -> str:
    try:
        return judge_target(url).value
    except TargetError as error:
        assert error.message == one_line(error.message)
        assert error.message.endswith(".")
        return "deny"


def test_corpus() -> None:
    wrong = {
        case["url"]: verdict_of(case["url"])
        for case in shared_json("corpora/own/targets/targets.json")["targets"]
        if verdict_of(case["url"]) != case["expect"]
    }
    assert not wrong


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://localhost", "allow"),
        ("HTTP://LOCALHOST:8080/x?y=1", "allow"),
        ("http://localhost.:3000/", "allow"),
        ("http://app.localhost:3000/", "allow"),
        ("https://127.8.9.1/", "allow"),
        ("http://[0:0:0:0:0:0:0:1]:3000/", "allow"),
        ("http://localhost.evil.example/", "ask"),
        ("http://evil.example:3000/hooks", "ask"),
        ("http://172.16.0.1/", "ask"),
        ("http://[2001:db8::1]/", "ask"),
        ("http://[fe80::1]/", "deny"),
        ("http://[fe80::1%25eth0]/", "deny"),
        ("http://[::1%25lo]/", "deny"),
        ("http://[::]/", "deny"),
        ("http://[::ffff:0.0.0.0]/", "deny"),
        ("http://[64:ff9b::a9fe:a9fe]/", "deny"),
        ("http://[2002:a9fe:a9fe::1]/", "deny"),
        ("http://169.254.1.1/", "deny"),
        ("http://224.0.0.1/", "deny"),
        ("http://255.255.255.255/", "deny"),
        ("http://0.1.2.3/", "deny"),
        ("http://METADATA.google.internal./", "deny"),
        ("http://evil.example.1/", "deny"),
        ("http://0x7f000001/", "deny"),
        ("http://1.2.3.4.5/", "deny"),
        ("http://a..b/", "deny"),
        ("http://-a/", "deny"),
        ("http://localhost:/", "deny"),
        ("http://localhost:abc/", "deny"),
        ("http://[::1/", "deny"),
        ("http:localhost", "deny"),
        ("http:/localhost/", "deny"),
        ("javascript:alert(1)", "deny"),
        ("localhost:3000", "deny"),
        ("", "deny"),
        ("http://localhost:3000/\\evil", "deny"),
        ("http://localhost%2eevil.example/", "deny"),
        ("http://\x1b[2J/", "deny"),
    ],
)
def test_own_cases(url: str, expected: str) -> None:
    assert verdict_of(url) == expected


def test_remote_targets_need_a_word() -> None:
    assert check_target("http://localhost:3000/hooks", allow_remote=False) == "http://localhost:3000/hooks"
    with pytest.raises(TargetError, match="--allow-remote"):
        check_target("https://example.com/", allow_remote=False)
    assert check_target("https://example.com/", allow_remote=True) == "https://example.com/"
    with pytest.raises(TargetError):
        check_target("http://169.254.169.254/", allow_remote=True)


@given(st.text(max_size=60) | st.text(max_size=40).map(lambda text: f"http://{text}"))
def test_any_text_is_judged(text: str) -> None:
    verdict_of(text)


@given(st.ip_addresses(v=4))
def test_addresses_in_another_form_are_never_allowed_without_a_word(address: object) -> None:
    assert judge_address(f"::ffff:{address}") is not Access.ALLOW


def test_text_that_is_no_address_is_refused() -> None:
    assert judge_address("localhost") is Access.DENY
    assert judge_address("::1%lo") is Access.DENY
    assert judge_address("::1") is Access.ALLOW
