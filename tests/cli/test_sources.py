"""`sources list|set|add|remove`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.support import Cli, has_raw_control

FILE = """\
# Mine.
[sources.pay]  # payments
path = "/pay"
secrets = ["env:NOT_THERE"]
"""


def path() -> Path:
    return Path.cwd() / "webhook-inspector.toml"


def test_list_says_what_each_is(cli: Cli) -> None:
    assert cli("sources", "list").lines[0].startswith("No source is configured")
    assert cli("sources", "list", "--json").out == b""
    path().write_text(FILE, encoding="utf-8")
    (record,) = cli("sources", "list", "--json").records
    assert (record["type"], record["name"], record["path"]) == ("source", "pay", "/pay")
    assert record["secrets"] == ["env:NOT_THERE"]
    assert len(record["secret_problems"]) == 1
    text = cli("sources", "list").out.decode()
    assert "missing" in text
    assert "NOT_THERE is not set" in text


def test_add_makes_the_file_and_says_where(cli: Cli) -> None:
    ran = cli("sources", "add", "shop", "provider=shopify", "secrets=env:A,env:B", "params=a=1 b=2")
    assert (ran.code, ran.lines) == (0, [str(path())])
    assert path().read_text(encoding="utf-8") == (
        '[sources.shop]\npath = "/shop"\nprovider = "shopify"\nsecrets = ["env:A", "env:B"]\n'
        'params = {a = "1", b = "2"}\n'
    )
    again = cli("sources", "add", "shop", "provider=stripe")
    assert again.code == 2
    assert "already" in again.sentence()


def test_set_keeps_comments_and_takes_keys_out(cli: Cli) -> None:
    path().write_text(FILE, encoding="utf-8")
    ran = cli("sources", "set", "pay", "path=/in", "secrets=", "respond=503 first 3", "--json")
    assert ran.records == [{"type": "source_written", "name": "pay", "config": str(path()), "created": False}]
    assert path().read_text(encoding="utf-8") == (
        '# Mine.\n[sources.pay]  # payments\npath = "/in"\nrespond = "503 first 3"\n'
    )
    assert cli("sources", "set", "pay", "name=money").code == 0
    assert "[sources.money]  # payments" in path().read_text(encoding="utf-8")


def test_remove(cli: Cli) -> None:
    path().write_text(FILE, encoding="utf-8")
    assert cli("sources", "remove", "pay").code == 0
    assert path().read_text(encoding="utf-8") == "# Mine.\n"


def test_what_a_file_holds_drives_no_terminal(cli: Cli) -> None:
    path().write_text(
        '[sources.a]\npath = "/\u202e\u2028x"\nforward = "http://localhost:1/\u009b31m"\n', encoding="utf-8"
    )
    ran = cli("sources", "list")
    assert ran.code == 0
    assert not has_raw_control(ran.out)
    assert not has_raw_control(cli("sources", "list", "--json").out)
    assert not has_raw_control(cli("sources", "set", "a\u202e", "path=\u2028").err.encode())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("set", "nope", "path=/x"), "There is no source nope"),
        (("set", "pay", "path"), "is not KEY=VALUE"),
        (("set", "pay", "pth=/x"), "did you mean path?"),
        (("set", "pay", "path=x"), "must start with /"),
        (("set", "pay", "provider=strip"), "did you mean stripe?"),
        (("set", "pay", "secrets=whsec_in_the_open_1234"), "takes references"),
        (("set", "pay", "forward=http://169.254.169.254/"), "169.254"),
        (("set", "pay", "name=a b"), "not a source name"),
        (("add", "pay"), "already"),
        (("add", "x", "path=/pay"), "same path"),
        (("add", "x", "name=y"), "before the keys"),
        (("remove", "nope"), "no source nope"),
    ],
)
def test_what_does_not_load_is_not_written(cli: Cli, arguments: tuple[str, ...], words: str) -> None:
    path().write_text(FILE, encoding="utf-8")
    ran = cli("sources", *arguments)
    assert ran.code == 2
    assert words in ran.sentence()
    assert "whsec_in_the_open" not in ran.err
    assert path().read_text(encoding="utf-8") == FILE
