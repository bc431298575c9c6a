"""An app on a real log, with deliveries of the test's choosing."""

from __future__ import annotations

import asyncio
import base64
import json
import random
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from textual.pilot import Pilot

from tests.support.patience import PATIENCE_S
from tests.support.screen import rest, screen_block, screen_text
from webhook_inspector.adapters.app_memory import AppMemory
from webhook_inspector.config.model import AppConfig, Config
from webhook_inspector.engine.app_options import AppOptions
from webhook_inspector.engine.inspector import Inspector
from webhook_inspector.tui.app import InspectorApp
from webhook_inspector.tui.screens.log import LogScreen

COLOURS = {"COLORTERM": "truecolor"}


def imported(
    body: bytes = b'{"id":"evt_1","type":"invoice.paid","n":1}',
    *,
    method: str = "POST",
    target: str | bytes = "/hooks",
    headers: Sequence[tuple[str, str]] = (("Content-Type", "application/json"),),
    source: str | None = None,
) -> dict[str, Any]:
    """A delivery as a line of an import file."""
    row: dict[str, Any] = {
        "method": method,
        **({"target": target} if isinstance(target, str) else {"target_base64": base64.b64encode(target).decode()}),
        "headers": [list(pair) for pair in headers],
        "body_base64": base64.b64encode(body).decode(),
    }
    return row if source is None else {**row, "source": source}


def event(number: int, kind: str = "invoice.paid", **fields: Any) -> dict[str, Any]:
    """A small JSON event."""
    return imported(json.dumps({"id": f"evt_{number}", "type": kind, "n": number, **fields}).encode())


def bring_in(inspector: Inspector, folder: Path, rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """Import rows; returns their numbers."""
    file = folder / f"import-{random.randrange(10**9)}.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    result = inspector.import_file(file)
    assert len(result.ids) == len(rows), result
    return list(result.ids)


def _post(url: str, body: bytes, headers: dict[str, str]) -> int:
    parts = urlsplit(url)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=PATIENCE_S)
    try:
        connection.request("POST", parts.path, body, headers)
        return connection.getresponse().status
    finally:
        connection.close()


@dataclass
class Running:
    """A running app under the pilot."""

    app: InspectorApp
    inspector: Inspector
    pilot: Pilot[int]
    folder: Path

    @property
    def log(self) -> LogScreen:
        """Home."""
        screen = self.app.screen_stack[1]
        assert isinstance(screen, LogScreen)
        return screen

    @property
    def text(self) -> str:
        """The screen."""
        return screen_block(self.app)

    @property
    def rows(self) -> list[str]:
        """The rows of the screen."""
        return screen_text(self.app)

    async def press(self, *keys: str) -> None:
        """Press keys, one after the other, and wait until all is quiet."""
        for key in keys:
            await self.pilot.press(key)
        await self.quiet()

    async def quiet(self) -> None:
        """Wait for workers, the delay of the detail and what follows."""
        await rest(self.pilot)

    async def post(self, body: bytes, headers: Mapping[str, str] | None = None, path: str = "/hooks") -> int:
        """Send a delivery to the app's listener; returns the status of the answer."""
        listening = self.inspector.listening
        assert listening is not None
        return await asyncio.to_thread(_post, listening.url + path, body, dict(headers or {}))

    async def until(self, holds: Any, seconds: float = 40) -> None:
        """Wait until something holds."""
        for _ in range(int(seconds / 0.02)):
            if holds():
                await self.quiet()
                return
            await self.pilot.pause(0.02)
        raise AssertionError(f"it never held; the screen was:\n{self.text}")

    async def document(self, number: int, tab: int) -> None:
        """Wait until the document of a delivery's tab is on the screen: quicker than until all is quiet."""
        detail = self.log.detail
        for _ in range(2000):
            shown = detail.shown
            if (shown.id, shown.tab) == (number, tab):
                return
            await asyncio.sleep(0.005)
        raise AssertionError(f"delivery {number} tab {tab} never came:\n{self.text}")

    async def shows(self, words: str) -> None:
        """Wait until the screen shows words."""
        await self.until(lambda: words in self.text)


@asynccontextmanager
async def running(
    folder: Path,
    rows: Sequence[Mapping[str, Any]] = (),
    *,
    size: tuple[int, int] = (120, 36),
    listen: bool = False,
    env: Mapping[str, str] | None = None,
    settings: AppConfig | None = None,
    memory: AppMemory | None = None,
) -> AsyncIterator[Running]:
    """The app over a log with these deliveries."""
    config = Config(path=None, log=folder / "log.db", app=settings or AppConfig())
    with Inspector.open(config, env={}) as inspector:
        if rows:
            bring_in(inspector, folder, rows)
        if listen:
            inspector.listen(port=0)
        app = InspectorApp(inspector, AppOptions(config=config), COLOURS if env is None else env, memory=memory)
        async with app.run_test(size=size, notifications=True, tooltips=True) as pilot:
            made = Running(app, inspector, pilot, folder)
            await made.quiet()
            yield made
