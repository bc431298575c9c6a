"""`replay` and `send` to a real local server."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.support import Cli
from tests.cli.target import Target, target

ATTEMPT_KEYS = {
    "type", "n", "delivery", "planned_at_ms", "sent_at_ms", "labels", "status", "outcome", "failure", "duration_ms",
}  # fmt: skip


@pytest.fixture(name="server")
def _server() -> Iterator[Target]:
    with target() as seen:
        yield seen


@pytest.fixture(autouse=True)
def _log(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEBHOOK_INSPECTOR_LOG", str(tmp_path / "log.db"))
    lines = [
        {
            "method": "POST",
            "target": f"/hooks?n={number}",
            "headers": [["Content-Type", "application/json"], ["X-Test", "a"]],
            "body": json.dumps({"id": f"evt_{number}", "type": "a.b"}),
            "received_at": f"2026-11-18T11:06:40.{number}00Z",
        }
        for number in range(1, 4)
    ]
    file = tmp_path / "in.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert cli("import", str(file)).code == 0


def test_a_replay_is_attempts_and_a_verdict(cli: Cli, server: Target) -> None:
    ran = cli("replay", "1", "2", "--to", server.url, "--times", "2", "--speed", "asap", "--seed", "7", "--json")
    assert ran.code == 0, ran.err
    *attempts, verdict = ran.records
    assert len(attempts) == 4
    for attempt in attempts:
        assert attempt.keys() >= ATTEMPT_KEYS
        assert (attempt["type"], attempt["outcome"], attempt["status"]) == ("attempt", "responded", 200)
    assert verdict.keys() >= {"type", "run", "seed", "holds", "checks"}
    assert (verdict["type"], verdict["seed"], verdict["holds"]) == ("verdict", 7, True)
    assert all(check.keys() == {"name", "holds", "evidence"} for check in verdict["checks"])
    assert sorted(server.paths) == ["/hooks?n=1"] * 2 + ["/hooks?n=2"] * 2
    assert "Seed 7" in ran.err


def test_a_verdict_that_does_not_hold_is_exit_1(cli: Cli, server: Target) -> None:
    server.answer = lambda body: 500 if b"evt_2" in body else 200
    ran = cli("replay", "1", "2", "--to", server.url, "--speed", "asap")
    assert ran.code == 1
    text = ran.out.decode()
    assert "✗ 500" in text
    assert "does not hold" in text
    assert cli("replay", "2", "--to", server.url, "--expect", "5xx").code == 0


def test_failures_are_sent_again_as_a_provider_would(cli: Cli, server: Target) -> None:
    answers = iter([500, 503, 200])
    server.answer = lambda _body: next(answers)
    ran = cli("replay", "1", "--to", server.url, "--retry-policy", "svix", "--speed", "100000", "--json")
    assert ran.code == 0, ran.err
    *attempts, verdict = ran.records
    assert [(one["n"], one["status"], one["retry_of"]) for one in attempts] == [
        (1, 500, None),
        (2, 503, 1),
        (3, 200, 1),
    ]
    assert [one["failure"] for one in attempts] == ["transient", "transient", None]
    assert {"name": "delivered", "holds": True}.items() <= verdict["checks"][1].items()
    assert "at most 7 times" in ran.err
    unknown = cli("replay", "1", "--to", server.url, "--retry-policy", "svxi")
    assert unknown.code == 2
    assert "svix" in unknown.err


def test_a_delivery_is_edited_before_it_is_sent(
    cli: Cli, server: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    editor = tmp_path / "editor.py"
    editor.write_text(
        "import pathlib, sys\n"
        "file = pathlib.Path(sys.argv[1])\n"
        "file.write_bytes(file.read_bytes().replace(b'evt_1', b'evt_edited').replace(b'?n=1', b'?n=edited'))\n",
        encoding="utf-8",
    )
    monkeypatch.setenv("VISUAL", f"{sys.executable} {editor}")
    ran = cli("replay", "1", "--to", server.url, "--edit", "--json")
    assert ran.code == 0, ran.err
    assert server.paths == ["/hooks?n=edited"]
    assert "the body was changed before sending" in ran.records[0]["differences"]
    assert b"evt_1" in cli("show", "1", "--body").out
    two = cli("replay", "1", "2", "--to", server.url, "--edit")
    assert two.code == 2
    assert "name one" in two.err
    monkeypatch.setenv("VISUAL", f"{sys.executable} -c pass")
    assert "Nothing was changed" in cli("replay", "1", "--to", server.url, "--edit").err
    monkeypatch.setenv("VISUAL", str(tmp_path / "no-editor"))
    assert cli("replay", "1", "--to", server.url, "--edit").code == 2


def test_a_target_that_refuses_is_exit_1_and_named(cli: Cli) -> None:
    ran = cli("replay", "1", "--to", "http://127.0.0.1:1", "--json")
    assert ran.code == 1
    assert ran.records[0]["outcome"] == "refused"
    assert ran.records[0]["failure"] == "transient"


def test_the_same_seed_gives_the_same_plan_and_sends_nothing(cli: Cli) -> None:
    options = (
        "--duplicate",
        "0.5",
        "--jitter",
        "200ms",
        "--reorder",
        "shuffle",
        "--delay",
        "0-1s",
        "--dry-run",
        "--json",
    )
    first = cli("replay", "1", "2", "3", *options, "--seed", "7")
    second = cli("replay", "1", "2", "3", *options, "--seed", "7")
    other = cli("replay", "1", "2", "3", *options, "--seed", "8")
    assert first.code == 0
    assert first.out == second.out != other.out
    assert first.records[0].keys() == {"type", "n", "delivery", "at_ms", "labels"}
    assert all(record["type"] == "planned" for record in first.records)
    drawn = cli("replay", "1", *options)
    assert "Seed " in drawn.err
    assert cli("replay", "1", "2", "--dry-run").lines


def test_a_saved_plan_runs_again(cli: Cli, server: Target, tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    made = cli(
        "replay", "1", "2", "--reorder", "reverse", "--dry-run", "--seed", "5", "--json", "--save-plan", str(plan)
    )
    assert made.code == 0
    again = cli("replay", "--plan", str(plan), "--dry-run", "--json")
    assert again.out == made.out
    assert "Seed 5" in again.err
    ran = cli("replay", "--plan", str(plan), "--to", server.url, "--json")
    assert ran.code == 0
    assert ran.records[-1]["seed"] == 5
    assert cli("replay", "1", "--plan", str(plan), "--dry-run").code == 2
    assert "is there already" in cli("replay", "1", "--dry-run", "--save-plan", str(plan)).err
    plan.write_text("{}")
    bad = cli("replay", "--plan", str(plan), "--dry-run")
    assert bad.code == 2
    assert "plan.json" in bad.sentence()


def test_headers_can_be_set(cli: Cli, server: Target) -> None:
    assert cli("replay", "1", "--to", server.url + "/mine", "--set-header", "X-Test: b", "--as-captured").code == 0
    assert server.headers[0]["X-Test"] == "b"
    assert server.paths[0].startswith("/mine")


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (("--speed", "fast"), "--speed"),
        (("--speed", "0"), "speed"),
        (("--speed", "nan"), "speed"),
        (("--rate", "x"), "--rate"),
        (("--rate", "0/s"), "rate"),
        (("--duplicate", "2"), "2"),
        (("--delay", "soon"), "soon"),
        (("--jitter", "-1s"), "-1s"),
        (("--reorder", "0"), "0"),
        (("--set-header", "x"), "--set-header"),
        (("--times", "0"), "--times"),
        (("--timeout", "0"), "--timeout"),
        (("--expect", "ok"), "ok"),
        (("--to", "ftp://127.0.0.1"), "ftp"),
        (("--to", "http://192.0.2.1/"), "--allow-remote"),
        (("--to", "example.com"), "example.com"),
    ],
)
def test_what_cannot_be_read_is_refused_before_anything_is_sent(
    cli: Cli, server: Target, options: tuple[str, ...], word: str
) -> None:
    ran = cli("replay", "1", "--to", server.url, *options)
    assert ran.code == 2, ran.err
    assert word in ran.err
    assert "Traceback" not in ran.err
    assert ran.out == b""
    assert server.bodies == []


def test_nothing_to_replay(cli: Cli) -> None:
    assert "name deliveries" in cli("replay", "--to", "http://127.0.0.1:1").sentence()
    assert "no delivery 99" in cli("replay", "99", "--to", "http://127.0.0.1:1").sentence()


def test_send_a_sample(cli: Cli, server: Target) -> None:
    ran = cli("send", "stripe", "--to", server.url + "/s", "--secret", "whsec_x", "--set", "id=evt_mine", "--json")
    assert ran.code == 0, ran.err
    assert ran.records[0]["status"] == 200
    assert json.loads(server.bodies[0])["id"] == "evt_mine"
    assert "Stripe-Signature" in server.headers[0]
    server.answer = lambda _body: 500
    bad = cli("send", "stripe", "--to", server.url)
    assert (bad.code, bad.lines[0][:5]) == (1, "✗ 500")
    assert cli("send", "stripe", "--to", "http://127.0.0.1:1").code == 3
    assert "--allow-remote" in cli("send", "stripe", "--to", "http://192.0.2.1").sentence()


def test_samples_are_listed(cli: Cli) -> None:
    records = cli("send", "--list", "--json").records
    for name in ("stripe", "github", "shopify", "slack", "standard-webhooks", "squarespace"):
        assert len([record for record in records if record["provider"] == name]) >= 2
    assert {record["provider"] for record in cli("send", "slack", "--list", "--json").records} == {"slack"}
    for arguments in (("send", "strpe"), ("send", "stripe", "invoice.piad"), ("send", "stripe", "--set", "x")):
        assert cli(*arguments).code == 2
