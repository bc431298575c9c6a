"""Replay, result, answers, diff, help and copying over hostile deliveries and hostile answers: only ever words."""

from __future__ import annotations

import asyncio
import re
import socket
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import pytest

from tests.support.patience import PATIENCE_S
from tests.support.pty_app import PtyApp, control_functions
from tests.support.running_app import Running, running
from tests.support.screen import settle
from tests.tui.test_hostile import OWN, corpus, in_every_field, judge
from tests.tui.test_terminal import program
from webhook_inspector.tui.screens.diff import DiffScreen
from webhook_inspector.tui.screens.replay import ReplayScreen
from webhook_inspector.tui.screens.result import AnswersScreen, ResultScreen


@contextmanager
def rude_target(text: str) -> Iterator[str]:
    """A target whose status line, headers and body hold a text, as bytes."""
    raw = text.encode("utf-8", "surrogatepass")
    word = raw.replace(b"\r", b" ").replace(b"\n", b" ").replace(b"\0", b" ")
    answer = (
        b"HTTP/1.1 500 "
        + word
        + b"\r\nX-Note: "
        + word
        + b"\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(raw)
    )
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                client, _ = server.accept()
            except OSError:
                return
            with client:
                client.settimeout(20)
                try:
                    client.recv(65536)
                    client.sendall(answer + raw)
                    client.shutdown(socket.SHUT_WR)
                    client.recv(65536)
                except OSError:
                    continue

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"
    finally:
        server.close()
        thread.join(3)


async def look(app: Running, *keys: str) -> None:
    """Press keys and judge what is shown after the last."""
    await app.pilot.press(*keys)
    await settle(app.pilot)
    judge(app)


async def walk_views(folder: Path, texts: Sequence[str], size: tuple[int, int]) -> None:
    rows = [row for text in texts for row in in_every_field(text)[:2]]
    with rude_target("".join(texts)) as target:
        async with running(folder, rows, size=size) as app:
            ids = list(app.log.list.ids)
            for a, b in pairwise(ids):
                app.app.push_screen(DiffScreen(a, b))
                await settle(app.pilot)
                await look(app, "i", "n")
                await look(app, "vertical_line", "n")
                app.app.pop_screen()
            app.app.push_screen(DiffScreen(ids[0], ids[-1]))
            await look(app, "question_mark")
            await look(app, "escape", "y", "v", "escape", "y", "r")
            await look(app, "y", "y")
            await look(app, "escape", "D", "escape", "escape")
            for start in range(0, len(ids), 7):
                app.app.push_screen(ReplayScreen(ids[start : start + 7], target=target))
                await look(app, "u", "o", "b")
                await look(app, "y", "escape", "ctrl+p")
                await look(app, "escape", "enter")
                async with asyncio.timeout(PATIENCE_S):
                    while not isinstance(app.app.screen, ResultScreen):
                        await app.pilot.pause(0.02)
                await look(app, "j", "exclamation_mark")
                await look(app, "y", "r", "g", "enter")
                assert isinstance(app.app.screen, AnswersScreen)
                await look(app, "G", "y", "b")
                await look(app, "y", "y")
                await look(app, "escape", "escape", "escape")
            assert app.app.crash is None


@pytest.mark.parametrize(
    ("first", "every", "size"),
    [
        (0, 4, (80, 24)),
        (1, 6, (120, 36)),
        *(pytest.param(0, 1, size, marks=pytest.mark.torture) for size in [(80, 24), (120, 36)]),
    ],
)
async def test_own_strings(
    tmp_path: Path, first: int, every: int, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    await walk_views(tmp_path, OWN[first::every], size)


async def test_the_attack_corpus(tmp_path: Path) -> None:
    texts = corpus()
    await walk_views(tmp_path, texts[:: max(1, len(texts) // 6)], (120, 36))


def _drive(folder: Path, texts: list[str]) -> bytes:
    """All that a terminal receives while deliveries are compared and replayed."""
    folder.mkdir()
    with rude_target(texts[0]) as target, PtyApp(program(folder, texts)) as app:
        app.until("deliveries")
        for keys in ("k", "k", " ", "k", "k", " ", "d"):
            app.press(keys, 0.2)
        for keys in ("i", "|", "n", "|", "y", "r", "y", "\x1b", "\x1b", "\x1b"):
            app.press(keys, 0.2)
        app.press("r", 0.5)
        app.press("t", 0.2)
        for keys in ("\x15", target, "\r", "3", "\r"):
            app.press(keys, 0.4)
        app.until("What your handler stored")
        for keys in ("j", "\r", "y", "b", "\x1b", "?", "\x1b", "\x1b"):
            app.press(keys, 0.2)
        assert app.leave() == 0
        assert app.restored
        return bytes(app.output)


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo terminals there")
def test_no_control_function_reaches_the_terminal(tmp_path: Path) -> None:
    benign = _functions(_drive(tmp_path / "benign", ["plain", "words"]))
    hostile = _functions(_drive(tmp_path / "hostile", ["".join(OWN[5:12]), "words"]))
    assert hostile <= benign


def _functions(output: bytes) -> set[bytes]:
    """The control functions of an output, without our own writes to the clipboard, whose content is base64."""
    copies = re.compile(rb"\x1b\]52;c;[A-Za-z0-9+/=]*\x07")
    assert copies.search(output)
    return control_functions(copies.sub(b"", output))
