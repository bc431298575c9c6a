"""Whatever stands in a request, no command prints a byte that a terminal obeys."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from tests.cli.support import Cli, has_raw_control
from tests.support.shared import shared_json

HOSTILE = (
    "\x1b[2J\x1b]0;title\x07",
    "\x1b]52;c;cHduZWQ=\x07",
    "\x9b31m\x90q\x9c",
    "\u202egnp.exe\u2066",
    "a\r\nb\tc\x00d\x7f",
    "\u2028\u2029\u200b\ufeff",
    "[bold red]x[/][@click=app.quit]y[/]",
    "\ud800 lone",
    "e" + "\u0301" * 40,
    "\U000e0001\U000f0000",
)


def write(path: Path, texts: list[str]) -> None:
    lines = []
    for index, text in enumerate(texts):
        body = json.dumps({"id": text, "type": text, text: {"deep": [text, 1, None]}, "at": index})
        lines.append(
            json.dumps(
                {
                    "method": "POST",
                    "target": "/x",
                    "headers": [["Content-Type", "application/json"], ["X-GitHub-Event", text], ["X-Test", text]],
                    "body": body,
                    "source": "default",
                }
            )
        )
        lines.append(json.dumps({"method": "POST", "target": "/" + text, "headers": [["X", "y"]], "body": text}))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def check(cli: Cli, tmp_path: Path, texts: list[str]) -> None:
    file = tmp_path / "in.jsonl"
    write(file, texts)
    log = ("--log", str(tmp_path / "log.db"))
    count = len(cli("import", str(file), *log).lines)
    assert count >= len(texts)
    for arguments in (("list",), ("list", "--json"), ("verify",), ("verify", "--json"), ("verify", "--explain")):
        ran = cli(*arguments, *log)
        assert not has_raw_control(ran.out), arguments
        assert not has_raw_control(ran.err.encode()), arguments
    for number in range(1, count + 1):
        other = str(number % count + 1)
        for more in (
            ("show", str(number)),
            ("show", str(number), "--json"),
            ("show", str(number), "--view", "text"),
            ("diff", str(number), other),
            ("diff", str(number), other, "--json", "--all"),
            ("replay", str(number), "--dry-run"),
        ):
            ran = cli(*more, *log)
            assert ran.code in {0, 1}, (more, ran.err)
            assert not has_raw_control(ran.out), more
            assert not has_raw_control(ran.err.encode()), more


def test_hostile_text_in_every_field(cli: Cli, tmp_path: Path) -> None:
    check(cli, tmp_path, list(HOSTILE))


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_arguments(cli: Cli, tmp_path: Path, text: str) -> None:
    clean = text.replace("\x00", "").replace("\ud800", "\udcff")  # what a process can be given
    log = ("--log", str(tmp_path / "log.db"))
    (tmp_path / "in.jsonl").write_text('{"method":"POST","target":"/","headers":[],"body":"x"}\n')
    assert cli("import", str(tmp_path / "in.jsonl"), *log).code == 0
    for arguments in (
        ("list", clean),
        ("show", clean),
        ("verify", "--provider", clean),
        ("providers", "show", clean),
        ("send", clean),
        ("send", "stripe", "--set", clean),
        ("export", "1", "--as", clean),
        ("export", "1", "--as", "curl", "-o", str(tmp_path / "no" / clean)),
        ("import", clean),
        ("replay", "1", "--to", clean),
        ("replay", "1", "--dry-run", "--delay", clean),
        ("replay", "1", "--dry-run", "--speed", clean),
        ("replay", "--dry-run", "--plan", clean),
        ("listen", "--port", "0", "--respond", clean),
        ("listen", "--port", "0", "--host", clean),
        ("listen", "--source", clean),
        ("config", "show", "--config", clean),
        (clean,),
    ):
        ran = cli(*arguments, *log)
        assert ran.code in {0, 2, 3}, (arguments, ran.code, ran.err)
        assert "unexpected" not in ran.err, (arguments, ran.err)
        assert not has_raw_control(ran.out), arguments
        assert not has_raw_control(ran.err.encode()), arguments


def test_hostile_texts_of_the_corpus(cli: Cli, tmp_path: Path) -> None:
    attacks = shared_json("corpora/own/terminal/attacks.json")
    texts = [text for text in walk(attacks) if any(ord(char) < 32 or ord(char) > 126 for char in text)]
    check(cli, tmp_path, sorted(set(texts))[:40])


def walk(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, list):
        return [text for item in value for text in walk(item)]
    if isinstance(value, dict):
        return [text for item in value.values() for text in walk(item)]
    return []


def in_terminal(*arguments: str) -> tuple[int, bytes]:
    """The exit code of a command and every byte that its terminal got."""
    import pty
    import subprocess
    import sys

    import webhook_inspector

    root = Path(webhook_inspector.__file__).parents[1]
    ours, theirs = pty.openpty()
    environment = os.environ | {"TERM": "xterm-256color"}
    command = [sys.executable, "-m", "webhook_inspector", *arguments]
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, cwd=root, env=environment) as process:
        os.close(theirs)
        written = b""
        while True:
            try:
                piece = os.read(ours, 65536)
            except OSError:  # Linux: the other side is closed
                break
            if not piece:
                break
            written += piece
    os.close(ours)
    return process.returncode, written


@pytest.mark.skipif(os.name != "posix", reason="needs a pseudo terminal")
def test_a_terminal_gets_colours_and_nothing_else(cli: Cli, tmp_path: Path) -> None:
    write(tmp_path / "in.jsonl", list(HOSTILE))
    log = ("--log", str(tmp_path / "log.db"))
    count = len(cli("import", str(tmp_path / "in.jsonl"), *log).lines)
    coloured = False
    for arguments in (("list",), ("verify", "--explain"), ("show", "1"), ("show", "2"), ("diff", "1", "3")):
        code, written = in_terminal(*arguments, *log)
        assert code in {0, 1}, written
        left = re.sub(rb"\x1b\[\d{1,2}m", b"", written)
        coloured = coloured or left != written
        assert not has_raw_control(left.replace(b"\r\n", b"\n")), arguments
    assert coloured
    for number in range(1, count + 1):
        body = cli("show", str(number), "--body", *log).out
        if has_raw_control(body):
            code, written = in_terminal("show", str(number), "--body", *log)
            assert code == 2
            assert b"> FILE" in written
            break
    else:
        pytest.fail("no body with control characters was there to refuse")
