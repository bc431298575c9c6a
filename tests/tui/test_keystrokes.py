"""How many keys a job takes, from the log with nothing open and the newest followed.

Each test does one job as a user would and holds the count to its limit: a key more is a fault. A paste counts as one.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual import events

from tests.support.factories import T0_NS, make_request
from tests.support.handler import handler
from tests.support.replaying import line
from tests.support.running_app import Running, event, imported, running
from webhook_inspector.core.clock import iso_utc
from webhook_inspector.core.headers import decode_header
from webhook_inspector.core.secret import Secret
from webhook_inspector.providers.load import builtin
from webhook_inspector.signing import sign
from webhook_inspector.tui.screens import replay as replay_screen
from webhook_inspector.tui.screens.diff import DiffScreen
from webhook_inspector.tui.screens.replay import ReplayScreen
from webhook_inspector.tui.screens.result import ResultScreen

SECRET = "whsec_of-the-keystrokes"
NARROW, WIDE = (80, 24), (120, 36)
both_sizes = pytest.mark.parametrize("size", [NARROW, WIDE], ids=["narrow", "wide"])
THREE = [event(1), event(2, "charge.failed"), event(3)]


class Keyboard:
    """Presses keys of an app and counts them."""

    def __init__(self, app: Running) -> None:
        self.app = app
        self.pressed: list[str] = []

    async def press(self, *keys: str) -> None:
        """Press keys, one after the other."""
        self.pressed += keys
        await self.app.press(*keys)

    async def paste(self, text: str) -> None:
        """Paste as a terminal does: one event, whatever its length."""
        self.pressed.append("paste")
        self.app.app.post_message(events.Paste(text))
        await self.app.quiet()

    def within(self, limit: int) -> None:
        """Hold the count to a limit."""
        assert len(self.pressed) <= limit, f"{len(self.pressed)} keys, {limit} allowed: {' '.join(self.pressed)}"


@asynccontextmanager
async def at_home(
    folder: Path, rows: list[dict[str, object]], size: tuple[int, int], *, listen: bool = False
) -> AsyncIterator[tuple[Running, Keyboard]]:
    """The app as it starts: on the log, following the newest."""
    async with running(folder, rows, size=size, listen=listen) as app:
        assert app.app.screen is app.log
        assert app.log.list.following
        yield app, Keyboard(app)


def holds(app: Running) -> bool:
    """Whether the result on the screen is what was expected."""
    screen = app.app.screen
    assert isinstance(screen, ResultScreen), app.text
    assert screen.result.verdict is not None
    return screen.result.verdict.holds


@both_sizes
async def test_the_newest_bad_signature_with_the_reason(tmp_path: Path, size: tuple[int, int]) -> None:
    async with at_home(tmp_path, [], size, listen=True) as (app, keyboard):
        await asyncio.to_thread(app.inspector.send_sample, "stripe")
        good = app.inspector.record(1).delivery.request
        kept = {name: good.headers.get(name) or "" for name in ("Stripe-Signature", "Webhook-Inspector-Sample")}
        await app.post(good.body + b"\n", {**kept, "Content-Type": "application/json"})
        await asyncio.to_thread(app.inspector.send_sample, "github")
        await app.until(lambda: app.log.list.current == 3 and app.inspector.wait_analysed(0))
        await keyboard.press("exclamation_mark")
        assert app.log.list.current == 2
        assert "The signature does not match" in app.text
        assert "It would match if the body had no trailing newline" in app.text
        keyboard.within(1)


@both_sizes
async def test_the_newest_failed_answer_with_the_reason(tmp_path: Path, size: tuple[int, int]) -> None:
    def fails_once(number: int, _body: bytes) -> tuple[int, bytes]:
        return (500, b'{"error":"KeyError: subscription"}') if number == 2 else (200, b"")

    with handler(fails_once) as target:
        async with at_home(tmp_path, [], size, listen=True) as (app, keyboard):
            app.inspector.set_forward(target.url)
            for number in (1, 2, 3):
                await app.post(json.dumps({"id": f"evt_{number}", "type": "invoice.paid"}).encode())
                await app.until(lambda number=number: bool(app.inspector.attempts(number)))
            await app.until(lambda: app.log.list.current == 3)
            await keyboard.press("exclamation_mark")
            assert app.log.list.current == 2
            assert "500" in app.text
            assert "KeyError: subscription" in app.text
            keyboard.within(1)


async def test_copy_as_curl(tmp_path: Path) -> None:
    async with at_home(tmp_path, THREE, NARROW) as (app, keyboard):
        await keyboard.press("y", "c")
        assert "\ncurl " in app.app.clipboard
        assert "evt_3" in app.app.clipboard
        assert "Sent the curl command" in app.text
        keyboard.within(2)
        with pytest.raises(AssertionError, match="2 keys, 1 allowed: y c"):
            keyboard.within(1)


@both_sizes
async def test_replay_the_last_three_times_and_repeat_it(tmp_path: Path, size: tuple[int, int]) -> None:
    with handler() as target:
        async with at_home(tmp_path, THREE, size) as (app, keyboard):
            app.inspector.set_forward(target.url)
            await keyboard.press("r", "3", "enter")
            await app.until(lambda: isinstance(app.app.screen, ResultScreen))
            assert target.ids == ["evt_3"] * 3
            assert "looks safe" in app.text
            keyboard.within(3)
            await app.press("escape")
            assert app.app.screen is app.log
            again = Keyboard(app)
            await again.press("full_stop")
            await app.shows("Run 2")
            await app.shows("3 requests answered as expected")
            assert target.ids == ["evt_3"] * 6
            again.within(1)


async def test_replay_the_last_three_times_from_anywhere(tmp_path: Path) -> None:
    with handler() as target:
        async with at_home(tmp_path, THREE, WIDE) as (app, keyboard):
            app.inspector.set_forward(target.url)
            await app.press("k", "k")
            assert not app.log.list.following
            await keyboard.press("G", "r", "3", "enter")
            await app.until(lambda: isinstance(app.app.screen, ResultScreen))
            assert target.ids == ["evt_3"] * 3
            keyboard.within(4)


async def test_repeat_after_a_change_from_the_result(tmp_path: Path) -> None:
    broken = True

    def answer(_number: int, _body: bytes) -> tuple[int, bytes]:
        return (500 if broken else 200), b""

    with handler(answer) as target:
        async with at_home(tmp_path, THREE, WIDE) as (app, keyboard):
            app.inspector.set_forward(target.url)
            await app.press("r", "enter")
            await app.until(lambda: isinstance(app.app.screen, ResultScreen))
            assert not holds(app)
            broken = False
            await keyboard.press("full_stop")
            await app.shows("Run 2")
            await app.until(lambda: len(target.bodies) == 2)
            assert holds(app)
            keyboard.within(1)


@both_sizes
async def test_diff_with_the_one_before_of_its_type(tmp_path: Path, size: tuple[int, int]) -> None:
    async with at_home(tmp_path, THREE, size) as (app, keyboard):
        await keyboard.press("d")
        assert isinstance(app.app.screen, DiffScreen)
        assert "invoice.paid #3  against  invoice.paid #1" in app.rows[0]
        assert "1 change" in app.rows[0]
        keyboard.within(1)


async def test_diff_with_another(tmp_path: Path) -> None:
    async with at_home(tmp_path, THREE, NARROW) as (app, keyboard):
        await keyboard.press("D", "2", "enter")
        assert isinstance(app.app.screen, DiffScreen)
        assert "invoice.paid #3  against  charge.failed #2" in app.rows[0]
        keyboard.within(3)


async def test_find_by_id(tmp_path: Path) -> None:
    rows = [event(number, key=f"in_{number * 7919:06d}") for number in range(1, 40)]
    async with at_home(tmp_path, rows, NARROW) as (app, keyboard):
        await keyboard.press("/")
        await keyboard.paste("in_055433")
        await keyboard.press("enter")
        await app.until(lambda: "1 match of in_055433" in app.text)
        assert app.log.list.current == 7
        keyboard.within(3)


@both_sizes
async def test_verify_with_a_new_secret(tmp_path: Path, size: tuple[int, int]) -> None:
    request = sign(make_request(b'{"type":"a"}'), builtin()["stripe"], Secret(SECRET), now_ns=T0_NS)
    headers = [(decode_header(name), decode_header(value)) for name, value in request.headers]
    signed = {**imported(request.body, headers=headers), "received_at": iso_utc(T0_NS)}
    async with at_home(tmp_path, [signed], size) as (app, keyboard):
        await keyboard.press("s", "t")
        await keyboard.paste(SECRET)
        assert SECRET not in app.text
        await keyboard.press("enter")
        await app.shows("With the pasted secret; it is not kept")
        assert "The signature holds" in app.text
        keyboard.within(4)


async def test_save_a_fixture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    async with at_home(tmp_path, THREE, NARROW) as (app, keyboard):
        await keyboard.press("e", "enter")
        await app.shows("Wrote the fixture")
        (delivery,) = json.loads((tmp_path / "invoice.paid.json").read_text(encoding="utf-8"))["deliveries"]
        assert json.loads(delivery["body"])["n"] == 3
        keyboard.within(2)


async def test_duplicate_late_and_swapped_with_a_verdict(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay_screen, "new_seed", lambda: 7)
    seen: set[bytes] = set()

    def refuses_duplicates(_number: int, body: bytes) -> tuple[int, bytes]:
        known = body in seen
        seen.add(body)
        return (409 if known else 200), b""

    with handler(refuses_duplicates) as target:
        async with at_home(tmp_path, [line(number, gap_ms=120) for number in (1, 2, 3)], WIDE) as (app, keyboard):
            app.inspector.set_forward(target.url)
            await keyboard.press("space", "g", "v")
            assert app.log.list.marked == [1, 2, 3]
            await keyboard.press("r", "c")
            assert isinstance(app.app.screen, ReplayScreen)
            assert "×2" in app.text
            assert "late " in app.text
            assert "now before" in app.text
            assert target.bodies == []
            await keyboard.press("enter")
            await app.until(lambda: isinstance(app.app.screen, ResultScreen))
            assert sorted(target.ids) == ["evt_1", "evt_1", "evt_2", "evt_2", "evt_3", "evt_3"]
            assert target.ids[::2] != ["evt_1", "evt_2", "evt_3"]
            assert "3 of 3 deliveries failed" in app.text
            assert "refused" in app.text
            keyboard.within(6)
