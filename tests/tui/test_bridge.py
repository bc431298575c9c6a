"""Many announcements from many threads become few messages, and none is lost."""

from __future__ import annotations

import threading
from collections.abc import Callable

from textual.app import App

from webhook_inspector.engine.announcements import Analysed, Announcement, Captured, ForeignRows, StoreTrouble
from webhook_inspector.tui.bridge import Bridge, News


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
    def __init__(self, engine: Engine) -> None:
        super().__init__()
        self.told: list[News] = []
        self.bridge = Bridge(engine.subscribe, self, self.told.append)

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
        engine.publish(Captured(start + n))


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
        engine.publish(Captured(1))
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


async def test_nothing_is_heard_after_the_end() -> None:
    engine = Engine()
    app = Shelf(engine)
    async with app.run_test():
        assert engine.callbacks
    assert engine.callbacks == []
