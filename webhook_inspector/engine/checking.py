"""The convergence check on a real handler: passes of deliveries over the network, and what the search makes of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from webhook_inspector.core.attempt import Outcome
from webhook_inspector.core.clock import Clock
from webhook_inspector.engine.probing import Probe, comparable, described
from webhook_inspector.engine.replay_options import SendOptions
from webhook_inspector.errors import UsageError
from webhook_inspector.net.abandon import SETTLE_S, abandon
from webhook_inspector.net.loop_thread import LoopThread
from webhook_inspector.net.sender import Sender, Sent
from webhook_inspector.replay.convergence import PROPERTIES, Observation, PropertyResult, Search, Send, Trial
from webhook_inspector.replay.convergence.model import NORMAL
from webhook_inspector.replay.rewrite import Outgoing

RETRIES = 3
"""How often a delivery that was not answered 2xx is sent again at the end of a pass, as a provider would."""
DEFAULT_BUDGET = 200
_REPEAT_BUDGET = 20
"""Passes that one given sequence may need: its reference, races, and trials that confirm."""


@dataclass(frozen=True, slots=True)
class CheckOptions:
    """How a handler is checked."""

    probe: str | Callable[[], object] | None = None
    """A command or URL that prints the state to compare, or a function that gives it."""
    reset: str | Callable[[], object] | None = None
    """A command or URL (POST) that puts the handler back to its start, or a function that does."""
    trial: Trial | None = None
    """The one sequence to try, one that was found before; None: search."""
    properties: tuple[str, ...] = tuple(PROPERTIES)
    budget: int = DEFAULT_BUDGET
    """Passes at most; a counterexample may take as many again to become small."""
    seed: int = 1
    settle_s: float = SETTLE_S
    """How long a handler may go on working after its sender went away, before the delivery comes again."""
    send: SendOptions = field(default_factory=SendOptions)


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What a check found."""

    results: tuple[PropertyResult, ...]
    reference: Observation
    """What one pass in captured order shows."""
    passes: int
    trials: int
    seed: int
    notes: tuple[str, ...]
    """What limits the result, one sentence each."""

    @property
    def holds(self) -> bool:
        """No property was broken."""
        return all(result.holds is not False for result in self.results)


class Checker:
    """Makes passes over a target.

    Args:
        prepare: The outgoing request of a delivery, signed for now.
        loop: Where sends run.
        sender: Sends.
        clock: For durations.
        options: How.
    """

    def __init__(
        self, prepare: Callable[[int], Outgoing], loop: LoopThread, sender: Sender, clock: Clock, options: CheckOptions
    ) -> None:
        self._prepare = prepare
        self._loop = loop
        self._sender = sender
        self._clock = clock
        self._options = options
        remote = options.send.allow_remote
        # Functions are called in the caller's own thread, between passes: what they touch may belong to it.
        self._probe = Probe(options.probe, "probe", "GET", remote) if isinstance(options.probe, str) else None
        self._reset = Probe(options.reset, "reset", "POST", remote) if isinstance(options.reset, str) else None

    def run(self, ids: Sequence[int], on_trial: Callable[[int, str, bool], None]) -> CheckReport:
        """Check the properties. Blocks.

        Raises:
            UsageError: Probe or reset fails, the handler accepts nothing, or its state changes by itself.
        """
        for each in (self._probe, self._reset):
            if each is not None:
                each.check()
        options = self._options
        budget = options.budget
        if options.trial is not None:
            ids, budget = options.trial.deliveries, max(budget, _REPEAT_BUDGET)
        search = Search(ids, self._observe, budget=budget, seed=options.seed, on_trial=on_trial)
        if not search.reference_is_stable():
            raise UsageError(
                "Two passes in captured order end in different states: let the probe leave out times and counters,"
                " and the reset remove everything."
            )
        wanted = search.reference
        if not wanted.accepted:
            said = ", ".join(sorted({str(status) for status in wanted.statuses}))
            raise UsageError(f"The handler accepts none of these deliveries in captured order ({said}).")
        if options.trial is not None:
            results: tuple[PropertyResult, ...] = (search.repeat(options.trial),)
        else:
            share = max(1, options.budget // max(1, len(options.properties)))
            results = tuple(search.check(name, share) for name in options.properties)
        return CheckReport(results, wanted, search.passes, search.trials, options.seed, tuple(self._notes(ids, wanted)))

    def _notes(self, ids: Sequence[int], wanted: Observation) -> list[str]:
        notes = []
        if self._options.probe is None:
            notes.append("Only answers were judged: what the handler stored cannot be seen without a probe.")
        refused = sorted(set(ids) - wanted.accepted)
        if refused:
            names = ", ".join(f"#{number}" for number in refused[:5])
            notes.append(f"Not accepted in captured order either, and so not judged by answers: {names}.")
        return notes

    def _observe(self, trial: Trial) -> Observation:
        if callable(self._options.reset):
            self._options.reset()
        seen = self._loop.submit(self._pass(trial)).result()
        if callable(self._options.probe):
            return replace(seen, state=described(self._options.probe()))
        return seen

    async def _pass(self, trial: Trial) -> Observation:
        if self._reset is not None:
            await self._reset.run(self._sender)
        statuses: list[int | None] = []
        accepted: set[int] = set()
        for group in trial.groups:
            found = await asyncio.gather(*(self._send(send) for send in group))
            statuses += found
            accepted |= {send.delivery for send, status in zip(group, found, strict=True) if _is_good(status)}
        for _ in range(RETRIES):
            for number in trial.deliveries:
                if number not in accepted and _is_good(await self._send(Send(number))):
                    accepted.add(number)
        state = None if self._probe is None else comparable(await self._probe.run(self._sender))
        return Observation(state, tuple(statuses), frozenset(accepted))

    async def _send(self, send: Send) -> int | None:
        made = await asyncio.to_thread(self._prepare, send.delivery)
        options = self._options.send
        sent: Sent
        if send.act == NORMAL:
            sent = await self._sender.send(
                made.url, made.method, made.headers, made.body,
                timeout_s=options.timeout_s, allow_remote=options.allow_remote,
            )  # fmt: skip
        else:
            sent = await abandon(
                made.url, made.method, made.headers, made.body, act=send.act, clock=self._clock,
                allow_remote=options.allow_remote, timeout_s=options.timeout_s,
            )  # fmt: skip
            await asyncio.sleep(self._options.settle_s)
        if sent.outcome is Outcome.REFUSED:
            raise UsageError(f"Nothing listens at {made.url.split('?')[0]}: start the handler.")
        return sent.status if sent.outcome is Outcome.RESPONDED else None


def _is_good(status: int | None) -> bool:
    return status is not None and 200 <= status < 300
