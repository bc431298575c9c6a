from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webhook_inspector.core.formats import classify, is_data_key


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "empty"),
        ("42", "int-string"),
        ("-42.50", "decimal-string"),
        ("1e5", "decimal-string"),
        ("true", "bool-string"),
        ("2026-11-20", "date"),
        ("2026-11-20T21:31:55Z", "date-time(Z)"),
        ("2026-11-20T21:31:55.123+02:00", "date-time(+.3)"),
        ("2026-11-20 21:31:55", "date-time(local)"),
        ("2026-11-20 21:31:55 UTC", "date-time(UTC)"),
        ("Fri, 20 Nov 2026 21:31:55 GMT", "date-time(http)"),
        ("2026-13-20T21:31:55Z", "text"),
        ("9f1c2d3e-0000-4000-8000-00000000000a", "uuid"),
        ("da39a3ee5e6b4b0d3255bfef95601890afd80709", "hex(40)"),
        ("evt_1PqX7a2eZvKYlo2C", "prefixed-id(evt)"),
        ("sub_sched_1PqX7a2eZvKYlo2C", "prefixed-id(sub_sched)"),
        ("payment_intent", "text"),
        ("requires_payment_method", "text"),
        ("+491701234567", "e164"),
        ("https://example.test/a?b=1", "uri"),
        ("gid://shop/Order/12", "uri"),
        ("git@example.test:owner/name.git", "git-ssh"),
        ("ann@example.test", "email"),
        ("192.168.0.1", "ipv4"),
        ("300.168.0.1", "text"),
        ("2001:db8::1", "ipv6"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", "jwt"),
        ("dGhpcyBpcyBhIHRlc3Qgb2YgNjQ=", "base64"),
        ('{"a":1}', "json-in-string"),
        ("[1,2]", "json-in-string"),
        ("{not json}", "text"),
        ("<p>Hello</p>", "html"),
        ("a < b", "text"),
        ("Hello, world", "text"),
        ("12 Main Street", "text"),
        ("12:30", "text"),
    ],
)
def test_one_class_for_each_string(text: str, expected: str) -> None:
    assert str(classify(text)) == expected


@pytest.mark.parametrize(
    ("key", "data"),
    [
        ("123456", True),
        ("9f1c2d3e-0000-4000-8000-00000000000a", True),
        ("da39a3ee5e6b4b0d3255bfef95601890afd80709", True),
        ("2026-11-20", True),
        ("ann@example.test", True),
        ("https://example.test/x", True),
        ("price_1PqX7a2eZvKYlo2C", True),
        ("C0123ABCD", True),
        ("id", False),
        ("address_line1", False),
        ("street_address1", False),
        ("sha256", False),
        ("PAYMENT_METHOD", False),
        ("x509_certificate", False),
        ("full_name", False),
        ("verification_level2", False),
        ("", False),
    ],
)
def test_keys_that_are_data(key: str, data: bool) -> None:
    assert is_data_key(key) is data


@given(st.text(max_size=60) | st.from_regex(r"[0-9a-zA-Z_.:+@/-]{1,60}", fullmatch=True))
@settings(max_examples=100, deadline=None)
def test_no_string_raises(text: str) -> None:
    assert classify(text).name
    is_data_key(text)


def test_hostile_strings_take_no_time() -> None:
    for text in (
        "a@" * 50_000,
        "1" * 100_000,
        "a_" * 50_000,
        "<" * 100_000,
        "[" * 100_000,
        "a:" * 50_000,
        "0" * 4000 + "x",
    ):
        classify(text)
        is_data_key(text)
