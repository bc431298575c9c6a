"""Everything that is sent: replays, live forwards, samples."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from webhook_inspector.core.attempt import Attempt
from webhook_inspector.core.clock import Clock
from webhook_inspector.core.delivery import Record
from webhook_inspector.core.display import show
from webhook_inspector.core.request import Request
from webhook_inspector.engine.announcements import Announcement, AttemptBegun, AttemptFinished, RunFinished
from webhook_inspector.engine.checking import Checker, CheckOptions, CheckReport
from webhook_inspector.engine.forward import Forwarder
from webhook_inspector.engine.replay_options import SendOptions
from webhook_inspector.engine.run import Headers, Run
from webhook_inspector.engine.sending import finished
from webhook_inspector.engine.signer import Signer
from webhook_inspector.errors import UsageError
from webhook_inspector.events.fresh_id import with_fresh_id
from webhook_inspector.net.loop_thread import LoopThread
from webhook_inspector.net.sender import Sender
from webhook_inspector.providers.model import Provider
from webhook_inspector.replay import planfile
from webhook_inspector.replay.acts import FRESH_ID, SEND
from webhook_inspector.replay.answers import parse_expect
from webhook_inspector.replay.plan import Plan, PlannedAttempt
from webhook_inspector.replay.preview import captured_ids
from webhook_inspector.replay.retrying import Retries, retries_of
from webhook_inspector.replay.rewrite import Outgoing, outgoing, outgoing_url
from webhook_inspector.replay.targets import check_target
from webhook_inspector.replay.verdict import Verdict
from webhook_inspector.store.log import Log

_QUICK_BYTES = 64 * 1024
"""Up to so large a body a request is made, and signed with a shared secret, in well under a millisecond."""
_LEFT_OUT = "the token of the listener is left out of the path"


class Outbound:
    """Owns the replay loop: one event loop in its own thread, started when something is first sent.

    Args:
        inside: A captured request as an app is to see it: without what only the listener asked for.
    """

    def __init__(
        self,
        log: Log,
        signer: Signer,
        providers: Mapping[str, Provider],
        clock: Clock,
        publish: Callable[[Announcement], None],
        *,
        inside: Callable[[Request], Request] = lambda request: request,
    ) -> None:
        self._log = log
        self._inside = inside
        self._signer = signer
        self._providers = providers
        self._clock = clock
        self._publish = publish
        self._lock = threading.Lock()
        self._loop: LoopThread | None = None
        self._sender: Sender | None = None
        self._runs: list[Run] = []

    def stop(self) -> None:
        """Cancel what runs and end the loop."""
        for run in self._runs:
            run.cancel()
        for run in self._runs:
            run.settle(3)
        if self._loop is not None:
            assert self._sender is not None
            self._loop.submit(self._sender.close()).result(5)
            self._loop.stop()
            self._loop = None

    def forwarder(self, *, allow_remote: bool) -> Forwarder:
        """A live forwarder on the replay loop."""
        loop, sender = self._started()
        return Forwarder(
            self._log,
            loop,
            sender,
            self._clock,
            allow_remote=allow_remote,
            publish=self._publish,
            inside=self._inside,
        )

    def start_run(
        self,
        plan: Plan,
        target: str,
        options: SendOptions,
        on_event: Callable[[Attempt | Verdict], None] | None,
    ) -> Run:
        """See `Inspector.start_run`."""
        target = check_target(target, allow_remote=options.allow_remote)
        wanted = captured_ids(plan)
        records = {record.delivery.id: record for record in self._log.records(wanted)}
        missing = [number for number in wanted if number not in records]
        if missing:
            raise UsageError(f"The plan names delivery {missing[0]}, which is not in this log.")
        # What cannot be read or set is told before anything is kept or sent.
        parse_expect(options.expect)
        retries = self.retries(options, plan.speed)
        self._prepare(records[wanted[0]], target, options, plan.attempts[0], seed=plan.seed)
        run_id = self._log.begin_run(planfile.dump(plan).decode(), plan.seed, target, self._clock.wall_ns())
        loop, sender = self._started()

        def told(event: Attempt | Verdict) -> None:
            if isinstance(event, Verdict):
                self._publish(RunFinished(run_id, event))
            elif event.outcome is None:
                self._publish(AttemptBegun(event))
            else:
                self._publish(AttemptFinished(event))
            if on_event is not None:
                on_event(event)

        run = Run(
            run_id,
            plan,
            log=self._log,
            sender=sender,
            clock=self._clock,
            prepare=lambda planned, headers: self._prepare(
                records[planned.delivery_id], target, options, planned, headers, seed=plan.seed
            ),
            quick=lambda planned: (
                not options.test_key and len(records[planned.delivery_id].delivery.request.body) <= _QUICK_BYTES
            ),
            options=options,
            retries=retries,
            deadlines=self._deadlines(records),
            on_event=told,
        )
        self._runs = [other for other in self._runs if not other.done] + [run]
        loop.submit(run.execute()).add_done_callback(run.finish)
        return run

    def check(
        self, ids: Sequence[int], target: str, options: CheckOptions, on_trial: Callable[[int, str, bool], None]
    ) -> CheckReport:
        """See `Inspector.check`."""
        target = check_target(target, allow_remote=options.send.allow_remote)
        records = {record.delivery.id: record for record in self._log.records(ids)}
        loop, sender = self._started()
        checker = Checker(
            lambda number: self._prepare(records[number], target, options.send), loop, sender, self._clock, options
        )
        return checker.run(sorted(records), on_trial)

    def send_request(
        self, target: str, request: Request, *, allow_remote: bool = False, certificate: bytes = b""
    ) -> Attempt:
        """Send one request now; it is not part of a run and is not kept as an attempt.

        Args:
            target: Where to.
            request: What.
            allow_remote: Whether that may be another machine.
            certificate: Fingerprint of the only certificate to trust; empty: those that the system trusts.
        """
        made = outgoing(request, target, as_captured=True)
        _, sender = self._started()
        assert self._loop is not None
        sent = self._loop.submit(
            sender.send(
                made.url,
                made.method,
                made.headers,
                made.body,
                timeout_s=30,
                allow_remote=allow_remote,
                certificate=certificate,
            )
        ).result()
        attempt = Attempt(
            n=1,
            delivery_id=0,
            run_id=None,
            labels=("sample",),
            url=made.url,
            planned_at_ms=0,
            sent_at_ms=0,
            started_ns=self._clock.wall_ns(),
            differences=made.differences,
        )
        return finished(attempt, sent)

    def _deadlines(self, records: Mapping[int, Record]) -> dict[int, float]:
        """How long the provider of each delivery waits for an answer, seconds, where that is documented."""
        found = {}
        for number, record in records.items():
            provider = self._providers.get(record.facts.provider or "")
            retry = provider.retry if provider is not None else None
            if retry is not None and retry.answer_within is not None:
                found[number] = retry.answer_within
        return found

    def retries(self, options: SendOptions, speed: str) -> Retries | None:
        """How failures are sent again, on the scale of a plan's speed.

        Raises:
            UsageError: No such provider, or it does not document what it does.
        """
        if options.retry_policy is None:
            return None
        provider = self._providers.get(options.retry_policy)
        if provider is None:
            known = sorted(name for name in self._providers if (retry := self._providers[name].retry) and retry.delays)
            raise UsageError(
                f"There is no provider {show(options.retry_policy, 40)!r}; some that document when they send again: "
                f"{', '.join(known)}."
            )
        return retries_of(provider, None if speed == "asap" else float(speed))

    def _prepare(
        self,
        record: Record,
        target: str,
        options: SendOptions,
        planned: PlannedAttempt | None = None,
        headers: Headers = (),
        *,
        seed: int = 0,
    ) -> Outgoing:
        """The request of a delivery as it goes out now."""
        captured = self._inside(record.delivery.request)
        hidden = captured is not record.delivery.request
        act = SEND if planned is None else planned.act
        edited = options.edited.get(record.delivery.id)
        request = captured if edited is None else self._inside(edited)
        provider = self._providers.get(record.facts.provider or "")
        if planned is not None and act == FRESH_ID and provider is not None:
            request = with_fresh_id(request, provider, f"{seed}:{planned.n}") or request
        url = outgoing_url(request, target)
        how = "stale" if act == "stale-time" else options.sign
        signed = self._signer.signed(record, how, url=url, test_key=options.test_key, request=request)
        signed = self._signer.tampered(record, signed, act)
        made = outgoing(
            signed.request,
            target,
            as_captured=signed.request is captured,
            set_headers=(*options.set_headers, *headers),
            original=captured,
        )
        notes = [*([_LEFT_OUT] if hidden else []), *([signed.note] if signed.note else [])]
        return replace(made, differences=(*made.differences, *notes)) if notes else made

    def _started(self) -> tuple[LoopThread, Sender]:
        with self._lock:
            if self._loop is None or self._sender is None:
                self._loop = LoopThread("whi-sender")
                self._loop.start()
                self._sender = Sender(self._loop)
            return self._loop, self._sender
