"""The user's editor in the place of the app: the request it leaves, and what goes on meanwhile."""

from __future__ import annotations

import json
import sys
import time
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.handler import handler
from tests.support.patience import PATIENCE_S
from tests.support.pty_app import PtyApp
from tests.support.replaying import app_over, inspecting, line
from tests.support.screen import screen_block, settle
from webhook_inspector.core.display import show
from webhook_inspector.errors import UsageError
from webhook_inspector.tui.driver import steadfast
from webhook_inspector.tui.outside_editor import command_of
from webhook_inspector.tui.screens import replay
from webhook_inspector.tui.screens.replay import ReplayScreen

EDITOR = """
import pathlib, sys, time
file = pathlib.Path(sys.argv[1])
assert file.stat().st_mode & 0o777 == 0o600, "others can read it"
folder = pathlib.Path(__file__).parent
(folder / "where").write_text(str(file))
print("THE EDITOR", flush=True)
while not (folder / "go").exists():
    time.sleep(0.01)
file.write_bytes(file.read_bytes().replace(b"invoice.paid", b"invoice.edited"))
"""


def posted(port: int, body: bytes) -> float:
    """Send a delivery; seconds until it was answered."""
    begun = time.monotonic()
    connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    connection.request("POST", "/hooks", body, {"Content-Type": "application/json"})
    assert connection.getresponse().status == 200
    connection.close()
    return time.monotonic() - begun


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo terminals there")
def test_captures_go_on_while_the_editor_has_the_terminal(tmp_path: Path) -> None:
    script = tmp_path / "editor.py"
    script.write_text(EDITOR, encoding="utf-8")
    log = tmp_path / "x.db"
    with handler() as target:
        arguments = ["-m", "webhook_inspector", "--log", str(log), "--port", "0", "--forward", target.url]
        env = {"HOME": str(tmp_path), "EDITOR": f"'{sys.executable}' '{script}'"}
        with PtyApp(arguments, env=env) as app:
            app.until("first webhook")
            port = int(json.loads((tmp_path / "x.db.listening").read_text())["url"].rpartition(":")[2])
            posted(port, b'{"id":"evt_1","type":"invoice.paid"}')
            app.until("invoice.paid")
            app.press("r", 0.5)
            app.until("Nothing is sent before")
            app.press("e", 0.1)
            app.until("THE EDITOR")
            app.read(0.5)
            seen = len(app.output)
            # More news than Textual's queue to the terminal holds: without our driver it would fill and block the app.
            slowest = max(posted(port, b'{"id":"evt_%d","type":"other"}' % number) for number in range(2, 60))
            assert slowest < 10
            app.read(0.3)
            assert bytes(app.output[seen:]) == b"", "the app drew over the editor"
            (tmp_path / "go").touch()
            app.until("Edited: ")
            assert not Path((tmp_path / "where").read_text()).exists()
            app.press("\r", 0.5)
            app.until("as expected")
            assert app.leave() == 0
            assert app.restored
    assert b'{"id":"evt_1","type":"invoice.edited"}' in target.bodies


async def edited_with(monkeypatch: pytest.MonkeyPatch, app: Any, pilot: Any, ids: list[int], made: object) -> str:
    """The screen after `e` with an editor that leaves some bytes, or fails."""

    async def edit(_app: object, text: bytes, _env: object, *, suffix: str) -> bytes:
        assert suffix == ".http"
        if isinstance(made, Exception):
            raise made
        assert callable(made)
        result = made(text)
        assert isinstance(result, bytes)
        return result

    monkeypatch.setattr(replay, "edit", edit)
    await settle(pilot)
    if not isinstance(app.screen, ReplayScreen):
        app.push_screen(ReplayScreen(ids))
        await settle(pilot)
    await pilot.press("e")
    await settle(pilot)
    return screen_block(app)


async def test_an_edited_request_is_shown_and_sent_and_can_be_undone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with handler() as target, inspecting(tmp_path, [line(1), line(2)], forward=target.url) as inspector:
        app = app_over(inspector)
        async with app.run_test(size=(120, 36)) as pilot:
            text = await edited_with(monkeypatch, app, pilot, [1], lambda text: text + b"  ")
            assert "Edited: #1 is sent with" in text
            assert "signed again" in text
            screen = app.screen
            assert isinstance(screen, ReplayScreen)
            assert screen._command().endswith(" --edit")
            original = inspector.record(1).delivery.request
            # The next edit begins with what was made; what is as captured again is no edit.
            text = await edited_with(monkeypatch, app, pilot, [1], lambda text: text.removesuffix(b"  "))
            assert "Nothing was changed" in text
            assert "Edited: #1" not in text
            await edited_with(monkeypatch, app, pilot, [1], lambda text: text + b"!")
            await pilot.press("enter")
            for _ in range(500):
                if target.bodies:
                    break
                await pilot.pause(0.02)
            assert target.bodies == [original.body + b"!"]


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (lambda _: b"", "The first line must be a method and a path"),
        (lambda _: b"\x1b]0;owned\x07 / \n\n", "The first line must be"),
        (lambda text: text.replace(b"\n", b"\nno header\x1b[2J\n", 1), "Line 2 is not a header"),
        (lambda _: b"\xff" * 100_000, "The first line must be"),
        (lambda _: b"POST /x HTTP/1.1\n\n", "The first line must be"),
        (UsageError("The editor ended with 1: nothing was changed."), "The editor ended with 1"),
    ],
)
async def test_an_edit_that_is_no_request_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, made: object, words: str
) -> None:
    with inspecting(tmp_path, [line(1)]) as inspector:
        app = app_over(inspector)
        async with app.run_test(size=(120, 36)) as pilot:
            text = await edited_with(monkeypatch, app, pilot, [1], made)
            assert f"✗ {words}" in text
            assert "Edited: #" not in text
            assert isinstance(app.screen, ReplayScreen)
            assert not app.screen._send_options().edited


async def test_several_deliveries_are_not_edited_and_where_there_is_no_terminal_it_is_said(tmp_path: Path) -> None:
    with inspecting(tmp_path, [line(1), line(2)]) as inspector:
        app = app_over(inspector)
        async with app.run_test(size=(120, 36)) as pilot:
            await settle(pilot)
            app.push_screen(ReplayScreen([1, 2]))
            await settle(pilot)
            await pilot.press("e")
            assert "One delivery can be edited, and 2 are chosen" in screen_block(app)
            await pilot.press("escape")
            app.push_screen(ReplayScreen([1]))
            await settle(pilot)
            await pilot.press("e")
            await settle(pilot)
            assert "The terminal cannot be left here" in screen_block(app)


# The command


@pytest.mark.parametrize(
    ("env", "command"),
    [
        ({"EDITOR": "nano -w"}, ["nano", "-w"]),
        ({"EDITOR": "nano", "VISUAL": "code --wait 'a b'"}, ["code", "--wait", "a b"]),
        ({"EDITOR": "; rm -rf /"}, [";", "rm", "-rf", "/"]),  # no shell reads it
    ],
)
@pytest.mark.skipif(sys.platform == "win32", reason="words are split otherwise there")
def test_the_editor_is_the_users(env: dict[str, str], command: list[str]) -> None:
    assert command_of(env) == command


@pytest.mark.parametrize("named", ["'", " ", '"a'])
@pytest.mark.skipif(sys.platform == "win32", reason="words are split otherwise there")
def test_an_editor_that_is_no_command_is_refused(named: str) -> None:
    with pytest.raises(UsageError, match="EDITOR"):
        command_of({"EDITOR": named})


def test_without_any_editor_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda _name: None)
    with pytest.raises(UsageError, match="No editor was found"):
        command_of({})


@given(st.text())
def test_any_name_of_an_editor_is_split_or_refused(named: str) -> None:
    try:
        assert command_of({"EDITOR": named})
    except UsageError as error:
        assert show(error.message) == error.message


def test_nothing_is_written_while_another_program_has_the_terminal() -> None:
    written: list[str] = []

    class Base:
        def __init__(self) -> None:
            pass

        def suspend_application_mode(self) -> None:
            self.write("leave")

        def resume_application_mode(self) -> None:
            self.write("enter")

        def write(self, data: str) -> None:
            written.append(data)

    made: Any = steadfast(Base)  # type: ignore[arg-type]  # what of a driver matters here
    driver = made()
    driver.write("a")
    driver.suspend_application_mode()
    driver.write("b")
    driver.resume_application_mode()
    driver.write("c")
    assert written == ["a", "leave", "enter", "c"]
