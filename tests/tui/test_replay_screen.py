from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.support.handler import handler
from tests.support.patience import PATIENCE_S
from tests.support.replaying import app_over, inspecting, line
from tests.support.running_app import imported
from tests.support.screen import screen_block, screen_text, settle
from webhook_inspector.core.attempt import Outcome
from webhook_inspector.engine import scenarios
from webhook_inspector.tui.base import StatusLine
from webhook_inspector.tui.last_replay import default_target, last_replay
from webhook_inspector.tui.screens.replay import ReplayScreen
from webhook_inspector.tui.screens.result import ResultScreen

SIZES = [(80, 24), (120, 36)]


async def opened(pilot: Pilot[Any], ids: Sequence[int]) -> ReplayScreen:
    await settle(pilot)
    screen = ReplayScreen(ids)
    pilot.app.push_screen(screen)
    await settle(pilot)
    return screen


async def until_result(pilot: Pilot[Any]) -> ResultScreen:
    async with asyncio.timeout(PATIENCE_S):
        while not isinstance(pilot.app.screen, ResultScreen):
            await pilot.pause(0.02)
    await settle(pilot)
    return pilot.app.screen


@pytest.mark.parametrize("size", SIZES)
async def test_the_preview_shows_the_plan_before_anything_is_sent(tmp_path: Path, size: tuple[int, int]) -> None:
    with handler() as target, inspecting(tmp_path, [line(1), line(2), line(3)], forward=target.url) as inspector:
        app = app_over(inspector)
        async with app.run_test(size=size) as pilot:
            await opened(pilot, [1, 2, 3])
            text = screen_block(app)
            assert " Replay 3 deliveries" in text
            assert f"send to    {target.url}" in text
            assert "A #1 invoice.created" in text
            assert "3 requests · 80 ms · one at a time" in " ".join(text.split())
            assert "copies       ‹ 1 ›" in text
            assert screen_text(app)[-1].startswith(" ⏎ send  0-9 copies")
            await pilot.press("3")
            await settle(pilot)
            text = screen_block(app)
            assert "copies       ‹ 3 ›" in text
            assert "9 requests" in text
            assert "●○○" in text
            assert target.bodies == []


@pytest.mark.parametrize("size", SIZES)
async def test_copies_in_another_order_of_three_events_are_six_keys(tmp_path: Path, size: tuple[int, int]) -> None:
    seen: set[bytes] = set()

    def refuses_duplicates(_number: int, body: bytes) -> tuple[int, bytes]:
        known = body in seen
        seen.add(body)
        return (409 if known else 200), b""

    with (
        handler(refuses_duplicates) as target,
        inspecting(tmp_path, [line(1), line(2), line(3)], forward=target.url) as inspector,
    ):
        app = app_over(inspector)
        async with app.run_test(size=size) as pilot:
            await settle(pilot)
            await pilot.press("space", "g", "v", "r", "c", "enter")
            await until_result(pilot)
            assert len(target.bodies) == 6
            text = screen_block(app)
            assert "3 of 3 deliveries failed" in text
            assert "refused" in text


async def test_r_3_enter_is_the_whole_task(tmp_path: Path) -> None:
    with handler() as target, inspecting(tmp_path, [line(1)], forward=target.url) as inspector:
        app = app_over(inspector)
        async with app.run_test(size=(120, 36)) as pilot:
            await settle(pilot)
            await pilot.press("r", "3", "enter")
            screen = await until_result(pilot)
            assert target.ids == ["evt_1"] * 3
            assert [one.status for one in screen.result.attempts] == [200, 200, 200]
            text = screen_block(app)
            assert "Run 1   1 delivery, 3 requests to 127.0.0.1:" in text
            assert "✓ as expected" in text
            assert "✓ looks safe" in text
            await pilot.press("full_stop")
            await settle(pilot)
            assert target.ids == ["evt_1"] * 6
            assert "Run 2" in screen_text(app)[0]
            await pilot.press("escape")
            await settle(pilot)
            await pilot.press("full_stop")
            await settle(pilot)
            assert target.ids == ["evt_1"] * 9
            assert "Run 3  ✓ 3 requests answered as expected" in screen_block(app)


async def test_again_without_a_replay_says_what_to_do(tmp_path: Path) -> None:
    with inspecting(tmp_path, [line(1)]) as inspector:
        app = app_over(inspector)
        async with app.run_test(size=(120, 36)) as pilot:
            await settle(pilot)
            await pilot.press("full_stop")
            await settle(pilot)
            assert "Nothing was replayed yet  ·  r replays the selected delivery" in screen_block(app)


async def test_presets_set_everything_and_steppers_make_it_custom(tmp_path: Path) -> None:
    with inspecting(tmp_path, [line(1), line(2), line(3)]) as inspector:
        app = app_over(inspector)
        async with app.run_test(size=(120, 36)) as pilot:
            screen = await opened(pilot, [1, 2, 3])
            await pilot.press("o")
            await settle(pilot)
            assert "replay order   B  A  C" in screen_block(app)
            assert "1 pair swapped" in screen_block(app)
            await pilot.press("u")
            await settle(pilot)
            assert "2 s apart" in screen_block(app)
            await pilot.press("b")
            await settle(pilot)
            assert "no gaps" in screen_block(app)
            assert "at most 3 at once" in screen_block(app)
            await pilot.press("l")
            await settle(pilot)
            assert screen.form.delay == "0-2.5s"
            await pilot.press("tab", "right")
            await settle(pilot)
            assert screen.form.order == "swap"
            await pilot.press("a")
            await settle(pilot)
            assert screen.form.delay is None


async def test_digits_in_a_row_make_one_number(tmp_path: Path) -> None:
    with inspecting(tmp_path, [line(1)]) as inspector:
        app = app_over(inspector)
        async with app.run_test(size=(80, 24)) as pilot:
            screen = await opened(pilot, [1])
            await pilot.press("0")
            assert screen.form.copies == 1
            await pilot.press("1", "2")
            await settle(pilot)
            assert screen.form.copies == 12
            await pilot.press("left", "5")
            await settle(pilot)
            assert screen.form.copies == 5


async def test_n_draws_other_random_choices(tmp_path: Path) -> None:
    with inspecting(tmp_path, [line(number) for number in range(1, 7)]) as inspector:
        app = app_over(inspector)
        async with app.run_test(size=(120, 36)) as pilot:
            screen = await opened(pilot, range(1, 7))
            await pilot.press("l")
            await settle(pilot)
            seeds, before = set(), screen.plan
            for _ in range(5):
                await pilot.press("n")
                await settle(pilot)
                seeds.add(screen.form.seed)
            assert len(seeds) > 1
            assert screen.plan != before


async def test_the_target_is_typed_in_one_row(tmp_path: Path) -> None:
    with inspecting(tmp_path, [line(1)]) as inspector:
        app = app_over(inspector)
        async with app.run_test(size=(80, 24)) as pilot:
            screen = await opened(pilot, [1])
            assert screen.target == "http://localhost:3000"
            await pilot.press("t", "ctrl+u", *"example.com")
            await pilot.press("enter")
            await settle(pilot)
            assert "http://example.com is not on this machine" in screen_block(app)
            assert screen.target == "http://localhost:3000"
            await pilot.press("ctrl+u", *"localhost:9000/hooks", "enter")
            await settle(pilot)
            assert screen.target == "http://localhost:9000/hooks"
            assert "Target is localhost:9000/hooks" in screen_block(app)
            await pilot.press("t", *"xyz", "escape")
            await settle(pilot)
            assert screen.target == "http://localhost:9000/hooks"
            assert app.screen is screen


async def test_nothing_listens_is_data_and_named(tmp_path: Path) -> None:
    with handler() as target:
        url = target.url
    with inspecting(tmp_path, [line(1), line(2)], forward=url) as inspector:
        app = app_over(inspector)
        async with app.run_test(size=(120, 36)) as pilot:
            await opened(pilot, [1, 2])
            await pilot.press("enter")
            screen = await until_result(pilot)
            assert {one.outcome for one in screen.result.attempts} == {Outcome.REFUSED}
            text = screen_block(app)
            assert "✗ 2 of 2 deliveries failed" in text
            assert "err" in text


async def test_escape_stops_a_run_and_says_how_many_were_not_sent(tmp_path: Path) -> None:
    lines = [line(number, gap_ms=3000) for number in range(1, 5)]
    with handler() as target, inspecting(tmp_path, lines, forward=target.url) as inspector:
        app = app_over(inspector)
        async with app.run_test(size=(120, 36)) as pilot:
            screen = await opened(pilot, [1, 2, 3, 4])
            await pilot.press("enter")
            async with asyncio.timeout(PATIENCE_S):
                while not target.bodies:
                    await pilot.pause(0.02)
            await pilot.pause(0.2)
            assert "Run 1" in screen_text(app)[0]
            assert screen_text(app)[-1] == " esc stop"
            await pilot.press("escape")
            assert screen.form.copies == 1
            result = await until_result(pilot)
            assert len(target.bodies) == 1
            assert [one.outcome for one in result.result.attempts[1:]] == [Outcome.NOT_SENT] * 3
            assert "Stopped: 3 of 4 requests were not sent" in screen_block(app)
            assert "stopped after" in screen_text(app)[0]


async def test_a_run_that_ends_under_another_screen_shows_its_result_later(tmp_path: Path) -> None:
    with handler() as target, inspecting(tmp_path, [line(1)], forward=target.url) as inspector:
        app = app_over(inspector)
        async with app.run_test(size=(80, 24)) as pilot:
            await opened(pilot, [1])
            target.gate.clear()
            await pilot.press("enter")
            async with asyncio.timeout(PATIENCE_S):
                while not target.bodies:
                    await pilot.pause(0.02)
            await pilot.press("question_mark")
            await pilot.pause()
            target.gate.set()
            await settle(pilot)
            assert not isinstance(app.screen, ResultScreen)
            await pilot.press("escape")
            await until_result(pilot)


async def test_waiting_grows_a_tail_in_place(tmp_path: Path) -> None:
    with handler() as target, inspecting(tmp_path, [line(1), line(2)], forward=target.url) as inspector:
        app = app_over(inspector)
        async with app.run_test(size=(120, 36)) as pilot:
            await opened(pilot, [1, 2])
            target.gate.clear()
            await pilot.press("enter")
            async with asyncio.timeout(PATIENCE_S):
                while "━" not in screen_block(app):
                    await pilot.pause(0.05)
            assert "0 of 2 answered" in screen_text(app)[0]
            target.gate.set()
            await until_result(pilot)


async def test_a_scenario_is_saved_and_opened_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with inspecting(tmp_path, [line(1), line(2)]) as inspector:
        app = app_over(inspector)
        async with app.run_test(size=(120, 36)) as pilot:
            screen = await opened(pilot, [1, 2])
            await pilot.press("w", "w")
            await settle(pilot)
            stem = f"webhook-scenario-{screen.form.seed}"
            file = tmp_path / f"{stem}.json"
            assert screen.plan is not None
            assert scenarios.load(file.read_bytes(), "file")[0].attempts == screen.plan.attempts
            assert file.stat().st_mode & 0o777 == 0o600
            assert (tmp_path / f"{stem}-2.json").exists()
            await pilot.press("escape", "o", *file.name, "enter")
            await settle(pilot)
            again = app.screen
            assert isinstance(again, ReplayScreen)
            assert again.plan is not None
            assert len(again.plan.attempts) == len(screen.plan.attempts)
            assert again.ids == [3, 4]
            await pilot.press("right")
            await settle(pilot)
            assert again.plan != inspector.open_plan(file)
            await pilot.press("escape", "o", *"none.json", "enter")
            await settle(pilot)
            assert "none.json cannot be read" in screen_block(app)


async def test_the_command_is_copied(tmp_path: Path) -> None:
    with inspecting(tmp_path, [line(1), line(2)]) as inspector:
        app = app_over(inspector)
        async with app.run_test(size=(120, 36)) as pilot:
            screen = await opened(pilot, [1, 2])
            await pilot.press("o", "y", "c")
            await settle(pilot)
            expected = "webhook-inspector replay 1 2 --to http://localhost:3000 --reorder swap"
            assert app.clipboard == expected
            assert screen.query_one(StatusLine).line(120).text.startswith(" Sent the command, ")


async def test_refused_deliveries_only_is_one_sentence(tmp_path: Path) -> None:
    with inspecting(tmp_path, [line(1)]) as inspector:
        app = app_over(inspector)
        async with app.run_test(size=(80, 24)) as pilot:
            screen = await opened(pilot, [77])
            assert screen.plan is None
            assert "✗ No delivery is selected" in screen_block(app)
            await pilot.press("enter", "y", "w", "n", "a")
            await settle(pilot)
            assert app.screen is screen


async def test_the_default_target_is_the_last_one(tmp_path: Path) -> None:
    with handler() as target, inspecting(tmp_path, [line(1)]) as inspector:
        app = app_over(inspector)
        assert default_target(inspector, None) == "http://localhost:3000"
        plan = inspector.plan([1], ReplayScreen([1]).form.options())
        inspector.start_run(plan, target.url + "/x").wait(PATIENCE_S)
        assert default_target(inspector, last_replay(app)) == target.url + "/x"


async def test_what_cannot_be_signed_is_told_before_it_is_sent(tmp_path: Path) -> None:
    headers = [("X-Signature-Ed25519", "00" * 64), ("X-Signature-Timestamp", "1795000000")]
    row = imported(b'{"type":1}', headers=headers)
    with handler() as target, inspecting(tmp_path, [row], forward=target.url) as inspector:
        app = app_over(inspector)
        async with app.run_test(size=(120, 36)) as pilot:
            await opened(pilot, [1])
            assert "1 delivery of Discord keeps the captured signature" in screen_block(app)
            await pilot.press("shift+tab", "right", "right", "right")
            await settle(pilot)
            text = screen_block(app)
            assert "own test key" in text
            assert "providers test-key discord" in " ".join(text.split())
            assert target.bodies == []


async def test_long_captured_gaps_can_be_shortened_with_one_key(tmp_path: Path) -> None:
    rows = [line(1), line(2) | {"received_at": "2026-11-20T12:00:45Z"}]
    rows[0]["received_at"] = "2026-11-20T12:00:00Z"
    with inspecting(tmp_path, rows) as inspector:
        app = app_over(inspector)
        async with app.run_test(size=(100, 30)) as pilot:
            screen = await opened(pilot, [1, 2])
            assert "The captured gaps make it take 45.0 s   s shortens them" in screen_block(app)
            await pilot.press("s")
            await settle(pilot)
            assert screen.form.speed == 5.0
            assert "×5" in screen_block(app)
            assert "Nothing is sent before ⏎" in screen_block(app)
            await pilot.press("s")
            assert screen.form.speed == 5.0
