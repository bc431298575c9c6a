"""When an app under the pilot has nothing left to do.

Textual's own answer sends a message to each widget, and sleeps 20 ms at a time until the process is idle, twice for
each key. That is most of what a test of the app waits for and a quarter of what it computes, and on a busy machine a
process that does not get the processor looks idle. This one asks the event loop: nothing is ready to run, and no timer
is due soon.
"""

from __future__ import annotations

import asyncio
import os
from threading import get_native_id
from time import perf_counter, process_time
from typing import Any

import textual.app
import textual.pilot
from textual._context import active_app
from textual.pilot import Pilot

from tests.support.at_work import threads_at_work

SOON_S = 0.02
"""A timer that is due within this time is waited for: the screen draws with one, 60 times a second."""
THREADS_S = 0.3
"""A worker of the app is waited for so long: most end at once, and some never."""
_LOOK_S = 0.004
_WORKED_S = 0.001


async def idle(min_sleep: float = 0.0, max_sleep: float = 1.0, *, soon: float = SOON_S) -> None:
    """Wait until the loop of the caller rests, and the process with it.

    Args:
        min_sleep: At least so long, seconds.
        max_sleep: At most so long: there are apps that never rest.
        soon: Timers that are due within so many seconds are waited for.
    """
    loop: Any = asyncio.get_running_loop()
    begun = perf_counter()
    while (waited := perf_counter() - begun) < max_sleep:
        await asyncio.sleep(0)
        if loop._ready:
            continue
        if waited < THREADS_S and _threads_work():
            await asyncio.sleep(0.002)
            continue
        due = [timer.when() for timer in loop._scheduled if not timer.cancelled()]
        rest = min(due, default=loop.time() + 60) - loop.time()
        if rest < soon:
            await asyncio.sleep(min(max(rest, 0.001), max_sleep))
            continue
        # Threads of the engine may still be at work for the screen.
        worked = process_time()
        await asyncio.sleep(_LOOK_S)
        quiet = process_time() - worked < _WORKED_S and not loop._ready and waited >= min_sleep
        if quiet and not threads_at_work(os.getpid()) - {get_native_id()}:
            return


def _threads_work() -> bool:
    app = active_app.get(None)
    return app is not None and any(not worker.is_finished for worker in app.workers)


async def handled(pilot: Pilot[Any], timeout: float = 30.0) -> bool:
    """Wait until every message that was sent is handled; whether the app still runs."""
    loop: Any = asyncio.get_running_loop()
    await asyncio.sleep(0)
    while loop._ready:
        await asyncio.sleep(0)
    return not pilot.app._exception_event.is_set()


def watch_the_loop() -> None:
    """Let every pilot wait by it."""
    for module in (textual.app, textual.pilot):
        module.wait_for_idle = idle  # type: ignore[attr-defined]
    Pilot._wait_for_screen = handled  # type: ignore[method-assign, assignment]
