"""The tunnel screen: commands, a program that runs, what it prints, and its end."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.support.fake_tunnel import SAYS, alive, put_on_path
from tests.support.running_app import Running
from tests.tui.test_sources_screen import FILE, opened, text_of
from webhook_inspector.engine.tunneling import guards
from webhook_inspector.tui.screens.tunnel import TunnelScreen

pytestmark = pytest.mark.skipif(os.name != "posix" or not Path("/proc").is_dir(), reason="programs are scripts here")
URL = "https://plain-words-for-tests.trycloudflare.com"


@pytest.fixture(autouse=True)
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


@asynccontextmanager
async def shown(folder: Path, text: str | None = None, size: tuple[int, int] = (120, 36)) -> AsyncIterator[Running]:
    async with opened(folder, text, size=size, keys=("3",) if text is None else ("O", "i")) as run:
        assert isinstance(run.app.screen, TunnelScreen)
        yield run


def numbers(file: Path) -> list[int]:
    return [int(number) for number in file.read_text().split()] if file.exists() else []


@pytest.mark.parametrize("size", [(60, 18), (80, 24), (120, 36)])
async def test_the_first_screen_leads_to_the_commands(tmp_path: Path, programs: Path, size: tuple[int, int]) -> None:
    put_on_path(programs, "cloudflared")
    async with shown(tmp_path, size=size) as run:
        listening = run.inspector.listening
        assert listening is not None
        port = listening.url.rpartition(":")[2]
        assert f"cloudflared tunnel --url http://127.0.0.1:{port}"[: size[0] - 20] in run.text
        assert "Whoever knows the address can post to your listener." in run.text
        assert "no account; another address at each start" in run.text
        assert any("ngrok" in row and "not here: https://ngrok.com" in row for row in run.rows)
        assert ("[listen]" in run.text) == bool(guards())
        await run.press("y")
        await run.until(lambda: run.app.clipboard == f"cloudflared tunnel --url http://127.0.0.1:{port}")


async def test_a_tunnel_runs_is_shown_and_ends_with_the_app(tmp_path: Path, programs: Path) -> None:
    said = b"\x1b[31mhello\x1b]0;owned\x07 [b]x[/b] \xe2\x80\xae\n" + SAYS["cloudflared"].encode() + b"\n"
    pids = put_on_path(programs, "cloudflared", said)
    async with shown(tmp_path, FILE) as run:
        await run.press("enter")
        await run.until(lambda: f"● {URL}" in run.text, 30)
        assert "\\x1b[31mhello" in run.text or "␛[31mhello" in run.text or "hello" in run.text
        assert "\x1b" not in run.text
        assert "\u202e" not in run.text
        assert "[b]x[/b]" in run.text
        await run.until(lambda: len(numbers(pids)) == 2, 30)
        await run.press("enter")
        assert "runs already" in run.text
        await run.press("y")
        await run.until(lambda: run.app.clipboard == URL)
        await run.press("p")
        await run.pilot.pause()
        await run.press(*"pay", "enter")
        await run.shows("pay: public_url is")
        assert f'public_url = "{URL}"' in text_of(tmp_path)
        await run.press("escape", "escape")
        assert "↔ plain-words" in run.rows[0]
        assert "cloudflare.com" in run.rows[0]
    assert not any(alive(number) for number in numbers(pids))


async def test_x_ends_it(tmp_path: Path, programs: Path) -> None:
    pids = put_on_path(programs, "cloudflared")
    async with shown(tmp_path) as run:
        await run.press("enter")
        await run.until(lambda: f"● {URL}" in run.text and len(numbers(pids)) == 2, 30)
        await run.press("x")
        await run.shows("the address leads nowhere now")
        assert not any(alive(number) for number in numbers(pids))
        assert run.inspector.tunneling.url is None
        assert URL not in run.text


async def test_a_program_that_ends_by_itself_says_why(tmp_path: Path, programs: Path) -> None:
    put_on_path(programs, "cloudflared", b"no \x1b[2Jluck today\n", stay=False)
    async with shown(tmp_path) as run:
        await run.press("enter")
        await run.shows("cloudflared has ended")
        assert "luck today" in run.text
        await run.press("escape")
        assert "cloudflared ended with code 7: no" in run.text


async def test_one_that_is_not_here_says_how_to_get_it(tmp_path: Path) -> None:
    async with shown(tmp_path) as run:
        await run.press("j", "enter")
        assert "ngrok is not on PATH" in run.text
        await run.press("x", "p")
        assert not run.inspector.tunneling.running
