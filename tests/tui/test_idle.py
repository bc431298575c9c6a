"""A test goes on when the app has done what a key asked for, and not before."""

from __future__ import annotations

import asyncio
import threading

import pytest
from textual.app import App
from textual.events import Key

from tests.support.idle import idle
from tests.support.patience import PATIENCE_S
from tests.support.screen import settle


class Busy(App[None]):
    """An app that does things a moment after a key."""

    def __init__(self) -> None:
        super().__init__()
        self.done: list[str] = []

    def on_key(self) -> None:
        self.set_timer(0.015, lambda: self.done.append("timer"))
        self.run_worker(self._work, thread=True)

    def _work(self) -> None:
        threading.Event().wait(0.1)
        self.call_later(self.done.append, "worker")


async def test_a_key_is_done_when_its_timers_and_workers_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.support.idle.THREADS_S", 30)
    app = Busy()
    async with app.run_test() as pilot:
        await settle(pilot)
        app.post_message(Key("x", "x"))
        await idle(max_sleep=30)
        assert sorted(app.done) == ["timer", "worker"]


async def test_an_app_that_never_rests_holds_up_nobody() -> None:
    app = Busy()
    async with app.run_test() as pilot, asyncio.timeout(PATIENCE_S):
        beats: list[int] = []
        app.set_interval(0.004, lambda: beats.append(len(beats)))
        await idle(max_sleep=0.1)
        assert beats
        await pilot.press("x")
        await settle(pilot)
        assert "worker" in app.done
