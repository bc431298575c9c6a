"""Named states of the app: pictures are made from them, and tests read them as text."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, chdir, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from tests.support.factories import T0_NS
from tests.support.fake_tunnel import put_on_path
from tests.support.handler import handler
from tests.support.patience import PATIENCE_S
from tests.support.screen import rest, screen_block, settle
from tests.support.zoo import STORY, ResurrectsDeleted
from tests.support.zoo_server import serving
from tests.tui.story import morning, two_weeks
from webhook_inspector.config import load
from webhook_inspector.config.model import ALERTS, AppConfig, Config
from webhook_inspector.core.clock import NS_PER_S, SystemClock, iso_utc
from webhook_inspector.engine.app_options import AppOptions
from webhook_inspector.engine.inspector import Inspector
from webhook_inspector.engine.replay_options import ReplayOptions, SendOptions
from webhook_inspector.tui.app import InspectorApp
from webhook_inspector.tui.base import ROOMY_ROWS
from webhook_inspector.tui.safe import PlainInput
from webhook_inspector.tui.screens import check as check_screen
from webhook_inspector.tui.theme import CONTRAST_NAME, LIGHT_NAME


class FixedWallClock(SystemClock):
    """A wall clock that begins at the same moment every time."""

    def __init__(self) -> None:
        self._begun = self.monotonic_ns()

    def wall_ns(self) -> int:
        return T0_NS + self.monotonic_ns() - self._begun


SOURCES_FILE = """\
[sources.stripe]
path = "/stripe"
provider = "stripe"
secrets = ["env:STRIPE_SECRET"]

[sources.shopify]
path = "/shopify"
provider = "shopify"
respond = "503 every 4"

[sources.github]
path = "/github"
provider = "github"
secrets = ["env:GITHUB_SECRET"]
"""
SOURCES_ENV = {"STRIPE_SECRET": "whsec_of_the_pictures_9f2c", "GITHUB_SECRET": "words-of-the-pictures"}


def orders() -> list[dict[str, Any]]:
    """A few events that one object went through."""
    return [
        {
            "received_at": iso_utc(T0_NS - (90 - 20 * n) * NS_PER_S),
            "method": "POST",
            "target": "/orders",
            "headers": [["Content-Type", "application/json"]],
            "body": json.dumps({"type": f"order.{event['kind']}", **event}),
        }
        for n, event in enumerate(STORY)
    ]


@dataclass
class Stage:
    """A running app."""

    app: InspectorApp
    inspector: Inspector
    pilot: Pilot[int]
    folder: Path
    target: str

    async def press(self, *keys: str) -> None:
        for key in keys:
            await self.pilot.press(key)
            await self.app.workers.wait_for_complete()
        await rest(self.pilot)

    async def fill(self, text: str) -> None:
        """Put a text into the field that asks."""
        self.app.screen.query_one(PlainInput).value = text
        await self.press("enter")

    async def until(self, words: str) -> None:
        """Wait until the screen shows words."""
        for _ in range(2000):
            if words in screen_block(self.app):
                await settle(self.pilot)
                return
            await self.pilot.pause(0.02)
        raise AssertionError(f"{words!r} never came:\n{screen_block(self.app)}")

    async def resize(self, size: tuple[int, int]) -> None:
        """Make the terminal another size, and wait until all is drawn."""
        if self.app.size != size:
            await self.pilot.resize_terminal(*size)
        await rest(self.pilot)


Act = Callable[[Stage], Awaitable[None]]


def keys(*pressed: str, until: str = "") -> Act:
    """Press keys, then wait for words."""

    async def act(stage: Stage) -> None:
        await stage.press(*pressed)
        if until:
            await stage.until(until)

    return act


def then(first: Act, *more: Act) -> Act:
    """One act after another."""

    async def act(stage: Stage) -> None:
        for each in (first, *more):
            await each(stage)

    return act


_replay = keys("k", "k", "k", "space", "space", "space", "r", "o", "2", until="request")
_result = then(_replay, keys("enter", until="safe to repeat"))


async def _replayed(stage: Stage) -> None:
    """A second run is in the log, and the log is shown."""
    await _result(stage)
    await stage.press("escape", "escape")


async def _diff(stage: Stage) -> None:
    """The chosen change, which is shown in full where there are rows for it."""
    tall = stage.app.size.height >= ROOMY_ROWS
    await keys("k", "k", "d", until='#18      "42.00"' if tall else "another type, or null")(stage)


async def _check(stage: Stage) -> None:
    base = stage.target.removesuffix("/hooks")
    await stage.press("g", "space", "space", "space", "space", "c")
    for key, path in (("r", "reset"), ("p", "state")):
        await stage.press(key)
        await stage.fill(f"{base}/{path}")
    await stage.press("enter")
    await stage.until("does not converge")


async def _alerts(stage: Stage) -> None:
    from webhook_inspector.events.alerting.api import Arrived

    for sig in ("valid", "invalid"):
        for _ in range(5):
            stage.inspector.alerts.tell(Arrived(T0_NS, 22, "github", "push", sig, new_shape=False))
    stage.inspector.alerts.tell(Arrived(T0_NS, 20, "stripe", "invoice.paid", "valid", new_shape=True))
    await stage.press("A")
    await stage.until("invoice.paid")


async def _tiny(stage: Stage) -> None:
    await stage.resize((52, 14))


async def _nothing(_stage: Stage) -> None:
    return


@dataclass(frozen=True)
class Scenario:
    """A state of the app."""

    act: Act
    size: tuple[int, int] = (120, 36)
    empty: bool = False
    theme: str | None = None
    rows: Callable[[], list[dict[str, Any]]] = morning
    """What is in the log."""
    file: str | None = None
    """The configuration file."""
    settings: AppConfig = field(default_factory=AppConfig)
    env: Mapping[str, str] = field(default_factory=lambda: {"COLORTERM": "truecolor"})
    alerts: tuple[str, ...] = ALERTS
    zoo: bool = False
    """The app that gets the deliveries is one that stores things wrongly."""


_LOG = Scenario(keys("k", "k"))

STATES: dict[str, Scenario] = {
    "log": _LOG,
    "log-marked": Scenario(keys("k", "k", "k", "space", "space", "m", *"seen by Ada", "enter", "p")),
    "body": Scenario(keys("k", "k", "enter")),
    "headers": Scenario(keys("k", "k", "enter", "2")),
    "signature": Scenario(keys("exclamation_mark", until="would match")),
    "shape": Scenario(keys("k", "k", "enter", "4")),
    "attempts": Scenario(keys("k", "k", "k", "enter", "5")),
    "raw": Scenario(keys("k", "k", "enter", "6")),
    "filter": Scenario(keys("f", *"type:in", until="invoice.paid  ")),
    "no-match": Scenario(keys("f", *"type:invoce.paid", "enter", until="did you mean")),
    "first-run": Scenario(_nothing, empty=True),
    "replay": Scenario(_replay),
    "result": Scenario(_result),
    "answer": Scenario(then(_result, keys("enter"))),
    "runs": Scenario(then(_replayed, keys("R", until="failed"))),
    "check": Scenario(_check, rows=orders, zoo=True),
    "diff": Scenario(_diff),
    "diff-text": Scenario(keys("k", "k", "d", "vertical_line")),
    "shapes": Scenario(keys("S", "k", until="breaking"), rows=two_weeks),
    "stats": Scenario(keys("T", until="Worth a look")),
    "sources": Scenario(keys("O", until="stripe"), file=SOURCES_FILE),
    "source-edit": Scenario(keys("O", "enter", "j", "j", until="stripe"), file=SOURCES_FILE),
    "source-field": Scenario(keys("O", "enter", "enter", until="stripe"), file=SOURCES_FILE),
    "no-sources": Scenario(keys("O"), empty=True),
    "alerts": Scenario(_alerts, alerts=(*ALERTS, "signatures 3 in a row")),
    "no-alerts": Scenario(keys("A")),
    "tunnel": Scenario(keys("3", until="cloudflared"), empty=True),
    "export": Scenario(keys("k", "k", "e", until="replaced")),
    "commands": Scenario(keys("ctrl+p", *"re")),
    "help": Scenario(keys("question_mark")),
    "copy": Scenario(keys("k", "k", "y")),
    "prompt": Scenario(keys("k", "k", "m")),
    "too-small": Scenario(_tiny),
}
"""The views and their states, at no size of their own."""


def _at(name: str, size: tuple[int, int], **changes: Any) -> Scenario:
    return replace(STATES[name], size=size, **changes)


NARROW, WIDE, WIDEST = (80, 24), (120, 36), (200, 50)

SCENARIOS: dict[str, Scenario] = {
    "log-120x36": _at("log", WIDE),
    "log-80x24": _at("log", NARROW),
    "log-200x50": _at("log", WIDEST),
    "log-light-120x36": _at("log", WIDE, theme=LIGHT_NAME),
    "log-contrast-120x36": _at("log", WIDE, theme=CONTRAST_NAME),
    "log-no-color-120x36": _at("log", WIDE, env={"COLORTERM": "truecolor", "NO_COLOR": "1"}),
    "log-ascii-80x24": _at("log", NARROW, settings=AppConfig(ascii=True)),
    "signature-120x36": _at("signature", WIDE),
    "replay-120x36": _at("replay", WIDE),
    "replay-80x24": _at("replay", NARROW),
    "result-120x36": _at("result", WIDE),
    "check-120x36": _at("check", WIDE),
    # Only a tall screen has room for the chosen values.
    "diff-120x36": replace(_at("diff", WIDE), act=keys("k", "k", "d", until='#18      "42.00"')),
    "shapes-120x36": _at("shapes", WIDE),
    "stats-120x36": _at("stats", WIDE),
    "sources-120x36": _at("sources", WIDE),
    "help-120x36": _at("help", WIDE),
    "first-run-120x36": _at("first-run", WIDE),
}
"""The pictures."""


@contextmanager
def utc() -> Iterator[None]:
    """Local time is UTC meanwhile, where the system lets us say so."""
    with environment({"TZ": "UTC"}):
        if hasattr(time, "tzset"):
            time.tzset()
        yield
    if hasattr(time, "tzset"):
        time.tzset()


@contextmanager
def environment(values: Mapping[str, str]) -> Iterator[None]:
    """The environment of the process has these values meanwhile."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


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


def _config(scenario: Scenario, folder: Path) -> Config:
    if scenario.file is not None:
        (folder / "webhook-inspector.toml").write_text(scenario.file, encoding="utf-8")
    read = load(None, {"HOME": str(folder)}, folder)
    return replace(read, log=folder / "log.db", app=scenario.settings, alerts=scenario.alerts)


def _fill(inspector: Inspector, scenario: Scenario, folder: Path, target: str) -> None:
    """Import the deliveries; all but the newest were delivered once, so that the app's answers are there to be seen."""
    file = folder / "morning.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in scenario.rows()), encoding="utf-8")
    ids = inspector.import_file(file).ids
    file.unlink()
    if not scenario.zoo:
        plan = inspector.plan(ids[:-1], ReplayOptions(speed=None, seed=1))
        inspector.start_run(plan, target, send=SendOptions(sign="captured")).wait(PATIENCE_S)


@contextmanager
def _surroundings(scenario: Scenario, folder: Path) -> Iterator[str]:
    """Time, folder, programs and the app that gets deliveries; gives its address."""
    programs = folder / "bin"
    programs.mkdir()
    put_on_path(programs, "cloudflared")
    with utc(), chdir(folder), environment({"PATH": str(programs), "HOME": str(folder)}), environment(SOURCES_ENV):
        if scenario.zoo:
            before, check_screen.BUDGET = check_screen.BUDGET, 24
            try:
                with serving(ResurrectsDeleted) as url:
                    yield f"{url}/hooks"
            finally:
                check_screen.BUDGET = before
        else:
            with handler(_Handler()) as target:
                yield target.url


@asynccontextmanager
async def engine(scenario: Scenario, folder: Path) -> AsyncIterator[tuple[Inspector, str]]:
    """An open log with what is in it, and the address of the app that gets deliveries."""
    async with AsyncExitStack() as stack:
        target = stack.enter_context(_surroundings(scenario, folder))
        config = _config(scenario, folder)
        inspector = stack.enter_context(Inspector.open(config, clock=FixedWallClock(), env=SOURCES_ENV))
        if not scenario.empty:
            _fill(inspector, scenario, folder, target)
        inspector.listen(port=0, forward=None if scenario.empty else target)
        yield inspector, target


@asynccontextmanager
async def opened(scenario: Scenario, inspector: Inspector, target: str, folder: Path) -> AsyncIterator[Stage]:
    """The app over it, in the state."""
    with environment({name: value for name, value in scenario.env.items() if name == "NO_COLOR"}):
        app = InspectorApp(inspector, AppOptions(config=inspector.config), scenario.env)
    async with app.run_test(size=scenario.size) as pilot:
        if scenario.theme:
            app.theme = scenario.theme
        stage = Stage(app, inspector, pilot, folder, target)
        await settle(pilot)
        await pilot.pause(0.15)
        await scenario.act(stage)
        yield stage


@asynccontextmanager
async def shown(scenario: Scenario, folder: Path) -> AsyncIterator[Stage]:
    """The app in a state."""
    async with engine(scenario, folder) as (inspector, target), opened(scenario, inspector, target, folder) as stage:
        yield stage


@asynccontextmanager
async def staged(name: str, folder: Path) -> AsyncIterator[Stage]:
    """The app as in a picture."""
    async with shown(SCENARIOS[name], folder) as stage:
        yield stage


def essence(text: str) -> str:
    """The text of a screen without what differs from run to run: numbers, times, the length of bars and of axes."""
    text = re.sub(r"\d+", "0", text)
    text = re.sub(r"[━─╌●○├┼┤┆▸▀▄▃▂▁▅▆▇█]+", "", text)
    text = re.sub(r"\s+", " ", text).strip()
    return re.sub(r"\b0(?:\.0)? ?m?s\b(?: 0(?:\.0)? ?m?s\b)*", "0 s", text)
