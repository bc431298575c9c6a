"""Looks: ASCII, no colour, sixteen colours, the terminal's cursor, and themes that are tried on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.geometry import Offset

from tests.support.handler import handler
from tests.support.running_app import Running, event, imported, running
from tests.tui.test_result_screen import picky, run_of
from webhook_inspector.adapters.app_memory import AppMemory
from webhook_inspector.config.model import AppConfig
from webhook_inspector.tui.glyphs import ASCII, KEY_WORDS, plain
from webhook_inspector.tui.replay_form import ReplayForm
from webhook_inspector.tui.safe import Line, PlainInput
from webhook_inspector.tui.theme import ANSI_NAME, LIGHT_NAME, Palette, Writing

PLAIN = AppConfig(ascii=True)
ROWS = [event(1), event(2, "charge.failed"), event(3, extra={"a": 1}), event(4, long="x" * 300)]


def test_every_sign_is_one_cell_and_stays_one() -> None:
    for code, replaced in ASCII.items():
        assert cell_len(chr(code)) == cell_len(replaced) == 1
        assert replaced.isascii()
        assert replaced.isprintable()
    assert all(word.isascii() for word in KEY_WORDS.values())


@given(st.text())
def test_a_text_keeps_its_length_and_loses_no_ascii(text: str) -> None:
    drawn = plain(text)
    assert len(drawn) == len(text)
    assert all(after == before for before, after in zip(text, drawn, strict=True) if before.isascii())


def test_captured_signs_are_drawn_as_they_are() -> None:
    palette = Palette(None, writing=Writing(ascii=True))
    line = Line.of("✓ ") + Line.captured("✓ ü …\x1b")
    assert palette.strip(line, 12).text == "v ✓ ü …?    "
    assert Palette(None).strip(line, 12).text == "✓ ✓ ü …␛    "
    assert palette.strip((Line.of("  ") + Line.captured("✓✓✓✓")).cut(4), 4).text == "  ✓~"


WALK: Sequence[tuple[str, ...]] = (
    ("2",), ("3",), ("4",), ("5",), ("6",), ("1", "enter"), ("escape", "z"), ("z", "vertical_line"),
    ("f", "t"), ("escape", "slash"), ("escape", "y"), ("escape", "question_mark"), ("escape", "ctrl+p"),
    ("escape", "d"), ("vertical_line",), ("i",), ("escape", "r"), ("2", "u"), ("escape", "c"), ("escape", "e"),
    ("escape", "S"), ("R",), ("enter",), ("escape", "L"), ("space", "space"), ("j", "exclamation_mark"),
)  # fmt: skip


@pytest.mark.parametrize("size", [(80, 24), pytest.param((180, 40), marks=pytest.mark.torture)])
async def test_nothing_beyond_ascii_is_drawn_in_any_view(tmp_path: Path, size: tuple[int, int]) -> None:
    async with running(tmp_path, ROWS, size=size, settings=PLAIN) as app:
        with handler(picky) as target:
            run_of(app.inspector, target.url, [1, 2, 3], ReplayForm(7, copies=2))
        app.log.refind(app.log.finder.query)
        await app.quiet()
        for keys in WALK:
            for key in keys:
                await app.pilot.press(key)
            await app.pilot.pause(0.02)
            odd = {char for char in app.text if not char.isascii()}
            assert not odd, (keys, odd, app.text)
    async with running(tmp_path / "..", size=size, settings=PLAIN, listen=True) as app:
        assert app.text.isascii(), app.text


async def test_the_walk_sees_signs_where_they_are_drawn(tmp_path: Path) -> None:
    async with running(tmp_path, ROWS) as app:
        assert not app.text.isascii()


async def test_captured_letters_stay_in_ascii_mode(tmp_path: Path) -> None:
    async with running(
        tmp_path, [imported('{"id":"evt_1","name":"Zoë ✓ …","more":"漢"}'.encode())], settings=PLAIN
    ) as app:
        assert '"Zoë ✓ …"' in app.text
        assert "漢" in app.text
        assert "v {" in app.text  # the fold mark


def weights(app: Running, word: str) -> list[tuple[str, bool]]:
    """The words of the row of the list that holds a word, each with whether it is bold."""
    for strip in app.app.screen._compositor.render_strips():
        left = strip.crop(0, 58)
        if word in left.text:
            return [
                (segment.text.strip(), bool(segment.style and segment.style.bold))
                for segment in left
                if segment.text.strip()
            ]
    raise AssertionError(f"no row with {word}: {app.text}")


@pytest.mark.parametrize("env", [{"NO_COLOR": "1"}, {"TERM": "xterm"}, {"TERM": "linux"}, {"COLORTERM": "truecolor"}])
async def test_the_failed_row_is_found_without_colour(
    tmp_path: Path, env: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    if "NO_COLOR" in env:
        monkeypatch.setenv("NO_COLOR", "1")
    rows = [event(1, "good.one"), event(2, "invoice.paid"), event(3, "not.sent")]
    async with running(tmp_path, rows, env=env) as app:
        with handler(picky) as target:
            run_of(app.inspector, target.url, [1, 2], ReplayForm(7))
        app.log.list.forget_all()
        await app.quiet()
        if "COLORTERM" not in env:
            assert app.app.theme == ANSI_NAME
        assert ("500", True) in weights(app, "invoice.paid")
        assert ("200", False) in weights(app, "good.one")
        assert not any(bold for sign, bold in weights(app, "good.one") if sign != "▌")
        await app.press("exclamation_mark")
        assert "✗ 500" in app.text or "500 Internal" in app.text


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_the_terminals_cursor_stands_on_the_selected_row(tmp_path: Path, size: tuple[int, int]) -> None:
    async with running(tmp_path, ROWS, size=size) as app:
        with handler(picky) as target:
            run_of(app.inspector, target.url, [1], ReplayForm(7))
            run_of(app.inspector, target.url, [1, 2], ReplayForm(7))

        def there() -> None:
            x, y = app.app.cursor_position
            assert app.rows[y][x:].lstrip().startswith("▌"), (app.app.cursor_position, app.text)

        there()
        for keys in (("g",), ("enter", "j"), ("escape", "d"), ("escape", "R", "j"), ("S", "tab"),
                     ("escape", "r", "down", "tab")):  # fmt: skip
            await app.press(*keys)
            there()
        await app.press("ctrl+p", "down")
        assert app.app.cursor_position != Offset(0, 0)


async def typing(app: Running, words: str) -> None:
    """Open the palette with words in its field."""
    await app.pilot.press("ctrl+p")
    app.app.screen.query_one(PlainInput).value = words
    await app.pilot.pause()


async def test_a_theme_is_tried_on_under_the_cursor_and_kept_when_chosen(tmp_path: Path) -> None:
    memory = AppMemory(tmp_path / "state" / "app.json")
    async with running(tmp_path, ROWS, memory=memory) as app:
        before = app.app.theme
        await typing(app, "light")
        await app.until(lambda: app.app.theme == LIGHT_NAME)
        await app.press("escape")
        assert app.app.theme == before
        assert memory.read().theme is None
        await typing(app, "col")
        seen = set()
        for _ in range(3):
            await app.pilot.pause(0.3)
            seen.add(app.app.theme)
            await app.pilot.press("down")
        assert len(seen) == 3
        await app.press("escape")
        await typing(app, "nord")
        await app.press("enter")
        assert app.app.theme == "nord"
        assert memory.read().theme == "nord"
        await typing(app, "light")
        await app.pilot.click(offset=(110, 30))
        await app.quiet()
        assert app.app.theme == "nord"
    async with running(tmp_path / ".." / tmp_path.name, memory=memory) as app:
        assert app.app.theme == "nord"


async def test_a_command_that_is_no_theme_shows_the_colours_from_before(tmp_path: Path) -> None:
    async with running(tmp_path, ROWS) as app:
        before = app.app.theme
        await typing(app, "light")
        await app.until(lambda: app.app.theme == LIGHT_NAME)
        app.app.screen.query_one(PlainInput).value = "replay"
        await app.until(lambda: app.app.theme == before)
        await app.press("enter")
        assert app.app.theme == before
