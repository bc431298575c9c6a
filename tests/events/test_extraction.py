from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.factories import make_request
from tests.support.shared import shared_jsonl
from webhook_inspector.core.clock import NS_PER_S
from webhook_inspector.core.payload import FORM
from webhook_inspector.core.request import Request
from webhook_inspector.events import detect, extract, object_key, scores
from webhook_inspector.events.times import guess_time
from webhook_inspector.providers.load import builtin

PROVIDERS = builtin()
JSON = ("Content-Type", "application/json")


def request(body: Any, *headers: tuple[str, str]) -> Request:
    return make_request(json.dumps(body).encode(), headers=[JSON, *headers])


def test_providers_are_recognised_by_their_hints() -> None:
    assert detect(request({}, ("Stripe-Signature", "t=1,v1=2")), PROVIDERS) == "stripe"
    assert detect(request({}, ("X-GitHub-Event", "push")), PROVIDERS) == "github"
    assert detect(request({}, ("X-Shopify-Topic", "orders/create")), PROVIDERS) == "shopify"
    assert detect(request({}, ("X-GitHub-Event", "push"), ("X-Gitea-Event", "push")), PROVIDERS) == "gitea"
    assert detect(request({}), PROVIDERS) is None
    assert scores(request({}, ("X-GitHub-Event", "push")), PROVIDERS)[0][1] == "github"


def test_stripe_by_its_rules() -> None:
    body = {"id": "evt_1", "type": "invoice.paid", "created": 1763647331, "data": {"object": {"id": "in_1"}}}
    event = extract(request(body), PROVIDERS["stripe"])
    assert (event.type, event.id, event.time_ns, event.attempt) == (
        "invoice.paid",
        "evt_1",
        1763647331 * NS_PER_S,
        None,
    )
    assert object_key(request(body), PROVIDERS["stripe"]) == "in_1"
    assert object_key(request(body), None) is None


def test_slack_counts_retries() -> None:
    body = {"type": "event_callback", "event": {"type": "message"}, "event_id": "Ev1", "event_time": 1763647331}
    first = extract(request(body), PROVIDERS["slack"])
    assert (first.type, first.id, first.attempt) == ("message", "Ev1", None)
    assert extract(request(body, ("X-Slack-Retry-Num", "1")), PROVIDERS["slack"]).attempt == 2


def test_shopify_times_with_nanoseconds() -> None:
    event = extract(
        request({}, ("X-Shopify-Topic", "orders/create"), ("X-Shopify-Triggered-At", "2026-11-20T21:31:55.123456789Z")),
        PROVIDERS["shopify"],
    )
    assert event.time_ns is not None
    assert event.time_ns // NS_PER_S == 1795210315


@pytest.mark.parametrize(
    ("body", "headers", "kind", "identity", "time_s", "attempt"),
    [
        ({"type": "a.b", "id": 5, "created": 1763647331}, [], "a.b", "5", 1763647331, None),
        (
            {"event": "order.paid", "event_id": "e1", "occurred_at": "2025-11-20T14:02:11Z"},
            [],
            "order.paid",
            "e1",
            1763647331,
            None,
        ),
        ({"id": 7, "updated_at": 1763647331402}, [("X-Acme-Event", "push")], "push", None, 1763647331, None),
        (
            {"id": 7, "created_at": 1763647331},
            [("X-WC-Webhook-Topic", "order.updated")],
            "order.updated",
            None,
            None,
            None,
        ),
        ({}, [("X-Acme-Event", "push"), ("X-Acme-Delivery", "d1"), ("X-Attempt-Number", "3")], "push", "d1", None, 3),
        ({}, [("ce-type", "t"), ("ce-id", "i"), ("ce-time", "2025-11-20T14:02:11Z")], "t", "i", 1763647331, None),
        ({"id": "9f1c2d3e-0000-4000-8000-00000000000a"}, [], None, "9f1c2d3e-0000-4000-8000-00000000000a", None, None),
        ({"id": 9}, [], None, None, None, None),
        ({"type": "customer", "id": 9, "created": 1763647331}, [], "customer", None, None, None),
        ({"type": "ping", "id": 9, "data": {}, "created": 1763647331}, [], "ping", "9", 1763647331, None),
        ({"event": "ping", "id": 9}, [], "ping", "9", None, None),
        ([{"event": "open", "sg_event_id": "x", "timestamp": 1763647331}], [], "open", None, 1763647331, None),
        ({"event": {"type": "x", "id": "e"}, "type": "event_callback"}, [("Acme-Retry-Count", "0")], "x", "e", None, 1),
        ({"type": {"a": 1}, "event": None, "id": True}, [], None, None, None, None),
    ],
)
def test_usual_places(
    body: Any,
    headers: list[tuple[str, str]],
    kind: str | None,
    identity: str | None,
    time_s: int | None,
    attempt: int | None,
) -> None:
    event = extract(request(body, *headers), None)
    seconds = None if event.time_ns is None else event.time_ns // NS_PER_S
    assert (event.type, event.id, seconds, event.attempt) == (kind, identity, time_s, attempt)


def test_forms_say_what_they_are() -> None:
    event = extract(make_request(b"event_type=sent&event_id=77", headers=[("Content-Type", FORM)]), None)
    assert (event.type, event.id) == ("sent", "77")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1763647331", 1763647331.0),
        ("1763647331.5", 1763647331.5),
        ("1763647331402", 1763647331.402),
        ("1763647331402000", 1763647331.402),
        ("2025-11-20T14:02:11Z", 1763647331.0),
        ("2025-11-20T15:02:11+01:00", 1763647331.0),
        ("Thu, 20 Nov 2025 14:02:11 GMT", 1763647331.0),
        ("2025-11-20 14:02:11 UTC", 1763647331.0),
        ("12", None),
        ("9" * 50, None),
        ("soon", None),
        ("", None),
    ],
)
def test_times_by_their_looks(text: str, seconds: float | None) -> None:
    found = guess_time(text)
    assert (None if found is None else found / NS_PER_S) == (None if seconds is None else pytest.approx(seconds))


def test_long_values_are_cut() -> None:
    event = extract(request({"event": "t" * 10_000, "id": "i" * 1_000_000}), None)
    assert event.type is not None
    assert len(event.type) == 200
    assert event.id is not None
    assert len(event.id) < 200
    other = extract(request({"event": "t", "id": "i" * 1_000_001}), None)
    assert other.id != event.id


@given(
    st.binary(max_size=80) | st.from_regex(rb'\{"(type|id|created|event)":[^x]{0,20}\}', fullmatch=True),
    st.lists(
        st.tuples(
            st.sampled_from(
                ["X-Slack-Retry-Num", "X-A-Event", "webhook-id", "ce-time", "Content-Encoding", "User-Agent"]
            ),
            st.text(max_size=20),
        ),
        max_size=4,
    ),
)
@settings(max_examples=100, deadline=None)
def test_no_bytes_raise(body: bytes, headers: list[tuple[str, str]]) -> None:
    odd = make_request(body, headers=[JSON, *headers], target=body[:20])
    detect(odd, PROVIDERS)
    for provider in (None, *PROVIDERS.values()):
        event = extract(odd, provider)
        assert event.time_ns is None or 0 < event.time_ns < 10**21
        assert event.attempt is None or event.attempt >= 1
        object_key(odd, provider)


@pytest.mark.parametrize("name", ["github_octokit", "shopify_hookdeck"])
def test_real_payloads(name: str) -> None:
    for row in shared_jsonl(f"data/{name}.jsonl"):
        captured = make_request(json.dumps(row["body"]).encode(), headers=list(row["headers"].items()))
        provider = detect(captured, PROVIDERS)
        assert provider is not None
        assert provider == row["provider"]
        assert extract(captured, PROVIDERS[provider]).type == row["event_type"]
