"""Named states of the app: the screenshots are made from them, and a test compares them with what is there."""

from __future__ import annotations

import base64
import json
import os
import random
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from tests.support.factories import T0_NS
from tests.support.handler import handler
from tests.support.screen import screen_block, settle
from webhook_inspector.config.model import Config
from webhook_inspector.core.clock import NS_PER_S, SystemClock, iso_utc
from webhook_inspector.core.request import Request
from webhook_inspector.engine.app_options import AppOptions
from webhook_inspector.engine.inspector import Inspector
from webhook_inspector.engine.replay_options import ReplayOptions, SendOptions
from webhook_inspector.engine.sources import SAMPLE_HEADER, sample_secret
from webhook_inspector.providers.load import builtin
from webhook_inspector.samples import sample
from webhook_inspector.signing import sign
from webhook_inspector.tui.app import InspectorApp
from webhook_inspector.tui.theme import LIGHT_NAME


class FixedWallClock(SystemClock):
    """A wall clock that begins at the same moment every time."""

    def __init__(self) -> None:
        self._begun = self.monotonic_ns()

    def wall_ns(self) -> int:
        return T0_NS + self.monotonic_ns() - self._begun


class Story:
    """Deliveries of a morning, the same every time."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self._rng = random.Random(11)

    def add(self, age_s: float, provider: str, event: str, tail: bytes = b"", **values: str) -> Request:
        """A signed sample that arrived `age_s` seconds ago; `tail` is added on the way."""
        now_ns = T0_NS - int(age_s * NS_PER_S)
        overrides = {key.replace("__", "."): value for key, value in values.items()}
        request = sample(provider, event, now_ns=now_ns, rng=self._rng, overrides=overrides)
        entry = builtin()[provider]
        request = replace(request, headers=request.headers.replaced(SAMPLE_HEADER, provider))
        request = sign(request, entry, sample_secret(entry), now_ns=now_ns)
        self.again(age_s, provider, replace(request, body=request.body + tail))
        return request

    def again(self, age_s: float, provider: str, request: Request) -> None:
        """A request as it arrived."""
        self.rows.append(
            {
                "received_at": iso_utc(T0_NS - int(age_s * NS_PER_S)),
                "source": provider,
                "method": request.method,
                "target": f"/{provider}",
                "headers": request.headers.text_pairs(),
                "body_base64": base64.b64encode(request.body).decode(),
            }
        )


def morning() -> list[dict[str, Any]]:
    """What the pictures show."""
    story = Story()
    for n, age in enumerate((1490, 1320, 1205, 1100)):
        story.add(age, "stripe", "invoice.paid", data__object__id=f"in_{n}")
        story.add(age - 31, "shopify", "orders/create")
    story.add(905, "github", "pull_request")
    story.add(840, "slack", "app_mention")
    first = story.add(611, "stripe", "payment_intent.succeeded")
    story.again(609.5, "stripe", first)
    story.add(470, "squarespace", "order.create")
    story.add(402, "gitlab", "push")
    story.add(366, "stripe", "charge.refunded")
    story.add(241, "shopify", "products/update")
    story.add(10.4, "github", "issues")
    story.add(
        9.1, "stripe", "invoice.paid", data__object__amount_paid='"42.00"', data__object__discount='{"id":"di_1"}'
    )
    story.add(7.6, "slack", "message")
    story.add(4.2, "github", "push", tail=b"\n")
    return story.rows


def two_weeks() -> list[dict[str, Any]]:
    """An event type whose payload changed in the middle."""
    rows = []
    for n in range(70):
        customer = f"cus_{n:012d}Ab"
        order: dict[str, Any] = {"id": f"ord_{n:012d}Ab", "total": 4200 + n, "currency": "eur"}
        if n < 44:
            order |= {"customer": customer, "coupon": "SUMMER"}
        else:
            order |= {"customer": {"id": customer, "vip": n % 3 == 0}, "discounts": list[str]()}
        if n >= 58:
            order |= {"channel": "web"}
        body = json.dumps({"id": f"evt_{n:012d}Ab", "type": "order.paid", "data": {"object": order}})
        age_s = (70 - n) * 4.6 * 3600
        rows.append({
            "received_at": iso_utc(T0_NS - int(age_s * NS_PER_S)), "method": "POST", "target": "/orders",
            "headers": [["Content-Type", "application/json"]], "body": body,
        })  # fmt: skip
    return rows


@dataclass
class Stage:
    """A running app."""

    app: InspectorApp
    inspector: Inspector
    pilot: Pilot[int]

    async def press(self, *keys: str) -> None:
        for key in keys:
            await self.pilot.press(key)
            await settle(self.pilot)
        await self.pilot.pause(0.15)
        await settle(self.pilot)

    async def until(self, words: str) -> None:
        """Wait until the screen shows words."""
        for _ in range(200):
            if words in screen_block(self.app):
                await settle(self.pilot)
                return
            await self.pilot.pause(0.05)
        raise AssertionError(f"{words!r} never came:\n{screen_block(self.app)}")


Act = Callable[[Stage], Awaitable[None]]


async def _log(stage: Stage) -> None:
    await stage.press("k", "k")


async def _signature(stage: Stage) -> None:
    await stage.press("exclamation_mark")
    await stage.until("would match")


async def _replay(stage: Stage) -> None:
    await stage.press("k", "k", "k", "space", "space", "space", "r", "o", "2")
    await stage.until("request")


async def _result(stage: Stage) -> None:
    await _replay(stage)
    await stage.press("enter")
    await stage.until("Checks")


async def _diff(stage: Stage) -> None:
    await stage.press("k", "k", "d")
    await stage.until("equal paths")


async def _shapes(stage: Stage) -> None:
    await stage.press("S", "k")
    await stage.until("breaking")


async def _help(stage: Stage) -> None:
    await stage.press("question_mark")


async def _nothing(_stage: Stage) -> None:
    return


@dataclass(frozen=True)
class Scenario:
    """One picture."""

    act: Act
    size: tuple[int, int] = (120, 36)
    empty: bool = False
    theme: str | None = None
    rows: Callable[[], list[dict[str, Any]]] = morning
    """What is in the log."""


SCENARIOS: dict[str, Scenario] = {
    "log-120x36": Scenario(_log),
    "log-80x24": Scenario(_log, size=(80, 24)),
    "log-light-120x36": Scenario(_log, theme=LIGHT_NAME),
    "signature-120x36": Scenario(_signature),
    "replay-120x36": Scenario(_replay),
    "replay-80x24": Scenario(_replay, size=(80, 24)),
    "result-120x36": Scenario(_result),
    "diff-120x36": Scenario(_diff),
    "shapes-120x36": Scenario(_shapes, rows=two_weeks),
    "help-120x36": Scenario(_help),
    "first-run-120x36": Scenario(_nothing, empty=True),
}


@contextmanager
def utc() -> Iterator[None]:
    """Local time is UTC meanwhile, where the system lets us say so."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = "UTC"
    if hasattr(time, "tzset"):
        time.tzset()
    try:
        yield
    finally:
        if before is None:
            del os.environ["TZ"]
        else:
            os.environ["TZ"] = before
        if hasattr(time, "tzset"):
            time.tzset()


class _Handler:
    """A handler with one mistake a type."""

    def __init__(self) -> None:
        self._times: dict[bytes, int] = {}

    def __call__(self, _number: int, body: bytes) -> tuple[int, bytes]:
        times = self._times[body] = self._times.get(body, 0) + 1
        if b"charge.refunded" in body:
            return 500, b'{"error":"KeyError: subscription"}'
        if (times == 3 and b"event_callback" in body) or (times == 2 and b"payment_intent" in body):
            return 409, b'{"error":"event already exists"}'
        return 200, b'{"ok":true}'


@asynccontextmanager
async def staged(name: str, folder: Path) -> AsyncIterator[Stage]:
    """The app in the state of a scenario."""
    scenario = SCENARIOS[name]
    async with AsyncExitStack() as stack:
        stack.enter_context(utc())
        target = stack.enter_context(handler(_Handler()))
        config = Config(path=None, log=folder / "log.db")
        inspector = stack.enter_context(Inspector.open(config, clock=FixedWallClock(), env={}))
        if not scenario.empty:
            file = folder / "morning.jsonl"
            file.write_text("".join(json.dumps(row) + "\n" for row in scenario.rows()), encoding="utf-8")
            ids = inspector.import_file(file).ids
            # All but the newest were delivered once, so that the app's answers are there to be seen.
            plan = inspector.plan(ids[:-1], ReplayOptions(speed=None, seed=1))
            inspector.start_run(plan, target.url, send=SendOptions(sign="captured")).wait(30)
        inspector.listen(port=0, forward=None if scenario.empty else target.url)
        app = InspectorApp(inspector, AppOptions(config=config), {"COLORTERM": "truecolor"})
        pilot = await stack.enter_async_context(app.run_test(size=scenario.size))
        if scenario.theme:
            app.theme = scenario.theme
        stage = Stage(app, inspector, pilot)
        await settle(pilot)
        await pilot.pause(0.15)
        await scenario.act(stage)
        yield stage


def essence(text: str) -> str:
    """The text of a screen without what differs from run to run: numbers, times, the length of bars."""
    text = re.sub(r"\d+", "0", text)
    text = re.sub(r"[━─╌●○├┼┤┆▸▀▄▃▂▁▅▆▇█]+", "", text)
    return re.sub(r"\s+", " ", text).strip()
