"""A loop in its own thread: references kept, failures reported, a clean end."""

from __future__ import annotations

import asyncio
import gc
import threading

import pytest

from tests.support.patience import PATIENCE_S
from webhook_inspector.net.loop_thread import LoopThread, spawn


def test_it_runs_coroutines_in_its_own_thread() -> None:
    loop = LoopThread("named").start()

    async def where() -> str:
        return threading.current_thread().name

    assert loop.submit(where()).result(PATIENCE_S) == "named"
    loop.stop()
    assert not [thread for thread in threading.enumerate() if thread.name == "named"]


def test_starting_and_stopping_twice_does_nothing() -> None:
    loop = LoopThread("twice")
    assert loop.start() is loop
    loop.start()
    loop.stop()
    loop.stop()
    assert not loop.alive


def test_it_can_be_started_again() -> None:
    loop = LoopThread("again").start()
    loop.stop()
    loop.start()
    assert loop.submit(asyncio.sleep(0, 7)).result(PATIENCE_S) == 7
    loop.stop()


def test_submitting_to_a_stopped_loop_raises_and_leaves_no_coroutine() -> None:
    loop = LoopThread("stopped")
    with pytest.raises(RuntimeError, match="does not run"):
        loop.submit(asyncio.sleep(0))
    loop.call(print)  # dropped
    gc.collect()  # an un-awaited coroutine would warn, and warnings are errors here


def test_a_failure_of_a_spawned_task_is_reported() -> None:
    failures: list[BaseException] = []
    reported = threading.Event()

    def report(error: BaseException) -> None:
        failures.append(error)
        reported.set()

    loop = LoopThread("reports", on_failure=report).start()

    async def fails() -> None:
        raise ValueError("on purpose")

    loop.call(lambda: spawn(fails(), name="the failing one"))
    assert reported.wait(PATIENCE_S)
    loop.stop()
    assert [str(failure) for failure in failures] == ["on purpose"]
    assert loop.failures == 1


def test_a_failure_of_a_callback_is_reported() -> None:
    reported = threading.Event()
    loop = LoopThread("reports", on_failure=lambda _error: reported.set()).start()

    def fails() -> None:
        raise ValueError("on purpose")

    loop.call(fails)
    assert reported.wait(PATIENCE_S)
    loop.stop()


def test_without_a_callback_failures_are_counted_and_nothing_is_printed(capfd: pytest.CaptureFixture[str]) -> None:
    loop = LoopThread("silent").start()

    async def fails() -> None:
        raise ValueError("on purpose")

    async def spawn_and_wait() -> None:
        task = spawn(fails())
        await asyncio.wait({task})

    loop.submit(spawn_and_wait()).result(PATIENCE_S)
    loop.stop()
    assert loop.failures == 1
    assert capfd.readouterr() == ("", "")


def test_a_spawned_task_survives_a_collection() -> None:
    loop = LoopThread("collects").start()
    done = threading.Event()

    async def slow() -> None:
        await asyncio.sleep(0.05)
        done.set()

    loop.call(lambda: spawn(slow()))
    gc.collect()
    assert done.wait(PATIENCE_S)
    loop.stop()


def test_stop_cancels_what_runs_and_lets_it_clean_up() -> None:
    loop = LoopThread("cancels").start()
    began, cleaned = threading.Event(), threading.Event()

    async def forever() -> None:
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            cleaned.set()

    future = loop.submit(forever())
    assert began.wait(PATIENCE_S)
    loop.stop()
    assert cleaned.is_set()
    assert future.cancelled()


def test_stop_does_not_wait_for_ever_for_a_task_that_will_not_end() -> None:
    loop = LoopThread("stubborn").start()
    began, release = threading.Event(), threading.Event()

    async def stubborn() -> None:
        began.set()
        while not release.is_set():
            try:
                await asyncio.sleep(0.01)
            except asyncio.CancelledError:
                continue

    loop.submit(stubborn())
    assert began.wait(PATIENCE_S)
    timer = threading.Timer(0.3, release.set)
    timer.start()
    loop.stop(timeout_s=0.1)
    timer.join()


def test_many_threads_may_submit_at_once() -> None:
    loop = LoopThread("many").start()
    results: list[int] = []

    def submit() -> None:
        results.extend(loop.submit(asyncio.sleep(0, number)).result(PATIENCE_S) for number in range(50))

    threads = [threading.Thread(target=submit) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    loop.stop()
    assert sorted(results) == sorted(list(range(50)) * 8)
