"""The facade that every front end calls. Thread-safe and synchronous: heavy calls belong in a worker thread."""

from __future__ import annotations

import os
import random
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Self

from webhook_inspector.config.model import Config
from webhook_inspector.core.attempt import Attempt
from webhook_inspector.core.clock import Clock, SystemClock
from webhook_inspector.core.delivery import Delivery, Facts
from webhook_inspector.core.display import show
from webhook_inspector.core.request import Request
from webhook_inspector.core.response_spec import FORM
from webhook_inspector.core.secret import Secret
from webhook_inspector.engine.analysis import Analyst
from webhook_inspector.engine.announcements import Analysed, Announcement, ShapesLearned
from webhook_inspector.engine.bus import Bus
from webhook_inspector.engine.forwarding import Forwarding
from webhook_inspector.engine.indexing import Indexer
from webhook_inspector.engine.interchange import Interchange
from webhook_inspector.engine.listening import Listening
from webhook_inspector.engine.own_listener import leads_here
from webhook_inspector.engine.quarantine import Quarantine
from webhook_inspector.engine.replay_options import ReplayOptions, SendOptions
from webhook_inspector.engine.retention import Retention
from webhook_inspector.engine.run_result import make_plan
from webhook_inspector.engine.sample import make_sample
from webhook_inspector.engine.shapes import Shapes
from webhook_inspector.engine.shaping import Learner
from webhook_inspector.engine.sources import Sources
from webhook_inspector.engine.tunneling import Tunneling
from webhook_inspector.engine.watch import Watch
from webhook_inspector.errors import InspectorError, TargetError, UsageError
from webhook_inspector.replay.plan import Plan
from webhook_inspector.replay.preview import captured_ids
from webhook_inspector.replay.targets import check_target, leads_to
from webhook_inspector.replay.verdict import Verdict
from webhook_inspector.store.log import Log
from webhook_inspector.store.presence import Presence

if TYPE_CHECKING:
    # Loaded when they are first needed: `list` and `show` pay for no server and no client.
    from webhook_inspector.engine.alerts import Alerts
    from webhook_inspector.engine.capture import Capture
    from webhook_inspector.engine.checking import CheckOptions, CheckReport
    from webhook_inspector.engine.outbound import Outbound
    from webhook_inspector.engine.run import Run
    from webhook_inspector.engine.source_editing import SourceEditing
    from webhook_inspector.engine.story import PlannedStory, SentStep, StoryOptions


class Inspector(Interchange):
    """One open log, and everything that can be done with it. Use `open`."""

    def __init__(self, config: Config, log: Log, clock: Clock, env: Mapping[str, str]) -> None:
        super().__init__(config, log, clock, Sources(config, env))
        self.log_path = config.log
        self._env = env
        self.listening: Listening | None = None
        self._bus = Bus()
        self.quarantine = Quarantine(config)
        self._alerts: Alerts | None = None
        self._making_alerts = threading.Lock()
        self._analyst = Analyst(
            log, self.sources, config.providers, clock, self._analysed, quarantine=self.quarantine, look=self._look
        )
        self._sending = threading.Lock()
        self._outbound: Outbound | None = None
        self._watch = Watch(log, self._bus.publish)
        self.shapes = Shapes(log, config, clock)
        self._learner = Learner(log, config.providers, lambda: self._bus.publish(ShapesLearned()))
        self._retention = Retention(log, config.retention, clock, config.sources)
        self._indexer = Indexer(log, clock, wanted=config.search.index)
        self._capture: Capture | None = None
        self.forwarding = Forwarding(self.sources, self._refuse_own)
        self.tunneling = Tunneling(self._bus.publish)

    @classmethod
    def open(
        cls,
        config: Config,
        *,
        clock: Clock | None = None,
        env: Mapping[str, str] | None = None,
        readonly: bool = False,
    ) -> Self:
        """Open the log of a configuration; it is created when it is not there and `readonly` is False.

        Raises:
            StoreError: The log cannot be opened.
        """
        clock = clock or SystemClock()
        log = Log.open(config.log, clock=clock, readonly=readonly)
        return cls(config, log, clock, os.environ if env is None else env)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop listening and sending, finish what is being kept, and close the log."""
        self._watch.stop()
        self.tunneling.stop()
        self._learner.stop()
        self._indexer.stop()
        self._retention.stop()
        if self._alerts is not None:
            self._alerts.stop()
        if self._capture is not None:
            self._capture.stop()
            self._capture = None
        self.forwarding.stop()
        if self._outbound is not None:
            self._outbound.stop()
        self._analyst.stop()
        self.deleting.finish()
        self._log.close()

    @cached_property
    def source_editing(self) -> SourceEditing:
        """Changes to the sources, in the file and in this process.

        Raises:
            ConfigError: The file cannot be read.
        """
        from webhook_inspector.engine.source_editing import SourceEditing

        return SourceEditing(
            self.config, self._env, Path.cwd(),
            log=self._log, sources=self.sources, forwarding=self.forwarding, analyst=self._analyst,
        )  # fmt: skip

    # Capture

    def listen(
        self,
        *,
        host: str | None = None,
        port: int | None = None,
        forward: str | None = None,
        respond: str | None = None,
        ack: str | None = None,
        allow_remote: bool = False,
        tls: bool = False,
    ) -> Listening:
        """Begin to capture. Options that are None come from the configuration.

        Raises:
            ListenError: The port is taken or may not be used.
            ConfigError: A certificate, or a secret that senders must know, cannot be had.
            UsageError: `respond` cannot be read.
            TargetError: `forward` is not loopback and `allow_remote` is not set.
        """
        from webhook_inspector.engine.capture import Capture

        if forward is not None:
            self.set_forward(forward, allow_remote=allow_remote)
        if ack is not None:
            self.forwarding.ack = ack
        try:
            capture = Capture(
                self._log,
                self.sources,
                self.clock,
                publish=self._bus.publish,
                analyse=self._analyst.add,
                forwarding=self.forwarding,
                respond=respond,
                handshakes=self._handshakes,
            )
        except ValueError as error:
            raise UsageError(f"Cannot answer with {show(str(error), 60)!r}; give {FORM}.") from None
        settings = self.config.listen
        self._analyst.add_leftovers()
        self.listening = capture.start(
            settings.host if host is None else host,
            settings.port if port is None else port,
            settings,
            tls=tls,
        )
        self._capture = capture
        self._learner.start()
        self._indexer.start()
        self.deleting.start()
        self._retention.start()
        self.alerts.start()
        try:
            self.forwarding.start(self._out().forwarder(allow_remote=allow_remote))
        except InspectorError:
            capture.stop()
            self._capture = self.listening = None
            raise
        return self.listening

    def other_listener(self) -> str | None:
        """The address of another process that listens for this log, or None."""
        return None if self._capture is not None else Presence.listener_url(self.log_path)

    @property
    def unkept(self) -> int:
        """Refused requests that this process only counted, because many of their kind came."""
        return 0 if self._capture is None else self._capture.unkept

    def attach(self, url: str) -> Listening:
        """Note that another process listens; this one only shows what is captured."""
        self.listening = Listening(url, (), self.log_path, attached=True, prefix=self.sources.access.prefix)
        return self.listening

    def set_forward(self, target: str | None, *, allow_remote: bool = False) -> None:
        """Send every later delivery on to a target, or (None) only those of sources that name one.

        Raises:
            TargetError: It is not a usable URL, or not loopback and `allow_remote` is not set.
        """
        self.forwarding.set_target(target, allow_remote=allow_remote)

    @property
    def forward_target(self) -> str | None:
        """Where every delivery is sent on to, when `set_forward` said so."""
        return self.forwarding.target

    @property
    def failing(self) -> int:
        """How many of the next requests are answered 503 on purpose."""
        return 0 if self._capture is None else self._capture.failing

    def fail_next(self, count: int) -> None:
        """Answer so many of the next requests with 503, to see what their senders do then; 0 ends that.

        Raises:
            UsageError: This process does not listen.
        """
        if self._capture is None:
            raise UsageError("Only the process that listens can answer with failures.")
        self._capture.fail_next(count)

    def subscribe(self, callback: Callable[[Announcement], None]) -> Callable[[], None]:
        """Call `callback` in engine threads with every announcement; it must return quickly.

        The first subscription starts the watch for rows of other processes.
        """
        self._watch.start()
        return self._bus.subscribe(callback)

    @property
    def alerts(self) -> Alerts:
        """The alert rules, and what they said."""
        from webhook_inspector.engine.alerts import Alerts

        with self._making_alerts:
            if self._alerts is None:
                self._alerts = Alerts(self._log, self.config.alerts, self.sources, self.clock, self._bus.publish)
                self._bus.subscribe(self._alerts.heard)
            return self._alerts

    def wait_analysed(self, timeout_s: float = 5) -> bool:
        """Wait until the facts of all captured deliveries are in the log; False when that took longer."""
        return self._analyst.wait_idle(timeout_s)

    # Replay

    def plan(self, ids: Sequence[int], options: ReplayOptions) -> Plan:
        """Plan a replay; nothing is sent.

        Raises:
            UsageError: An option cannot be read, or nothing is selected.
        """
        seed = random.SystemRandom().randrange(1, 2**31) if options.seed is None else options.seed
        return make_plan(self._log, ids, options, seed)

    def signing_outlook(self, plan: Plan, target: str, send: SendOptions) -> list[str]:
        """What will not be signed as asked, one sentence each, to be told before a plan is sent."""
        records = self._log.records(captured_ids(plan))
        return self.signer.outlook(records, send.sign, url=target, test_key=send.test_key)

    def retry_outlook(self, plan: Plan, send: SendOptions) -> str:
        """How failures of a plan will be sent again, one sentence; empty when they will not.

        Raises:
            UsageError: The retry policy is not known.
        """
        retries = self._out().retries(send, plan.speed)
        return "" if retries is None else retries.sentence

    def start_run(
        self,
        plan: Plan,
        target: str,
        *,
        send: SendOptions | None = None,
        on_event: Callable[[Attempt | Verdict], None] | None = None,
    ) -> Run:
        """Send a plan's attempts to a target.

        Args:
            plan: What to send.
            target: URL. With a path of its own it is used as it is; without, the captured path is used.
            send: How to send.
            on_event: Called in an engine thread with each attempt as it begins and ends, and with the verdict.

        Raises:
            TargetError: The target may not be used.
            UsageError: A delivery of the plan is not in the log, or an option cannot be read.
        """
        self._refuse_own(target)
        return self._out().start_run(plan, target, send or SendOptions(), on_event)

    def check(
        self,
        ids: Sequence[int],
        target: str,
        options: CheckOptions,
        *,
        on_trial: Callable[[int, str, bool], None] = lambda _n, _kind, _holds: None,
    ) -> CheckReport:
        """Whether a handler ends in the same state however these deliveries arrive. Blocks while it sends.

        Args:
            ids: The deliveries; they are sent many times.
            target: URL, as for `start_run`.
            options: How.
            on_trial: Told of each trial: its number, the property, and whether it held.

        Raises:
            TargetError: Target, probe or reset may not be used.
            UsageError: Probe or reset fails, or nothing can be compared.
        """
        self._refuse_own(target)
        return self._out().check(ids, target, options, on_trial)

    # Samples

    def send_sample(
        self,
        provider: str,
        event: str | None = None,
        *,
        to: str | None = None,
        secret: Secret | None = None,
        overrides: Mapping[str, str] | None = None,
        allow_remote: bool = False,
    ) -> Attempt:
        """Send a signed sample event.

        Args:
            provider: Name of a provider with samples.
            event: Event type; the provider's first when None.
            to: Target; the listener of this log when None.
            secret: Signs it; the configured secret of the provider's source, else the published sample secret.
            overrides: Dotted path in the payload to value.
            allow_remote: Whether `to` may be another machine.

        Raises:
            UsageError: No such provider, event or path, or nothing listens.
        """
        to = self._sample_target(provider, to)
        request = self.sample(provider, event, to=to, secret=secret, overrides=overrides)
        return self.send_request(to, request, allow_remote=allow_remote)

    def _sample_target(self, provider: str, to: str | None) -> str:
        """Where samples of a provider go: to a target, else to the listener of this log."""
        if to is not None:
            return to
        own = self.listening.url if self.listening and self.listening.url else self.other_listener()
        if own is None:
            raise UsageError("Nothing listens for this log; start `webhook-inspector listen` or give --to URL.")
        return own + self.sources.access.prefix + self.sources.path_of_provider(provider)

    def sample(
        self,
        provider: str,
        event: str | None = None,
        *,
        to: str,
        secret: Secret | None = None,
        overrides: Mapping[str, str] | None = None,
    ) -> Request:
        """A signed sample event; nothing is sent. Arguments as for `send_sample`.

        Raises:
            UsageError: No such provider, event or path.
        """
        return make_sample(
            self.provider(provider),
            event,
            secret=secret or self.sources.signing_secret(provider),
            now_ns=self.clock.wall_ns(),
            overrides=overrides or {},
            url=self.sources.address_for(provider, to),
        )

    def plan_story(
        self,
        provider: str,
        name: str | None,
        options: StoryOptions,
        *,
        event: str | None = None,
        overrides: Mapping[str, str] | None = None,
    ) -> PlannedStory:
        """Make a story of sample events and plan its sends; nothing is sent.

        Args:
            provider: Name of a provider with samples.
            name: One of its stories; None: a single event.
            options: Copies, order and times.
            event: The single event; None takes the provider's first.
            overrides: As for `send_sample`; a path is set in every step.

        Raises:
            UsageError: No such provider, story, event or path, or an option cannot be read.
        """
        from webhook_inspector.engine.story import plan_story

        return plan_story(
            self.provider(provider), name, options,
            event=event, now_ns=self.clock.wall_ns(), overrides=overrides or {},
        )  # fmt: skip

    def tell_story(
        self,
        told: PlannedStory,
        *,
        to: str | None = None,
        secret: Secret | None = None,
        allow_remote: bool = False,
    ) -> Iterator[SentStep]:
        """Send a story, each step when the result is asked for it; every send is signed then.

        Args:
            told: From `plan_story`.
            to: Target; the listener of this log when None.
            secret: As for `send_sample`.
            allow_remote: Whether `to` may be another machine.

        Raises:
            UsageError: Nothing listens.
            TargetError: The target may not be used.
        """
        from webhook_inspector.engine.story import tell

        target = check_target(self._sample_target(told.provider.name, to), allow_remote=allow_remote)
        return tell(
            told,
            self.sources.address_for(told.provider.name, target),
            lambda request: self.send_request(target, request, allow_remote=allow_remote),
            secret=secret or self.sources.signing_secret(told.provider.name),
            clock=self.clock,
        )

    def send_request(self, to: str, request: Request, *, allow_remote: bool = False) -> Attempt:
        """Send one request now; it belongs to no run and is not kept as an attempt.

        Raises:
            TargetError: The target may not be used.
        """
        to = check_target(to, allow_remote=allow_remote)
        certificate = self._certificate_at(to)
        attempt = self._out().send_request(to, request, allow_remote=allow_remote, certificate=certificate)
        return replace(attempt, url=self.sources.access.shown(attempt.url))

    def _certificate_at(self, target: str) -> bytes:
        """Fingerprint of the certificate that our own listener shows at a target; empty for every other target."""
        own = self.listening
        found = (own.url, own.fingerprint) if own is not None and not own.attached else Presence.listener(self.log_path)
        return found[1] if found is not None and target.startswith("https:") and leads_to(target, found[0]) else b""

    def _out(self) -> Outbound:
        from webhook_inspector.engine.outbound import Outbound

        with self._sending:
            if self._outbound is None:
                self._outbound = Outbound(
                    self._log, self.signer, self.config.providers, self.clock, self._bus.publish,
                    inside=self.sources.access.inside,
                )  # fmt: skip
            return self._outbound

    def _look(self, delivery: Delivery, facts: Facts) -> None:
        self.alerts.look(delivery, facts)

    def _analysed(self, ids: tuple[int, ...]) -> None:
        self._bus.publish(Analysed(ids))
        self._learner.notice()
        self._indexer.notice()

    def _refuse_own(self, target: str) -> None:
        """Refuse the listener of this log as a target: what is sent there is captured, and sent there again."""
        own = self.listening.url if self.listening is not None else self.other_listener()
        if own and leads_here(target, own):
            raise TargetError(f"{show(target, 80)} is where this log is captured: send to your handler instead.")
