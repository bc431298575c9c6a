"""Samples are complete, consistent, deterministic and look like their provider's."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path
from urllib.parse import parse_qsl, unquote_plus

import pytest

from tests.support.factories import T0_NS
from webhook_inspector.core.request import Request
from webhook_inspector.errors import UsageError
from webhook_inspector.samples import catalogue, describe, describe_stories, load, sample

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


def test_there_are_as_many_as_the_documentation_promises() -> None:
    assert len(catalogue()) >= 25
    assert len(ALL) >= 140
    assert len(describe_stories()) >= 25


def leftovers(text: str) -> list[str]:
    """Placeholders that were not replaced."""
    return re.findall(r"\{[=@]?[a-z-][a-z0-9_.]*(?: \d+|[+-]\d+)?\}", text)


def test_a_leftover_placeholder_is_seen() -> None:
    assert leftovers('{"a":"{customer}","b":"{=time.s-3}","c":"{hex 4}","d":{"e":{}}}') == [
        "{customer}",
        "{=time.s-3}",
        "{hex 4}",
    ]


@pytest.mark.parametrize(("provider", "event"), ALL)
def test_a_sample_is_a_whole_compact_body_without_leftover_placeholders(provider: str, event: str) -> None:
    request = make(provider, event)
    text = request.body.decode()
    if request.content_type == "application/x-www-form-urlencoded":
        fields = dict(parse_qsl(text, keep_blank_values=True, strict_parsing=True))
        assert len(fields) == text.count("=") == text.count("&") + 1
        text = json.dumps(fields)
    else:
        assert request.content_type == "application/json"
        document = json.loads(text)
        assert json.dumps(document, ensure_ascii=False, separators=(",", ":")) == text
    assert leftovers(text + json.dumps(request.headers.text_pairs())) == []
    assert request.headers.get("user-agent")
    assert request.method == "POST"


@pytest.mark.parametrize(("provider", "event"), ALL)
def test_a_sample_names_nobody_and_holds_nothing_that_opens_a_door(provider: str, event: str) -> None:
    text = unquote_plus(make(provider, event).body.decode())
    for address in re.findall(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+", text):
        domain = address.partition("@")[2]
        assert domain.endswith("example.com") or domain in {"users.noreply.github.com", "github.com"}, address
    for one in re.findall(r"\b\d{1,3}(?:\.\d{1,3}){3}\b", text):
        assert one.startswith("192.0.2."), one
    assert not re.search(r"sk_(?:live|test)_|ghp_|github_pat_|xox[abp]-|glpat-|-----BEGIN|AKIA|whsec_", text)


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


@pytest.mark.parametrize("event", [event for event in catalogue()["stripe"] if event.startswith("invoice.")])
def test_amounts_of_invoices_add_up(event: str) -> None:
    invoice = json.loads(make("stripe", event).body)["data"]["object"]
    assert invoice["total"] == invoice["subtotal"] + sum(tax["amount"] for tax in invoice["total_taxes"])
    assert invoice["amount_paid"] + invoice["amount_remaining"] == invoice["amount_due"] == invoice["total"]
    assert (invoice["status"] == "paid") is (invoice["amount_remaining"] == 0)
    assert invoice["subtotal"] == sum(line["amount"] for line in invoice["lines"]["data"])


@pytest.mark.parametrize("event", [event for event in catalogue()["shopify"] if event.startswith("orders/")])
def test_amounts_of_orders_add_up(event: str) -> None:
    order = json.loads(make("shopify", event).body)
    lines = sum(float(line["price"]) * line["quantity"] for line in order["line_items"])
    shipping = sum(float(line["price"]) for line in order["shipping_lines"])
    back = sum(float(one["amount"]) for refund in order["refunds"] for one in refund["transactions"])
    assert float(order["subtotal_price"]) == lines
    assert float(order["total_price"]) == lines + shipping
    expected = 0 if order["cancelled_at"] else lines + shipping - back
    assert float(order["current_total_price"]) == expected


def test_amounts_of_other_providers_add_up() -> None:
    totals = json.loads(make("paddle", "transaction.completed").body)["data"]["details"]["totals"]
    assert int(totals["subtotal"]) + int(totals["tax"]) == int(totals["total"])
    assert int(totals["fee"]) + int(totals["earnings"]) == int(totals["subtotal"])
    order = json.loads(make("lemon-squeezy", "order_created").body)["data"]["attributes"]
    assert order["subtotal"] + order["tax"] == order["total"]
    shop = json.loads(make("woocommerce", "order.created").body)
    lines = sum(float(line["total"]) for line in [*shop["line_items"], *shop["shipping_lines"]])
    assert float(shop["total"]) == lines


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
    assert json.loads(make("shopify").body)["updated_at"] == "2026-11-18T12:06:40+01:00"
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


def test_a_name_in_braces_is_set_wherever_it_stands() -> None:
    request = sample("stripe", None, now_ns=T0_NS, rng=random.Random(1), overrides={"{invoice}": "in_mine"})
    assert json.loads(request.body)["data"]["object"]["lines"]["url"] == "/v1/invoices/in_mine/lines"
    assert request.body.replace(b"in_mine", b"") == re.sub(rb"in_1\w{23}", b"", make("stripe").body)
    number = sample("github", None, now_ns=T0_NS, rng=random.Random(1), overrides={"{owner}": "77"})
    assert json.loads(number.body)["sender"]["id"] == 77
    with pytest.raises(UsageError, match="did you mean invoice"):
        sample("stripe", None, now_ns=T0_NS, rng=random.Random(1), overrides={"{invoise}": "x"})
    for text in ("x", "1.5e999", "nan", "9" * 5000):
        with pytest.raises(UsageError, match="must be a number"):
            sample("github", None, now_ns=T0_NS, rng=random.Random(1), overrides={"{owner}": text})


def test_a_field_of_a_form_is_set_and_one_inside_its_json() -> None:
    overrides = {"payload.user.id": "U1", "payload.actions.0.value": "low-water", "extra": "7"}
    request = sample("slack", "block_actions", now_ns=T0_NS, rng=random.Random(1), overrides=overrides)
    fields = dict(parse_qsl(request.body.decode()))
    assert fields["extra"] == "7"
    payload = json.loads(fields["payload"])
    assert (payload["user"]["id"], payload["actions"][0]["value"]) == ("U1", "low-water")


def test_odd_text_in_a_form_still_gives_a_form() -> None:
    overrides = {"Body": "a&b=c\ud800é\n", "{token}": "x\r\nX-Bad: 1", "Extra.deep": "[1]"}
    request = sample("twilio", None, now_ns=T0_NS, rng=random.Random(1), overrides=overrides)
    fields = dict(parse_qsl(request.body.decode("ascii"), strict_parsing=True, keep_blank_values=True))
    assert fields["Body"] == "a&b=c?é\n"
    assert fields["Extra"] == '{"deep":[1]}'


def test_an_override_takes_a_member_away() -> None:
    request = sample("stripe", None, now_ns=T0_NS, rng=random.Random(1), overrides={"data.object.number": "{-}"})
    assert "number" not in json.loads(request.body)["data"]["object"]


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
