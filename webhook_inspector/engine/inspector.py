"""The facade that every front end calls. Thread-safe and synchronous: heavy calls belong in a worker thread."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Self

from webhook_inspector.config.model import Config
from webhook_inspector.core.clock import Clock, SystemClock
from webhook_inspector.engine.capturing import Capturing
from webhook_inspector.engine.late import Late
from webhook_inspector.errors import UsageError
from webhook_inspector.replay.targets import check_target, leads_to
from webhook_inspector.store.log import Log
from webhook_inspector.store.presence import Presence

if TYPE_CHECKING:
    # Loaded when they are first needed: a first screen, `list` and `show` pay for none of them.
    from webhook_inspector.core.attempt import Attempt
    from webhook_inspector.core.request import Request
    from webhook_inspector.core.secret import Secret
    from webhook_inspector.engine.checking import CheckOptions, CheckReport
    from webhook_inspector.engine.replay_options import ReplayOptions, SendOptions
    from webhook_inspector.engine.run import Run
    from webhook_inspector.engine.shapes import Shapes
    from webhook_inspector.engine.source_editing import SourceEditing
    from webhook_inspector.engine.story import PlannedStory, SentStep, StoryOptions
    from webhook_inspector.replay.plan import Plan
    from webhook_inspector.replay.verdict import Verdict


class Inspector(Capturing):
    """One open log, and everything that can be done with it. Use `open`."""

    def __init__(self, config: Config, log: Log, clock: Clock, env: Mapping[str, str]) -> None:
        super().__init__(config, log, clock, env)
        self._shapes = Late(self._make_shapes)

    def _make_shapes(self) -> Shapes:
        from webhook_inspector.engine.shapes import Shapes

        return Shapes(self._log, self.config, self.clock)

    @property
    def shapes(self) -> Shapes:
        """Learned shapes and their drift."""
        return self._shapes()

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

    # Replay

    def plan(self, ids: Sequence[int], options: ReplayOptions) -> Plan:
        """Plan a replay; nothing is sent.

        Raises:
            UsageError: An option cannot be read, or nothing is selected.
        """
        from webhook_inspector.engine.run_result import make_plan

        seed = random.SystemRandom().randrange(1, 2**31) if options.seed is None else options.seed
        return make_plan(self._log, ids, options, seed)

    def signing_outlook(self, plan: Plan, target: str, send: SendOptions) -> list[str]:
        """What will not be signed as asked, one sentence each, to be told before a plan is sent."""
        from webhook_inspector.replay.preview import captured_ids

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
        from webhook_inspector.engine.replay_options import SendOptions

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
        from webhook_inspector.engine.sample import make_sample

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
