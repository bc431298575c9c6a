"""`config show|path|init` and `providers`."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from tests.cli.support import Cli
from webhook_inspector.config.template import template

NAME = "webhook-inspector.toml"


def test_init_writes_a_private_file_once(cli: Cli) -> None:
    ran = cli("config", "init")
    path = Path.cwd() / NAME
    assert (ran.code, ran.lines) == (0, [str(path)])
    assert path.read_text() == template()
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.write_text("# mine\n")
    again = cli("config", "init")
    assert again.code == 2
    assert "is there already" in again.sentence()
    assert path.read_text() == "# mine\n"


def test_init_follows_no_link(cli: Cli, tmp_path: Path) -> None:
    (Path.cwd() / NAME).symlink_to(tmp_path / "elsewhere")
    assert cli("config", "init").code == 2
    assert not (tmp_path / "elsewhere").exists()


def test_init_where_nothing_can_be_written(cli: Cli) -> None:
    ran = cli("config", "init", "--config", "none/x.toml")
    assert ran.code == 2
    assert "cannot be written" in ran.sentence()


def test_path(cli: Cli) -> None:
    ran = cli("config", "path")
    assert (ran.code, ran.out) == (0, b"")
    assert "config init" in ran.err
    cli("config", "init")
    assert cli("config", "path").lines == [str(Path.cwd() / NAME)]
    assert cli("config", "path", "--json").records[0]["config"] == str(Path.cwd() / NAME)


@pytest.mark.parametrize("json", [True, False])
def test_show_masks_secrets(cli: Cli, json: bool) -> None:
    Path(NAME).write_text(
        '[sources.pay]\nprovider = "stripe"\nsecrets = ["whsec_abcdefghijklmnop", "env:A", "file:b"]\n'
        '[redact]\nheaders = ["X-A"]\n',
    )
    ran = cli("config", "show", *(["--json"] if json else []))
    assert ran.code == 0
    assert b"whsec_abc" not in ran.out
    assert "whsec_abc" not in ran.err
    assert "holds a secret itself" in ran.err
    if json:
        (document,) = ran.records
        assert document["sources"][0]["secrets"] == ["literal …mnop", "env:A", "file:b"]
        assert document["path"] == str(Path.cwd() / NAME)
    else:
        assert "literal …mnop, env:A, file:b" in ran.out.decode()


def test_a_bad_file_stops_every_command_that_needs_it(cli: Cli) -> None:
    Path(NAME).write_text("lgo = 1")
    for arguments in (("list",), ("config", "show"), ("listen",), ("providers", "list")):
        ran = cli(*arguments)
        assert ran.code == 2
        assert "unknown key lgo, did you mean log?" in ran.sentence()
    assert cli("config", "show", "--help").code == 0


def test_providers(cli: Cli) -> None:
    names = [record["name"] for record in cli("providers", "list", "--json").records]
    assert names == sorted(names)
    assert "stripe" in names
    assert len(cli("providers", "list").lines) == len(names)
    (document,) = cli("--json", "providers", "show", "stripe").records
    assert document["docs"].startswith("https://")
    assert document["checked"]
    recipe = document["recipes"][0]
    assert recipe["name"] == "stripe-v1"
    assert recipe["covers_body"] is True
    assert "Stripe-Signature" in recipe["header"]


def test_every_provider_can_be_shown(cli: Cli) -> None:
    for record in cli("providers", "list", "--json").records:
        ran = cli("providers", "show", record["name"])
        assert ran.code == 0
        text = ran.out.decode()
        assert record["title"] in text
        assert " at 0x" not in text, "an object without a text form"
        assert "Template(" not in text


def test_completion_scripts(cli: Cli) -> None:
    for shell in ("bash", "zsh", "fish"):
        text = cli("completion", shell).out.decode()
        assert "_WHI_COMPLETE" in text
        assert "_WEBHOOK_INSPECTOR_COMPLETE" in text


def test_completion_answers(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_WEBHOOK_INSPECTOR_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", "webhook-inspector pro")
    monkeypatch.setenv("COMP_CWORD", "1")
    ran = cli()
    assert (ran.code, ran.out.strip()) == (0, b"plain,providers")
