"""Samples are complete, consistent, deterministic and look like their provider's."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path

import pytest

from tests.support.factories import T0_NS
from webhook_inspector.core.request import Request
from webhook_inspector.errors import UsageError
from webhook_inspector.samples import catalogue, describe, load, sample

ALL = [(provider, event) for provider, events in catalogue().items() for event in events]


def make(provider: str, event: str | None = None, seed: int = 1, **overrides: str) -> Request:
    return sample(provider, event, now_ns=T0_NS, rng=random.Random(seed), overrides=overrides)


def test_the_promised_providers_have_at_least_two_events_each() -> None:
    known = catalogue()
    for provider in ("stripe", "github", "shopify", "slack", "standard-webhooks", "squarespace", "gitlab", "svix"):
        assert len(known[provider]) >= 2
    assert {"invoice.paid", "payment_intent.succeeded", "charge.refunded"} <= set(known["stripe"])
    assert {"push", "pull_request", "ping", "issues"} <= set(known["github"])
    assert {"orders/create", "products/update"} <= set(known["shopify"])
    assert {"message", "app_mention"} <= set(known["slack"])
    assert {"order.create", "order.update"} <= set(known["squarespace"])
    assert {"push", "merge_request"} <= set(known["gitlab"])


def test_folder_and_catalogue_agree() -> None:
    folder = Path(load.__file__).parent
    assert set(catalogue()) == {path.stem for path in folder.glob("*.json")}


@pytest.mark.parametrize(("provider", "event"), ALL)
def test_a_sample_is_whole_compact_json_without_leftover_placeholders(provider: str, event: str) -> None:
    request = make(provider, event)
    document = json.loads(request.body)
    assert json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode() == request.body
    text = request.body.decode() + json.dumps(request.headers.text_pairs())
    assert not re.search(r"\{[=@]?[a-z][a-z0-9_.]*( \d+|[+-]\d+)?\}", text)
    assert request.content_type == "application/json"
    assert request.headers.get("user-agent")
    assert request.method == "POST"


@pytest.mark.parametrize(("provider", "event"), ALL)
def test_the_same_seed_and_time_give_the_same_bytes_and_another_seed_fresh_ids(provider: str, event: str) -> None:
    assert make(provider, event) == make(provider, event)
    other = make(provider, event, seed=2)
    assert other != make(provider, event)


@pytest.mark.parametrize("info", describe(), ids=lambda info: f"{info.provider} {info.event}")
def test_each_sample_says_what_it_is_and_where_it_is_documented(info: load.SampleInfo) -> None:
    assert "\n" not in info.about
    assert 10 <= len(info.about) <= 80
    assert info.documented.startswith("https://")
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", info.checked)


def test_amounts_add_up() -> None:
    invoice = json.loads(make("stripe", "invoice.paid").body)["data"]["object"]
    assert invoice["total"] == invoice["subtotal"] + sum(tax["amount"] for tax in invoice["total_taxes"])
    assert invoice["amount_paid"] == invoice["amount_due"] == invoice["total"]
    assert invoice["subtotal"] == sum(line["amount"] for line in invoice["lines"]["data"])
    order = json.loads(make("shopify", "orders/create").body)
    lines = sum(float(line["price"]) * line["quantity"] for line in order["line_items"])
    shipping = sum(float(line["price"]) for line in order["shipping_lines"])
    assert float(order["subtotal_price"]) == lines
    assert float(order["total_price"]) == lines + shipping


def test_ids_that_name_the_same_thing_are_the_same() -> None:
    push = json.loads(make("github", "push").body)
    assert push["after"] == push["head_commit"]["id"] == push["commits"][0]["id"]
    assert isinstance(push["repository"]["id"], int)
    gitlab = make("gitlab", "push")
    assert gitlab.headers.get("webhook-id") == gitlab.headers.get("idempotency-key")
    charge = json.loads(make("stripe", "charge.refunded").body)["data"]["object"]
    assert charge["amount_refunded"] < charge["amount"]
    assert charge["id"] in charge["receipt_url"]


def test_the_time_of_the_event_is_the_given_one() -> None:
    assert json.loads(make("stripe").body)["created"] == T0_NS // 1_000_000_000
    assert json.loads(make("squarespace").body)["createdOn"] == "2026-11-18T11:06:40.000Z"
    assert json.loads(make("slack").body)["event"]["ts"] == "1795000000.000000"
    assert json.loads(make("shopify").body)["updated_at"] == "2026-11-18T12:06:39+01:00"
    assert make("svix").headers.get("svix-timestamp") == "1795000000"


def test_no_event_takes_the_first() -> None:
    assert make("stripe") == make("stripe", "invoice.paid")


@pytest.mark.parametrize(
    ("path", "text", "read", "value"),
    [
        ("data.object.amount_paid", "42", lambda d: d["data"]["object"]["amount_paid"], 42),
        ("data.object.amount_paid", '"42"', lambda d: d["data"]["object"]["amount_paid"], "42"),
        ("data.object.status", "draft", lambda d: d["data"]["object"]["status"], "draft"),
        ("data.object.new.deep", "null", lambda d: d["data"]["object"]["new"]["deep"], None),
        ("data.object.lines.data.0.amount", "1", lambda d: d["data"]["object"]["lines"]["data"][0]["amount"], 1),
        ("data.object.discounts.0", '{"id":"di_1"}', lambda d: d["data"]["object"]["discounts"], [{"id": "di_1"}]),
    ],
)
def test_an_override_changes_one_place(path: str, text: str, read: object, value: object) -> None:
    request = sample("stripe", None, now_ns=T0_NS, rng=random.Random(1), overrides={path: text})
    assert callable(read)
    assert read(json.loads(request.body)) == value


@pytest.mark.parametrize(
    "path", ["", "data..object", "created.x", "data.object.lines.data.7.amount", "data.object.lines.data.x"]
)
def test_an_override_that_fits_nowhere_is_refused_in_one_sentence(path: str) -> None:
    with pytest.raises(UsageError, match="--set") as caught:
        sample("stripe", None, now_ns=T0_NS, rng=random.Random(1), overrides={path: "1"})
    assert "\n" not in caught.value.message


def test_unknown_names_are_refused_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="did you mean stripe"):
        make("strip")
    with pytest.raises(UsageError, match=r"did you mean invoice\.paid"):
        make("stripe", "invoice.payed")


def test_an_override_with_a_lone_surrogate_still_gives_bytes() -> None:
    request = sample("stripe", None, now_ns=T0_NS, rng=random.Random(1), overrides={"type": '"\\ud800"'})
    assert b'"type":"?"' in request.body
