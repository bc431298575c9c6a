"""The shapes of an event type over time."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.replaying import app_over, inspecting
from tests.support.screen import screen_block, screen_text, settle, until

SIZES = [(80, 24), (120, 36)]


def delivery(n: int) -> dict[str, Any]:
    data = {"n": n, "charges": []} if n < 30 else {"n": n, "latest_charge": None}
    body = {"id": f"evt_{n:012d}Ab", "type": "payment_intent.succeeded", "data": data}
    at = f"2026-11-{10 + n // 8:02d}T10:00:{n % 60:02d}Z"
    return {"method": "POST", "target": "/", "headers": [], "body": json.dumps(body), "received_at": at}


LINES = [delivery(n) for n in range(48)]


@pytest.mark.parametrize("size", SIZES)
async def test_what_changed_and_when_is_seen(tmp_path: Path, size: tuple[int, int]) -> None:
    with inspecting(tmp_path, LINES) as inspector:
        app = app_over(inspector)
        async with app.run_test(size=size) as pilot:
            await settle(pilot)
            await pilot.press("S")
            text = await until(pilot, app, "breaking")
            assert "Shapes  payment_intent.succeeded" in text
            assert "2 shapes in 6 days, 48 deliveries" in text
            assert "S1 → S2" in text
            assert "− $.data.charges" in text
            assert "code that reads it fails" in text
            assert "+ $.data.latest_charge" in text
            await pilot.press("k")
            await until(pilot, app, "the first; choose a later one")
            await pilot.press("d")
            await settle(pilot)
            assert "The first shape has none before it" in screen_text(app)[-2]


async def test_a_shape_leads_to_its_deliveries_and_to_a_diff(tmp_path: Path) -> None:
    with inspecting(tmp_path, LINES) as inspector:
        app = app_over(inspector)
        async with app.run_test(size=(120, 36)) as pilot:
            await settle(pilot)
            await pilot.press("S")
            await until(pilot, app, "breaking")
            await pilot.press("d")
            await until(pilot, app, "#30")
            assert "#31" in screen_block(app)
            await pilot.press("escape")
            await settle(pilot)
            await pilot.press("r")
            await until(pilot, app, "Replay 2 deliveries")
            await pilot.press("escape")
            await settle(pilot)
            await pilot.press("enter")
            await until(pilot, app, "18 of 48")
            assert "shape:" in screen_text(app)[1]


async def test_what_is_known_is_not_shown_again(tmp_path: Path) -> None:
    with inspecting(tmp_path, LINES) as inspector:
        app = app_over(inspector)
        async with app.run_test(size=(120, 36)) as pilot:
            await settle(pilot)
            await pilot.press("S")
            await until(pilot, app, "breaking")
            await pilot.press("b")
            await until(pilot, app, "nothing but what was marked as known")
            await pilot.press("b")
            await settle(pilot)
            assert "Nothing to mark as known" in screen_text(app)[-2]


async def test_one_change_is_chosen_used_ignored_and_known(tmp_path: Path) -> None:
    with inspecting(tmp_path, LINES) as inspector:
        app = app_over(inspector)
        async with app.run_test(size=(120, 36)) as pilot:
            await settle(pilot)
            await pilot.press("S")
            await until(pilot, app, "breaking")
            await pilot.press("U")
            await until(pilot, app, "Choose a change first")
            await pilot.press("tab", "U")
            await until(pilot, app, "breaking used")
            await pilot.press("U")
            assert "breaking" not in await until(pilot, app, "additive ignored")
            report = inspector.shapes.drift("payment_intent.succeeded")
            assert {one.drift.severity for one in report.changes} == {"additive"}
            await pilot.press("U")
            await until(pilot, app, "breaking")
            await pilot.press("j", "b")
            await until(pilot, app, "Marked 1 change as known")
            await settle(pilot)
            assert "latest_charge" not in screen_block(app)
            assert "$.data.charges" in screen_block(app)


async def test_the_version_is_the_cause_and_no_change_of_its_own(tmp_path: Path) -> None:
    lines = []
    for n, line in enumerate(LINES):
        body = json.loads(line["body"]) | {"api_version": "2022-08-01" if n < 30 else "2022-11-15"}
        lines.append(line | {"body": json.dumps(body), "provider": "stripe"})
    with inspecting(tmp_path, lines) as inspector:
        app = app_over(inspector)
        async with app.run_test(size=(80, 24)) as pilot:
            await settle(pilot)
            await pilot.press("S")
            text = await until(pilot, app, "The version changed from 2022-08-01 to 2022-11-15")
            assert "api_version" not in text
            assert text.count("breaking") == 1


async def test_without_an_event_type_there_is_no_shape(tmp_path: Path) -> None:
    with inspecting(tmp_path, [{"method": "POST", "target": "/", "headers": [], "body": "plain"}]) as inspector:
        app = app_over(inspector)
        async with app.run_test(size=(120, 36)) as pilot:
            await settle(pilot)
            await pilot.press("S")
            await settle(pilot)
            assert "Shapes are kept by event type" in screen_block(app)
