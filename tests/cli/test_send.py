"""`send` with stories, to a real local server: what arrives is the plan."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.support import Cli
from tests.support.factories import T0_NS
from tests.support.recording import Recorder, recording, split_request
from webhook_inspector.core.headers import Headers
from webhook_inspector.core.request import Request
from webhook_inspector.core.secret import Secret
from webhook_inspector.events import extract
from webhook_inspector.providers.load import builtin
from webhook_inspector.replay.faults.api import parse_fault
from webhook_inspector.replay.plan import PlanItem, build_plan
from webhook_inspector.samples import describe_stories
from webhook_inspector.signing import verify

EVENTS = {(info.provider, info.name): info.events for info in describe_stories()}["stripe", "subscription-lifecycle"]


@pytest.fixture(name="seen")
def _seen() -> Iterator[Recorder]:
    with recording() as recorder:
        yield recorder


@pytest.fixture(autouse=True)
def _log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEBHOOK_INSPECTOR_LOG", str(tmp_path / "log.db"))


def arrived(recorder: Recorder) -> list[tuple[Request, Any]]:
    found = []
    for data in recorder.requests:
        method, path, pairs, body = split_request(data)
        found.append((Request(method.decode(), path, Headers(tuple(pairs)), body), json.loads(body)))
    return found


def test_a_story_arrives_in_its_order_signed_and_with_one_customer(cli: Cli, seen: Recorder) -> None:
    ran = cli("send", "stripe", "--story", "subscription-lifecycle", "--to", seen.url + "/hooks", "--secret", "whsec_x")
    assert ran.code == 0, ran.err
    came = arrived(seen)
    assert tuple(body["type"] for _, body in came) == EVENTS
    assert len({body["data"]["object"].get("customer", body["data"]["object"]["id"]) for _, body in came}) == 1
    created = [body["created"] for _, body in came]
    assert created == sorted(created)
    for request, body in came:
        assert request.path == "/hooks"
        signed_at = int((request.headers.get("stripe-signature") or "").split(",")[0].removeprefix("t="))
        assert signed_at >= created[-1] >= body["created"]
        assert verify(request, builtin()["stripe"], [Secret("whsec_x")], at_ns=signed_at * 10**9).status == "valid"
    assert [line.split()[:4] for line in ran.lines[:2]] == [
        ["1", "step", "1", "customer.created"],
        ["2", "step", "2", "customer.subscription.created"],
    ]


@pytest.mark.parametrize(
    ("options", "specs"),
    [
        (("--duplicate", "0.5", "--reorder", "shuffle"), {"duplicate": "0.5", "reorder": "shuffle"}),
        (("--duplicate", "times=3", "--reorder", "3"), {"duplicate": "times=3", "reorder": "3"}),
        (("--reorder", "reverse"), {"reorder": "reverse"}),
        (("--reorder", "by-type=invoice.paid", "--drop", "0.3"), {"reorder": "by-type=invoice.paid", "drop": "0.3"}),
    ],
)
def test_what_arrives_is_exactly_the_plan_of_the_seed(
    cli: Cli, seen: Recorder, options: tuple[str, ...], specs: dict[str, str]
) -> None:
    items = [PlanItem(n, T0_NS + n, event, event, signed=True) for n, event in enumerate(EVENTS, 1)]
    plan = build_plan(items, [parse_fault(name, spec) for name, spec in specs.items()], seed=7, speed=None)
    command = ("send", "stripe", "--story", "subscription-lifecycle", "--to", seen.url, "--seed", "7", "--json")
    ran = cli(*command, *options)
    assert ran.code == 0, ran.err
    assert "Seed 7: 15 steps" in ran.err
    wanted = [planned.delivery_id for planned in plan.attempts]
    assert [record["step"] for record in ran.records] == wanted
    assert [tuple(record["labels"]) for record in ran.records] == [planned.labels for planned in plan.attempts]
    came = [body for _, body in arrived(seen)]
    assert [body["type"] for body in came] == [EVENTS[number - 1] for number in wanted]
    by_id: dict[str, set[int]] = {}
    for number, body in zip(wanted, came, strict=True):
        by_id.setdefault(body["id"], set()).add(number)
    # A copy has the id of its step, and no two steps have one id.
    assert sorted(by_id.values(), key=min) == [{number} for number in sorted(set(wanted))]

    seen.take()
    again = cli(*command, *options)
    assert [record["step"] for record in again.records] == wanted
    assert not {body["id"] for _, body in arrived(seen)} & set(by_id)


def test_a_record_says_story_step_event_and_answer(cli: Cli) -> None:
    with recording(503) as seen:
        ran = cli("send", "slack", "--story", "thread", "--to", seen.url, "--json")
    assert ran.code == 1
    assert len(ran.records) == 5
    first = ran.records[0]
    assert first.items() >= {
        "type": "attempt", "n": 1, "story": "thread", "step": 1, "event": "message", "status": 503,
        "labels": ["original"], "planned_at_ms": 0, "failure": "transient", "url": seen.url + "/",
    }.items()  # fmt: skip


def test_where_nothing_listens_the_story_ends(cli: Cli) -> None:
    ran = cli("send", "github", "--story", "issue", "--to", "http://127.0.0.1:1")
    assert ran.code == 3
    assert len(ran.lines) == 1
    assert "3 sends are left out" in ran.err


def test_gaps_and_speed_space_the_sends(cli: Cli, seen: Recorder) -> None:
    story = ("send", "twilio", "--story", "message-status", "--to", seen.url, "--json")
    ran = cli(*story, "--gap", "60ms")
    assert [record["planned_at_ms"] for record in ran.records] == [0, 60, 120]
    assert all(record["sent_at_ms"] >= record["planned_at_ms"] for record in ran.records)
    fast = cli(*story, "--speed", "40")
    assert [record["planned_at_ms"] for record in fast.records] == [0, 25, 100]
    spread = [cli(*story, "--gap", "0-30ms", "--seed", "3").records[2]["planned_at_ms"] for _ in range(2)]
    assert spread[0] == spread[1] > 0
    assert [record["planned_at_ms"] for record in cli(*story, "--speed", "asap").records] == [0, 0, 0]


def test_copies_of_one_event_and_a_delivery_id_of_their_own(cli: Cli, seen: Recorder) -> None:
    ran = cli("send", "github", "push", "--to", seen.url, "--duplicate", "1:fresh-id", "--set", "ref=refs/heads/x")
    assert ran.code == 0, ran.err
    (first, one), (second, two) = arrived(seen)
    assert one == two
    assert one["ref"] == "refs/heads/x"
    assert extract(first, builtin()["github"]).id != extract(second, builtin()["github"]).id


def test_an_id_of_the_users_own_is_everywhere(cli: Cli, seen: Recorder) -> None:
    assert cli("send", "stripe", "--story", "dispute", "--to", seen.url, "--set", "{charge}=ch_mine").code == 0
    charges = [body["data"]["object"].get("charge") for _, body in arrived(seen)]
    assert charges[3:] == ["ch_mine"] * 4


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--story", "disptue"), ["stripe has no story 'disptue'", "did you mean dispute"]),
        (("--story", "dispute", "--reorder", "sideways"), ["reorder", "sideways"]),
        (("--story", "dispute", "--duplicate", "2"), ["duplicate", "probability"]),
        (("--story", "dispute", "--duplicate", "1:concurrent"), ["one after the other", "replay --concurrent"]),
        (("--story", "dispute", "--gap", "soon"), ["--gap", "soon"]),
        (("--story", "dispute", "--speed", "quick"), ["--speed quick", "asap"]),
        (("--story", "dispute", "--speed", "nan"), ["speed"]),
        (("--story", "dispute", "--gap", "1s", "--speed", "2"), ["--gap and --speed"]),
        (("invoice.paid", "--story", "dispute"), ["leave out EVENT or --story"]),
        (("--story", "dispute", "--set", "{nobody}=1"), ["no value is called 'nobody'"]),
        (("--story", "dispute", "--set", "data.object.amount.x=1"), ["leads through"]),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_nothing_is_sent(
    cli: Cli, seen: Recorder, options: tuple[str, ...], words: list[str]
) -> None:
    ran = cli("send", "stripe", *options, "--to", seen.url)
    assert ran.code == 2
    assert all(word in ran.sentence() for word in words), ran.err
    assert seen.requests == []


def test_a_test_key_that_signs_is_told(cli: Cli, seen: Recorder) -> None:
    assert "providers test-key discord" in cli("send", "discord", "--to", seen.url).err
    assert "test-key" not in cli("send", "stripe", "--to", seen.url).err


def test_another_machine_needs_to_be_allowed(cli: Cli) -> None:
    ran = cli("send", "stripe", "--story", "dispute", "--to", "http://192.0.2.1")
    assert ran.code == 2
    assert "--allow-remote" in ran.err
    assert ran.out == b""


def test_stories_are_listed(cli: Cli) -> None:
    records = cli("send", "--list", "--json").records
    samples = [record for record in records if record["type"] == "sample"]
    stories = [record for record in records if record["type"] == "story"]
    assert len({record["provider"] for record in samples}) >= 12
    assert len(samples) >= 60
    assert len({record["provider"] for record in stories}) >= 4
    one = next(record for record in stories if record["story"] == "dispute")
    assert one.items() >= {"provider": "stripe", "seconds": 2160044}.items()
    assert one["events"][-1] == "charge.dispute.closed"
    lines = cli("send", "slack", "--list").lines
    assert [line for line in lines if "--story thread" in line]
    assert all(line.startswith("slack") for line in lines)
    assert "there are no samples of nobody" in cli("send", "nobody", "--list").sentence()


def test_the_shell_offers_stories_of_the_provider() -> None:
    import click

    from webhook_inspector.cli import completing

    context = click.Context(click.Command("send"))
    context.params["provider"] = "gitlab"
    parameter = click.Option(["--story"])
    assert completing.sample_stories(context, parameter, "") == ["pipeline", "merge-request"]
    assert completing.sample_stories(context, parameter, "pi") == ["pipeline"]
