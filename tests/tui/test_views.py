"""The main views: one header, one key each, and a screen that says when it has no room."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from textual.screen import Screen

from tests.support.running_app import Running, event, imported, running
from webhook_inspector.tui.keys import KEYS
from webhook_inspector.tui.palette import commands
from webhook_inspector.tui.screens.diff import DiffScreen
from webhook_inspector.tui.screens.replay import ReplayScreen
from webhook_inspector.tui.views import View, view_of, views

ROWS = [event(1), event(2, "charge.failed"), event(3), imported(b"no event type")]


def key_of(name: str) -> str:
    return KEYS[f"view_{name}"].keys


def name_of(screen: Screen[Any]) -> str:
    return view_of(type(screen))


def test_every_view_of_the_folder_has_its_tab_and_key() -> None:
    names = [view.name for view in views()]
    assert names[:3] == ["log", "shapes", "runs"]
    assert all(KEYS[view.key_id].keys for view in views())
    assert view_of(DiffScreen) == ""


async def test_from_each_view_a_key_leads_to_every_other(tmp_path: Path) -> None:
    async with running(tmp_path, ROWS) as app:
        for one in views():
            for other in views():
                await app.pilot.press(key_of(one.name), key_of(other.name))
                assert name_of(app.app.screen) == other.name
                assert len(app.app.screen_stack) == (2 if other.name == "log" else 3)


@pytest.mark.parametrize("view", views()[1:], ids=lambda view: view.name)
async def test_every_view_has_the_header_and_goes_back_to_the_log(tmp_path: Path, view: View) -> None:
    async with running(tmp_path, ROWS) as app:
        await header(app, "Log")
        for key in ("escape", "q"):
            await app.press(key_of(view.name))
            await header(app, view.title)
            await app.press(key)
            assert len(app.app.screen_stack) == 2


async def header(app: Running, title: str) -> None:
    """The first row names all views, the current one underlined."""
    row = app.rows[0]
    assert row.startswith(" whi    " + "  ".join(view.title for view in views()) + "  ")
    assert "○ not listening" in row
    assert row.endswith("4 deliveries    ? keys")
    underlined = [
        segment.text
        for segment in app.app.screen._compositor.render_strips()[0]
        if segment.style is not None and segment.style.underline
    ]
    assert underlined == [title]


async def test_a_tab_is_clicked(tmp_path: Path) -> None:
    async with running(tmp_path, ROWS) as app:
        for title, name in (("Runs", "runs"), ("Shapes", "shapes"), ("Shapes", "shapes"), ("Log", "log")):
            await app.pilot.click(offset=(app.rows[0].index(title) + 1, 0))
            await app.quiet()
            assert name_of(app.app.screen) == name
        await app.pilot.click(offset=(app.rows[0].index("? keys"), 0))
        await app.quiet()
        assert "Keys of Log" in app.text


async def test_the_header_counts_on_in_every_view(tmp_path: Path) -> None:
    async with running(tmp_path, ROWS[:3], listen=True) as app:
        await app.press("R")
        assert "3 deliveries" in app.rows[0]
        await asyncio.to_thread(app.inspector.send_sample, "github")
        await app.until(lambda: "4 deliveries" in app.rows[0])


async def test_a_narrow_screen_has_no_tabs_but_the_keys(tmp_path: Path) -> None:
    async with running(tmp_path, ROWS, size=(80, 24)) as app:
        await app.press("R")
        assert "Shapes" not in app.rows[0]
        assert app.rows[0].startswith(" Runs")
        await app.press("S")
        assert name_of(app.app.screen) == "shapes"
        assert app.rows[0].startswith(" Shapes")
        await app.press("L")
        assert app.app.screen is app.log


async def test_shapes_without_an_event_type_are_those_of_the_most_frequent_one(tmp_path: Path) -> None:
    async with running(tmp_path, ROWS) as app:
        assert app.log.list.current == 4
        await app.press("S")
        assert "Shapes  invoice.paid" in app.text


async def test_shapes_of_a_log_without_event_types_are_none(tmp_path: Path) -> None:
    async with running(tmp_path, [imported(b"x")]) as app:
        await app.press("S")
        assert app.app.screen is app.log
        assert "nothing here has one yet" in app.rows[-2]


async def test_views_are_not_left_out_of_a_dialog(tmp_path: Path) -> None:
    async with running(tmp_path, ROWS) as app:
        await app.press("r", "R", "L")
        assert isinstance(app.app.screen, ReplayScreen)
        assert not any("past runs" in command.words.lower() for command in commands(app.app.screen))


OPEN = ["", "enter", "R", "S", "r", "e", "c", "d", "question_mark", "ctrl+p"]


@pytest.mark.parametrize("keys", OPEN)
async def test_every_view_says_when_it_has_no_room(tmp_path: Path, keys: str) -> None:
    async with running(tmp_path, ROWS[:3], size=(80, 24)) as app:
        if keys:
            await app.press(keys)
        focused = app.app.screen.focused
        for width, height in ((59, 24), (80, 15), (20, 3)):
            await app.pilot.resize_terminal(width, height)
            await app.quiet()
            assert app.rows[0] == f"60×16 needed, now {width}×{height}; capture goes on"[:width].rstrip() or width == 20
            assert not any(app.rows[1:])
        await app.pilot.resize_terminal(60, 16)
        await app.quiet()
        assert "needed" not in app.rows[0]
        assert any(app.rows[3:])
        assert app.app.screen.focused is focused
