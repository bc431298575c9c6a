"""Tests with an event loop of their own: what blocks must not block the handler that runs in it."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable

from webhook_inspector.errors import UsageError


def refuse_in_loop(name: str) -> None:
    """Refuse a blocking call inside a coroutine: a handler in the same event loop could never answer.

    Raises:
        UsageError: It is called in a task; names what to await instead.
    """
    try:
        # Playwright's synchronous tests have a loop too, but they run in no task of it.
        task = asyncio.current_task()
    except RuntimeError:
        return
    if task is not None:
        raise UsageError(
            f"{name}() would block the event loop that this test runs in: write `await "
            f"webhook_inspector.{name}_async(...)`."
        )


def in_loop(function: Callable[[], object], loop: asyncio.AbstractEventLoop) -> Callable[[], object]:
    """A function that runs another in an event loop, from any other thread; what it gives may be awaitable."""

    async def run() -> object:
        found = function()
        return await found if inspect.isawaitable(found) else found

    return lambda: asyncio.run_coroutine_threadsafe(run(), loop).result()
