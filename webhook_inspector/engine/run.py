"""Executes a plan on the monotonic clock; every attempt is in the log before its first byte leaves."""

from __future__ import annotations

import asyncio
import json
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import replace
from typing import Any

from webhook_inspector.core.attempt import Attempt, Outcome
from webhook_inspector.core.clock import NS_PER_MS, Clock
from webhook_inspector.engine.keeping import Keeper
from webhook_inspector.engine.places import Places
from webhook_inspector.engine.replay_options import SendOptions
from webhook_inspector.engine.sending import finished
from webhook_inspector.net.abandon import SETTLE_S, abandon
from webhook_inspector.net.sender import Sender, Sent
from webhook_inspector.replay.acts import ANSWERED, BROKEN, SLOW_BODY
from webhook_inspector.replay.plan import Plan, PlannedAttempt
from webhook_inspector.replay.retrying import Retries, last_tries, retry_label, with_delivered
from webhook_inspector.replay.rewrite import Outgoing
from webhook_inspector.replay.verdict import Verdict, judge
from webhook_inspector.store.log import Log

Headers = tuple[tuple[str, str], ...]
SLOW_BODY_S = 2.0
"""How long a slow body takes."""
_STOPPED = "The run was stopped before it was sent."
AHEAD_MS = 5
"""So long before its moment a request is made and kept, so that neither makes it late."""
_CANCEL_GRACE_S = 0.7
"""How long requests in flight may take to end after a cancel."""


_Ready = tuple[Attempt, int, Outgoing]
"""An attempt, its number in the log, and its request."""


class Run:
    """One execution of a plan. Made by `Inspector.start_run`.

    Args:
        run_id: Its number in the log.
        plan: What is sent and when.
        prepare: Makes the outgoing request of a send, with headers to set, at the moment of sending.
        quick: Whether `prepare` takes well under a millisecond for a send.
        retries: How failures are sent again; None: they are not.
        deadlines: Seconds within which the provider of a delivery wants its answer, by delivery.
        on_event: Called from engine threads: an `Attempt` when it begins (outcome None) and when it ends, then the
            `Verdict`.
    """

    def __init__(
        self,
        run_id: int,
        plan: Plan,
        *,
        log: Log,
        sender: Sender,
        clock: Clock,
        prepare: Callable[[PlannedAttempt, Headers], Outgoing],
        quick: Callable[[PlannedAttempt], bool],
        options: SendOptions,
        retries: Retries | None,
        deadlines: Mapping[int, float],
        on_event: Callable[[Attempt | Verdict], None],
    ) -> None:
        self.id = run_id
        self.plan = plan
        self._log = log
        self._sender = sender
        self._clock = clock
        self._prepare = prepare
        self._quick = quick
        self._options = options
        self._retries = retries
        self._timeout_s = options.timeout_s
        if retries is not None and retries.policy.answer_within is not None:
            self._timeout_s = min(options.timeout_s, retries.policy.answer_within)
        self._numbered = len(plan.attempts)
        self._deadlines = deadlines
        self._on_event = on_event
        self._attempts: dict[int, Attempt] = {}
        self._lock = threading.Lock()
        self._finished = threading.Event()
        self._verdict: Verdict | None = None
        self._failure: BaseException | None = None
        self._cancelled: asyncio.Event | None = None
        self._places: Places | None = None
        self._exchanging: set[asyncio.Task[Any]] = set()
        """What waits for an answer."""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._cancel_asked = False
        self._started_ns = 0

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        """The attempts begun so far, in the order of the plan."""
        with self._lock:
            return tuple(self._attempts[n] for n in sorted(self._attempts))

    @property
    def done(self) -> bool:
        """Whether the verdict is known."""
        return self._finished.is_set()

    def wait(self, timeout_s: float | None = None) -> Verdict:
        """Wait for the verdict.

        Raises:
            TimeoutError: It is not known after `timeout_s` seconds.
            StoreError: The log could not keep an attempt; sending was stopped.
        """
        if not self._finished.wait(timeout_s):
            raise TimeoutError
        if self._failure is not None:
            raise self._failure
        assert self._verdict is not None
        return self._verdict

    def settle(self, timeout_s: float) -> None:
        """Wait until it ended, however it ended, at most `timeout_s` seconds."""
        self._finished.wait(timeout_s)

    def cancel(self) -> None:
        """Send nothing more; what is in flight may end within a second. Returns at once."""
        with self._lock:
            self._cancel_asked = True
            if self._loop is not None and not self.done:
                self._loop.call_soon_threadsafe(self._stop)

    def finish(self, future: Future[None]) -> None:
        """Called when the execution ended, however it ended."""
        failure = future.exception() if not future.cancelled() else asyncio.CancelledError()
        if isinstance(failure, BaseExceptionGroup):
            failure = failure.exceptions[0]
        self._failure = failure
        self._finished.set()

    async def execute(self) -> None:
        """Walk the plan. Runs in the replay loop."""
        with self._lock:
            self._loop = asyncio.get_running_loop()
            cancelled = self._cancelled = asyncio.Event()
            places = self._places = Places(max(1, self.plan.concurrency))
            if self._cancel_asked:
                self._stop()
        keeper = Keeper(self._log)
        self._started_ns = self._clock.monotonic_ns()
        async with asyncio.TaskGroup() as group:
            waiting = deque(self.plan.attempts)
            # One after the other up to the moment of sending, so that requests leave in the order of the plan. Those
            # that are due together and have a place are begun together: each begin waits for the disk.
            while waiting:
                if not (await self._until(waiting[0].at_ms - AHEAD_MS, cancelled) and await places.take()):
                    await self._not_sent(tuple(waiting))
                    break
                due = [waiting.popleft()]
                while waiting and waiting[0].at_ms - AHEAD_MS <= self._elapsed_ms() and places.take_now():
                    due.append(waiting.popleft())
                for planned, ready in zip(due, await self._begin(keeper, due), strict=True):
                    await self._until(planned.at_ms, cancelled)
                    group.create_task(self._send_until_done(planned, ready, keeper))
        self._verdict = verdict = self._judged()
        await asyncio.to_thread(self._log.finish_run, self.id, json.dumps(verdict.as_json()), self._clock.wall_ns())
        self._on_event(verdict)

    def _stop(self) -> None:
        """Begin nothing more, and let what is in flight end within a moment. Runs in the replay loop."""
        assert self._loop is not None
        assert self._cancelled is not None
        assert self._places is not None
        self._cancelled.set()
        self._places.close()
        self._loop.call_later(_CANCEL_GRACE_S, self._cut_short)

    def _cut_short(self) -> None:
        for task in self._exchanging:
            task.cancel()

    async def _until(self, at_ms: float, cancelled: asyncio.Event) -> bool:
        """Wait for a moment of the run; False when it was cancelled first."""
        while not cancelled.is_set():
            left_s = at_ms / 1000 - self._elapsed_ms() / 1000
            if left_s <= 0:
                return True
            with suppress(TimeoutError):
                async with asyncio.timeout(left_s):
                    await cancelled.wait()
        return False

    def _judged(self) -> Verdict:
        options = self._options
        attempts = self.attempts
        last = attempts if self._retries is None else last_tries(attempts)
        verdict = judge(self.plan, last, expect=options.expect, deadlines=self._deadlines)
        return verdict if self._retries is None else with_delivered(verdict, attempts, self._retries)

    async def _send_until_done(self, planned: PlannedAttempt, ready: _Ready, keeper: Keeper) -> None:
        """Send, and again as the retry policy says. Retries are sends of their own, numbered after the plan's."""
        first_ms = self._elapsed_ms()
        ended = await self._send(ready, planned.act, keeper)
        retries, places, cancelled = self._retries, self._places, self._cancelled
        assert places is not None
        assert cancelled is not None
        done = 0
        while retries is not None and planned.act in ANSWERED:
            again = retries.after(ended, done, self._elapsed_ms() - first_ms)
            if again is None:
                return
            at_ms = self._elapsed_ms() + again.delay_ms
            if not (await self._until(at_ms, cancelled) and await places.take()):
                return
            self._numbered += 1
            label = retry_label(again.number, planned.n)
            more = replace(planned, n=self._numbered, at_ms=at_ms, labels=(*planned.labels, label))
            (ready,) = await self._begin(keeper, [more], again.headers)
            ended = await self._send(ready, more.act, keeper)
            done += 1

    async def _begin(self, keeper: Keeper, due: Sequence[PlannedAttempt], headers: Headers = ()) -> list[_Ready]:
        """Make the requests and keep the attempts, before their first bytes leave."""
        made = [await self._made(planned, headers) for planned in due]
        attempts = [
            self._new_attempt(planned, outgoing.url, outgoing.differences)
            for planned, outgoing in zip(due, made, strict=True)
        ]
        return list(zip(attempts, await keeper.begin(attempts), made, strict=True))

    async def _made(self, planned: PlannedAttempt, headers: Headers) -> Outgoing:
        """The request of a send. Where that takes longer than a change of threads does, others are not kept waiting."""
        if self._quick(planned):
            return self._prepare(planned, headers)
        return await asyncio.to_thread(self._prepare, planned, headers)

    async def _send(self, ready: _Ready, act: str, keeper: Keeper) -> Attempt:
        assert self._cancelled is not None
        assert self._places is not None
        begun, number, outgoing = ready
        attempt = replace(begun, id=number, sent_at_ms=self._elapsed_ms())
        self._remember(attempt)
        try:
            if self._cancelled.is_set():
                attempt = replace(attempt, sent_at_ms=None, outcome=Outcome.NOT_SENT, detail=_STOPPED)
            elif act in BROKEN:
                attempt = finished(attempt, await self._abandon(outgoing, act))
            else:
                attempt = finished(attempt, await self._exchange(outgoing, SLOW_BODY_S if act == SLOW_BODY else 0.0))
            kept = keeper.end(attempt)  # before the place is given: whoever gets it is kept after this
        finally:
            self._places.give()
        await kept
        self._remember(attempt)
        return attempt

    async def _abandon(self, outgoing: Outgoing, act: str) -> Sent:
        """Send, and go away before the answer; nothing else is sent while the handler may still be at work."""
        options = self._options
        sent = await abandon(
            outgoing.url, outgoing.method, outgoing.headers, outgoing.body, act=act, clock=self._clock,
            allow_remote=options.allow_remote, timeout_s=options.timeout_s,
        )  # fmt: skip
        await asyncio.sleep(SETTLE_S)
        return sent

    async def _exchange(self, outgoing: Outgoing, slow_s: float) -> Sent:
        """Send and wait for the answer; `_cut_short` ends it."""
        task = asyncio.current_task()
        assert task is not None
        self._exchanging.add(task)
        try:
            sent = await self._sender.send(
                outgoing.url,
                outgoing.method,
                outgoing.headers,
                outgoing.body,
                timeout_s=self._timeout_s,
                allow_remote=self._options.allow_remote,
                slow_s=slow_s,
            )
        finally:
            self._exchanging.discard(task)
        if task.cancelling():
            task.uncancel()  # the sender has made an outcome of it, which is still to be kept
        return sent

    async def _not_sent(self, rest: Sequence[PlannedAttempt]) -> None:
        attempts = [
            replace(self._new_attempt(planned, "", ()), outcome=Outcome.NOT_SENT, detail=_STOPPED) for planned in rest
        ]
        for attempt, number in zip(attempts, await asyncio.to_thread(self._log.add_ended, attempts), strict=True):
            self._remember(replace(attempt, id=number))

    def _new_attempt(self, planned: PlannedAttempt, url: str, differences: tuple[str, ...]) -> Attempt:
        return Attempt(
            n=planned.n,
            delivery_id=planned.delivery_id,
            run_id=self.id,
            labels=planned.labels,
            url=url,
            planned_at_ms=planned.at_ms,
            differences=differences,
            started_ns=self._clock.wall_ns(),
        )

    def _remember(self, attempt: Attempt) -> None:
        with self._lock:
            self._attempts[attempt.n] = attempt
        self._on_event(attempt)

    def _elapsed_ms(self) -> float:
        return (self._clock.monotonic_ns() - self._started_ns) / NS_PER_MS
