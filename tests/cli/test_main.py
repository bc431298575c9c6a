"""Commands are found, options stand anywhere, every failure is one sentence with its exit code."""

from __future__ import annotations

import os
import pkgutil
import stat
import sys
from pathlib import Path

import click
import pytest

from tests.cli.support import Cli, Ran, has_raw_control
from webhook_inspector import __main__, __version__
from webhook_inspector.cli import commands
from webhook_inspector.cli.group import HouseCommand, HouseGroup
from webhook_inspector.cli.main import build, run
from webhook_inspector.cli.output import OutputClosedError
from webhook_inspector.config.model import AppConfig
from webhook_inspector.errors import ListenError, QueryError, StoreError, UsageError

NAMES = (
    "backup", "check", "completion", "config", "delete", "diff", "doctor", "export", "filters", "import", "keys",
    "list", "listen", "note", "pin", "providers", "prune", "replay", "salvage", "secrets", "send", "shapes", "show",
    "sources", "stats", "tail", "tunnel", "ui", "verify",
)  # fmt: skip


def every_command() -> list[tuple[str, ...]]:
    root = build()
    context = click.Context(root)
    found: list[tuple[str, ...]] = [()]
    for name in root.list_commands(context):
        command = root.get_command(context, name)
        found.append((name,))
        if isinstance(command, HouseGroup):
            found += [(name, inner) for inner in command.commands]
    return found


def test_the_folder_is_the_list_of_commands() -> None:
    files = {info.name.rstrip("_") for info in pkgutil.iter_modules(commands.__path__)}
    assert tuple(sorted(files)) == NAMES == tuple(build().list_commands(click.Context(build())))


@pytest.mark.parametrize("path", every_command(), ids=" ".join)
@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_help_of_every_command(cli: Cli, path: tuple[str, ...], flag: str) -> None:
    ran = cli(*path, flag)
    text = ran.out.decode()
    assert ran.code == 0
    assert ran.err == ""
    assert text.startswith("Usage: webhook-inspector")
    assert "Examples:\n  webhook-inspector " in text
    assert "Exit codes:" in text
    for option in ("--log", "--config", "--json", "--version", "-h, --help"):
        assert option in text
    root: click.Command = build()
    for name in path:
        assert isinstance(root, click.Group)
        found = root.get_command(click.Context(root), name)
        assert found is not None
        root = found
    assert isinstance(root, HouseCommand)
    for example, meaning in root.examples:
        assert example.split()[: len(path)] == list(path)
        assert meaning.endswith(".")


def test_the_list_of_commands_has_whole_descriptions(cli: Cli) -> None:
    listed = cli("--help").out.decode().split("Commands:")[1].split("Examples:")[0]
    assert "..." not in listed
    assert len([line for line in listed.splitlines() if line.strip()]) == len(NAMES)


@pytest.mark.parametrize("arguments", [("--version",), ("list", "--version"), ("config", "show", "--version")])
def test_version(cli: Cli, arguments: tuple[str, ...]) -> None:
    assert cli(*arguments).out == f"webhook-inspector {__version__}\n".encode()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("lst",), ["unknown command lst", "did you mean list?", "webhook-inspector --help"]),
        (("zzz",), ["unknown command zzz", "known: backup, check, completion"]),
        (("config", "shw"), ["unknown command shw", "did you mean show?", "webhook-inspector config --help"]),
        (("list", "--jsn"), ["--jsn", "--json", "webhook-inspector list --help"]),
        (("list", "--limit", "0"), ["--limit", "range"]),
        (("list", "--limit", "x"), ["--limit", "not a valid integer"]),
        (("listen", "--port", "70000"), ["--port", "70000"]),
        (("show",), ["missing argument", "QUERY"]),
        (("diff", "1"), ["missing argument", "B"]),
        (("export", "1"), ["--as says which format", "fixture"]),
        (("completion", "tcsh"), ["tcsh", "bash"]),
        (("--port", "1", "list"), ["--port before `list` belongs to the app"]),
        (("--demo", "list"), ["--demo before `list` belongs to the app"]),
        (("\x1b[2J\u202e",), ["unknown command ␛[2J<U+202E>"]),
        (("list", "--\x1b[2J"), ["no such option", "list --help"]),
        (("ui",), ["needs a terminal", "webhook-inspector listen"]),
        ((), ["needs a terminal", "webhook-inspector listen"]),
        (("config",), ["missing command", "webhook-inspector config --help"]),
        (("providers", "--json"), ["missing command", "webhook-inspector providers --help"]),
        (("--no-listen", "--demo"), ["--no-listen only looks"]),
        (("verify", "--requests", "x", "1"), ["--requests takes all from the file"]),
        (("verify", "--requests", "none.json"), ["none.json cannot be read"]),
        (("verify", "--requests", "."), ["cannot be read"]),
        (("verify", "--secret", "env:NOT_THERE"), ["NOT_THERE is not set"]),
        (("verify", "--secret", "keyring:x"), ["kept under the name x", "secrets set NAME"]),
        (("secrets",), ["missing command", "webhook-inspector secrets --help"]),
        (("show", "1", "--body", "--raw"), ["exclude each other"]),
        (("replay", "1"), ["--to URL", "--dry-run"]),
        (("send",), ["name a provider", "--list"]),
        (("providers", "show", "strpe"), ["unknown provider strpe", "did you mean stripe?"]),
        (("list", "--config", "none.toml"), ["none.toml cannot be read"]),
        (("list", "--log", ""), ["--log needs the name of a file"]),
        (("listen", "--source", "x"), ["--source x is not NAME=PROVIDER"]),
        (("listen", "--source", "a=strpe"), ["unknown provider strpe", "stripe"]),
    ],
)
def test_wrong_usage_is_one_sentence_and_exit_2(cli: Cli, arguments: tuple[str, ...], words: list[str]) -> None:
    ran = cli(*arguments)
    assert ran.code == 2
    assert ran.out == b""
    sentence = ran.sentence()
    for word in words:
        assert word in sentence
    assert not has_raw_control(ran.err.encode())


def ran_with(cli: Cli, monkeypatch: pytest.MonkeyPatch, error: BaseException) -> Ran:
    def broken(_session: object) -> str:
        raise error

    monkeypatch.setattr("webhook_inspector.cli.session.Session.config", property(broken))
    return cli("config", "path")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UsageError("Say x."), 2),
        (QueryError("Say x.", 3), 2),
        (ListenError("Say x."), 3),
        (StoreError("Say x."), 3),
    ],
)
def test_expected_errors(cli: Cli, monkeypatch: pytest.MonkeyPatch, error: Exception, code: int) -> None:
    ran = ran_with(cli, monkeypatch, error)
    assert (ran.code, ran.out, ran.err) == (code, b"", "webhook-inspector: Say x.\n")


@pytest.mark.parametrize("error", [KeyboardInterrupt(), click.Abort()])
def test_interrupt(cli: Cli, monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    ran = ran_with(cli, monkeypatch, error)
    assert (ran.code, ran.out, ran.err) == (130, b"", "")


@pytest.mark.parametrize("error", [OutputClosedError(), BrokenPipeError(32, "x")])
def test_a_reader_that_left_is_no_error(cli: Cli, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    ran = ran_with(cli, monkeypatch, error)
    assert (ran.code, ran.err) == (0, "")


def test_a_mistake_of_ours_is_one_sentence_and_a_private_file(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    ran = ran_with(cli, monkeypatch, ZeroDivisionError("\x1b[2J secret"))
    assert ran.code == 3
    sentence = ran.sentence()
    assert sentence.startswith("unexpected ZeroDivisionError at ")
    assert "secret" not in sentence
    kept = Path(sentence.split("report it with ")[1].removesuffix("."))
    assert "ZeroDivisionError" in kept.read_text()
    assert kept.is_relative_to(Path(os.environ["XDG_STATE_HOME"]))
    if os.name == "posix":
        assert stat.S_IMODE(kept.stat().st_mode) == 0o600
        assert stat.S_IMODE(kept.parent.stat().st_mode) == 0o700


def test_a_mistake_of_ours_without_a_place_for_details(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webhook_inspector.config.problems.problem_folder", lambda: None)
    assert "report it with what you did." in ran_with(cli, monkeypatch, RuntimeError("x")).sentence()


@pytest.mark.parametrize("before", [True, False])
def test_global_options_stand_before_and_after(cli: Cli, tmp_path: Path, before: bool) -> None:
    file = tmp_path / "other.toml"
    file.write_text("[listen]\nport = 9\n")
    options = ("--json", "--log", str(tmp_path / "x.db"), "--config", str(file))
    ran = cli(*options, "config", "show") if before else cli("config", "show", *options)
    (document,) = ran.records
    assert document["log"] == str(tmp_path / "x.db")
    assert document["log_from"] == "--log"
    assert document["listen"]["port"] == 9


def test_the_later_option_wins(cli: Cli, tmp_path: Path) -> None:
    ran = cli("--log", "a.db", "--json", "config", "--log", "b.db", "show", "--log", str(tmp_path / "c.db"))
    assert ran.records[0]["log"] == str(tmp_path / "c.db")


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webhook_inspector.cli.app_command.has_terminal", lambda _env: True)


@pytest.mark.usefixtures("terminal")
@pytest.mark.parametrize("name", [(), ("ui",)])
def test_the_app_is_opened_with_its_options(cli: Cli, tmp_path: Path, name: tuple[str, ...]) -> None:
    ran = cli(
        *name, "--port", "0", "--forward", "http://127.0.0.1:1", "--source", "s=stripe", "--log", str(tmp_path / "l")
    )
    assert ran.code == 0, ran.err
    (options,) = ran.opened
    assert (options.port, options.forward, options.listen, options.demo) == (0, "http://127.0.0.1:1", True, False)
    assert options.config.log == tmp_path / "l"
    assert options.config.sources[0].provider == "stripe"


@pytest.mark.usefixtures("terminal")
def test_looks_of_the_command_line_go_before_those_of_the_file(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "c.toml"
    file.write_text('log = "x.db"\n[app]\ntheme = "light"\nascii = false\ncursor = "visible"\n')
    given = ("--config", str(file))
    (as_filed,) = cli("ui", *given).opened
    assert as_filed.config.app == AppConfig("light", ascii=False, cursor="visible")
    *_, changed = cli("ui", "--theme", "nord", "--ascii", "--no-mouse", *given).opened
    assert changed.config.app == AppConfig("nord", ascii=True, mouse=False, cursor="visible")


@pytest.mark.usefixtures("terminal")
def test_the_exit_code_of_the_app_is_kept(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    assert run(["--no-listen"], lambda options: 0 if options.listen else 7) == 7


@pytest.mark.usefixtures("terminal")
def test_an_address_that_others_reach_is_warned_about(cli: Cli) -> None:
    for arguments in (("--host", "0.0.0.0"), ("listen", "--host", "192.0.2.1", "--max", "1")):
        said = cli(*arguments).err
        assert "OPEN: listening on" in said
        assert "lets every machine that reaches this one send" in said
        assert "listen.path_token" in said
        assert "plain http" in said
    assert "OPEN" not in cli("listen", "--host", "127.0.0.1", "--port", "70000").err
    assert cli("--host", "::1").err == ""


def test_the_demo_runs_as_text_where_no_terminal_is(cli: Cli, tmp_path: Path) -> None:
    log = tmp_path / "mine.db"
    ran = cli("--demo", "--log", str(log))
    assert ran.code == 0, ran.err
    assert "There is no terminal" in ran.err
    assert "a log of its own" in ran.err
    text = ran.out.decode()
    assert text.startswith("Listening on http://127.0.0.1:")
    for words in ("duplicate", "late", "new shape", "invalid", "Verdict"):
        assert words in text
    assert not log.exists()
    assert not has_raw_control(ran.out)


def test_closed_streams_are_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    assert run(["config", "show"], lambda _options: 0) == 0
    assert run(["nonsense"], lambda _options: 0) == 2


def test_the_entry_point_gives_the_command_line_a_way_to_the_app(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    assert __main__.main(["--version"]) == 0
    assert capsysbinary.readouterr().out.startswith(b"webhook-inspector ")
