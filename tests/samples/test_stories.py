"""Stories: one set of ids, an event id and a time for each step, and states that follow from one another."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote_plus

import pytest

from tests.support.factories import T0_NS
from webhook_inspector.core.clock import NS_PER_S
from webhook_inspector.errors import UsageError
from webhook_inspector.events import extract
from webhook_inspector.providers.load import builtin
from webhook_inspector.samples import StoryInfo, StoryStep, describe_stories, sample, story
from webhook_inspector.samples.files import files

STORIES = describe_stories()
every_story = pytest.mark.parametrize("info", STORIES, ids=lambda info: f"{info.provider} {info.name}")


def told(provider: str, name: str, seed: int = 1, **overrides: str) -> tuple[StoryStep, ...]:
    return story(provider, name, now_ns=T0_NS, rng=random.Random(seed), overrides=overrides)


def bodies(provider: str, name: str) -> list[tuple[str, Any]]:
    return [(step.event, json.loads(step.request.body)) for step in told(provider, name)]


def test_there_are_stories_of_many_providers() -> None:
    assert len(STORIES) >= 25
    assert len({info.provider for info in STORIES}) >= 20
    assert ("stripe", "subscription-lifecycle") in {(info.provider, info.name) for info in STORIES}


@every_story
def test_a_story_is_described_and_deterministic(info: StoryInfo) -> None:
    assert 10 <= len(info.about) <= 100
    assert "\n" not in info.about
    assert len(info.events) >= 2
    steps = told(info.provider, info.name)
    assert steps == told(info.provider, info.name)
    assert tuple(step.event for step in steps) == info.events
    assert [step.n for step in steps] == list(range(1, len(steps) + 1))
    assert all(
        mine.request != other.request for mine, other in zip(steps, told(info.provider, info.name, seed=2), strict=True)
    )


@every_story
def test_times_rise_to_now_and_nothing_happened_later(info: StoryInfo) -> None:
    steps = told(info.provider, info.name)
    times = [step.at_ns for step in steps]
    assert times == sorted(times)
    assert times[-1] == T0_NS
    assert times[0] == T0_NS - info.seconds * NS_PER_S
    for step in steps:
        event = extract(step.request, builtin()[info.provider])
        assert event.time_ns is None or abs(event.time_ns - step.at_ns) < 5 * NS_PER_S


@every_story
def test_every_step_has_an_event_id_of_its_own(info: StoryInfo) -> None:
    ids = [extract(step.request, builtin()[info.provider]).id for step in told(info.provider, info.name)]
    assert None not in ids
    assert len(set(ids)) == len(ids)


@every_story
def test_each_step_is_about_something_that_an_earlier_step_named(info: StoryInfo) -> None:
    data = files()[info.provider]
    anew = {name for step in data["stories"][info.name]["steps"] for name in step.get("fresh", ())}
    kept = sorted(set(data["make"]) - anew - set(data.get("each", ())))
    given = {f"{{{name}}}": str(70_000_000 + place) for place, name in enumerate(kept)}
    seen: list[set[str]] = []
    for step in story(info.provider, info.name, now_ns=T0_NS, rng=random.Random(1), overrides=given):
        text = unquote_plus(step.request.body.decode())
        seen.append({value for value in given.values() if value in text})
    assert all(mine & set().union(*seen[:place]) for place, mine in enumerate(seen) if place), seen


@every_story
def test_no_change_of_a_step_misses_its_place(info: StoryInfo) -> None:
    """A `with` names something that is there, or a new member of an object that is."""
    data = files()[info.provider]
    for step in data["stories"][info.name]["steps"]:
        assert set(step) <= {"event", "after", "fresh", "marks", "with"}
        assert set(step.get("fresh", ())) <= set(data["make"])
        assert set(step.get("marks", ())) <= set(data.get("moments", ()))
        if "with" not in step:
            continue
        here = json.loads(sample(info.provider, step["event"], now_ns=T0_NS, rng=random.Random(1)).body)
        for path in step["with"]:
            place = here
            for part in path.split(".")[:-1]:
                place = place[int(part)] if isinstance(place, list) else place[part]
            assert isinstance(place, dict | list), path


def test_each_name_of_the_files_is_used_and_known() -> None:
    for provider, data in files().items():
        text = json.dumps([data["events"], data.get("shared", {}), data["headers"], data.get("stories", {})])
        for name in data["make"]:
            assert f"{{{name}}}" in text or f"{{={name}}}" in text, (provider, name)
        for name in data.get("moments", {}):
            assert f"{{{name}." in text or f"{{={name}." in text, (provider, name)
        for name in data.get("shared", {}):
            assert f'"{{@{name}}}"' in text or f'"@": "{name}"' in text, (provider, name)
        assert set(data.get("each", ())) <= set(data["make"])
        for entry in data["events"].values():
            assert set(entry.get("moments", {})) <= set(data.get("moments", ()))
            assert set(entry) <= {"about", "documented", "title", "headers", "moments", "body", "form"}


# States


def test_a_subscription_of_stripe_lives_and_ends() -> None:
    steps = bodies("stripe", "subscription-lifecycle")
    things = [(event, body["data"]["object"]) for event, body in steps]
    customer = things[0][1]["id"]
    assert all(thing["customer"] == customer for _, thing in things[1:])
    subscriptions = [thing for _, thing in things if thing["object"] == "subscription"]
    assert len({thing["id"] for thing in subscriptions}) == 1
    assert [thing["status"] for thing in subscriptions] == ["incomplete", "active", "active", "past_due", "canceled"]
    assert len({thing["billing_cycle_anchor"] for thing in subscriptions}) == 1
    assert subscriptions[-1]["ended_at"] == steps[-1][1]["created"]

    invoices = [thing for _, thing in things if thing["object"] == "invoice"]
    assert [thing["status"] for thing in invoices] == ["draft", "open", "paid", "draft", "open", "open"]
    first, second = {thing["id"] for thing in invoices[:3]}, {thing["id"] for thing in invoices[3:]}
    assert (len(first), len(second), first & second) == (1, 1, set())
    assert [thing["billing_reason"] for thing in invoices] == ["subscription_create"] * 3 + ["subscription_cycle"] * 3
    assert {thing["created"] for thing in invoices[3:]} == {invoices[3]["created"]}
    assert [thing["latest_invoice"] in second for thing in subscriptions] == [False, False, True, True, True]
    intents = [thing for _, thing in things if thing["object"] == "payment_intent"]
    assert [thing["status"] for thing in intents] == ["requires_payment_method", "succeeded", "requires_payment_method"]
    assert {thing["amount"] for thing in intents} == {invoice["total"] for invoice in invoices}
    assert intents[0]["id"] == intents[1]["id"] != intents[2]["id"]
    for event, body in steps:
        assert body["created"] >= body["data"]["object"]["created"], event


@pytest.mark.parametrize("info", [one for one in STORIES if one.provider == "stripe"], ids=lambda info: info.name)
def test_previous_attributes_of_stripe_are_those_of_the_step_before(info: StoryInfo) -> None:
    """What an event says of before is what the last event about the same thing said."""
    last: dict[str, dict[str, Any]] = {}
    compared = 0
    for _event, body in bodies("stripe", info.name):
        thing = body["data"]["object"]
        for path, value in leaves(body["data"].get("previous_attributes", {})):
            before = dict(leaves(last.get(thing["id"], {})))
            if path in before and path != ".receipt_url":
                assert before[path] == value, (info.name, path)
                assert dict(leaves(thing))[path] != value, (info.name, path)
                compared += 1
        last[thing["id"]] = thing
    assert compared


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, f"{path}.{key}")
    elif isinstance(value, list) and value:
        for place, inner in enumerate(value):
            yield from leaves(inner, f"{path}[{place}]")
    else:
        yield path, value


def test_a_dispute_of_stripe_is_about_the_charge_that_succeeded() -> None:
    things = [body["data"]["object"] for _, body in bodies("stripe", "dispute")]
    charge = things[1]
    assert {thing["charge"] for thing in things[3:]} == {charge["id"]}
    assert {thing["payment_intent"] for thing in [charge, *things[3:]]} == {things[0]["id"]} == {things[2]["id"]}
    assert [thing["status"] for thing in things[3:]] == ["needs_response", "needs_response", "under_review", "lost"]
    assert things[4]["balance_transactions"][0]["amount"] == -charge["amount"]


def test_an_order_of_shopify_is_paid_sent_and_partly_paid_back() -> None:
    steps = bodies("shopify", "order-lifecycle")
    orders = [body for event, body in steps if event.startswith("orders/")]
    assert len({order["id"] for order in orders}) == len({order["created_at"] for order in orders}) == 1
    assert [order["financial_status"] for order in orders] == ["pending", "paid", "paid", "partially_refunded"]
    assert [order["fulfillment_status"] for order in orders] == [None, None, "fulfilled", "fulfilled"]
    parts = dict(steps)
    assert orders[2]["fulfillments"] == [parts["fulfillments/create"]]
    assert orders[3]["refunds"] == [parts["refunds/create"]]
    assert parts["refunds/create"]["transactions"][0]["parent_id"] == parts["order_transactions/create"]["id"]
    assert {order["customer"]["id"] for order in orders} == {parts["customers/create"]["id"]}


def test_a_pull_request_of_github_ends_in_a_push() -> None:
    steps = bodies("github", "pull-request")
    pulls = [body["pull_request"] for event, body in steps if event.startswith("pull_request")]
    assert [pull["state"] for pull in pulls] == ["open", "open", "closed"]
    assert len({pull["id"] for pull in pulls}) == len({pull["created_at"] for pull in pulls}) == 1
    branch, main = (body for event, body in steps if event == "push")
    assert branch["after"] == pulls[0]["head"]["sha"] == dict(steps)["workflow_run"]["workflow_run"]["head_sha"]
    assert main["after"] == pulls[-1]["merge_commit_sha"] == main["head_commit"]["id"] == main["commits"][-1]["id"]
    assert main["before"] == pulls[0]["base"]["sha"]
    assert pulls[-1]["merged_at"] == pulls[-1]["closed_at"] == pulls[-1]["updated_at"]


def test_an_issue_of_github_is_opened_labelled_and_closed() -> None:
    steps = bodies("github", "issue")
    assert [body["action"] for _, body in steps] == ["opened", "created", "labeled", "closed"]
    assert [len(body["issue"]["labels"]) for _, body in steps] == [0, 0, 1, 1]
    assert ["label" in body for _, body in steps] == [False, False, True, False]
    assert [body["issue"]["comments"] for _, body in steps] == [0, 1, 1, 1]


def test_a_pipeline_of_gitlab_waits_runs_and_passes() -> None:
    steps = bodies("gitlab", "pipeline")
    states = [body["object_attributes"]["status"] for event, body in steps if event == "pipeline"]
    assert states == ["pending", "running", "success"]
    builds = [body for event, body in steps if event == "build"]
    assert [build["build_status"] for build in builds] == ["pending", "running", "success"]
    assert {build["pipeline_id"] for build in builds} == {steps[-1][1]["object_attributes"]["id"]}
    assert {build["sha"] for build in builds} == {steps[0][1]["after"]}
    assert builds[1]["build_started_at"] == builds[2]["build_started_at"] < builds[2]["build_finished_at"]
    assert builds[0]["build_started_at"] is None


def test_a_thread_of_slack_hangs_on_its_first_message() -> None:
    events = [body["event"] for _, body in bodies("slack", "thread")]
    root = events[0]["ts"]
    assert [event.get("thread_ts") for event in events] == [None, root, root, None, None]
    assert {event["item"]["ts"] for event in events[3:]} == {root}
    assert {event["item_user"] for event in events[3:]} == {events[0]["user"]}
    assert len({event.get("channel") or event["item"]["channel"] for event in events}) == 1


def test_a_subscription_of_paddle_lives_and_ends() -> None:
    steps = bodies("paddle", "subscription-lifecycle")
    subscriptions = [body["data"] for event, body in steps if event.startswith("subscription.")]
    assert [one["status"] for one in subscriptions] == ["active", "active", "active", "past_due", "canceled"]
    assert len({one["id"] for one in subscriptions}) == len({one["started_at"] for one in subscriptions}) == 1
    assert (
        subscriptions[0]["current_billing_period"]["ends_at"][:10]
        == (subscriptions[2]["current_billing_period"]["starts_at"][:10])
    )
    paid, failed = (body["data"] for event, body in steps if event.startswith("transaction."))
    assert subscriptions[0]["transaction_id"] == paid["id"] != failed["id"]


def test_states_of_the_smaller_stories_follow() -> None:
    data = [body["event"]["data"]["status"] for _, body in bodies("pagerduty", "incident")]
    assert data == ["triggered", "acknowledged", "resolved"]
    assert [body["status"] for _, body in bodies("woocommerce", "order-lifecycle")] == [
        "pending", "processing", "completed",
    ]  # fmt: skip
    assert [body["pullrequest"]["state"] for event, body in bodies("bitbucket", "pull-request") if "pull" in event] == [
        "OPEN", "OPEN", "MERGED",
    ]  # fmt: skip
    assert [body["payload"]["status"] for _, body in bodies("calendly", "booking")] == ["active", "canceled"]
    states = [body["data"]["attributes"]["status"] for _, body in bodies("lemon-squeezy", "subscription-lifecycle")]
    assert states == ["paid", "active", "active", "cancelled"]


# What a user may change


def test_a_name_is_set_in_every_step_and_a_fresh_one_only_until_it_is_drawn_again() -> None:
    steps = story(
        "stripe", "subscription-lifecycle", now_ns=T0_NS, rng=random.Random(1),
        overrides={"{customer}": "cus_mine", "{invoice}": "in_mine", "{event}": "evt_mine"},
    )  # fmt: skip
    assert all(b'"cus_mine"' in step.request.body for step in steps)
    invoices = [json.loads(step.request.body)["data"]["object"]["id"] for step in steps if "invoice." in step.event]
    assert invoices[:3] == ["in_mine"] * 3
    assert "in_mine" not in invoices[3:]
    assert [json.loads(step.request.body)["id"] == "evt_mine" for step in steps] == [True] + [False] * 14


def test_a_path_is_set_in_every_step() -> None:
    steps = story("stripe", "dispute", now_ns=T0_NS, rng=random.Random(1), overrides={"livemode": "true"})
    assert all(json.loads(step.request.body)["livemode"] is True for step in steps)


def test_an_unknown_story_is_refused_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="did you mean dispute"):
        told("stripe", "disputes")
    with pytest.raises(UsageError, match="squarespace has no story 'x': there are none"):
        told("squarespace", "x")
    with pytest.raises(UsageError, match="no samples of 'x'"):
        told("x", "x")
