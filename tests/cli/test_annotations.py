"""`note`, `pin`, `delete` and `filters`."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from tests.cli.support import Cli, has_raw_control

MARK = "a-body-that-can-be-found-again"


@pytest.fixture(autouse=True)
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cli: Cli) -> Path:
    """Six deliveries of two types."""
    monkeypatch.chdir(tmp_path)
    lines = [
        {
            "method": "POST", "target": "/", "headers": [["Content-Type", "application/json"]],
            "body": json.dumps({"type": ("a.b", "c.d")[n % 2], "mark": MARK}),
            "received_at": f"2026-11-20T{n:02d}:00:00Z",
        }
        for n in range(6)
    ]  # fmt: skip
    (tmp_path / "in.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    monkeypatch.setenv("WEBHOOK_INSPECTOR_LOG", str(tmp_path / "log.db"))
    assert cli("import", "in.jsonl").code == 0
    return tmp_path / "log.db"


def ids(cli: Cli, *query: str) -> list[int]:
    return sorted(row["id"] for row in cli("list", *query, "--json").records)


def test_a_note_is_written_shown_found_and_removed(cli: Cli) -> None:
    assert cli("note", "3", "ask", "Jan", "why").lines == ["#3: ask Jan why"]
    assert cli("note", "last", "the newest", "--json").records == [{"type": "noted", "id": 6, "note": "the newest"}]
    assert ids(cli, "note:jan") == [3]
    assert cli("show", "3", "--json").records[0]["note"] == "ask Jan why"
    assert "ask Jan why" in cli("show", "3").out.decode()
    assert "note: ask Jan why" in cli("list", "3").out.decode()
    assert cli("note", "3", "--remove").lines == ["#3 has no note now."]
    assert cli("show", "3", "--json").records[0]["note"] is None


def test_hostile_notes_are_shown_harmlessly(cli: Cli) -> None:
    assert cli("note", "2", "a\x1b[31mred\x07\n\u202eb").code == 0
    for words in (("show", "2"), ("list", "2"), ("list", "2", "--json"), ("note", "2", "\x9b2J")):
        assert not has_raw_control(cli(*words).out), words


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["note", "3"], 2, "say what to note"),
        (["note", "3", "x", "--remove"], 2, "say what to note"),
        (["note", "99", "x"], 2, "There is no delivery 99"),
        (["note", "type:a.b", "x"], 2, "names 3 deliveries and one is needed"),
        (["note", "3", "x" * 4001], 2, "4001 characters"),
        (["pin", "type:nothing"], 2, "No delivery matches"),
        (["delete", "3"], 2, "say --yes"),
        (["delete", "99", "--yes"], 2, "There is no delivery 99"),
        (["filters", "save", "9", "type:a"], 2, "cannot be the name"),
        (["filters", "save", "a", "typ:a"], 2, "nearest is `type:`"),
        (["filters", "save", "a", ""], 2, "filter is empty"),
        (["filters", "save", "a", "x @a"], 2, "none can hold another"),
        (["filters", "remove", "b"], 2, "There is no saved filter b"),
    ],
)
def test_what_is_refused(cli: Cli, words: list[str], code: int, said: str) -> None:
    ran = cli(*words)
    assert (ran.code, said in ran.err) == (code, True), ran.err
    assert len(ids(cli)) == 6


def test_what_is_pinned_is_not_pruned(cli: Cli) -> None:
    assert cli("pin", "1", "2").lines == ["Pinned 2 of 2 deliveries."]
    assert cli("pin", "2", "3", "--json").records == [
        {"type": "pinned", "deliveries": 2, "changed": 1, "pinned": True}
    ]  # fmt: skip
    assert cli("pin", "3", "--remove").lines == ["Unpinned 1 of 1 delivery."]
    assert ids(cli, "pinned:yes") == [1, 2]
    ran = cli("prune", "--keep", "1", "--yes", "--json")
    assert (ran.records[0]["deleted"], ran.records[0]["pinned"]) == (3, 2)
    assert "2 deliveries stay: pinned" in ran.err
    assert ids(cli) == [1, 2, 6]
    assert cli("prune", "--keep", "1", "--include-pinned", "--yes").code == 0
    assert ids(cli) == [6]


def test_deleting_takes_all_that_hangs_on_it(cli: Cli, log: Path) -> None:
    cli("note", "4", "mine")
    cli("pin", "4")
    assert cli("delete", "4", "2", "--yes").lines[0].startswith("Deleted 2 deliveries, about ")
    assert ids(cli) == [1, 3, 5, 6]
    (one,) = cli("delete", "type:a.b", "--yes", "--wipe", "--json").records
    assert (one["deliveries"], one["ids"], one["waiting"]) == (3, [1, 3, 5], 0)
    connection = sqlite3.connect(log)
    for table in ("deliveries", "facts", "verifications"):
        assert connection.execute(f"SELECT group_concat(id) FROM {table}").fetchone() == ("6",)
    assert connection.execute("SELECT count(*) FROM annotations").fetchone() == (0,)
    connection.close()
    assert cli("delete", "6", "--wipe", "--yes").code == 0
    connection = sqlite3.connect(log)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    assert MARK.encode() not in log.read_bytes()


def test_saved_filters_stand_in_any_query(cli: Cli) -> None:
    assert cli("filters", "save", "ab", "type:a.b", "or", "5").lines == ["@ab stands for: type:a.b or 5"]
    assert cli("filters", "save", "@new", "last:2", "--json").records == [
        {"type": "filter", "name": "new", "query": "last:2"}
    ]  # fmt: skip
    assert cli("filters", "list", "--json").records == [
        {"type": "filter", "name": "ab", "query": "type:a.b or 5"},
        {"type": "filter", "name": "new", "query": "last:2"},
    ]
    assert "@ab   type:a.b or 5" in cli("filters", "list").out.decode()
    assert ids(cli, "@ab") == [1, 3, 5]
    assert ids(cli, "-@ab") == [2, 4, 6]
    assert ids(cli, "@ab", "last") == [5]
    assert ids(cli, "@new") == [5, 6]
    assert "can only stand alone" in cli("list", "@new", "type:a.b").err
    assert ids(cli, '"@ab"') == ids(cli, "@nothing") == []
    assert cli("filters", "remove", "@ab").lines == ["Forgot @ab."]
    assert ids(cli, "@ab") == []
