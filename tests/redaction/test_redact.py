"""Redaction: no secret leaves in any form, everything else stays as it was written."""

from __future__ import annotations

import base64
import gzip
import json
import re
import time
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.redaction.hostile import any_request
from tests.support.factories import make_request
from tests.support.shared import shared_json
from webhook_inspector.core.headers import Headers
from webhook_inspector.core.request import Request
from webhook_inspector.core.secret import Secret
from webhook_inspector.redaction.known import mask_known
from webhook_inspector.redaction.lexicon import is_secret_name
from webhook_inspector.redaction.mask import mask_json_string, mask_number, mask_text
from webhook_inspector.redaction.pseudonyms import Pseudonyms
from webhook_inspector.redaction.redact import leaks, redact

KNOWN = Secret("s3cr3t/va+lue=", "env:TEST_SECRET")


def body_of(body: bytes, content_type: str = "application/json", **options: Any) -> bytes:
    headers = [("Content-Type", content_type)] if content_type else []
    return redact(make_request(body, headers=headers), **options)[0].body


def test_corpus() -> None:
    for case in shared_json("corpora/own/redaction/cases.json")["items"]:
        given_ = case["request"]
        request = Request(
            given_["method"], given_["target"].encode(), Headers.from_text(given_["headers"]), given_["body"].encode()
        )
        secrets = [Secret(given_["configured_secret"], "env:X")] if "configured_secret" in given_ else []
        clean, masked = redact(request, secrets=secrets)
        raw = clean.raw().decode()
        for canary in case["must_not_appear"]:
            forms = {
                canary,
                quote(canary, safe=""),
                base64.b64encode(canary.encode()).decode(),
                json.dumps(canary)[1:-1],
            }
            assert not [form for form in forms if form in raw], case["id"]
            assert masked, case["id"]
        for kept in case["must_stay"]:
            # The case's text is as a JSON writer would lay it out; our bytes stay as they were.
            assert kept in raw or kept.replace('": ', '":') in raw, case["id"]
        assert leaks(clean.raw(), secrets) == []


def test_only_the_secret_parts_change() -> None:
    body = b'{ "id" : 1.0,\n "api_key":"abc123" ,"n":12345678901234567890, "n":1e400,"z":"\\u00e9\\/" }'
    assert body_of(body) == body.replace(b"abc123", b"xxx000")


def test_values_keep_their_json_type() -> None:
    body = b'{"pin":1234,"password":null,"secret":true,"token":{"a":["b1",-2.5e3]},"ssn":"078-05-1120"}'
    clean = body_of(body)
    assert clean == b'{"pin":9999,"password":null,"secret":true,"token":{"a":["x0",-9.9e0]},"ssn":"000-00-0000"}'
    assert len(clean) == len(body)


def test_objects_under_a_secret_name() -> None:
    body = b'{"session":{"id":"cs_1","token":"t1"},"credentials":{"user":"u1"},"emails":["a@b",{"id":"e1"}],"x":"y"}'
    assert body_of(body) == (
        b'{"session":{"id":"cs_1","token":"x0"},"credentials":{"user":"x0"},"emails":["x@x",{"id":"e1"}],"x":"y"}'
    )


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ([("Authorization", "Bearer abc1")], [["Authorization", "Bearer xxx0"]]),
        ([("authorization", "abc1")], [["authorization", "xxx0"]]),
        ([("X-Api-Key", "k1")], [["X-Api-Key", "x0"]]),
        ([("Cookie", "a=b1; c=d")], [["Cookie", "a=x0; c=x"]]),
        ([("Set-Cookie", "a=b1; Path=/; HttpOnly")], [["Set-Cookie", "a=x0; Path=/; HttpOnly"]]),
        ([("X-Shopify-Access-Token", "t")], [["X-Shopify-Access-Token", "x"]]),
        ([("X-Hub-Signature-256", "sha256=ab")], [["X-Hub-Signature-256", "sha256=ab"]]),
        ([("X-Custom", "v1")], [["X-Custom", "x0"]]),
        ([("X-Note", "ghp_abcdefghijkl123")], [["X-Note", "ghp_xxxxxxxxxxxx000"]]),
        ([("Content-Type", "text/plain")], [["Content-Type", "text/plain"]]),
    ],
)
def test_headers(headers: list[tuple[str, str]], expected: list[list[str]]) -> None:
    clean, _ = redact(make_request(b"", headers=headers), extra_headers=["x-custom"])
    assert clean.headers.text_pairs() == expected


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (b"/h?token=ab1&x=1", b"/h?token=xx0&x=1"),
        (b"/h?x=1&X-Amz-Signature=ab&y", b"/h?x=1&X-Amz-Signature=xx&y"),
        (b"/h?key=a%2Fb", b"/h?key=xxx"),
        (b"http://u:p1@h/x", b"http://x:x0@h/x"),
        (b"/h?page=2&next_page_token=abc", b"/h?page=2&next_page_token=abc"),
        (b"/h/s3cr3t%2Fva%2Blue%3D", b"/h/xxxxxxxxxxxxxx"),
    ],
)
def test_targets(target: bytes, expected: bytes) -> None:
    assert redact(make_request(b"", target=target), secrets=[KNOWN])[0].target == expected


def test_extra_paths() -> None:
    body = b'{"data":{"note":"abc","items":[{"name":"n1"},{"name":"n2"}]},"other":{"note":"keep","deep":{"vat":"v1"}}}'
    clean = body_of(body, extra_paths=["$.data.note", "$.data.items[].name", "$..vat"])
    assert clean == (
        b'{"data":{"note":"xxx","items":[{"name":"x0"},{"name":"x0"}]},"other":{"note":"keep","deep":{"vat":"x0"}}}'
    )
    assert body_of(body, extra_paths=["/data/items/1"]).count(b'"x0"') == 1
    assert b"abc" not in body_of(body, extra_paths=["$.data"])
    assert body_of(b"name=ada&x=1", "application/x-www-form-urlencoded", extra_paths=["$.name"]) == b"name=xxx&x=1"


def test_nested_documents() -> None:
    inner = json.dumps({"password": "hunter2", "n": 1})
    clean = body_of(json.dumps({"payload": inner}).encode())
    assert b"hunter2" not in clean
    assert json.loads(json.loads(clean)["payload"])["n"] == 1
    form = body_of(b"payload=" + quote(inner).encode(), "application/x-www-form-urlencoded")
    assert b"hunter2" not in form
    assert form.startswith(b"payload=%7B")


def test_multipart_and_xml() -> None:
    multipart = (
        b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n{"token":"t1"}\r\n'
        b'--b\r\nContent-Disposition: form-data; name="password"\r\n\r\nhunter2\r\n--b--\r\n'
    )
    clean = body_of(multipart, "multipart/form-data; boundary=b")
    assert clean == multipart.replace(b"t1", b"x0").replace(b"hunter2", b"xxxxxx0")
    assert b"removed" in body_of(multipart, "multipart/form-data")
    xml = b'<a token="t1" b="c"><ns:password>hunter2</ns:password><id>7</id></a>'
    assert body_of(xml, "text/xml") == b'<a token="x0" b="c"><ns:password>xxxxxx0</ns:password><id>7</id></a>'


def test_what_cannot_be_looked_into_is_removed_and_said() -> None:
    packed = make_request(
        gzip.compress(b'{"password":"x"}'), headers=[("Content-Encoding", "gzip"), ("Content-Length", "9")]
    )
    clean, masked = redact(packed)
    assert clean.body == b"[the compressed body was removed]"
    assert clean.headers.text_pairs() == [["Content-Length", str(len(clean.body))]]
    assert "whole body" in masked[0]
    broken, masked = redact(make_request(b'{"password":"hunter2"', headers=[("Content-Type", "application/json")]))
    assert b"hunter2" not in broken.body
    assert json.loads(broken.body)
    assert "whole body" in masked[0]


def test_utf16_bodies_keep_their_encoding() -> None:
    text = '{"password":"hunter2","note":"s3cr3t/va+lue="}'
    for encoding in ("utf-16", "utf-16-le", "utf-8-sig", "utf-32"):
        body = body_of(text.encode(encoding), secrets=[KNOWN])
        document = json.loads(body)
        assert document["password"] == "xxxxxx0"
        assert document["note"] in {"x0xx0x/xx+xxx=", "x" * 14}
        assert (body[:2] == text.encode(encoding)[:2]) is True


def in_json(text: str, times: int) -> str:
    for _ in range(times):
        text = json.dumps(text)[1:-1].replace("/", "\\/")
    return text


def written_forms(secret: str) -> list[bytes]:
    raw = secret.encode()
    little, big = secret.encode("utf-16-le"), secret.encode("utf-16-be")
    return [
        in_json(secret, 2).encode(),
        in_json(secret, 3).encode(),
        in_json("".join(f"\\u{ord(char):04X}" for char in secret), 1).encode(),
        quote(quote(secret, safe=""), safe="").encode(),
        little,
        big,
        secret.encode("utf-32"),
        in_json(secret, 1).encode("utf-16-le"),
        little.hex().encode(),
        base64.b64encode(little),
        base64.b64encode(b"user:" + little + b" tail"),
        base64.urlsafe_b64encode(b"x" + big + b"yy"),
        in_json(base64.b64encode(b"??>" + raw).decode(), 2).encode(),
        quote(base64.b64encode(b"??>" + raw), safe="").encode(),
        raw,
        quote(secret, safe="").encode(),
        "".join(f"%{byte:02x}" for byte in raw).encode(),
        "".join(f"\\u{ord(char):04x}" for char in secret).encode(),
        json.dumps(secret)[1:-1].replace("/", "\\/").encode(),
        raw.hex().encode(),
        raw.hex().upper().encode(),
        base64.b64encode(raw),
        base64.urlsafe_b64encode(raw),
        base64.b64encode(b"user:" + raw + b" tail"),
        base64.b64encode(b"x" + raw + b"yy"),
    ]


@settings(max_examples=60, deadline=None)
@given(
    st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=8, max_size=40),
    st.binary(max_size=20),
    st.binary(max_size=20),
)
def test_known_secrets_are_found_in_every_form(value: str, before: bytes, after: bytes) -> None:
    secret = Secret(value, "env:S")
    for form in written_forms(value):
        data = before + b" " + form + b" " + after
        assert leaks(data, [secret]) == ["env:S"]
        clean = body_of(data, "application/octet-stream", secrets=[secret])
        assert leaks(clean, [secret]) == []
        assert form not in clean


@pytest.mark.parametrize(
    "value", ["schlüssel-ж€-\U0001f511-4711", "-----BEGIN X-----\nab/cd+ef==\n\ttail\r\n", 'a\\\\\\b"c/d']
)
def test_secrets_of_other_characters_are_found_in_every_form_too(value: str) -> None:
    secret = Secret(value, "env:S")
    units = value.encode("utf-16-be")
    unicoded = "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))
    forms = [
        *(in_json(value, times).encode() for times in range(4)),
        *(json.dumps(in_json(value, times), ensure_ascii=False).encode() for times in range(3)),
        *(value.encode(encoding) for encoding in ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")),
        unicoded.encode(),
        unicoded.encode("utf-16-le"),
        base64.b64encode(value.encode("utf-16-be")),
        quote(value, safe="").encode(),
    ]
    for form in forms:
        data = b"a " + form + b" z"
        assert leaks(data, [secret]) == ["env:S"], form
        clean, found = mask_known(data, [secret])
        assert (found, leaks(clean, [secret])) == (("env:S",), [])


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=9, max_size=40), st.data())
def test_another_text_of_almost_the_same_letters_is_no_leak(value: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(3, len(value) - 4))
    letter = data.draw(st.sampled_from([char for char in "kQ7" if char != value[at]]))
    other = value[:at] + letter + value[at + 1 :]
    assert not [form for form in written_forms(other) if leaks(b"a " + form + b" z", [Secret(value, "env:S")])]


@pytest.mark.parametrize("filler", [b"\\", b"%25", b"\\u005c", b"\0", b"s\0", b"\\\0", b"z", b"s3cr3t"])
def test_no_filler_makes_the_search_slow(filler: bytes) -> None:
    secret = Secret("\\\\\\s3cr3t/va\\lue%=\\\\", "env:S")
    body = filler * (200_000 // len(filler))
    began = time.perf_counter()
    assert leaks(body, [secret, KNOWN]) == []
    assert time.perf_counter() - began < 10


def test_a_check_that_looks_for_plain_text_alone_would_miss_them() -> None:
    # The broken variant: plain search finds one form of all these.
    found = [form for form in written_forms(KNOWN.value) if KNOWN.value.encode() in form]
    assert len(found) == 1
    assert all(leaks(form, [KNOWN]) for form in written_forms(KNOWN.value))


def test_a_standard_webhooks_secret_is_known_without_its_prefix_and_as_bytes() -> None:
    raw = bytes(range(100, 124))
    secret = Secret("whsec_" + base64.b64encode(raw).decode(), "env:W")
    assert leaks(b"x " + base64.b64encode(raw), [secret])
    assert leaks(b"x" + raw, [secret])
    assert leaks(raw.hex().encode(), [secret])
    assert not leaks(b"whsec_", [secret])


def test_labels_do_not_show_the_secret() -> None:
    secret = Secret("a-very-long-secret-9f2c", "env:S")
    _, masked = redact(make_request(b"echo a-very-long-secret-9f2c", headers=[]), secrets=[secret])
    assert masked == ("env:S in the body",)


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        ("password", True),
        ("API_KEY", True),
        ("apiKey", True),
        ("clientSecret", True),
        ("x-gitlab-token", True),
        ("customer_email", True),
        ("accessToken", True),
        ("session_id", True),
        ("id", False),
        ("name", False),
        ("token_type", False),
        ("monkey", False),
        ("key", False),
        ("secretary", False),
        ("spin", False),
        ("author", False),
        ("authored_at", False),
        ("email_count", False),
        ("", False),
        ("full_name", False),
        ("access_tokens_url", False),
        ("token_expires_at", False),
        ("emails", True),
        ("AccessTokens", True),
    ],
)
def test_names(name: str, secret: bool) -> None:
    assert is_secret_name(name) is secret


def test_values_that_give_themselves_away() -> None:
    # Put together here, so that no scanner takes them for real ones.
    for begin in ("sk_" + "live_", "ghp" + "_", "xoxb" + "-", "glpat" + "-", "AK" + "IA", "SG" + "."):
        clean = body_of(json.dumps({"note": f"use {begin}abcdefghij123456 now"}).encode())
        assert begin.encode() in clean
        assert b"abcdefghij" not in clean
    jwt = "eyJ" + "hbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl"
    assert b"hbGciOi" not in body_of(json.dumps({"note": jwt}).encode())
    pem = "-----BEGIN RSA PRIVATE " + "KEY-----\nabcdef\n-----END RSA PRIVATE KEY-----"
    assert b"abcdef" not in body_of(json.dumps({"note": pem}).encode())
    assert body_of(b'{"note":"task-management and SG.x"}') == b'{"note":"task-management and SG.x"}'


def test_masks_never_equal_what_they_hide() -> None:
    assert mask_text("xxx") == "zzz"
    assert mask_text("000") == "999"
    assert mask_number("999") == "888"
    assert mask_number("-12.5e+10") == "-99.9e+00"
    assert mask_json_string('"a\\"\\u00e9b"') == '"xxxx"'
    assert mask_text("ada@shop.example") == "xxx@xxxx.xxxxxxx"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=6) | st.sampled_from(["password", "email", "a"]), inner, max_size=4)
    ),
    max_leaves=12,
)


def pattern(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: pattern(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [pattern(inner) for inner in value]
    return type(value).__name__


@settings(max_examples=100, deadline=None)
@given(json_values)
def test_json_stays_json_of_the_same_shape(value: Any) -> None:
    body = json.dumps(value).encode()
    request = make_request(body)
    clean, _ = redact(request)
    again, _ = redact(request)
    assert clean == again
    assert pattern(json.loads(clean.body)) == pattern(json.loads(body))


@settings(max_examples=100, deadline=None)
@given(st.text(st.sampled_from("ab1@.é日\ud800\udfff "), min_size=1, max_size=20), st.booleans())
@example("Zoë \ud800", False)
@example("11@é\ud800.11", True)
def test_half_a_surrogate_pair_beside_other_letters_stays_json(text: str, names: bool) -> None:
    written = re.sub("[\ud800-\udfff]", lambda half: f"\\u{ord(half[0]):04x}", json.dumps(text, ensure_ascii=False))
    body = f'{{{written}: "é"}}' if names else f'{{"name": {written}, "note": {written}}}'
    clean, _ = redact(make_request(body.encode()), style=Pseudonyms(b"a key of the tests' own........."))
    assert pattern(list(json.loads(clean.body).values())) == pattern(list(json.loads(body).values()))


@settings(max_examples=100, deadline=None)
@given(any_request)
def test_no_bytes_raise(request: Request) -> None:
    clean, masked = redact(request, secrets=[KNOWN], extra_paths=["$..a"])
    assert leaks(clean.raw(), [KNOWN]) == []
    assert all(text.isprintable() for text in masked)
