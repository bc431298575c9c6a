"""`import` on the command line: kinds, stdin, catching up, what is told and what is printed."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.cli.support import Cli
from tests.export.import_samples import GOSMEE, GOSMEE_BODY, SAMPLES
from tests.support.patience import PATIENCE_S
from webhook_inspector import cli as package
from webhook_inspector.export.importing import importers

ROOT = Path(package.__file__).parents[2]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WEBHOOK_INSPECTOR_LOG", str(tmp_path / "log.db"))
    for kind, data in SAMPLES.items():
        (tmp_path / f"{kind}.in").write_bytes(data)
    (tmp_path / GOSMEE_BODY).write_bytes(b'{"a":1}')
    return tmp_path


def test_the_help_lists_every_kind(cli: Cli) -> None:
    text = cli("import", "--help").out.decode()
    section = text.partition("Kinds of files:")[2].partition("\n\n")[0]
    assert [line.split()[0] for line in section.strip().splitlines()] == list(importers())


def test_every_kind_comes_in(cli: Cli) -> None:
    names = [f"{kind}.in" for kind in SAMPLES]
    ran = cli("import", *names, GOSMEE_BODY)
    assert ran.code == 0, ran.err
    assert f"{GOSMEE_BODY}" not in ran.err
    assert len(ran.lines) == len(cli("list", "--limit", "99").lines)
    for kind in SAMPLES:
        assert f"imported from {kind}.in." in ran.err


def test_json_names_what_came_in_what_was_left_out_and_what_is_not_as_sent(cli: Cli) -> None:
    ran = cli("import", "har.in", "--json")
    assert [record["type"] for record in ran.records] == ["imported", "skipped", "note"]
    assert ran.records[0] == {"type": "imported", "id": 1, "file": "har.in"}
    assert set(ran.records[1]) == {"type", "file", "why"}
    assert set(ran.records[2]) == {"type", "file", "what"}


def test_a_kind_can_be_named(cli: Cli) -> None:
    assert cli("import", "curl.in", "--as", "curl").code == 0
    wrong = cli("import", "curl.in", "--as", "har")
    assert wrong.code == 2
    assert "is not HAR" in wrong.err
    unknown = cli("import", "curl.in", "--as", "wget")
    assert unknown.code == 2
    assert "the importers are curl, fixture" in unknown.sentence()


@pytest.mark.parametrize(("option", "kind"), [("--github", "github-deliveries"), ("--stripe", "stripe-events")])
def test_catching_up_twice_adds_nothing(cli: Cli, option: str, kind: str) -> None:
    first = cli("import", option, f"{kind}.in")
    assert first.code == 0
    again = cli("import", option, f"{kind}.in")
    assert (again.code, again.lines) == (0, [])
    assert "it is in the log as delivery 1" in again.err
    assert "0 deliveries imported" in again.err
    assert cli("import", option, "--no-skip-known", f"{kind}.in").lines != []
    assert cli("import", "--as", kind, f"{kind}.in").lines != []
    assert cli("import", "--as", kind, "--skip-known", f"{kind}.in").lines == []


def test_options_that_exclude_each_other(cli: Cli) -> None:
    for options in (("--github", "--stripe"), ("--github", "--as", "har"), ("--stripe", "--as", "har")):
        assert "exclude each other" in cli("import", *options, "har.in").sentence()


def test_a_source(cli: Cli, folder: Path) -> None:
    (folder / "webhook-inspector.toml").write_text('[sources.shop]\npath = "/shop"\n', encoding="utf-8")
    assert cli("import", "jsonl.in", "--source", "shop").code == 0
    assert cli("show", "1", "--json").records[0]["source"] == "shop"
    assert "the sources are: shop" in cli("import", "jsonl.in", "--source", "x\x1b").sentence()


def test_stdin(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(SAMPLES["curl"]), isatty=lambda: False))
    ran = cli("import", "-", "--json")
    assert ran.code == 0
    assert ran.records[0] == {"type": "imported", "id": 1, "file": "-"}
    assert "imported from stdin" in ran.err
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b""), isatty=lambda: False))
    assert "stdin is not a file that can be imported" in cli("import", "-").sentence()


def test_a_pipe() -> None:
    command = [sys.executable, "-m", "webhook_inspector", "import", "-"]
    ran = subprocess.run(command, input=GOSMEE, capture_output=True, timeout=PATIENCE_S, check=False, cwd=ROOT)
    assert ran.returncode == 2
    assert GOSMEE_BODY.encode() in ran.stderr
    ran = subprocess.run(command, input=SAMPLES["http"], capture_output=True, timeout=PATIENCE_S, check=False, cwd=ROOT)
    assert ran.stdout == b"1\n"


def test_completion_knows_kinds_and_sources(cli: Cli, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "webhook-inspector.toml").write_text('[sources.shop]\npath = "/shop"\n', encoding="utf-8")
    monkeypatch.setenv("_WEBHOOK_INSPECTOR_COMPLETE", "bash_complete")
    for option, expected in (("--as", set(importers())), ("--source", {"shop"})):
        monkeypatch.setenv("COMP_WORDS", f"webhook-inspector import {option} ")
        monkeypatch.setenv("COMP_CWORD", "3")
        assert {line.partition(",")[2] for line in cli().lines} == expected


def test_what_is_shown_cannot_drive_a_terminal(cli: Cli, folder: Path) -> None:
    (folder / "x.har").write_text(
        json.dumps({"log": {"entries": [{"request": {"url": "\x1b]0;x\x07:", "method": "GET", "headers": []}}]}})
    )
    ran = cli("import", "x.har")
    assert ran.code == 2
    assert "\x1b" not in ran.err
