"""What the app says where there is nothing, not yet, not any more, or too much."""

from __future__ import annotations

import asyncio
import gzip
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.fault_target import unused_port
from tests.support.patience import PATIENCE_S
from tests.support.posting import post
from tests.support.pty_app import ROOT, PtyApp
from tests.support.running_app import event, imported, running
from webhook_inspector.bodies.kinds import looks_like
from webhook_inspector.bodies.registry import VIEW_LIMIT
from webhook_inspector.tui.app import InspectorApp
from webhook_inspector.tui.bridge import News
from webhook_inspector.tui.screens.log import LogScreen

ROWS = [event(1), event(2, "invoice.created"), event(3, "charge.failed"), event(4, "order shipped")]


@pytest.mark.parametrize(
    ("typed", "meant", "found"),
    [
        ("type:invoce.*", "type:invoice.*", [1, 2]),
        ("type:invoice.payd", "type:invoice.paid", [1]),
        ('n:3 type:"order shiped"', 'n:3 type:"order shipped"', []),
        ("method:POST type:charge.faild", "method:POST type:charge.failed", [3]),
        ("type:zzzzzz", None, []),
        ("nothing", None, []),
    ],
)
async def test_a_filter_that_matches_nothing_says_what_may_be_meant(
    tmp_path: Path, typed: str, meant: str | None, found: list[int]
) -> None:
    async with running(tmp_path, ROWS) as app:
        if typed.startswith("n:"):
            typed, meant = typed[4:], (meant or "")[4:]
            found = [4]
        app.log.filter_with(typed)
        await app.shows("0 of 4 match")
        assert app.rows[-2].endswith("esc clear the filter")
        if meant is None:
            assert "did you mean" not in app.text
            return
        assert f"0 of 4 match   did you mean {meant}?   esc clear the filter" in app.rows[-2]
        await app.pilot.click(offset=(app.rows[-2].index("mean") + 6, len(app.rows) - 2))
        await app.until(lambda: list(app.log.list.ids) == found)
        assert app.log.filter_line.text == meant


async def test_nothing_selected_nothing_found_nothing_breaks(tmp_path: Path) -> None:
    async with running(tmp_path, ROWS) as app:
        app.log.filter_with("nothing")
        await app.shows("0 of 4 match")
        await app.press("enter", "tab", "z", "z", "2", "d", "r", "c", "e", "space", "v", "J", "s", "t", "D", "plus")
        assert len(app.app.screen_stack) == 2
        await app.press("vertical_line", "escape")
        await app.until(lambda: len(app.log.list.ids) == 4)


async def test_without_an_app_a_delivery_says_so(tmp_path: Path) -> None:
    async with running(tmp_path, ROWS, listen=True) as app:
        assert "→ no app yet" in app.rows[0]
        await app.press("5")
        assert "Not sent on: no app is set" in app.text
        assert "--forward URL" in app.text
        app.inspector.set_forward(f"http://127.0.0.1:{unused_port()}")
        await app.press("1", "5")
        assert "Not sent on yet" in app.text


async def test_an_app_that_is_down_is_named_with_what_waits_for_it(tmp_path: Path) -> None:
    async with running(tmp_path, listen=True) as app:
        port = unused_port()
        app.inspector.set_forward(f"http://127.0.0.1:{port}")
        assert app.inspector.listening is not None
        await asyncio.to_thread(post, app.inspector.listening.url)
        await app.shows("✗ 1 wait")
        await app.shows(f"127.0.0.1:{port} is not ready")
        assert "✗ no connection" in app.text or "no connection" in app.text


@pytest.mark.parametrize(
    ("body", "content_type", "words"),
    [
        (
            b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\xff\xfe\0\1",
            "application/octet-stream",
            ["Looks like a PNG image", "50 4e 47"],
        ),
        (
            gzip.compress(b"hello", mtime=0),
            "application/json",
            ["Looks like gzip data without a Content-Encoding", "1f 8b 08"],
        ),
        (bytes(range(256)), "text/plain", ["! Not text", "Its bytes, as sent", "00 01 02"]),
        (b"{broken json", "application/json", ["Not valid JSON at line 1, column 2", "{broken json"]),
        (b"two\nlines", "", ["two", "lines"]),
        (b"", "application/json", ["No body."]),
    ],
)
async def test_a_body_that_is_not_json_is_shown_as_what_it_is(
    tmp_path: Path, body: bytes, content_type: str, words: list[str]
) -> None:
    headers = (("Content-Type", content_type),) if content_type else ()
    async with running(tmp_path, [imported(body, headers=headers)], size=(120, 30)) as app:
        for word in words:
            assert word in app.text


async def test_a_body_too_large_to_lay_out_says_where_the_rest_is(tmp_path: Path) -> None:
    lines = VIEW_LIMIT // 64 + 2
    body = (b"x" * 63 + b"\n") * lines
    async with running(tmp_path, [imported(body, headers=(("Content-Type", "text/plain"),))]) as app:
        await app.shows("in all, more than is laid out here")
        assert "6 has every byte; y f b writes them to a file" in app.text
        assert "16.8 MB" in app.text
        await app.press("6")
        await app.document(1, 6)
        assert len(app.log.detail.view.document) > lines


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo terminals there")
def test_a_port_that_is_taken_is_told_before_the_screen(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        arguments = ["-m", "webhook_inspector", "--log", str(tmp_path / "x.db"), "--port", str(port)]
        with PtyApp(arguments, env={"HOME": str(tmp_path)}) as app:
            assert app.wait() == 3
            said = app.output.replace(b"\r\n", b" ").decode()
            assert f"Port {port} on 127.0.0.1 is taken by" in said
            assert f"try --port {port + 1 if port < 65535 else port - 1}" in said
            assert "\x1b[?1049h" not in said


def test_without_a_terminal_one_line_names_the_other_way(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    ran = subprocess.run(
        [sys.executable, "-m", "webhook_inspector", "--log", str(tmp_path / "x.db")],
        capture_output=True,
        stdin=subprocess.DEVNULL,
        env=environment,
        check=False,
        timeout=PATIENCE_S,
    )
    assert ran.returncode == 2
    assert ran.stdout == b""
    assert ran.stderr.count(b"\n") == 1
    assert b"`webhook-inspector listen`" in ran.stderr
    assert not (tmp_path / "x.db").exists()


@given(st.binary(max_size=40))
def test_any_beginning_is_named_or_not(data: bytes) -> None:
    assert isinstance(looks_like(data), str)
    assert looks_like(b"plain " + data) == "" or data[-2:] == b"yp"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"RIFF\x10\0\0\0WEBPVP8 ", "a WebP image"),
        (b"\0\0\0\x18ftypmp42", "an MP4 or QuickTime file"),
        (b"%PDF-1.7", "a PDF document"),
        (b"RIFF", ""),
        (b"", ""),
    ],
)
def test_beginnings(data: bytes, words: str) -> None:
    assert looks_like(data) == words


async def test_screens_of_an_app_that_closes_hear_no_news(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They lose one widget after the other."""
    heard: list[str] = []
    close = InspectorApp._close_all

    def hear(_self: LogScreen, _news: News) -> None:
        heard.append("news")

    async def close_all(self: InspectorApp) -> None:
        heard.append("closing")
        self._news(News(captured=[1]))
        await close(self)

    monkeypatch.setattr(LogScreen, "news", hear)
    monkeypatch.setattr(InspectorApp, "_close_all", close_all)
    async with running(tmp_path, ROWS) as app:
        app.app._news(News(captured=[1]))
    assert heard == ["news", "closing"]
