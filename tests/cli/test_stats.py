"""`stats` on a real log."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
import pytest

from tests.cli.support import Cli, has_raw_control
from tests.cli.target import target
from webhook_inspector.cli.commands.stats import COMMAND, _percent, _rate
from webhook_inspector.engine.stats import GROUPINGS

NUMBERS = {
    "deliveries", "first_at", "last_at", "rate_per_minute", "busiest_minute", "over_time", "signatures",
    "bad_signature_share", "duplicates", "retries", "late", "drift", "refused", "sent", "failed_share", "latency_ms",
    "body_size",
}  # fmt: skip
SPREAD = {"count", "p50", "p95", "p99", "max"}


def event(kind: str, minute: int, source: str = "shop") -> dict[str, Any]:
    return {
        "method": "POST",
        "target": "/in",
        "headers": [["Content-Type", "application/json"]],
        "body": json.dumps({"id": f"{kind}_{minute}", "type": kind}),
        "received_at": f"2026-11-20T10:{minute:02}:00Z",
        "source": source,
    }


@pytest.fixture(autouse=True)
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEBHOOK_INSPECTOR_LOG", str(tmp_path / "log.db"))


def put(cli: Cli, folder: Path, *lines: dict[str, Any]) -> None:
    file = folder / "in.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    ran = cli("import", str(file))
    assert ran.code == 0, ran.err


def test_json_has_a_line_each_group_and_a_total(cli: Cli, tmp_path: Path) -> None:
    put(
        cli, tmp_path, event("paid", 0), event("paid", 1), event("paid", 4), event("made", 2), event("paid", 3, "other")
    )
    ran = cli("stats", "--json")
    assert (ran.code, ran.err) == (0, "")
    *rows, total = ran.records
    assert [(row["type"], row["source"], row["event_type"], row["deliveries"]) for row in rows] == [
        ("stats", "shop", "paid", 3),
        ("stats", "other", "paid", 1),
        ("stats", "shop", "made", 1),
    ]
    assert set(rows[0]) == {"type", "source", "event_type"} | NUMBERS
    assert set(total) == {"type"} | NUMBERS
    assert (total["type"], total["deliveries"], total["rate_per_minute"]) == ("total", 5, 1.0)
    assert (rows[0]["rate_per_minute"], rows[1]["rate_per_minute"]) == (0.5, None)
    assert (rows[0]["first_at"], rows[0]["last_at"]) == ("2026-11-20T10:00:00.000000Z", "2026-11-20T10:04:00.000000Z")
    assert total["over_time"] == [sum(column) for column in zip(*(row["over_time"] for row in rows), strict=True)]
    assert set(total["body_size"]) == SPREAD
    assert total["latency_ms"] is None


def test_the_table_of_replayed_deliveries(cli: Cli, tmp_path: Path) -> None:
    put(cli, tmp_path, event("paid", 0), event("paid", 1), event("made", 2))
    with target() as app:
        app.answer = lambda body: 503 if b"paid_1" in body else 200
        cli("replay", "1", "2", "--to", app.url, "--speed", "asap")
        assert len(app.bodies) == 2
    ran = cli("stats")
    assert (ran.code, ran.err) == (0, "")
    header, paid, made, total, span = ran.lines
    assert "P99" in header
    assert "BAD SIG" not in header  # nothing could be judged
    assert header.split()[:4] == ["SOURCE", "EVENT", "TYPE", "DELIVERIES"]
    assert paid.split()[:3] == ["shop", "paid", "2"]
    assert "50.0 %" in paid
    assert "1.0/min" in paid
    assert " ms" in paid
    assert made.split()[:3] == ["shop", "made", "1"]
    assert " ms" not in made
    assert total.split()[:2] == ["total", "3"]
    assert "▇" in total
    assert span == "from 2026-11-20 10:00:00.000Z to 2026-11-20 10:02:00.000Z"
    latency = cli("stats", "--json", "type:paid").records[0]["latency_ms"]
    assert set(latency) == SPREAD
    assert 0 < latency["p50"] <= latency["p95"] <= latency["p99"] <= latency["max"]


@pytest.mark.parametrize(
    ("by", "names", "keys"),
    [
        ("source", {"source"}, {"shop", "other"}),
        ("type", {"event_type"}, {"paid", "made"}),
        ("provider", {"provider"}, {None}),
        ("status", {"status"}, {None}),
    ],
)
def test_other_groups(cli: Cli, tmp_path: Path, by: str, names: set[str], keys: set[str | None]) -> None:
    put(cli, tmp_path, event("paid", 0), event("made", 1, "other"))
    *rows, _ = cli("stats", "--by", by, "--json").records
    assert {row[name] for row in rows for name in names} == keys
    assert all(set(row) == {"type"} | names | NUMBERS for row in rows)
    assert len(cli("stats", "--by", by).lines) == len(rows) + 3


def test_every_grouping_of_the_engine_can_be_asked_for() -> None:
    (by,) = (parameter for parameter in COMMAND.params if parameter.name == "by")
    assert isinstance(by.type, click.Choice)
    assert list(by.type.choices) == list(GROUPINGS)


def test_columns_that_say_nothing_are_left_out(cli: Cli, tmp_path: Path) -> None:
    put(cli, tmp_path, event("paid", 0))
    header, *_ = cli("stats").lines
    assert not {"ANSWER", "P95", "P99", "FAILED", "NOTES", "RATE"} & set(header.split())
    assert header.split()[:4] == ["SOURCE", "EVENT", "TYPE", "DELIVERIES"]


@pytest.mark.parametrize(
    ("per_minute", "text"), [(None, "-"), (600, "10.0/s"), (1, "1.0/min"), (0.5, "30.0/h"), (0.01, "14.4/day")]
)
def test_a_rate_is_told_in_the_unit_that_suits(per_minute: float | None, text: str) -> None:
    assert _rate(per_minute) == text


@pytest.mark.parametrize(
    ("part", "text"),
    [
        (None, "-"),
        (0, "0 %"),
        (1, "100 %"),
        (0.125, "12.5 %"),
        (1e-5, "<0.1 %"),
        (1 - 1e-5, ">99.9 %"),
        (0.9995, ">99.9 %"),
    ],
)
def test_a_share_is_never_rounded_to_none_or_all(part: float | None, text: str) -> None:
    assert _percent(part) == text


def test_a_filter_chooses_what_is_counted(cli: Cli, tmp_path: Path) -> None:
    put(cli, tmp_path, event("paid", 0), event("made", 1), event("made", 2))
    assert cli("stats", "-type:paid", "--json").records[-1]["deliveries"] == 2
    assert cli("stats", "last:1", "--json").records[-1]["deliveries"] == 1


def test_nothing_to_count_is_one_sentence(cli: Cli, tmp_path: Path) -> None:
    put(cli, tmp_path, event("paid", 0))
    ran = cli("stats", "type:absent")
    assert (ran.code, ran.lines) == (0, ["No delivery matches type:absent."])
    assert cli("stats", "type:absent", "--json").records == [{"type": "total", "deliveries": 0}]


def test_an_empty_log(cli: Cli, tmp_path: Path) -> None:
    empty = tmp_path / "empty.jsonl"
    empty.write_text("", encoding="utf-8")
    cli("import", str(empty))
    ran = cli("stats")
    assert (ran.code, ran.lines) == (0, ["The log holds no deliveries yet."])


@pytest.mark.parametrize("arguments", [("after:whenever",), ("--by", "weather")])
def test_what_cannot_be_read_is_refused(cli: Cli, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    put(cli, tmp_path, event("paid", 0))
    ran = cli("stats", *arguments)
    assert (ran.code, ran.out) == (2, b"")
    assert ran.sentence()


@pytest.mark.parametrize("kind", ["\x1b[2J\x1b]0;x\x07", "a\nb\r\x00", "\u202eevil", "x" * 5000, "\ud800"])
def test_hostile_event_types_are_shown_safely(cli: Cli, tmp_path: Path, kind: str) -> None:
    put(cli, tmp_path, event(kind, 0))
    for arguments in (("stats",), ("stats", "--json"), ("stats", "--by", "type")):
        ran = cli(*arguments)
        assert ran.code == 0, ran.err
        assert not has_raw_control(ran.out)
    assert all(len(line) < 300 for line in cli("stats").lines)


def test_series_has_a_line_each_step_and_the_findings(cli: Cli, tmp_path: Path) -> None:
    put(cli, tmp_path, *(event("paid", minute) for minute in (0, 0, 1, 4)))
    ran = cli("stats", "--series", "all", "--json")
    assert (ran.code, ran.err) == (0, "")
    assert {record["type"] for record in ran.records} == {"bucket"}
    assert [record["deliveries"] for record in ran.records if record["deliveries"]] == [2, 1, 1]
    assert ran.records[0]["from"] == "2026-11-20T10:00:00.000000Z"
    assert set(ran.records[0]) == {
        "type", "from", "to", "deliveries", "sent", "failed", "answers", "answer_ms_p50", "answer_ms_p95",
    }  # fmt: skip
    shown = cli("stats", "--series", "all").out.decode()
    assert shown.splitlines()[1].split() == ["2026-11-20", "10:00:00.000Z", "2", "▆" * 24, "-", "-", "-"]
    assert "4 deliveries in steps of 5 s, from 2026-11-20 10:00:00.000Z" in shown
    assert cli("stats", "type:absent", "--series", "all").out.decode() == "No delivery matches type:absent.\n"
    assert cli("stats", "--series", "1h", "--json").records[0]["deliveries"] == 0
    assert cli("stats", "--series", "2h").code == 2


def test_findings_are_told_below_the_steps(cli: Cli, tmp_path: Path) -> None:
    put(cli, tmp_path, *(event("paid", minute) for minute in range(4)))
    with target() as app:
        app.answer = lambda _body: 500
        assert cli("replay", "type:paid", "--to", app.url, "--speed", "asap").code == 1
    assert "\n✗ shop paid: 4 of 4 were not answered 2xx\n" in cli("stats", "--series", "all").out.decode()
    *_, found = cli("stats", "--series", "all", "--json").records
    assert (found["type"], found["finding"], found["query"]) == (
        "finding", "failing", "source:shop type:paid state:failed",
    )  # fmt: skip
