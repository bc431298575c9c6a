"""What a running app shows, as text."""

from __future__ import annotations

import asyncio
from typing import Any

from textual.app import App
from textual.pilot import Pilot

from tests.support.idle import idle, watch_the_loop
from tests.support.patience import PATIENCE_S
from tests.support.styles import share_parsed_styles

watch_the_loop()
share_parsed_styles()

RESTS_S = 0.16
"""Longer than the app waits for a last key: of moves over the list, of a filter, of themes that are tried on."""


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
    async with asyncio.timeout(PATIENCE_S):
        while words not in screen_block(app):
            await pilot.pause(0.01)
    return screen_block(app)


async def settle(pilot: Pilot[Any]) -> None:
    """Wait until messages, workers and what follows them are done."""
    for _ in range(2):
        await pilot.pause()
        await pilot.app.workers.wait_for_complete()
    await pilot.pause()


async def rest(pilot: Pilot[Any]) -> None:
    """Wait until all is done, also what the app does a moment after the last key."""
    await settle(pilot)
    await idle(max_sleep=2 * RESTS_S, soon=RESTS_S)
    await settle(pilot)
