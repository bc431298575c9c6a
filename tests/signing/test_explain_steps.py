"""Steps of the search that no single scheme shows: forms, numbers, times, versions; and a search that lies."""

from __future__ import annotations

import gzip
import hashlib
import hmac
from dataclasses import replace
from typing import Any

import pytest

from tests.signing import test_explain_all
from tests.support.factories import T0_NS, make_request
from tests.support.shared import shared_json
from webhook_inspector.core.clock import NS_PER_S
from webhook_inspector.core.request import Request
from webhook_inspector.core.secret import Secret
from webhook_inspector.core.verification import Verification
from webhook_inspector.providers.load import builtin
from webhook_inspector.signing import digests, sign, verify
from webhook_inspector.signing.compare import same


def changed(sent: bytes, arrived: bytes, provider: str = "github") -> Verification:
    request = sign(make_request(sent), builtin()[provider], Secret("key"), now_ns=T0_NS)
    return verify(replace(request, body=arrived), builtin()[provider], [Secret("key")], at_ns=T0_NS)


@pytest.mark.parametrize(
    ("reason", "sent", "arrived"),
    [
        ("body_reserialized", b"a=1%2f2&b=x+y", b"a=1%2F2&b=x+y"),
        ("body_reserialized", b"a=1&b=x%20y", b"a=1&b=x+y"),
        ("body_reserialized_form_order", b"a=1&b=2&c=3", b"c=3&a=1&b=2"),
        ("form_body_unwrapped", b"payload=%7B%22a%22%3A1%7D", b'{"a":1}'),
        ("form_body_unwrapped", b'{"a":1}', b"payload=%7B%22a%22%3A1%7D"),
        ("body_reserialized_number_precision", b'{"id":820982911946154508}', b'{"id":820982911946154500}'),
        ("body_reserialized_number_precision", b'{"a":1,"b":2.5}', b'{"a":1.0,"b":2.50}'),
        ("body_reserialized", b"", b"{}"),
        ("body_transcoded", "é".encode("latin-1"), "é".encode()),
        ("body_transcoded", "é".encode(), "é".encode("latin-1")),
        ("body_compressed", b'{"a":1}', gzip.compress(b'{"a":1}', mtime=0)),
        ("line_endings_changed", b'{"a":1,"b":2}', b'{"a":1,\n"b":2}'),
        ("body_reserialized_escapes", b'{"a":"<\\u00e9/>"}', '{"a":"<é/>"}'.encode()),
    ],
)
def test_what_became_of_the_body(reason: str, sent: bytes, arrived: bytes) -> None:
    result = changed(sent, arrived)
    assert result.reason == reason, result
    assert result.matching_content == sent
    assert result.advice


def test_the_second_beside_and_the_other_version_are_found() -> None:
    provider = builtin()["slack"]
    request = sign(make_request(b"{}"), provider, Secret("key"), now_ns=T0_NS)
    moved = request.headers.replaced("X-Slack-Request-Timestamp", str(T0_NS // NS_PER_S + 1))
    result = verify(replace(request, headers=moved), provider, [Secret("key")], at_ns=T0_NS)
    assert result.reason == "timestamp_altered"
    hubspot = builtin()["hubspot"]
    text = hashlib.sha256(b"key" + b"POST" + b"https://a.test/x" + b"{}").hexdigest()
    pairs = [("X-HubSpot-Signature", text), ("X-HubSpot-Signature-Version", "v1")]
    said = verify(make_request(b"{}", headers=pairs), hubspot, [Secret("key")], at_ns=T0_NS, url="https://a.test/x")
    assert said.reason == "wrong_scheme_version"


def test_a_search_that_claims_without_proof_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    from webhook_inspector.signing.keys import Key
    from webhook_inspector.signing.matching import match

    def lying(case: Any) -> Any:
        return replace(match(case), key=Key(b"x", "x"))

    monkeypatch.setattr("webhook_inspector.signing.explain.match", lying)
    with pytest.raises(AssertionError):
        test_explain_all.test_any_other_corruption_is_never_explained()


def test_wycheproof() -> None:
    document = shared_json("corpora/fetched/wycheproof/hmac_sha256_test.json")
    checked = 0
    for group in document["testGroups"]:
        for test in group["tests"]:
            made = digests.digest("hmac-sha256", bytes.fromhex(test["key"]), bytes.fromhex(test["msg"]))
            tag = bytes.fromhex(test["tag"])
            if group["tagSize"] == len(made) * 8:
                assert same(made, tag) == (test["result"] == "valid"), test["tcId"]
                checked += 1
    assert checked > 50


def test_hmac_is_what_the_library_says() -> None:
    assert digests.digest("hmac-sha256", b"k", b"m") == hmac.new(b"k", b"m", "sha256").digest()
    assert isinstance(make_request(), Request)
