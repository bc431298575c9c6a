"""Alerts: one quiet notice in whatever view is open, and a log of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from textual import events

from tests.support.handler import handler
from tests.support.replaying import app_over, inspecting, line
from tests.support.screen import screen_block, screen_text, settle, until
from tests.tui.test_result_screen import picky, run_of
from webhook_inspector.config.model import Config
from webhook_inspector.engine.announcements import Alerted, StoreTrouble, TargetHealth
from webhook_inspector.engine.inspector import Inspector
from webhook_inspector.events.alerting.api import Arrived
from webhook_inspector.replay.verdict import Verdict
from webhook_inspector.tui.app import InspectorApp
from webhook_inspector.tui.base import InspectorScreen
from webhook_inspector.tui.bridge import News
from webhook_inspector.tui.replay_form import ReplayForm
from webhook_inspector.tui.screens.alerts import AlertsScreen
from webhook_inspector.tui.screens.log import LogScreen

HOSTILE = "\x1b[31m[/]\u202e"
RULES = ("new_shape", "signatures 1 in a row")


@contextmanager
def opened(folder: Path, *, bell: bool = False) -> Iterator[Inspector]:
    config = Config(path=None, log=folder / "log.db", alerts=RULES, alert_bell=bell)
    with Inspector.open(config, env={}) as inspector:
        yield inspector


def fail(inspector: Inspector, number: int = 2, source: str = "pay") -> None:
    """A signature of a source does not hold, each time a new one."""
    for sig in ("valid", "invalid"):
        inspector.alerts.tell(Arrived(0, number, source, "m", sig, new_shape=False))


@pytest.mark.parametrize("size", [(60, 18), (80, 24), (120, 36)])
async def test_an_alert_is_noticed_in_every_view_and_kept(tmp_path: Path, size: tuple[int, int]) -> None:
    with inspecting(tmp_path, [line(n) for n in range(1, 4)]) as made:
        made.close()
    with opened(tmp_path) as inspector:
        app = app_over(inspector)
        async with app.run_test(size=size) as pilot:
            await settle(pilot)
            for key, title in (("R", " Runs"), ("T", " Stats")):
                await pilot.press(key)
                await until(pilot, app, title)
                before = screen_text(app)
                fail(inspector)
                await until(pilot, app, "! pay: 1 signature in a row did not hold")
                after = screen_text(app)
                assert [n for n, row in enumerate(after) if row != before[n] and n not in {0, 2}] in ([size[1] - 2], [])
                await pilot.press("escape")
                await settle(pilot)
                assert "! pay: 1 signature in a row" in screen_block(app)
            await pilot.press("A")
            await settle(pilot)
            assert isinstance(app.screen, AlertsScreen)
            rows = screen_text(app)
            assert rows[0].startswith(" Alerts")
            assert rows[0].endswith("3 alerts")
            assert "! " in rows[2]
            assert "✓ " in rows[3]
            assert "over: pay: a signature holds again" in rows[3]
            await pilot.press("A", "enter")
            await settle(pilot)
            assert isinstance(app.screen, LogScreen)
            assert app.screen.list.current == 2
            assert "1 signature in a row" not in screen_block(app)


async def test_a_sentence_that_stays_leaves_room_for_a_notice(tmp_path: Path) -> None:
    with opened(tmp_path) as inspector:
        app = app_over(inspector)
        async with app.run_test(size=(80, 24)) as pilot:
            await settle(pilot)
            await pilot.press("R")
            await settle(pilot)
            assert isinstance(app.screen, InspectorScreen)
            app.screen.say("This stays until something else is said, however long that takes, as errors do", seconds=0)
            fail(inspector)
            row = (await until(pilot, app, "! pay: 1 signature in a row did not")).splitlines()[22]
            assert row.startswith(" This stays until")
            app.say("This is said for a moment")
            await settle(pilot)
            assert screen_text(app)[22] == " This is said for a moment"


async def test_new_alerts_come_to_the_top_and_the_cursor_stays_with_its_own(tmp_path: Path) -> None:
    with opened(tmp_path) as inspector:
        app = app_over(inspector)
        async with app.run_test(size=(120, 36)) as pilot:
            await settle(pilot)
            await pilot.press("A")
            await until(pilot, app, "No alert here: the process that listens says them")
            await pilot.press("escape")
            inspector.listen(port=0)
            await pilot.press("A")
            await until(pilot, app, "rules   new_shape, signatures 1 in a row")
            await pilot.press("enter", "y")
            fail(inspector, source="one")
            await until(pilot, app, "one: 1 signature")
            fail(inspector, source="two")
            await until(pilot, app, "two: 1 signature")
            await pilot.press("j")
            await settle(pilot)
            fail(inspector, source=HOSTILE)
            block = await until(pilot, app, "3 alerts")
            assert "▌" in next(row for row in screen_text(app) if "one: 1 signature" in row)
            assert "\x1b" not in block
            assert "\u202e" not in block
            await pilot.press("y", "l")
            await settle(pilot)
            assert app.clipboard.count("\n") == 3
            assert "\x1b" not in app.clipboard


@pytest.mark.parametrize(("bell", "focus"), [(True, False), (True, True), (False, False)])
async def test_the_bell_rings_only_when_asked_for_and_not_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, bell: bool, focus: bool
) -> None:
    rung: list[bool] = []
    monkeypatch.setattr(InspectorApp, "bell", lambda _self: rung.append(True))
    with opened(tmp_path, bell=bell) as inspector:
        app = app_over(inspector)
        async with app.run_test(size=(80, 24)) as pilot:
            await settle(pilot)
            app.post_message(events.AppBlur() if not focus else events.AppFocus())
            await settle(pilot)
            fail(inspector)
            await until(pilot, app, "1 signature in a row")
            fail(inspector, source="other")
            await until(pilot, app, "other: 1 signature in a row")
            assert len(rung) == (bell and not focus)


async def test_a_log_that_cannot_keep_is_said_in_other_views_until_it_can(tmp_path: Path) -> None:
    with inspecting(tmp_path, [line(1)]) as inspector:
        app = app_over(inspector)
        async with app.run_test(size=(80, 24)) as pilot:
            await settle(pilot)
            await pilot.press("R")
            await settle(pilot)
            inspector._bus.publish(StoreTrouble("the disk is full"))
            await until(pilot, app, "✗ not kept: the disk is full")
            inspector._bus.publish(TargetHealth("http://127.0.0.1:3000", up=False, waiting=2))
            await settle(pilot)
            assert "✗ not kept" in screen_block(app)
            inspector._bus.publish(StoreTrouble(None))
            await until(pilot, app, "! http://127.0.0.1:3000 is not ready: 2 deliveries wait")


async def test_a_run_that_ended_under_another_view_is_noticed(tmp_path: Path) -> None:
    with handler(picky) as target, inspecting(tmp_path, [line(1), line(2)]) as inspector:
        result = run_of(inspector, target.url, [1, 2], ReplayForm(7))
        assert isinstance(result.verdict, Verdict)
        app = app_over(inspector)
        async with app.run_test(size=(80, 24)) as pilot:
            await settle(pilot)
            await pilot.press("r")
            await settle(pilot)
            app.screen.run_id = result.id  # type: ignore[attr-defined]
            news = News(runs=[(result.id, result.verdict)])
            app._news(news)
            assert "ended" not in screen_block(app)
            app.open_screen("runs")
            await settle(pilot)
            app._news(news)
            await until(pilot, app, f"Run {result.id} ended  ✗ not as expected   esc back")


def test_an_alert_says_that_it_is_over() -> None:
    said = Alerted(0, "silence 10m", begins=False, words="a delivery came again", delivery=1, query="")
    assert said.sentence == "over: a delivery came again"
