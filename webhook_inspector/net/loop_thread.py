"""An event loop in a thread of its own, so that a busy screen or disk never delays an answer."""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

_STOP_SECONDS = 5.0
_running: set[asyncio.Task[Any]] = set()


def spawn(coro: Coroutine[Any, Any, T], *, name: str | None = None) -> asyncio.Task[T]:
    """Start a task on the running loop, keep a reference to it and report its failure to the loop's handler.

    Args:
        coro: What to run.
        name: Shown when it fails.

    Returns:
        The task; it need not be awaited or kept.
    """
    loop = asyncio.get_running_loop()
    task = loop.create_task(coro, name=name)
    _running.add(task)
    task.add_done_callback(_finished)
    return task


def _finished(task: asyncio.Task[Any]) -> None:
    _running.discard(task)
    if task.cancelled():
        return
    error = task.exception()
    if error is not None:
        task.get_loop().call_exception_handler(
            {"message": f"{task.get_name()} failed", "exception": error, "task": task}
        )


class LoopThread:
    """An asyncio event loop that runs in a daemon thread.

    Args:
        name: Name of the thread.
        on_failure: Called in that thread with what a task or callback raised and nobody awaited. Without it
            such failures are dropped: nothing is ever printed.
    """

    def __init__(self, name: str = "net", *, on_failure: Callable[[BaseException], None] | None = None) -> None:
        self.name = name
        self._on_failure = on_failure
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self.failures = 0
        """How many failures were reported since the start."""

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The event loop.

        Raises:
            RuntimeError: The thread does not run.
        """
        if self._loop is None:
            raise RuntimeError(f"The loop thread {self.name!r} does not run.")
        return self._loop

    @property
    def alive(self) -> bool:
        """Whether coroutines can be submitted."""
        return self._loop is not None

    def start(self) -> LoopThread:
        """Start the thread and wait until its loop runs. Does nothing when it runs already."""
        if self._loop is not None:
            return self
        started = threading.Event()
        loop = asyncio.new_event_loop()
        loop.set_exception_handler(self._report)
        self._thread = threading.Thread(target=self._run, args=(loop, started), name=self.name, daemon=True)
        self._thread.start()
        started.wait()
        self._loop = loop
        return self

    def submit(self, coro: Coroutine[Any, Any, T]) -> concurrent.futures.Future[T]:
        """Run a coroutine on the loop, from any thread.

        Raises:
            RuntimeError: The thread does not run.
        """
        try:
            return asyncio.run_coroutine_threadsafe(coro, self.loop)
        except RuntimeError:
            coro.close()
            raise

    def call(self, callback: Callable[..., object], *args: object) -> None:
        """Run a callback on the loop, from any thread; dropped when the loop has ended."""
        loop = self._loop
        if loop is None:
            return
        try:
            loop.call_soon_threadsafe(callback, *args)
        except RuntimeError:  # the loop closed meanwhile
            return

    def stop(self, timeout_s: float = _STOP_SECONDS) -> None:
        """Cancel what still runs, end the loop and wait for the thread. Does nothing when it does not run.

        Args:
            timeout_s: Seconds to wait for tasks that were cancelled.
        """
        loop, thread = self._loop, self._thread
        if loop is None or thread is None:
            return
        self._loop = self._thread = None
        finishing = asyncio.run_coroutine_threadsafe(_finish_tasks(timeout_s), loop)
        try:
            finishing.result(timeout_s + 1)
        except (concurrent.futures.TimeoutError, concurrent.futures.CancelledError):
            finishing.cancel()
        loop.call_soon_threadsafe(loop.stop)
        thread.join(timeout_s + 1)

    @staticmethod
    def _run(loop: asyncio.AbstractEventLoop, started: threading.Event) -> None:
        asyncio.set_event_loop(loop)
        loop.call_soon(started.set)
        try:
            loop.run_forever()
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.run_until_complete(loop.shutdown_default_executor())
        finally:
            asyncio.set_event_loop(None)
            loop.close()

    def _report(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        self.failures += 1
        if self._on_failure is None:
            return
        error = context.get("exception")
        if not isinstance(error, BaseException):
            error = RuntimeError(str(context.get("message", "unknown failure")))
        self._on_failure(error)


async def _finish_tasks(timeout_s: float) -> None:
    """Cancel all other tasks, let them end and close what is open."""
    tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks, timeout=timeout_s)
    # asyncio leaves open what still waits when its loop ends: TLS for the other side's goodbye, up to 30 seconds.
    # The list of them has no public name, and loops of Windows have none.
    for transport in list(getattr(asyncio.get_running_loop(), "_transports", {}).values()):
        transport.abort()
    # Transports that were closed say so to their protocols in the next turns of the loop.
    for _ in range(3):
        await asyncio.sleep(0)
