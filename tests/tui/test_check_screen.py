"""The convergence check in the app, against handlers of the zoo."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.support.fault_target import unused_port
from tests.support.replaying import app_over, inspecting
from tests.support.screen import screen_block, screen_text, settle, until
from tests.support.zoo import STORY, Ledger, NoDedupe, ResurrectsDeleted
from tests.support.zoo_server import serving
from webhook_inspector.replay import planfile
from webhook_inspector.tui.screens import check

SIZES = [(80, 24), (120, 36)]
LINES = [{"method": "POST", "target": "/hooks", "headers": [], "body": json.dumps(event)} for event in STORY]


@pytest.fixture(autouse=True)
def few_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "BUDGET", 24)


async def type_into(pilot: Pilot[Any], key: str, text: str) -> None:
    await pilot.press(key)
    await settle(pilot)
    await pilot.press("ctrl+u", *text, "enter")
    await settle(pilot)


@pytest.mark.parametrize("size", SIZES)
async def test_what_breaks_a_handler_is_shown_and_saved(
    tmp_path: Path, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with serving(ResurrectsDeleted) as url, inspecting(tmp_path, LINES, forward=f"{url}/hooks") as inspector:
        app = app_over(inspector)
        async with app.run_test(size=size) as pilot:
            await settle(pilot)
            await pilot.press("G", "space", "k", "k", "space", "c")  # the last one and one before it
            await settle(pilot)
            text = screen_block(app)
            assert " Check 2 deliveries" in text
            assert f"send to    {url}/hooks" in text
            assert "Without a probe only answers are judged" in text
            await type_into(pilot, "r", f"{url}/reset")
            await type_into(pilot, "p", f"{url}/state")
            assert "Without a probe" not in screen_block(app)
            await pilot.press("enter")
            text = await until(pilot, app, "does not converge")
            assert "✗ order" in text
            await pilot.press("pagedown", "pagedown")
            await settle(pilot)
            text = screen_block(app)
            assert "expected" in text
            assert "got" in text
            await pilot.press("w")
            await settle(pilot)
            assert "Wrote the plan" in screen_text(app)[-2]
            (file,) = tmp_path.glob("webhook-check-*.json")
            assert len(planfile.load(file.read_bytes(), "x").attempts) == 3


async def test_a_right_handler_converges(tmp_path: Path) -> None:
    with serving(Ledger) as url, inspecting(tmp_path, LINES[:1], forward=f"{url}/hooks") as inspector:
        app = app_over(inspector)
        async with app.run_test(size=(120, 36)) as pilot:
            await settle(pilot)
            await pilot.press("c")
            await type_into(pilot, "r", f"{url}/reset")
            await type_into(pilot, "p", f"{url}/state")
            await pilot.press("enter")
            text = await until(pilot, app, "converges")
            assert "does not converge" not in text
            assert "✓ idempotent" in text
            await pilot.press("w")
            await settle(pilot)
            assert "Nothing broke" in screen_text(app)[-2]


async def test_a_check_can_be_stopped(tmp_path: Path) -> None:
    with serving(NoDedupe) as url, inspecting(tmp_path, LINES, forward=f"{url}/hooks") as inspector:
        app = app_over(inspector)
        async with app.run_test(size=(120, 36)) as pilot:
            await settle(pilot)
            await pilot.press("g", *["space"] * len(LINES), "c")
            await type_into(pilot, "r", f"{url}/reset")
            await type_into(pilot, "p", f"{url}/state")
            await pilot.press("enter", "escape")
            text = await until(pilot, app, "Stopped")
            assert "does not converge" not in text
            await pilot.press("escape")
            await settle(pilot)
            assert " Check " not in screen_text(app)[0]


async def test_what_cannot_be_checked_is_said(tmp_path: Path) -> None:
    with inspecting(tmp_path, LINES[:1], forward=f"http://127.0.0.1:{unused_port()}") as inspector:
        app = app_over(inspector)
        async with app.run_test(size=(120, 36)) as pilot:
            await settle(pilot)
            await pilot.press("c")
            await settle(pilot)
            await pilot.press("enter")
            await until(pilot, app, "start the handler")
            await type_into(pilot, "p", "printf x")
            await pilot.press("enter")
            await until(pilot, app, "sets a reset")
            await type_into(pilot, "t", "example.com")
            assert "✗" in screen_text(app)[-2]
