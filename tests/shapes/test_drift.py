"""Drift: real changes are found and named, and chance never is."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.shared import shared_jsonl
from webhook_inspector.shapes.drift import (
    ADDITIVE,
    BREAKING,
    CONFIRMED,
    RISKY,
    WATCH,
    Drift,
    Rules,
    compare,
    with_aliases,
    worst,
)
from webhook_inspector.shapes.drift.evidence import apart, chance, confidence, needed
from webhook_inspector.shapes.summary import Summary, add

COPIES = 25


def window(docs: Sequence[Any], start: int = 1) -> Summary:
    made = Summary()
    for number, document in enumerate(docs, start):
        add(made, document, number)
    return made


def drift(before: Sequence[Any], after: Sequence[Any], rules: Rules | None = None) -> dict[tuple[str, str], Drift]:
    changes = compare(window(before), window(after, 1000), rules)
    return {(one.kind, one.path): one for one in changes}


def many(document: Any, count: int = COPIES) -> list[Any]:
    return [document] * count


CASES: list[tuple[str, Any, Any, str, str, str]] = [
    ("gone", {"a": 1, "b": "x"}, {"a": 1}, "vanished", "$.b", BREAKING),
    ("new", {"a": 1}, {"a": 1, "b": {"c": 2}}, "appeared", "$.b", ADDITIVE),
    ("null", {"a": 1}, {"a": None}, "became_null", "$.a", BREAKING),
    ("value", {"a": None}, {"a": 1}, "null_now_has_value", "$.a", ADDITIVE),
    ("type", {"a": 1}, {"a": "1"}, "type_changed", "$.a", BREAKING),
    ("object", {"a": "x"}, {"a": {"id": "x"}}, "type_changed", "$.a", BREAKING),
    ("float", {"a": 1}, {"a": 1.5}, "type_widened", "$.a", BREAKING),
    ("format", {"a": "2026-11-21"}, {"a": "2026-11-21T10:00:00Z"}, "format_changed", "$.a", RISKY),
    ("prefix", {"a": "cus_1234567890AbCd"}, {"a": "acct_1234567890AbCd"}, "format_changed", "$.a", RISKY),
    ("element", {"a": [{"b": 1}]}, {"a": [{}]}, "vanished", "$.a[].b", BREAKING),
]


@pytest.mark.parametrize(("_name", "before", "after", "kind", "path", "severity"), CASES)
def test_each_kind_is_found_alone(_name: str, before: Any, after: Any, kind: str, path: str, severity: str) -> None:
    found = drift(many(before), many(after))
    assert list(found) == [(kind, path)]
    one = found[kind, path]
    assert (one.severity, one.confidence, one.needs) == (severity, CONFIRMED, 0)
    assert (one.last_before, one.first_after) == (COPIES, 1000)
    assert one.why


def test_what_came_and_went_in_part() -> None:
    some = [{"a": 1, "b": 1} if n % 2 else {"a": 1} for n in range(200)]
    assert list(drift(many({"a": 1, "b": 1}, 200), some)) == [("became_optional", "$.b")]
    assert list(drift(some, many({"a": 1, "b": 1}, 200))) == [("became_required", "$.b")]
    assert list(drift(some, many({"a": 1}, 200))) == [("optional_vanished", "$.b")]
    nulls = [{"a": None if n % 2 else 1} for n in range(200)]
    assert list(drift(many({"a": 1}, 200), nulls)) == [("nullable", "$.a")]
    assert list(drift(nulls, many({"a": 1}, 200))) == [("not_null", "$.a")]


def test_a_new_value_of_an_enumeration() -> None:
    before = [{"s": ("open", "closed")[n % 2]} for n in range(100)]
    after = [{"s": ("open", "closed", "merged")[n % 3]} for n in range(100)]
    found = drift(before, after)
    assert found["enum_added", "$.s"].severity == RISKY
    assert found["enum_added", "$.s"].after == "merged"
    free = [{"s": f"text {n}"} for n in range(100)]
    assert ("enum_overflow", "$.s") in drift(before, free)


def test_another_unit() -> None:
    before = [{"amount": 10 + n % 60} for n in range(100)]
    after = [{"amount": (10 + n % 60) * 1000} for n in range(100)]
    assert list(drift(before, after)) == [("magnitude", "$.amount")]


def test_what_a_position_does_not_keep_to() -> None:
    found = drift(many({"object": "charge"}), many({"object": "payment"}))
    assert list(found) == [("constant_changed", "$.object")]
    assert found["constant_changed", "$.object"].severity == BREAKING
    assert drift(many({"name": "Ada"}), many({"name": "Grace"})) == {}
    short = [{"id": f"evt_{n:014d}Ab"} for n in range(100)]
    long = [{"id": f"evt_{n:080d}Ab"} for n in range(100)]
    assert drift(short, long)["longer", "$.id"].severity == RISKY
    assert ("longer", "$.id") not in drift(long, short)
    words = [{"note": "few words"}] * 50
    assert drift(words, [{"note": "many words " * 100}] * 50) == {}


def test_arrays_that_end_at_a_round_number_or_are_empty() -> None:
    before = [{"commits": [{"id": 1}] * (1 + n % 40)} for n in range(200)]
    capped = [{"commits": [{"id": 1}] * min(20, 1 + n % 40)} for n in range(200)]
    found = drift(before, capped)
    assert list(found) == [("capped", "$.commits")]
    assert found["capped", "$.commits"].after == "at most 20"
    assert drift(before, before[:60]) == {}
    empty = [{"commits": [{"id": 1}] * (n % 5)} for n in range(200)]
    assert ("may_be_empty", "$.commits") in drift(before, empty)


def test_a_member_that_is_there_much_less_often() -> None:
    often = [{"a": 1, "b": 1} if n % 10 else {"a": 1} for n in range(200)]
    seldom = [{"a": 1} if n % 10 else {"a": 1, "b": 1} for n in range(200)]
    found = drift(often, seldom)
    assert list(found) == [("presence_shifted", "$.b")]
    assert (found["presence_shifted", "$.b"].severity, found["presence_shifted", "$.b"].before) == (ADDITIVE, "90 %")
    less = [{"a": 1, "b": 1} if n % 5 else {"a": 1} for n in range(200)]
    assert drift(often, less) == {}


def test_shares_are_apart_as_often_as_all_cuts_say() -> None:
    from itertools import combinations

    for (low, side), (high, rest) in [((0, 3), (3, 4)), ((1, 5), (4, 5)), ((2, 6), (2, 3))]:
        special = low + high
        ways = list(combinations(range(side + rest), side))
        hits = sum(sum(place < special for place in way) <= low for way in ways)
        assert apart((low, side), (high, rest)) == pytest.approx(min(1.0, 2 * hits / len(ways)))


def test_a_new_kind_of_element() -> None:
    before = {"blocks": [{"type": "section", "t": 1}]}
    after = {"blocks": [{"type": "section", "t": 1}, {"type": "image", "u": 1}]}
    assert list(drift(many(before), many(after))) == [("variant_added", "$.blocks[type=image]")]


def test_only_the_top_of_a_subtree_is_named() -> None:
    deep = {"a": {"b": {"c": {"d": 1, "e": 2}}}}
    assert list(drift(many(deep), many({"a": {}}))) == [("vanished", "$.a.b")]
    assert list(drift(many({"a": {}}), many(deep))) == [("appeared", "$.a.b")]
    # Nothing below says anything when its parent does not come any more.
    assert list(drift(many({"a": {"b": 1}}), many({"a": None}))) == [("became_null", "$.a")]
    assert drift(many({"a": [{"b": 1}]}), many({"a": []})) == {}


def test_key_order_numbers_and_map_keys_are_no_drift() -> None:
    assert drift(many({"a": 1, "b": 2.0}), many({"b": 2, "a": 3})) == {}
    maps = [{"m": {f"evt_{n:012d}Ab": 1}} for n in range(50)]
    assert drift(maps[:25], maps[25:]) == {}


def test_a_rename_is_one_item_with_both_halves() -> None:
    before = {"subscription": {"start": 1600000000, "plan": "x"}}
    after = {"subscription": {"start_date": 1600000000, "plan": "x"}}
    found = drift(many(before), many(after))
    assert list(found) == [("renamed", "$.subscription.start")]
    one = found["renamed", "$.subscription.start"]
    assert one.other == "$.subscription.start_date"
    assert one.severity == BREAKING
    assert "guess" in one.why
    assert one.score >= 0.7
    unlike = drift(many({"a": {"billing": 1}}), many({"a": {"collection_method": "x"}}))
    assert set(unlike) == {("vanished", "$.a.billing"), ("appeared", "$.a.collection_method")}


def test_few_deliveries_are_watched_and_say_how_many_more_are_needed() -> None:
    found = drift(many({"a": 1, "b": 1}), many({"a": 1}, 2))
    one = found["vanished", "$.b"]
    assert one.confidence != CONFIRMED
    assert 1 < one.needs < 20
    enough = drift(many({"a": 1, "b": 1}), many({"a": 1}, 2 + one.needs))
    assert enough["vanished", "$.b"].confidence == CONFIRMED


def test_what_the_user_decided() -> None:
    before, after = many({"a": {"b": 1}, "c": 1}), many({"a": {}})
    rules = Rules(ignored=frozenset({"$.a"}), acknowledged=frozenset({("vanished", "$.c")}))
    found = drift(before, after, rules)
    assert {key: one.severity for key, one in found.items()} == {("vanished", "$.a.b"): ADDITIVE}
    values = [{"s": ("open", "closed")[n % 2]} for n in range(100)]
    used = drift(values, many({"s": "merged"}, 100), Rules(used=frozenset({"$.s"})))
    assert used["enum_added", "$.s"].severity == BREAKING
    assert drift(values, many({"s": "x"}, 100), Rules(enum_added=ADDITIVE))["enum_added", "$.s"].severity == ADDITIVE
    assert worst(used.values()) == BREAKING
    assert worst([]) is None


def test_chance_is_the_share_of_all_ways_to_cut() -> None:
    from itertools import combinations

    for side, other, special in [(3, 4, 2), (5, 5, 5), (2, 6, 1), (4, 3, 3)]:
        whole = list(range(side + other))
        ways = list(combinations(whole, side))
        hits = sum(set(range(special)) <= set(way) for way in ways)
        assert chance(special, side, other) == pytest.approx(hits / len(ways))
    assert chance(0, 5, 5) == 1
    assert confidence(1.0, 10) == WATCH


@given(st.integers(1, 500), st.integers(0, 500), st.integers(1, 2000))
def test_what_is_needed_confirms(special: int, other: int, positions: int) -> None:
    more = needed(special, special, other, positions)
    assert more >= 0
    if more:
        assert confidence(chance(special, special, other + more), positions) == CONFIRMED
        assert confidence(chance(special, special, other + more - 1), positions) != CONFIRMED


def synthetic(seed: int) -> Callable[[random.Random], Any]:
    """A kind of event: some members always, some at times, nulls, enumerations, lists, a map."""
    shape = random.Random(seed)
    names = [f"f{n}" for n in range(shape.randrange(5, 40))]
    presence = {name: shape.choice([1.0, 1.0, 0.97, 0.8, 0.5, 0.1, 0.03]) for name in names}
    nulls = {name: shape.choice([0.0, 0.0, 0.3, 0.05]) for name in names}
    kinds = {name: shape.choice(["int", "text", "enum", "list", "object", "id"]) for name in names}

    def value(kind: str, dice: random.Random) -> Any:
        if kind == "int":
            return dice.randrange(10**6)
        if kind == "enum":
            return dice.choices(["open", "closed", "merged", "rare"], [60, 30, 9, 1])[0]
        if kind == "list":
            return [{"a": 1} if dice.random() < 0.7 else {"a": 1, "b": "x"} for _ in range(dice.randrange(4))]
        if kind == "object":
            return {"x": 1} if dice.random() < 0.9 else {"x": 1, "y": None}
        return f"evt_{dice.randrange(10**14):014d}" if kind == "id" else f"text {dice.random()}"

    def make(dice: random.Random) -> Any:
        return {
            name: None if dice.random() < nulls[name] else value(kinds[name], dice)
            for name in names
            if dice.random() < presence[name]
        }

    return make


def test_a_thousand_random_cuts_of_one_version_confirm_nothing() -> None:
    confirmed = []
    for seed in range(50):
        make, dice = synthetic(seed), random.Random(seed)
        docs = [make(dice) for _ in range(dice.choice([20, 30, 60]))]
        for cut in range(20):
            order = docs[:]
            random.Random(cut).shuffle(order)
            at = dice.randrange(1, len(order))
            confirmed += [
                one for one in compare(window(order[:at]), window(order[at:], 1000)) if one.confidence == CONFIRMED
            ]
    assert confirmed == []


def test_a_rule_without_evidence_is_caught() -> None:
    """The broken variant: what is in one window and not in the other counts at once."""
    make, dice = synthetic(3), random.Random(3)
    docs = [make(dice) for _ in range(40)]
    assert compare(window(docs[:20]), window(docs[20:], 1000)), "chance alone shows differences"


# The reference data: older and newer versions of real payloads.


def pair(
    file: str, event_type: str, before: str, after: str, variant: str | None = None
) -> dict[tuple[str, str], Drift]:
    rows = [
        row
        for row in shared_jsonl(f"data/{file}.jsonl")
        if row["event_type"] == event_type and (variant is None or row.get("variant") == variant)
    ]

    def of(version: str) -> list[Any]:
        return [row["body"] for row in rows if row["version"] == version or version in (row.get("same_in") or [])]

    old, new = of(before), of(after)
    assert old, event_type
    assert new, event_type
    found = drift(old * COPIES, new * COPIES)
    # A value repeated by this test is no enumeration of the provider's.
    return {key: one for key, one in found.items() if one.confidence == CONFIRMED and not key[0].startswith("enum")}


def test_stripe_payment_intents_lost_their_charges() -> None:
    found = pair("stripe_openapi_fixtures", "resource:payment_intent", "2022-08-01", "2022-11-15")
    assert set(found) == {("vanished", "$.charges"), ("appeared", "$.latest_charge")}
    assert found["vanished", "$.charges"].severity == BREAKING


def test_stripe_invoices_lost_fields_to_several_payments() -> None:
    found = pair("stripe_openapi_fixtures", "resource:invoice", "2024-11-13 (acacia era)", "2025-03-25 (basil era)")
    gone = {path for kind, path in found if kind == "vanished"}
    assert {"$.payment_intent", "$.charge", "$.paid", "$.paid_out_of_band", "$.quote", "$.subscription_details"} <= gone
    assert ("appeared", "$.parent") in found
    assert all(found["vanished", path].severity == BREAKING for path in gone)


def test_stripe_renamed_dates_and_balances() -> None:
    invoice = pair("stripe_openapi_fixtures", "resource:invoice", "2018-11-08", "2019-12-03")
    assert invoice["renamed", "$.date"].other == "$.created"
    customer = pair("stripe_openapi_fixtures", "resource:customer", "2018-11-08", "2019-12-03")
    assert customer["renamed", "$.account_balance"].other == "$.balance"


def test_shopify_dropped_marketing_and_weights() -> None:
    customers = pair("shopify_hookdeck", "customers/create", "2023-01", "2024-10")
    assert {path for kind, path in customers if kind == "vanished"} == {
        "$.accepts_marketing",
        "$.accepts_marketing_updated_at",
        "$.marketing_opt_in_level",
    }
    products = pair("shopify_hookdeck", "products/create", "2023-01", "2024-10")
    gone = {path for kind, path in products if kind == "vanished"}
    assert {f"$.variants[].{name}" for name in ("weight", "grams", "requires_shipping", "inventory_management")} <= gone
    new = {path for kind, path in products if kind == "appeared"}
    assert {"$.has_variants_that_requires_components", "$.variant_gids"} <= new


def test_types_that_were_replaced() -> None:
    build = pair("gitlab_gogitlab", "build", "2023-04-11", "2023-05-09")
    assert set(build) == {("type_changed", "$.environment")}
    issue = pair("gitlab_gitlab4j", "issue", "2019-04-05", "2019-04-11")
    assert issue["type_changed", "$.changes.updated_at"].severity == BREAKING
    mixed = pair("discord_docs", "interaction:2", "2021-08-10", "2021-09-02")
    assert set(mixed) == {("type_narrowed", "$.member.user.id")}


def test_github_from_2021_to_2024_is_additive_but_for_what_was_really_taken_away() -> None:
    rows = shared_jsonl("data/github_octokit.jsonl")
    by_kind: dict[tuple[str, str], dict[str, list[Any]]] = {}
    for row in rows:
        for version in [row["version"], *(row.get("same_in") or [])]:
            key = row["event_type"], row.get("variant") or ""
            by_kind.setdefault(key, {}).setdefault(version, []).append(row["body"])
    compared = 0
    breaking = set()
    for (event_type, _), versions in by_kind.items():
        old, new = versions.get("2021-06-09"), versions.get("2024-10-03")
        if not old or not new:
            continue
        compared += 1
        for one in drift(old * COPIES, new * COPIES).values():
            if one.confidence == CONFIRMED and one.severity == BREAKING:
                assert one.kind != "null_now_has_value"
                breaking.add((event_type, one.kind))
    assert compared > 60
    # The misspelt `is_custom_ammount` was put right; a removed member's team may be a stub.
    assert breaking == {("sponsorship", "renamed"), ("membership", "became_optional")}


def test_line_added_to_every_event_and_slack_to_every_envelope() -> None:
    steps = [
        ("2016-10-11", "2019-06-18", {"$.destination"}),
        ("2019-06-18", "2019-12-25", {"$.events[type=follow].mode"}),
        ("2019-12-25", "2022-05-16", {"$.events[type=follow].webhookEventId", "$.events[type=follow].deliveryContext"}),
    ]
    for before, after, new in steps:
        found = pair("line_sdk", "follow", before, after)
        assert {("appeared", path) for path in new} <= set(found)
        assert {one.severity for one in found.values()} == {ADDITIVE}
    slack = pair("slack_javasdk", "app_home_opened", "2020-03-19", "2021-08-13")
    assert {("appeared", "$.event_context"), ("appeared", "$.is_ext_shared_channel")} <= set(slack)


def test_times_that_became_texts_and_fields_that_moved_into_an_object() -> None:
    github = pair("scm_goplayground", "installation_repositories", "2019-01-08", "2022-03-08")
    assert set(github) == {("type_changed", "$.installation.created_at"), ("type_changed", "$.installation.updated_at")}
    adyen = pair(
        "adyen_openapi",
        "MarketPayNotificationService:ACCOUNT_HOLDER_VERIFICATION",
        "v4 (2024-09-16)",
        "v5 (2024-09-16)",
    )
    gone = {path for kind, path in adyen if kind == "vanished"}
    assert gone == {f"$.content.{name}" for name in ("statusSummary", "verificationStatus", "verificationType")}
    assert ("appeared", "$.content.kycCheckStatusData") in adyen


def test_bitbucket_renamed_usernames() -> None:
    found = pair("scm_goplayground", "repo-push", "2018-08-01", "2019-07-02")
    assert found["renamed", "$.actor.username"].other == "$.actor.nickname"
    assert ("appeared", "$.actor.account_id") in found


def test_a_value_of_a_map_that_changes_its_type() -> None:
    before = [{"owners": {str(n % 3): 100 + n}, "meta": {"user_id": f"{n:018d}"}} for n in range(1, 60)]
    after = [{"owners": {str(n % 3): f"{100 + n}"}, "meta": {"user": {"id": f"{n:018d}"}}} for n in range(1, 60)]
    found = drift(before, after)
    assert found["type_changed", "$.owners{*}"].severity == BREAKING
    assert found["moved", "$.meta.user_id"].other == "$.meta.user.id"


def test_a_twin_of_an_old_member_is_an_alias() -> None:
    before = [{"assignee_id": n, "work": n % 2 == 0} for n in range(60)]
    after = [{"assignee_id": n, "work": n % 2 == 0, "assignees": n, "draft": n % 2 == 0, "size": 7} for n in range(60)]
    changes = compare(window(before), window(after, 1000))
    found = {(one.kind, one.path, one.other) for one in with_aliases(changes, after)}
    assert ("alias", "$.assignees", "$.assignee_id") in found
    assert {path for kind, path, _ in found if kind == "appeared"} == {"$.draft", "$.size"}
    unlike = [document | {"assignees": 99 - document["assignees"]} for document in after]
    assert all(one.kind == "appeared" for one in with_aliases(compare(window(before), window(unlike, 1000)), unlike))
