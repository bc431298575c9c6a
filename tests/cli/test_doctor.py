"""`doctor`."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from tests.cli.support import Cli
from webhook_inspector.adapters.certificate import self_signed
from webhook_inspector.core.clock import NS_PER_S, SystemClock


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


def test_a_door_that_is_open_to_all_is_noted_with_what_to_set(cli: Cli) -> None:
    Path("webhook-inspector.toml").write_text('[listen]\nhost = "0.0.0.0"\n')
    ran = cli("doctor", "--json")
    checks = {record["name"]: record for record in ran.records}
    assert ran.code == 0
    assert checks["listen"]["status"] == "note"
    assert "set listen.path_token or allow_ips" in checks["listen"]["detail"]
    assert "descriptors" in checks
    assert "plain http" in checks["tls"]["detail"]


def test_a_secret_of_the_door_that_is_not_there_is_wrong(cli: Cli) -> None:
    Path("webhook-inspector.toml").write_text('[listen]\npath_token = "env:NO_SUCH_TOKEN"\n')
    ran = cli("doctor", "--json")
    checks = {record["name"]: record for record in ran.records}
    assert ran.code == 1
    assert "NO_SUCH_TOKEN is not set" in checks["access"]["detail"]


def test_a_certificate_that_ends_soon_is_noted(cli: Cli, tmp_path: Path) -> None:
    for days, code, word in ((400, 1, "ended"), (360, 0, "renew it soon"), (0, 0, "days left")):
        pem, key = self_signed(SystemClock().wall_ns() - (days + 20) * 86_400 * NS_PER_S)
        (tmp_path / "c.pem").write_bytes(pem)
        (tmp_path / "k.pem").write_bytes(key)
        Path("webhook-inspector.toml").write_text(
            f'[listen]\ntls_cert = "{tmp_path}/c.pem"\ntls_key = "{tmp_path}/k.pem"\n'
        )
        ran = cli("doctor", "--json")
        found = next(record for record in ran.records if record["name"] == "tls")
        assert (ran.code, word in found["detail"]) == (code, True), (days, found)
