from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.handler import handler
from tests.support.replaying import app_over, inspecting, line
from tests.support.screen import screen_block, screen_text, settle
from tests.tui.test_result_screen import picky, run_of
from webhook_inspector.tui.replay_form import ReplayForm
from webhook_inspector.tui.screens.result import ResultScreen
from webhook_inspector.tui.screens.runs import RunsScreen

LINES = [line(1), line(2), line(3)]


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_runs_stand_newest_first_and_open(tmp_path: Path, size: tuple[int, int]) -> None:
    with handler(picky) as target, inspecting(tmp_path, LINES) as inspector:
        run_of(inspector, target.url, [1], ReplayForm(7, copies=2))
        run_of(inspector, target.url, [1, 2], ReplayForm(7))
        app = app_over(inspector)
        async with app.run_test(size=size) as pilot:
            await settle(pilot)
            await pilot.press("R")
            await settle(pilot)
            rows = screen_text(app)
            if size[0] >= 100:
                assert rows.pop(0).startswith(" whi    Log  Shapes  Runs")
            assert rows[0].startswith(" Runs")
            assert rows[0].endswith("2 runs")
            if size[1] >= 30:
                assert rows.pop(1) == ""
            assert rows[2].startswith("▌    2  ")
            assert rows[2].endswith("✗ 1 of 2 deliveries failed" if size[0] > 100 else "✗ 1 of 2 failed")
            assert rows[3].split()[0] == "1"
            assert "✓ as expected" in rows[3]
            await pilot.press("j", "y", "r")
            await settle(pilot)
            assert app.clipboard.startswith(" Run 1   1 delivery, 2 requests to ")
            await pilot.press("exclamation_mark", "enter")
            await settle(pilot)
            assert isinstance(app.screen, ResultScreen)
            assert app.screen.result.id == 2


async def test_no_run_says_what_makes_one(tmp_path: Path) -> None:
    with inspecting(tmp_path, LINES) as inspector:
        app = app_over(inspector)
        async with app.run_test(size=(80, 24)) as pilot:
            await settle(pilot)
            app.push_screen(RunsScreen())
            await settle(pilot)
            assert "Nothing was replayed yet   r in the log plans a replay" in screen_block(app)
            await pilot.press("enter", "y", "exclamation_mark", "j", "k", "escape")
            await settle(pilot)


async def test_again_on_an_old_run_sends_its_plan(tmp_path: Path) -> None:
    with handler() as target, inspecting(tmp_path, LINES) as inspector:
        result = run_of(inspector, target.url, [1, 2], ReplayForm(7, order="swap"))
        app = app_over(inspector)
        async with app.run_test(size=(120, 36)) as pilot:
            await settle(pilot)
            app.push_screen(ResultScreen(result))
            await settle(pilot)
            await pilot.press("full_stop")
            await settle(pilot)
            assert target.ids == ["evt_2", "evt_1"] * 2
            assert screen_text(app)[0].startswith(" Run 2 ")
