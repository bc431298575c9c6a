"""Fields, templates, hints and times."""

from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.factories import T0_NS, make_request
from webhook_inspector.core.headers import Headers
from webhook_inspector.core.jsondoc import load_json
from webhook_inspector.core.request import Request
from webhook_inspector.events import detect
from webhook_inspector.providers.fields import Fields, detect_score, to_bytes
from webhook_inspector.providers.load import builtin
from webhook_inspector.providers.model import DETECT_AT, UNITS
from webhook_inspector.providers.template import NAMED_FIELDS, Field, parse_field, parse_template
from webhook_inspector.providers.units import format_time, parse_time

REQUEST = Request(
    "POST",
    b"/in?a=1&b=%20x",
    Headers.from_text([("X-One", "1"), ("x-one", "2"), ("X-Sig-2", "s"), ("Host", "h:1")]),
    b'{"a":{"b":[10,"x",true,null,1.5]},"message":{}}',
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("header:X-ONE", "1"),
        ("headers:X-Sig-*", "s"),
        ("json:/a/b/0", "10"),
        ("json:/a/b/2", "true"),
        ("json:/a/b/4", "1.5"),
        ("json:/a/b/3", None),
        ("json:/a/b", None),
        ("json:/nope", None),
        ("query:b", " x"),
        ("query:c", None),
        ("param:id", "wh"),
        ("key:edited,message", "message"),
        ("form:a", None),
        ("{header:X-One}-{json:/a/b/1}", "1-x"),
        ("{header:X-One}-{json:/a/b/9}", None),
        ("{method} {path} {host}", "POST /in h:1"),
    ],
)
def test_values(text: str, value: str | None) -> None:
    assert Fields(REQUEST, params={"id": "wh"}).render(parse_template(text)) == value


def test_form_fields_and_their_bytes() -> None:
    form = make_request(b"a=%FF&b=&a=2", headers=[("Content-Type", "application/x-www-form-urlencoded")])
    fields = Fields(form)
    assert fields.raw(Field("form", "a")) == [b"\xff", b"2"]
    assert fields.text(Field("form", "b")) == ""


def test_json_in_the_field_payload_of_a_form_is_read_as_json() -> None:
    form = [("Content-Type", "application/x-www-form-urlencoded")]
    fields = Fields(make_request(b"payload=%7B%22type%22%3A%22block_actions%22%7D&x=1", headers=form))
    assert fields.text(Field("json", "/type")) == "block_actions"
    assert fields.text(Field("form", "x")) == "1"
    for body in (b"payload=%7B", b"payload=", b"other=%7B%22type%22%3A1%7D", b"payload=\xff", b""):
        assert Fields(make_request(body, headers=form)).text(Field("json", "/type")) is None
    plain = make_request(b"payload=%7B%22type%22%3A1%7D", headers=[("Content-Type", "text/plain")])
    assert Fields(plain).text(Field("json", "/type")) is None


def test_scope_is_put_before_pointers() -> None:
    assert Fields(REQUEST, scope="/a").text(Field("json", "/b/1")) == "x"


@pytest.mark.parametrize("text", ["", "header", "header:", "json:a", "body:x", "nope:x", "header_x:y"])
def test_fields_that_are_none(text: str) -> None:
    with pytest.raises(ValueError, match=r"field|name|pointer"):
        parse_field(text)


@pytest.mark.parametrize("text", ["header:X-A", "json:/a/b~1c", "body", "timestamp"])
def test_fields_read_back(text: str) -> None:
    assert str(parse_field(text)) == text


@settings(max_examples=80)
@given(body=st.binary(max_size=60), target=st.binary(max_size=20), name=st.text(max_size=10))
def test_hostile_requests_never_raise(body: bytes, target: bytes, name: str) -> None:
    request = Request("GET", target, Headers(((b"\xff", body), (b"Content-Type", b"application/json"))), body)
    fields = Fields(request)
    for kind in NAMED_FIELDS:
        assert isinstance(fields.raw(Field(kind, name)), list)
    for provider in builtin().values():
        assert isinstance(detect_score(provider.detect, fields), int)
        fields.first(provider.events.type)
    assert isinstance(to_bytes(name + "\ud800"), bytes)


@pytest.mark.parametrize(
    ("headers", "names"),
    [
        ([("Stripe-Signature", "t=1")], ["stripe"]),
        ([("X-Hub-Signature-256", "sha256=ab")], ["github"]),
        ([("X-Hub-Signature", "sha256=ab")], []),
        ([("X-Hub-Signature", "sha1=ab")], []),
        ([("X-Hub-Signature", "sha1=ab"), ("User-Agent", "GitHub-Hookshot/1")], ["github"]),
        ([("X-Hub-Signature-256", "sha256=ab"), ("X-GitHub-Event", "push"), ("X-Gitea-Event", "push")], ["gitea"]),
        ([("webhook-signature", "v1,ab"), ("webhook-id", "1")], ["standard-webhooks"]),
        ([("webhook-signature", "v1,ab"), ("webhook-id", "1"), ("X-Gitlab-Event", "Push Hook")], ["gitlab"]),
        ([("svix-signature", "v1,ab")], ["svix"]),
        ([("X-Shopify-Topic", "a/b")], ["shopify"]),
        ([("X-Slack-Signature", "v0=1")], ["slack"]),
        ([("squarespace-signature", "ab")], ["squarespace"]),
        ([("X-Gitlab-Token", "t")], ["gitlab"]),
        ([("Content-Type", "application/json")], []),
    ],
)
def test_hints_point_to_one_provider(headers: list[tuple[str, str]], names: list[str]) -> None:
    fields = Fields(make_request(headers=headers))
    scores = {name: detect_score(provider.detect, fields) for name, provider in builtin().items()}
    best = max(scores.values())
    found = [name for name, score in scores.items() if score == best and score >= DETECT_AT]
    assert found == names, scores


def test_a_body_of_meta_is_not_taken_for_github() -> None:
    request = make_request(b'{"object":"page","entry":[]}', headers=[("X-Hub-Signature-256", "sha256=ab")])
    assert detect_score(builtin()["github"].detect, Fields(request)) < DETECT_AT


@pytest.mark.parametrize(
    ("text", "unit", "ns"),
    [
        ("1780000000", "s", 1_780_000_000 * 10**9),
        (" +1780000000 ", "s", 1_780_000_000 * 10**9),
        ("1780000000.25", "s", 1_780_000_000_250_000_000),
        ("-1.5", "s", -1_500_000_000),
        ("1780000000123", "ms", 1_780_000_000_123_000_000),
        ("2026-05-28T20:26:40Z", "iso8601", 1_780_000_000 * 10**9),
        ("2026-05-28T20:26:40.123456789Z", "iso8601", 1_780_000_000_123_456_000),
        ("2026-05-28T20:26+00:00", "iso8601", 1_779_999_960 * 10**9),
        ("Thu, 28 May 2026 20:26:40 GMT", "http-date", 1_780_000_000 * 10**9),
        ("1_000", "s", None),
        ("١٢٣", "s", None),
        ("9" * 40, "s", None),
        ("9" * 5000, "ms", None),
        ("", "s", None),
        ("tomorrow", "iso8601", None),
        ("tomorrow", "http-date", None),
        ("NaN", "s", None),
        ("0x10", "s", None),
    ],
)
def test_times(text: str, unit: str, ns: int | None) -> None:
    assert parse_time(text, unit) == ns


@pytest.mark.parametrize("unit", UNITS)
def test_times_read_back(unit: str) -> None:
    assert parse_time(format_time(T0_NS, unit), unit) == T0_NS


@settings(max_examples=80)
@given(text=st.text(max_size=70), unit=st.sampled_from(UNITS))
def test_any_text_is_a_time_or_none(text: str, unit: str) -> None:
    assert parse_time(text, unit) is None or isinstance(parse_time(text, unit), int)


PAD = "x" * 100_000


@pytest.mark.parametrize("text", [f'{{"type": "a", "pad": "{PAD}"}}', f' \r\n\t[{{"type": "a"}}, "{PAD}"]'])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-32", "utf-32-le"])
def test_a_long_document_is_read_in_each_encoding(text: str, encoding: str) -> None:
    pointer = "/type" if "{" in text[:1] else "/0/type"
    assert load_json(text.encode(encoding))
    assert Fields(make_request(text.encode(encoding))).text(Field("json", pointer)) == "a"


def test_a_long_form_is_read_when_it_is_told_or_begins_like_one() -> None:
    form = f"event[type]=paid&pad={PAD}".encode()
    assert Fields(make_request(form)).text(Field("form", "event[type]")) == "paid"
    spaced = f"event type=paid&pad={PAD}".encode()
    assert Fields(make_request(spaced)).form() == []
    told = [("Content-Type", "application/x-www-form-urlencoded")]
    assert Fields(make_request(spaced, headers=told)).text(Field("form", "event type")) == "paid"
    assert Fields(make_request(b"event type=paid")).text(Field("form", "event type")) == "paid"


@pytest.mark.parametrize(
    ("headers", "unit"),
    [
        ([], b"hello world %41%42\n"),
        ([], b"\0" * 16),
        ([], b"%PDF-1.7 %41%42 "),
        ([("Content-Type", "application/x-www-form-urlencoded")], b"%41%42%43%44%45"),
    ],
)
def test_what_is_neither_costs_little_however_long_it_is(headers: list[tuple[str, str]], unit: bytes) -> None:
    request = make_request(unit * (9 * 1024 * 1024 // len(unit)), headers=headers)
    providers = builtin()
    tracemalloc.start()
    try:
        assert detect(request, providers) is None
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < len(request.body) / 4
