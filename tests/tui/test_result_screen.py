from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.handler import handler
from tests.support.patience import PATIENCE_S
from tests.support.replaying import app_over, inspecting, line
from tests.support.screen import screen_block, screen_text, settle
from webhook_inspector.engine.inspector import Inspector
from webhook_inspector.engine.run_result import RunResult
from webhook_inspector.tui.replay_form import ReplayForm
from webhook_inspector.tui.screens.replay import ReplayScreen
from webhook_inspector.tui.screens.result import AnswersScreen, ResultScreen
from webhook_inspector.tui.widgets.result_rows import page, report

LINES = [line(1), line(2), line(3)]


def picky(number: int, body: bytes) -> tuple[int, bytes]:
    """Refuses second copies of one type, fails on another."""
    if b"invoice.paid" in body:
        return 500, b'{"error":"no subscription"}'
    if b"charge.succeeded" in body and number > 5:
        return 409, b'{"error":"duplicate"}'
    return 200, b'{"ok":true}'


def run_of(inspector: Inspector, url: str, ids: list[int], form: ReplayForm) -> RunResult:
    run = inspector.start_run(inspector.plan(ids, form.options()), url)
    run.wait(PATIENCE_S)
    return inspector.run_result(run.id)


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_the_result_says_per_delivery_what_happened(tmp_path: Path, size: tuple[int, int]) -> None:
    with handler(picky) as target, inspecting(tmp_path, LINES) as inspector:
        result = run_of(inspector, target.url, [1, 2, 3], ReplayForm(7, copies=2))
        app = app_over(inspector)
        async with app.run_test(size=size) as pilot:
            await settle(pilot)
            screen = ResultScreen(result, form=ReplayForm(7, copies=2))
            app.push_screen(screen)
            await settle(pilot)
            text = screen_block(app)
            assert "✗ 2 of 3 deliveries failed" in text
            assert "✓ looks safe" in text
            assert "✗ failed" in text
            assert "! refused" in text
            assert screen.chosen() == 2
            assert "▌B #2 invoice.paid" in text
            for _ in range(12):
                await pilot.press("j")
            await settle(pilot)
            text = screen_block(app)
            assert "duplicates-same-answer" in text
            assert "What your handler stored or did cannot be seen from answers." in text
            await pilot.press("g", "exclamation_mark", "enter")
            await settle(pilot)
            assert type(app.screen) is AnswersScreen
            text = screen_block(app)
            assert "500 after" in text
            assert '{"error":"no subscription"}' in text
            await pilot.press("escape", "r")
            await settle(pilot)
            edited: object = app.screen
            assert isinstance(edited, ReplayScreen)
            assert edited.form.copies == 2
            assert edited.target == target.url


async def test_the_answer_of_the_chosen_row_stands_below(tmp_path: Path) -> None:
    with handler(picky) as target, inspecting(tmp_path, LINES) as inspector:
        result = run_of(inspector, target.url, [1, 2, 3], ReplayForm(7))
        app = app_over(inspector)
        async with app.run_test(size=(120, 40)) as pilot:
            await settle(pilot)
            app.push_screen(ResultScreen(result))
            await settle(pilot)
            assert '   {"error":"no subscription"}' in screen_text(app)
            await pilot.press("k")
            await settle(pilot)
            assert '   {"ok":true}' in screen_text(app)


async def test_no_problem_is_said(tmp_path: Path) -> None:
    with handler() as target, inspecting(tmp_path, LINES) as inspector:
        result = run_of(inspector, target.url, [1], ReplayForm(7))
        app = app_over(inspector)
        async with app.run_test(size=(80, 24)) as pilot:
            await settle(pilot)
            app.push_screen(ResultScreen(result))
            await settle(pilot)
            await pilot.press("exclamation_mark")
            await settle(pilot)
            assert "✓ No problem in this run" in screen_block(app)


async def test_the_report_is_copied(tmp_path: Path) -> None:
    with handler(picky) as target, inspecting(tmp_path, LINES) as inspector:
        result = run_of(inspector, target.url, [1, 2, 3], ReplayForm(7, order="swap"))
        app = app_over(inspector)
        async with app.run_test(size=(120, 36)) as pilot:
            await settle(pilot)
            app.push_screen(ResultScreen(result, form=ReplayForm(7, order="swap")))
            await settle(pilot)
            await pilot.press("y", "r")
            await settle(pilot)
            assert app.clipboard == report(result)
            assert app.clipboard.startswith(" Run 1   3 deliveries, 3 requests to 127.0.0.1:")
            assert "Sent the report, " in screen_block(app)
            await pilot.press("y", "c")
            await settle(pilot)
            assert app.clipboard == f"webhook-inspector replay 1 2 3 --to {target.url} --reorder swap"


def test_a_run_that_did_not_end_shows_what_is_known(tmp_path: Path) -> None:
    with handler() as target, inspecting(tmp_path, LINES) as inspector:
        whole = run_of(inspector, target.url, [1, 2], ReplayForm(7))
        cut = RunResult(
            whole.id,
            whole.started_ns,
            None,
            whole.target,
            whole.seed,
            whole.plan,
            whole.attempts[:1],
            None,
            whole.labels,
        )
        text = "\n".join(row.text for row in page(cut, 118).lines)
        assert "The run did not end" in text
        assert "did not end" in report(cut)


@pytest.mark.parametrize("width", [40, 79, 99, 119, 160])
def test_rows_that_can_be_chosen_are_known(tmp_path: Path, width: int) -> None:
    with handler(picky) as target, inspecting(tmp_path, LINES) as inspector:
        made = page(run_of(inspector, target.url, [1, 2, 3], ReplayForm(7, copies=2)), width)
        free = set(range(len(made.lines))) - set(made.fixed)
        assert set(made.deliveries) <= free
        assert set(made.problems) <= free
        assert {made.deliveries[row] for row in sorted(made.deliveries)[:3]} == {1, 2, 3}
