"""`prune`: what goes, what stays, and that nothing else is touched."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from tests.cli.support import Cli
from tests.support.recording import recording
from webhook_inspector.config.model import Config
from webhook_inspector.engine.inspector import Inspector
from webhook_inspector.engine.replay_options import ReplayOptions

MARK = "a-body-that-can-be-found-again"


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """20 deliveries, an hour apart, two types, one run over three of them."""
    monkeypatch.chdir(tmp_path)
    lines = [
        {
            "method": "POST", "target": "/", "headers": [["Content-Type", "application/json"]],
            "body": json.dumps({"type": ("a.b", "c.d")[n % 2], "n": n, "mark": MARK}),
            "received_at": f"2026-11-20T{n:02d}:00:00Z",
        }
        for n in range(20)
    ]  # fmt: skip
    (tmp_path / "in.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    path = tmp_path / "log.db"
    monkeypatch.setenv("WEBHOOK_INSPECTOR_LOG", str(path))
    with Inspector.open(Config(path=None, log=path), env={}) as inspector, recording() as recorder:
        ids = inspector.import_file(tmp_path / "in.jsonl").ids
        inspector.start_run(inspector.plan(ids[:3], ReplayOptions(speed=None, seed=1)), recorder.url).wait()
        inspector.start_run(inspector.plan(ids[2:4], ReplayOptions(speed=None, seed=1)), recorder.url).wait()
    return path


def ids(cli: Cli) -> list[int]:
    return sorted(row["id"] for row in cli("list", "--json").records)


def test_by_age_count_size_and_filter(cli: Cli, log: Path) -> None:
    (dry,) = cli("prune", "--older-than", "2026-11-20T05:00:00Z", "--dry-run", "--json").records
    assert (dry["type"], dry["deliveries"], dry["first"], dry["last"], dry["deleted"]) == ("pruned", 5, 1, 5, 0)
    assert len(ids(cli)) == 20
    said = cli("prune", "--older-than", "2026-11-20T05:00:00Z", "--yes")
    assert said.code == 0
    assert said.out.decode().startswith("Deleted 5 deliveries, about ")
    assert ids(cli) == list(range(6, 21))
    assert cli("prune", "type:a.b", "--keep", "2", "--yes").code == 0
    assert ids(cli) == [6, 8, 10, 12, 14, 16, 17, 18, 19, 20]
    (one,) = cli("prune", "--max-size", "1", "--dry-run", "--json").records
    assert one["deliveries"] == 10
    size = one["bytes"] // 10
    assert cli("prune", "--max-size", str(3 * size + 5), "--yes").code == 0
    assert ids(cli) == [18, 19, 20]
    assert cli("prune", "type:c.d", "--yes").code == 0
    assert ids(cli) == [19]
    assert cli("prune", "--keep", "5").out == b"Nothing to delete.\n"


def test_everything_that_hangs_on_them_goes_and_nothing_else(cli: Cli, log: Path) -> None:
    assert cli("prune", "--keep", "18", "--wipe", "--yes").code == 0
    connection = sqlite3.connect(log)
    try:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        for table in ("deliveries", "facts", "verifications"):
            assert connection.execute(f"SELECT min(id), count(*) FROM {table}").fetchone() == (3, 18)
        assert {row[0] for row in connection.execute("SELECT DISTINCT delivery_id FROM attempts")} == {3, 4}
        assert [row[0] for row in connection.execute("SELECT id FROM runs ORDER BY id")] == [1, 2]
    finally:
        connection.close()
    assert cli("prune", "--keep", "17", "--yes").code == 0
    connection = sqlite3.connect(log)
    try:
        # The first run went with the last of its attempts.
        assert [row[0] for row in connection.execute("SELECT id FROM runs")] == [2]
    finally:
        connection.close()


def test_what_is_wiped_is_not_in_the_file_any_more(cli: Cli, log: Path) -> None:
    assert cli("prune", "--keep", "0", "--wipe", "--yes").code == 0
    with Inspector.open(Config(path=None, log=log), env={}):
        pass  # the last one to close folds the write-ahead log back
    assert MARK.encode() not in b"".join(file.read_bytes() for file in log.parent.glob("log.db*"))


def test_what_waits_to_be_sent_on_stays(cli: Cli, log: Path) -> None:
    connection = sqlite3.connect(log)
    connection.execute("INSERT INTO outbox (delivery_id, target) VALUES (2, 'http://127.0.0.1:9/')")
    connection.commit()
    connection.close()
    ran = cli("prune", "--keep", "0", "--yes", "--json")
    assert (ran.records[0]["deleted"], ran.records[0]["waiting"]) == (19, 1)
    assert "1 delivery stays: not sent on yet" in ran.err
    assert ids(cli) == [2]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "say what may go"),
        (["--max-size", "big"], "big is no size"),
        (["--keep", "3"], "say --yes, or look first with --dry-run"),
        (["--older-than", "yesterday"], "expects a time"),
    ],
)
def test_what_is_not_clear_deletes_nothing(cli: Cli, log: Path, words: list[str], said: str) -> None:
    ran = cli("prune", *words)
    assert ran.code == 2
    assert said in ran.err
    assert len(ids(cli)) == 20


def test_numbers_are_not_given_again(cli: Cli, log: Path) -> None:
    assert cli("prune", "--keep", "0", "--yes").code == 0
    assert cli("import", "in.jsonl", "--json").records[0]["id"] == 21
