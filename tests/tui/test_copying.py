from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.support.replaying import app_over, inspecting, line
from tests.support.screen import screen_block, screen_text, settle
from webhook_inspector.errors import UsageError
from webhook_inspector.tui import copying
from webhook_inspector.tui.base import InspectorScreen
from webhook_inspector.tui.copying import Copied, CopyEntry, copy_menu, write_new

BODY = b'{"id":"evt_1","note":"\xc3\xbc"}'
ENTRIES = (
    CopyEntry("c", "curl", "curl command", lambda: "curl http://127.0.0.1/"),
    CopyEntry("b", "body", "body", lambda: BODY, ".json"),
    CopyEntry("v", "value", "value", lambda: "plain"),
)


async def asked(pilot: Pilot[Any], entries: Sequence[CopyEntry], *keys: str) -> str:
    await settle(pilot)
    screen = pilot.app.screen_stack[-1]
    assert isinstance(screen, InspectorScreen)
    copy_menu(screen, entries, name="delivery-1")
    await settle(pilot)
    await pilot.press(*keys)
    await settle(pilot)
    return screen_block(pilot.app)


async def test_the_menu_is_one_row_of_letters(tmp_path: Path) -> None:
    with inspecting(tmp_path, [line(1)]) as inspector:
        app = app_over(inspector)
        async with app.run_test(size=(80, 24)) as pilot:
            await asked(pilot, ENTRIES)
            assert screen_text(app)[-1] == " copy  c curl  b body  v value  f to a file  y show last  esc"
            await pilot.press("z", "q", "j")
            await settle(pilot)
            assert screen_text(app)[-1].startswith(" copy")
            await pilot.press("escape")
            await settle(pilot)
            assert not screen_text(app)[-1].startswith(" copy")


async def test_what_was_tried_is_said_never_copied(tmp_path: Path) -> None:
    with inspecting(tmp_path, [line(1)]) as inspector:
        app = app_over(inspector)
        async with app.run_test(size=(120, 36)) as pilot:
            text = await asked(pilot, ENTRIES, "c")
            assert "Sent the curl command, 22 B, to the terminal clipboard · y y shows it as text" in text
            assert "opied" not in text
            assert app.clipboard == "curl http://127.0.0.1/"
            await asked(pilot, ENTRIES, "b")
            assert app.clipboard == BODY.decode()


async def test_bytes_that_are_no_text_are_offered_as_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    entries = [CopyEntry("b", "body", "body", lambda: b"\xff\x00\x1b", ".bin")]
    with inspecting(tmp_path, [line(1)]) as inspector:
        app = app_over(inspector)
        async with app.run_test(size=(120, 36)) as pilot:
            text = await asked(pilot, entries, "b")
            assert "Not sent: the body is not UTF-8 text, 3 B  ·  y f b writes it to a file as it is" in text
            text = await asked(pilot, entries, "f", "b")
            assert "Wrote the body, 3 B, to delivery-1-body.bin" in text
            file = tmp_path / "delivery-1-body.bin"
            assert file.read_bytes() == b"\xff\x00\x1b"
            assert file.stat().st_mode & 0o777 == 0o600


async def test_a_file_is_never_overwritten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "delivery-1-body.json").write_text("mine")
    with inspecting(tmp_path, [line(1)]) as inspector:
        app = app_over(inspector)
        async with app.run_test(size=(120, 36)) as pilot:
            await asked(pilot, ENTRIES, "f", "b")
            assert (tmp_path / "delivery-1-body.json").read_text() == "mine"
            assert (tmp_path / "delivery-1-body-2.json").read_bytes() == BODY


def test_a_link_in_the_way_is_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine")
    (tmp_path / "plan.json").symlink_to(victim)
    made = write_new(tmp_path, "plan", ".json", b"data")
    assert made.name == "plan-2.json"
    assert victim.read_text() == "mine"


async def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with inspecting(tmp_path, [line(1)]) as inspector:
        app = app_over(inspector)
        async with app.run_test(size=(120, 36)) as pilot:
            assert "✗ The body was not written" in await asked(pilot, ENTRIES, "f", "b")


async def test_a_value_with_control_characters_says_so_first(tmp_path: Path) -> None:
    entries = [CopyEntry("v", "value", "value", lambda: "rm -rf /\x1b[2K\x00\n"), *ENTRIES[:2]]
    with inspecting(tmp_path, [line(1)]) as inspector:
        app = app_over(inspector)
        async with app.run_test(size=(120, 36)) as pilot:
            await asked(pilot, entries, "v")
            assert app.clipboard == ""
            assert "! 2 control characters in it, copied as they are  v copy it" in screen_text(app)[-1]
            await pilot.press("b")
            await settle(pilot)
            assert app.clipboard == ""
            await pilot.press("v")
            await settle(pilot)
            assert app.clipboard == "rm -rf /\x1b[2K\x00\n"


async def test_an_error_is_said(tmp_path: Path) -> None:
    def fails() -> str:
        raise UsageError("There is no delivery 9.")

    with inspecting(tmp_path, [line(1)]) as inspector:
        app = app_over(inspector)
        async with app.run_test(size=(120, 36)) as pilot:
            assert "✗ There is no delivery 9." in await asked(pilot, [CopyEntry("b", "body", "body", fails)], "b")


async def test_the_last_copy_is_shown_as_safe_text(tmp_path: Path) -> None:
    entries = [CopyEntry("b", "body", "body", lambda: "one\x1b]0;x\x07\ntwo [/]\u202e")]
    with inspecting(tmp_path, [line(1)]) as inspector:
        app = app_over(inspector)
        async with app.run_test(size=(120, 36)) as pilot:
            assert "Nothing was copied yet" in await asked(pilot, entries, "y")
            await asked(pilot, entries, "b")
            text = await asked(pilot, entries, "y")
            assert " The body as plain text" in text
            assert "one␛]0;x␇" in text
            assert "two [/]<U+202E>" in text
            await pilot.press("escape")
            await settle(pilot)
            assert " The body as plain text" not in screen_block(app)


def test_printed_text_is_safe_and_waits_for_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    out, source = io.StringIO(), io.StringIO("\n")
    monkeypatch.setattr(sys, "__stdout__", out)
    monkeypatch.setattr(sys, "__stdin__", source)
    copying.print_plain(Copied("body", "one\x1b[31m\r\ntwo\x9b"))
    assert out.getvalue().startswith(
        "--- body (2 control characters shown in visible form)\none␛[31m\ntwo<U+009B>\n---"
    )
    assert source.read() == ""


@pytest.mark.parametrize(
    ("text", "number"), [("plain\n\t\r", 0), ("\x1b", 1), ("\u202e\x00", 2), ("é漢", 0), ("\ud800", 1)]
)
def test_control_count(text: str, number: int) -> None:
    assert copying.control_count(text) == number
