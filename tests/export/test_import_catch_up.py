"""Catching up from providers' APIs and relays: whole events with their own time, nothing invented silently."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.export.import_samples import GITHUB, GOSMEE, GOSMEE_BODY, SMEE, STRIPE
from webhook_inspector.core.clock import NS_PER_S
from webhook_inspector.core.jsondoc import load_json
from webhook_inspector.errors import InputError
from webhook_inspector.events import extract
from webhook_inspector.export import json_text
from webhook_inspector.export.importing import ImportResult, import_bytes
from webhook_inspector.providers.load import builtin

T_NS = 1795210315 * NS_PER_S


def read(document: Any, kind: str) -> ImportResult:
    data = document if isinstance(document, bytes) else json.dumps(document, ensure_ascii=False).encode()
    return import_bytes(data, "in.json", 7, kind=kind)


def github(document: Any) -> ImportResult:
    return read(document, "github-deliveries")


def stripe(document: Any) -> ImportResult:
    return read(document, "stripe-events")


def smee(document: Any) -> ImportResult:
    return read(document, "gosmee")


# GitHub

RAW = b"""{ "guid": "g-1", "delivered_at":"2026-11-20T21:31:55Z","event": "issues", "id":1, "url": null, "request": {
  "payload": {"n": 1.50, "big": 12345678901234567890123, "t": "a \\u00e9 \\/ \\" b", "e": [ ], "z": {"b": 1, "a": 2} },
  "headers": {"X-Hub-Signature-256": "sha256=00", "Accept": "*/*"} } }"""


def test_a_delivery_keeps_numbers_escapes_and_order_of_its_payload() -> None:
    result = github(RAW)
    (delivery,) = result.deliveries
    request = delivery.request
    assert request.body == (
        b'{"n":1.50,"big":12345678901234567890123,"t":"a \\u00e9 \\/ \\" b","e":[],"z":{"b":1,"a":2}}'
    )
    assert (request.method, request.target) == ("POST", b"/github")
    assert request.headers.text_pairs() == [
        ["X-Hub-Signature-256", "sha256=00"],
        ["Accept", "*/*"],
        ["X-GitHub-Event", "issues"],
        ["X-GitHub-Delivery", "g-1"],
        ["Content-Type", "application/json"],
    ]
    assert (delivery.received_ns, delivery.provider_hint) == (T_NS, "github")
    event = extract(request, builtin()["github"])
    assert (event.type, event.id) == ("issues", "g-1")
    assert "its signature holds only where these are the bytes that were sent" in result.notes[0]


def test_the_url_of_the_hook_gives_path_and_host() -> None:
    request = github(GITHUB).deliveries[0].request
    assert request.target == b"/gh?x=1"
    assert request.headers.get("Host") == "hooks.example"
    assert request.headers.get_all("X-GitHub-Event") == ["issues"]


def test_a_form_of_github() -> None:
    document = json.loads(RAW)
    document["request"]["headers"]["content-type"] = "application/x-www-form-urlencoded"
    ((name, value),) = parse_qsl(github(document).deliveries[0].request.body.decode())
    assert name == "payload"
    assert json.loads(value) == document["request"]["payload"]


@pytest.mark.parametrize(
    "data",
    [b"[%s, %s]", b"[[%s], [%s]]", b"%s\n%s\n", b"%s%s", b" [%s][%s] "],
)
def test_several_in_one_file(data: bytes) -> None:
    result = github(data % (RAW, RAW.replace(b"g-1", b"g-2")))
    ids = [delivery.request.headers.get("X-GitHub-Delivery") for delivery in result.deliveries]
    assert ids == ["g-1", "g-2"]
    assert result.skipped == ()


def test_summaries_say_how_to_get_the_whole() -> None:
    summary = {key: value for key, value in GITHUB.items() if key not in {"request", "response", "url"}}
    result = github([summary, GITHUB])
    assert len(result.deliveries) == 1
    (skip,) = result.skipped
    assert skip == (
        "Delivery 1 was skipped: it is a summary without headers and payload; "
        "`gh api repos/OWNER/REPO/hooks/HOOK/deliveries/12345678` gives the whole."
    )
    with pytest.raises(InputError, match="summary without headers and payload"):
        github([summary])


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        (5, "not a delivery"),
        ({"message": "Not Found"}, "not a delivery"),
        ({**GITHUB, "request": {"headers": {}, "payload": None}}, "no longer has its payload"),
        ({**GITHUB, "request": {"headers": {"A": 5}, "payload": {}}}, "header A is not text"),
        ({**GITHUB, "request": {"headers": {"A\r\n": "5"}, "payload": {}}}, "the name of header"),
        ({**GITHUB, "url": "file:///etc/hostname"}, "'file:' is not"),
        ({**GITHUB, "id": "\x1b", "request": None}, "deliveries/␛`"),
    ],
)
def test_deliveries_that_are_skipped(entry: Any, says: str) -> None:
    result = github([GITHUB, entry])
    assert len(result.deliveries) == 1
    (skip,) = result.skipped
    assert skip.startswith("Delivery 2 was skipped: ")
    assert says in skip
    assert skip.isprintable()


def test_a_file_that_breaks_off_keeps_what_is_whole() -> None:
    result = github(RAW + b"\n" + RAW[:100])
    assert len(result.deliveries) == 1
    assert "What follows delivery 1 was skipped: it is not JSON" in result.skipped[0]


# Stripe


def test_events_oldest_first_as_stripe_writes_them() -> None:
    result = stripe(STRIPE)
    first, second = result.deliveries
    assert first.request.body == json.dumps(STRIPE["data"][1], indent=2).encode()
    assert [json.loads(one.request.body)["id"] for one in (first, second)] == ["evt_1", "evt_2"]
    assert (first.received_ns, first.provider_hint) == (T_NS, "stripe")
    assert first.request.target == b"/stripe"
    event = extract(first.request, builtin()["stripe"])
    assert (event.type, event.id) == ("charge.failed", "evt_1")
    assert "the API does not give the signature" in result.notes[0]


def test_events_in_every_form_that_tools_save() -> None:
    one, two = STRIPE["data"]
    lines = "\n".join(map(json.dumps, (one, two))).encode()
    for document in (
        lines,
        [one, two],
        STRIPE,
        json.dumps(one).encode() + json.dumps({**STRIPE, "data": [two]}).encode(),
    ):
        assert [delivery.received_ns for delivery in stripe(document).deliveries] == [T_NS, T_NS + NS_PER_S]
    assert len(stripe(one).deliveries) == 1


def test_what_is_no_event() -> None:
    result = stripe([*STRIPE["data"], {"object": "charge\x1b"}, 5, {}])
    assert len(result.deliveries) == 2
    assert [skip.partition(": ")[2] for skip in result.skipped] == [
        "it is 'charge␛', not an event.",
        "it is not an event.",
        "it is not an event.",
    ]


def test_an_event_that_white_space_would_make_huge() -> None:
    deep = b"[" * 400 + b"1," * 200_000 + b"1" + b"]" * 400
    data = b'[{"object":"event","id":"a","created":1},{"object":"event","created":1,"x":' + deep + b"}]"
    result = stripe(data)
    assert result.skipped == ("Event 2 was skipped: it is too large.",)


# smee and gosmee


def test_an_event_of_smee() -> None:
    result = smee(json.dumps(SMEE, ensure_ascii=False).replace("1.5}", "1.50}").encode())
    (delivery,) = result.deliveries
    assert delivery.request.body == '{"zen":"é","n":1.50}'.encode()
    assert delivery.request.target == b"/?a=b+c"
    assert delivery.request.headers.text_pairs() == [
        ["host", "smee.io"],
        ["content-type", "application/json"],
        ["x-github-event", "ping"],
    ]
    assert delivery.received_ns == T_NS + 123_000_000
    assert "read by smee before it was kept" in result.notes[0]


def test_an_event_of_gosmees_server_has_the_bytes() -> None:
    event = {"x-a": "1", "bodyB": "AP97fQ==", "timestamp": "1795210315123"}
    (delivery,) = smee([event]).deliveries
    assert delivery.request.body == b"\x00\xff{}"
    assert delivery.received_ns == T_NS + 123_000_000
    assert smee([event]).notes == ()


@pytest.mark.parametrize(
    ("event", "says"),
    [
        (5, "no event with a body"),
        ({"x-a": "1"}, "no event with a body"),
        ({"body": None}, "it has no body"),
        ({"bodyB": "?"}, "bodyB is not base64"),
        ({"body": 1, "A\r\nB": "1"}, "the name of header"),
    ],
)
def test_events_that_are_skipped(event: Any, says: str) -> None:
    result = smee([SMEE, event])
    assert len(result.deliveries) == 1
    assert result.skipped[0].startswith("Event 2 was skipped: ")
    assert says in result.skipped[0]


def test_a_script_of_gosmee() -> None:
    result = import_bytes(GOSMEE, "x.sh", 7, beside={GOSMEE_BODY: b'{"a":1}'})
    (delivery,) = result.deliveries
    assert delivery.request.body == b'{"a":1}'
    assert delivery.received_ns == T_NS - 55 * NS_PER_S
    assert "time to the minute only" in result.notes[0]
    broken = (b"-H 'X-Github-Event: push'", b"-o /tmp/x")
    with pytest.raises(InputError, match="which gosmee does not write"):
        import_bytes(GOSMEE.replace(*broken), "x.sh", 7, beside={GOSMEE_BODY: b"{}"})
    with pytest.raises(InputError, match="a shell would run"):
        import_bytes(GOSMEE.replace(b"'X-Github-Event: push'", b"`id`"), "x.sh", 7, beside={GOSMEE_BODY: b"{}"})


def test_a_script_names_no_file_of_another_folder() -> None:
    script = GOSMEE.replace(b"@./push", b"@./../push").replace(b"@./..", b"@/etc/..")
    with pytest.raises(InputError):
        import_bytes(script, "x.sh", 7, kind="gosmee", beside={"../" + GOSMEE_BODY: b"x", GOSMEE_BODY: b"x"})


# Values cut out of a text

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(JSON, st.sampled_from([None, 0, 3]), st.booleans())
def test_writing_anew_changes_white_space_only(value: Any, indent: int | None, ascii_only: bool) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    expected = json.dumps(value, separators=(",", ":"), ensure_ascii=ascii_only)
    assert json_text.compact(text).decode() == expected
    assert json_text.pretty(text).decode() == json.dumps(value, indent=2, ensure_ascii=ascii_only)


@settings(max_examples=200, deadline=None)
@given(st.lists(JSON, max_size=4), st.dictionaries(st.text(max_size=5), JSON, max_size=4), st.sampled_from([None, 2]))
def test_children_are_cut_out_as_written(items: list[Any], members: dict[str, Any], indent: int | None) -> None:
    assert [load_json(part) for part in json_text.elements(json.dumps(items, indent=indent))] == items
    text = json.dumps(members, indent=indent)
    for key, value in members.items():
        assert load_json(json_text.member(text, key) or "") == value
    assert json_text.member(text, "not there") is None


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.lists(JSON, max_size=3) | st.dictionaries(st.text(max_size=5), JSON), max_size=4),
    st.sampled_from(["", "\n"]),
)
def test_documents_one_after_another(values: list[Any], between: str) -> None:
    text = between.join(map(json.dumps, values))
    assert [load_json(part) for part in json_text.documents(text)] == values


def test_of_two_values_of_a_key_the_last_counts() -> None:
    assert json_text.member('{"a": 1, "b": {"a": 3}, "a" : [2]}', "a") == "[2]"
