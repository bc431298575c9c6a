"""`doctor`."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from tests.cli.support import Cli


def test_a_sound_installation(cli: Cli) -> None:
    ran = cli("doctor", "--json")
    checks = {record["name"]: record for record in ran.records}
    assert ran.code == 0
    assert {"python", "textual", "aiohttp", "sqlite", "configuration", "log", "terminal", "clipboard"} <= set(checks)
    assert "parser" in checks["aiohttp"]["detail"]
    assert "not made yet" in checks["log"]["detail"]
    assert all(record["status"] in {"ok", "note", "wrong"} for record in ran.records)
    assert len(cli("doctor").lines) == len(ran.records)


def test_a_secret_that_is_not_there_is_wrong(cli: Cli) -> None:
    Path("webhook-inspector.toml").write_text('[sources.pay]\nsecrets = ["env:NOT_THERE"]\n')
    ran = cli("doctor")
    assert ran.code == 1
    assert "NOT_THERE is not set" in ran.out.decode()


def test_keys_that_clash_are_wrong(cli: Cli) -> None:
    Path("webhook-inspector.toml").write_text('[keys]\nreplay = "d"\n')
    ran = cli("doctor")
    assert ran.code == 1
    assert '"d" is the key of diff' in ran.out.decode()


def test_a_bad_configuration_is_a_finding_and_not_the_end(cli: Cli) -> None:
    Path("webhook-inspector.toml").write_text("lgo = 1")
    ran = cli("doctor", "--json")
    assert ran.code == 1
    wrong = [record for record in ran.records if record["status"] == "wrong"]
    assert "did you mean log?" in wrong[0]["detail"]
    assert ran.records[-1]["name"] == "clipboard"


def test_a_foreign_log_is_wrong(cli: Cli, tmp_path: Path) -> None:
    log = tmp_path / "x.db"
    log.write_bytes(b"not a database at all" * 100)
    ran = cli("doctor", "--log", str(log))
    assert ran.code == 1
    assert log.read_bytes() == b"not a database at all" * 100


def test_a_changed_byte_in_a_body_is_named_with_its_delivery(cli: Cli, tmp_path: Path) -> None:
    source = tmp_path / "in.jsonl"
    source.write_text('{"method":"POST","target":"/","headers":[],"body":"pristine"}\n', encoding="utf-8")
    log = tmp_path / "log.db"
    assert cli("import", str(source), "--log", str(log)).code == 0
    with sqlite3.connect(log) as connection:
        connection.execute("UPDATE deliveries SET body = CAST('pristina' AS BLOB)")
    connection.close()
    ran = cli("doctor", "--log", str(log))
    assert ran.code == 1
    assert "deliveries 1" in ran.out.decode()
