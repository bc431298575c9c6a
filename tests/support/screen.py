"""What a running app shows, as text."""

from __future__ import annotations

import asyncio
from typing import Any

from textual.app import App
from textual.pilot import Pilot


def screen_text(app: App[Any]) -> list[str]:
    """The rows of the screen, right-stripped, as a reader sees them."""
    width, height = app.size
    strips = app.screen._compositor.render_strips()
    return [strip.crop(0, width).text.rstrip() for strip in strips[:height]]


def screen_block(app: App[Any]) -> str:
    """The screen as one string."""
    return "\n".join(screen_text(app))


async def until(pilot: Pilot[Any], app: App[Any], words: str) -> str:
    """Wait until the screen shows words, and give it."""
    async with asyncio.timeout(60):
        while words not in screen_block(app):
            await pilot.pause(0.02)
    return screen_block(app)


async def settle(pilot: Pilot[Any]) -> None:
    """Wait until messages, workers and what follows them are done."""
    for _ in range(2):
        await pilot.pause()
        await pilot.app.workers.wait_for_complete()
    await pilot.pause()
