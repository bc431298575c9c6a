"""`shapes`: what is printed, what is written, and what a check says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.support import Cli


@pytest.fixture
def log(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "webhook-inspector.toml").write_text('log = "log.db"\n', encoding="utf-8")
    lines = []
    for n in range(60):
        data = {"n": n, "charges": []} if n < 35 else {"n": n, "latest": None}
        body = {"id": f"evt_{n:012d}Ab", "type": "invoice.paid", "data": data}
        at = f"2026-11-{10 + n // 10:02d}T10:00:{n % 60:02d}Z"
        lines.append({"method": "POST", "target": "/", "headers": [], "body": json.dumps(body), "received_at": at})
    lines.append({"method": "POST", "target": "/", "headers": [], "body": '{"type":"x.y","a":1}'})
    (tmp_path / "in.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    assert cli("import", "in.jsonl").code == 0
    return tmp_path


def test_event_types_and_their_paths(cli: Cli, log: Path) -> None:
    first, second = cli("shapes", "list", "--json").records
    assert (first["type"], first["event_type"], first["payloads"]) == ("shape", "invoice.paid", 60)
    assert second["event_type"] == "x.y"
    text = cli("shapes", "list").out.decode()
    assert "EVENT TYPE" in text
    paths = {row["path"]: row for row in cli("shapes", "show", "invoice.paid", "--json").records}
    assert paths["$.data.charges"]["presence"] == pytest.approx(35 / 60, abs=0.001)
    assert paths["$.id"]["volatile"] is True
    assert "58 %" in cli("shapes", "show", "invoice.paid").out.decode()
    unknown = cli("shapes", "show", "invoice.payed")
    assert unknown.code == 2
    assert "invoice.paid" in unknown.err


def test_drift_is_found_by_itself_and_between_windows(cli: Cli, log: Path) -> None:
    for words in (
        ["invoice.paid"],
        ["--before", "type:invoice.paid before:2026-11-13T10:00:05Z", "--after", "after:2026-11-13T10:00:35Z"],
    ):
        ran = cli("shapes", "drift", *words, "--json")
        assert ran.code == 1, ran.err
        gone, new, verdict = ran.records
        assert (gone["kind"], gone["path"], gone["severity"], gone["confidence"]) == (
            "vanished", "$.data.charges", "breaking", "confirmed",
        )  # fmt: skip
        assert gone["first_seen"]["delivery"] in {36, 37, 38, 39, 40, 41}
        assert (new["kind"], new["severity"]) == ("appeared", "additive")
        assert (verdict["type"], verdict["severity"], verdict["changes"]) == ("verdict", "breaking", 2)
    text = cli("shapes", "drift", "invoice.paid").out.decode()
    assert "✗ breaking" in text
    assert "between #35 and #36" in text
    calm = cli("shapes", "drift", "invoice.paid", "--ignored", "$.data", "--json")
    assert calm.code == 0
    assert cli("shapes", "drift", "invoice.paid", "--acknowledge").code == 0
    assert "no change" in cli("shapes", "drift", "invoice.paid").out.decode()


def test_windows_by_time(cli: Cli, log: Path) -> None:
    ran = cli("shapes", "drift", "invoice.paid", "--from", "2026-11-13T10:00:35Z", "--json")
    assert ran.records[0]["path"] == "$.data.charges"


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["--before", "last"],
        ["invoice.paid", "--before", "last", "--after", "last"],
        ["nothing.such"],
        ["--before", "nonsense:x", "--after", "last"],
    ],
)
def test_what_cannot_be_compared_is_exit_2(cli: Cli, log: Path, words: list[str]) -> None:
    ran = cli("shapes", "drift", *words)
    assert ran.code == 2
    assert ran.err.strip()


def test_pins_hold_until_something_breaks(cli: Cli, log: Path) -> None:
    assert cli("shapes", "check").code == 2
    assert cli("shapes", "pin", "invoice.paid").code == 0
    pin = json.loads((log / "webhook-shapes" / "invoice.paid.json").read_text(encoding="utf-8"))
    assert pin["schema"]["required"] == ["data", "id", "type"]
    assert cli("shapes", "pin", "invoice.paid").code == 2
    assert cli("shapes", "pin", "invoice.paid", "--force").code == 0
    whole = cli("shapes", "check", "--json")
    assert whole.code == 0, whole.out
    assert whole.records[-1] == {"type": "verdict", "holds": True, "checked": 60, "unpinned": 1, "violations": 0}
    bad = [
        {"method": "POST", "target": "/", "headers": [], "body": '{"type":"invoice.paid","id":5,"more":1}'},
        {"method": "POST", "target": "/", "headers": [], "body": '{"type":"invoice.paid","id":6,"data":{"n":1}}'},
    ]
    (log / "bad.jsonl").write_text("\n".join(map(json.dumps, bad)), encoding="utf-8")
    assert cli("import", "bad.jsonl").code == 0
    ran = cli("shapes", "check", "last:2", "--json")
    assert ran.code == 1
    *rows, verdict = ran.records
    assert [(row["keyword"], row["path"], row["deliveries"], row["example"]) for row in rows] == [
        ("required", "$.data", 1, 62),
        ("type", "$.id", 2, 62),
    ]
    assert verdict["holds"] is False
    assert "does not hold" in cli("shapes", "check", "last:2").out.decode()


def test_a_schema_of_somebody_else_is_opened(cli: Cli, log: Path) -> None:
    schema = {"type": "object", "properties": {"type": {"type": "string"}}, "additionalProperties": False}
    (log / "schema.json").write_text(json.dumps(schema), encoding="utf-8")
    ran = cli("shapes", "check", "--schema", "schema.json", "--json")
    assert ran.code == 0
    assert "1 ban on unknown members" in ran.err
    (log / "broken.json").write_text('{"type": 5}', encoding="utf-8")
    assert cli("shapes", "check", "--schema", "broken.json").code == 2
    assert cli("shapes", "check", "--schema", "none.json").code == 2


def test_schemas_are_exported(cli: Cli, log: Path) -> None:
    schema = json.loads(cli("shapes", "export", "invoice.paid").out)
    assert schema["$schema"].endswith("2020-12/schema")
    assert cli("shapes", "export", "invoice.paid", "--as", "openapi", "-o", "api.json").code == 0
    assert "invoice.paid" in json.loads((log / "api.json").read_text(encoding="utf-8"))["webhooks"]


def test_an_empty_log_has_no_shapes(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    ran = cli("shapes", "list", "--log", "new.db")
    assert ran.code == 0
    assert "No payload" in ran.out.decode()


def test_what_breaks_a_pin_is_quarantined_until_it_is_accepted(cli: Cli, log: Path) -> None:
    assert cli("shapes", "pin", "invoice.paid").code == 0
    bad = {"method": "POST", "target": "/", "headers": [], "body": '{"type":"invoice.paid","id":5,"data":{"n":1}}'}
    new = {
        "method": "POST",
        "target": "/",
        "headers": [],
        "body": '{"type":"invoice.paid","id":"x","data":{"n":1},"m":1}',
    }
    (log / "bad.jsonl").write_text(f"{json.dumps(bad)}\n{json.dumps(new)}", encoding="utf-8")
    assert cli("import", "bad.jsonl").code == 0
    assert [row["id"] for row in cli("list", "state:quarantined", "--json").records] == [62]
    text = cli("show", "62").out.decode()
    assert "Breaks its pin" in text
    assert "$.id  type" in text
    assert cli("shapes", "accept", "63").code == 2
    assert cli("shapes", "accept", "62").code == 0
    pin = json.loads((log / "webhook-shapes" / "invoice.paid.json").read_text(encoding="utf-8"))
    assert pin["schema"]["properties"]["id"]["type"] == ["integer", "string"]
    (log / "bad.jsonl").write_text(json.dumps(bad), encoding="utf-8")
    assert cli("import", "bad.jsonl").code == 0
    assert [row["id"] for row in cli("list", "state:quarantined", "--json").records] == [62]
    assert cli("shapes", "check", "last").code == 0


def test_a_pin_that_cannot_be_read_quarantines_nothing(cli: Cli, log: Path) -> None:
    (log / "webhook-shapes").mkdir()
    (log / "webhook-shapes" / "x.json").write_text("nonsense", encoding="utf-8")
    assert cli("import", "in.jsonl").code == 0
    assert cli("list", "state:quarantined", "--json").records == []


def test_the_configuration_decides_how_severe_changes_are(cli: Cli, log: Path) -> None:
    settings = '[shapes]\nignored = ["$.data"]\nenum_added = "breaking"\n'
    (log / "webhook-inspector.toml").write_text(f'log = "log.db"\n{settings}', encoding="utf-8")
    assert cli("shapes", "drift", "invoice.paid").code == 0
    (log / "webhook-inspector.toml").write_text('log = "log.db"\n[shapes]\nenum_added = "bad"\n', encoding="utf-8")
    ran = cli("shapes", "drift", "invoice.paid")
    assert ran.code == 2
    assert "shapes.enum_added" in ran.err


def test_what_tells_forms_apart_is_proposed_and_used(cli: Cli, log: Path) -> None:
    kinds: dict[str, dict[str, object]] = {"new": {"a": 1, "b": {"c": 1}}, "old": {"d": 1, "e": 2}}
    bodies = [{"type": "mixed", "mode": mode, **kinds[mode]} for mode in ("new", "old") * 20]
    lines = [{"method": "POST", "target": "/", "headers": [], "body": json.dumps(body)} for body in bodies]
    (log / "more.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    assert cli("import", "more.jsonl").code == 0
    (one,) = cli("shapes", "variants", "mixed", "--json").records
    assert (one["path"], one["values"], one["optional_after"]) == ("$.mode", {"new": 20, "old": 20}, 0)
    said = cli("shapes", "variants", "mixed").out.decode()
    assert '"mixed" = "$.mode"' in said
    config = (log / "webhook-inspector.toml").read_text()
    (log / "webhook-inspector.toml").write_text(config + '[shapes.variants]\n"mixed" = "$.mode"\n', encoding="utf-8")
    rows = cli("shapes", "show", "mixed", "--variant", "old", "--json").records
    assert {row["path"] for row in rows} == {"$", "$.type", "$.mode", "$.d", "$.e"}
    assert {row["presence"] for row in rows} == {1.0}
    none = cli("shapes", "show", "mixed", "--variant", "other")
    assert (none.code, "no delivery of mixed has the variant other" in none.err.lower()) == (2, True)
    assert "one form" in cli("shapes", "variants", "invoice.paid").out.decode()
    assert cli("shapes", "variants", "nothing").code == 2
    (log / "webhook-inspector.toml").write_text('[shapes.variants]\n"mixed" = "mode"\n', encoding="utf-8")
    wrong = cli("shapes", "show", "mixed")
    assert (wrong.code, "must be a path such as" in wrong.err) == (2, True)
