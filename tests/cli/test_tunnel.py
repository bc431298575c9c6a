"""`tunnel`: what is printed, and what runs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.support import Cli, has_raw_control
from tests.support.fake_tunnel import SAYS, alive, put_on_path
from tests.support.patience import PATIENCE_S

pytestmark = pytest.mark.skipif(os.name != "posix" or not Path("/proc").is_dir(), reason="programs are scripts here")


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def test_commands_of_what_is_found_and_how_to_get_the_others(cli: Cli, programs: Path) -> None:
    put_on_path(programs, "cloudflared")
    ran = cli("tunnel", "--port", "4411")
    text = ran.out.decode()
    assert ran.code == 0
    assert ran.lines[0] == "cloudflared tunnel --url http://127.0.0.1:4411"
    assert "ngrok http" not in text
    assert "https://ngrok.com/download" in text
    assert "can post to your listener" in ran.err
    records = cli("tunnel", "--port", "4411", "--json").records
    assert [(each["program"], each["found"]) for each in records][:2] == [("cloudflared", True), ("ngrok", False)]
    assert records[1]["command"].startswith("ngrok http 127.0.0.1:4411")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("tunnel", "clodflared"), "did you mean cloudflared?"),
        (("tunnel", "ngrok", "--run", "--port", "1"), "ngrok is not on PATH: get ngrok from"),
        (("tunnel", "--run", "--port", "1"), "no tunnel program is on PATH"),
        (("tunnel", "--port", "0"), "--port"),
    ],
)
def test_what_cannot_be(cli: Cli, programs: Path, arguments: tuple[str, ...], words: str) -> None:
    ran = cli(*arguments)
    assert ran.code == 2
    assert words in ran.sentence()


def test_a_program_that_ends_is_told_with_what_it_said(cli: Cli, programs: Path) -> None:
    put_on_path(programs, "ngrok", b"\x1b[31mERR\x1b]0;title\x07 no token \xe2\x80\xae\n", stay=False)
    ran = cli("tunnel", "ngrok", "--run", "--port", "1")
    assert ran.code == 3
    assert "no token" in ran.err
    assert "ended with code 7 before it gave an address" in ran.err
    assert not has_raw_control(ran.err.encode())


def test_it_runs_until_it_is_interrupted(programs: Path) -> None:
    pids = put_on_path(programs, "cloudflared", b"\x1b[2Jhello\n" + SAYS["cloudflared"].encode() + b"\n")
    words = [sys.executable, "-m", "webhook_inspector", "tunnel", "cloudflared", "--run", "--port", "4411", "--json"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        record = json.loads(process.stdout.readline())
        assert record["url"] == "https://plain-words-for-tests.trycloudflare.com"
        assert record["port"] == 4411
        while not pids.exists() or len(pids.read_text().split()) < 2:
            os.sched_yield()
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE_S) == 130
        assert not has_raw_control(process.stderr.read())
    assert (programs / "cloudflared.seen").read_text() == "tunnel --url http://127.0.0.1:4411"
    assert not any(alive(int(number)) for number in pids.read_text().split())
