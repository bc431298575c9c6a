"""Many announcements from many threads become few messages, and none is lost."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from itertools import pairwise

import pytest
from textual.app import App

from webhook_inspector.engine.announcements import Analysed, Announcement, Captured, ForeignRows, StoreTrouble
from webhook_inspector.tui.bridge import LONGEST_S, PER_SECOND, Bridge, News, rest_s


class Engine:
    def __init__(self) -> None:
        self.callbacks: list[Callable[[Announcement], None]] = []

    def subscribe(self, callback: Callable[[Announcement], None]) -> Callable[[], None]:
        self.callbacks.append(callback)
        return lambda: self.callbacks.remove(callback)

    def publish(self, announcement: Announcement) -> None:
        for callback in list(self.callbacks):
            callback(announcement)


class Shelf(App[int]):
    def __init__(self, engine: Engine, cost_s: float = 0.0) -> None:
        super().__init__()
        self.told: list[News] = []
        self.times: list[float] = []
        self.work_s = 0.0
        self.cost_s = cost_s
        self.bridge = Bridge(engine.subscribe, self, self._hear, lambda: self.work_s)

    def _hear(self, news: News) -> None:
        self.told.append(news)
        self.times.append(time.monotonic())
        self.work_s += self.cost_s

    def on_mount(self) -> None:
        self.bridge.start()

    def on_unmount(self) -> None:
        self.bridge.stop()

    def on_bridge_poke(self, event: Bridge.Poke) -> None:
        event.bridge.poked()

    @property
    def captured(self) -> list[int]:
        return [number for news in self.told for number in news.captured]


def _publish(engine: Engine, start: int) -> None:
    for n in range(500):
        engine.publish(Captured((start + n,)))


async def test_a_flood_is_a_few_messages() -> None:
    engine = Engine()
    app = Shelf(engine)
    async with app.run_test() as pilot:
        threads = [threading.Thread(target=_publish, args=(engine, start)) for start in range(0, 4000, 500)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for _ in range(1000):
            await pilot.pause(0.05)
            if len(app.captured) == 4000:
                break
        assert sorted(app.captured) == list(range(4000))
        assert len(app.told) < 60


async def test_a_single_arrival_is_told_at_once() -> None:
    engine = Engine()
    app = Shelf(engine)
    async with app.run_test() as pilot:
        engine.publish(Captured((1,)))
        await pilot.pause()
        assert app.captured == [1]
        engine.publish(Analysed((1,)))
        engine.publish(StoreTrouble("The disk is full."))
        engine.publish(StoreTrouble(None))
        engine.publish(ForeignRows())
        for _ in range(1000):
            await pilot.pause(0.02)
            if len(app.told) == 2:
                break
        assert app.told[1].analysed == {1}
        assert app.told[1].trouble == ["The disk is full.", None]
        assert app.told[1].foreign


def test_the_rest_follows_the_cost_and_the_rate() -> None:
    usual = 1 / PER_SECOND
    assert rest_s(0.0, 1, usual) == usual
    assert rest_s(0.010, 13, usual) == usual, "200 a second, each picture 10 ms: as often as the eye follows"
    assert rest_s(0.040, 13, usual) == pytest.approx(0.2)
    assert rest_s(0.010, 300, usual) == pytest.approx(0.25), "a flood"
    assert rest_s(0.010, 300, 1.0) == usual, "300 in a second are none"
    assert rest_s(9.0, 0, usual) == rest_s(9.0, 9000, usual) == LONGEST_S


async def test_a_screen_that_takes_long_to_draw_hears_less_often() -> None:
    engine = Engine()
    app = Shelf(engine, cost_s=0.05)
    async with app.run_test() as pilot:
        for number in range(100):
            engine.publish(Captured((number,)))
            await pilot.pause(0.01)
            if len(app.told) == 4:
                break
        gaps = [later - earlier for earlier, later in pairwise(app.times)]
        assert gaps
        assert min(gaps) > 0.2, "50 ms of work are a fifth of 250 ms"


async def test_nothing_is_heard_after_the_end() -> None:
    engine = Engine()
    app = Shelf(engine)
    async with app.run_test():
        assert engine.callbacks
    assert engine.callbacks == []
