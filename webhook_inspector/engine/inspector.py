"""The facade that every front end calls. Thread-safe and synchronous: heavy calls belong in a worker thread."""

from __future__ import annotations

import difflib
import os
import random
import threading
from array import array
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Self

from webhook_inspector.bodies import BodyText, render
from webhook_inspector.config.model import Config
from webhook_inspector.core.attempt import Attempt
from webhook_inspector.core.clock import Clock, SystemClock
from webhook_inspector.core.delivery import Delivery, Record, Summary
from webhook_inspector.core.filters import Query, parse
from webhook_inspector.core.request import Request
from webhook_inspector.core.secret import Secret
from webhook_inspector.core.verification import Verification
from webhook_inspector.engine.analysis import Analyst
from webhook_inspector.engine.announcements import Analysed, Announcement
from webhook_inspector.engine.bus import Bus
from webhook_inspector.engine.exchange import Exchange, ImportReport
from webhook_inspector.engine.listening import Listening
from webhook_inspector.engine.replay_options import ReplayOptions, SendOptions
from webhook_inspector.engine.run_result import RunResult, make_plan, read_result, read_results
from webhook_inspector.engine.sample import make_sample
from webhook_inspector.engine.sources import Sources
from webhook_inspector.engine.watch import Watch
from webhook_inspector.errors import UsageError
from webhook_inspector.providers.model import Provider
from webhook_inspector.replay.plan import Plan
from webhook_inspector.replay.targets import check_target
from webhook_inspector.replay.verdict import Verdict
from webhook_inspector.shapes import PayloadDiff, diff_requests
from webhook_inspector.signing import verify
from webhook_inspector.store.log import Log
from webhook_inspector.store.presence import Presence

if TYPE_CHECKING:
    # Loaded when they are first needed: `list` and `show` pay for no server and no client.
    from webhook_inspector.engine.capture import Capture
    from webhook_inspector.engine.forward import Forwarder
    from webhook_inspector.engine.outbound import Outbound
    from webhook_inspector.engine.run import Run


class Inspector:
    """One open log, and everything that can be done with it. Use `open`."""

    def __init__(self, config: Config, log: Log, clock: Clock, env: Mapping[str, str]) -> None:
        self.config = config
        self.clock = clock
        self.log_path = config.log
        self.listening: Listening | None = None
        self.sources = Sources(config, env)
        self._log = log
        self._bus = Bus()
        self._analyst = Analyst(
            log, self.sources, config.providers, clock, lambda ids: self._bus.publish(Analysed(ids))
        )
        self._sending = threading.Lock()
        self._outbound: Outbound | None = None
        self._exchange = Exchange(config, log, clock)
        self._watch = Watch(log, self._bus.publish)
        self._capture: Capture | None = None
        self._forward_to: str | None = None
        self._forwarder: Forwarder | None = None

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
        if self._capture is not None:
            self._capture.stop()
            self._capture = None
        if self._outbound is not None:
            self._outbound.stop()
        self._analyst.stop()
        self._log.close()

    # Capture

    def listen(
        self,
        *,
        host: str | None = None,
        port: int | None = None,
        forward: str | None = None,
        respond: str | None = None,
        allow_remote: bool = False,
    ) -> Listening:
        """Begin to capture. Options that are None come from the configuration.

        Raises:
            ListenError: The port is taken or may not be used.
            UsageError: `respond` is not a status, or a status and a text.
            TargetError: `forward` is not loopback and `allow_remote` is not set.
        """
        from webhook_inspector.engine.capture import Capture

        if forward is not None:
            self.set_forward(forward, allow_remote=allow_remote)
        try:
            capture = Capture(
                self._log,
                self.sources,
                self.clock,
                publish=self._bus.publish,
                analyse=self._analyst.add,
                on_kept=self._kept,
                respond=respond,
            )
        except ValueError as error:
            raise UsageError(f"Cannot answer with {str(error)!r}; give a status such as 204, or 200:text.") from None
        self._forwarder = self._out().forwarder(self._target_for, allow_remote=allow_remote)
        settings = self.config.listen
        self._analyst.add_leftovers()
        self.listening = capture.start(
            settings.host if host is None else host,
            settings.port if port is None else port,
            settings.max_body,
        )
        self._capture = capture
        return self.listening

    def other_listener(self) -> str | None:
        """The address of another process that listens for this log, or None."""
        return None if self._capture is not None else Presence.listener_url(self.log_path)

    def attach(self, url: str) -> Listening:
        """Note that another process listens; this one only shows what is captured."""
        self.listening = Listening(url, (), self.log_path, attached=True)
        return self.listening

    def set_forward(self, target: str | None, *, allow_remote: bool = False) -> None:
        """Send every later delivery on to a target, or (None) only those of sources that name one.

        Raises:
            TargetError: It is not a usable URL, or not loopback and `allow_remote` is not set.
        """
        self._forward_to = None if target is None else check_target(target, allow_remote=allow_remote)

    @property
    def forward_target(self) -> str | None:
        """Where every delivery is sent on to, when `set_forward` said so."""
        return self._forward_to

    def subscribe(self, callback: Callable[[Announcement], None]) -> Callable[[], None]:
        """Call `callback` in engine threads with every announcement; it must return quickly.

        The first subscription starts the watch for rows of other processes.
        """
        self._watch.start()
        return self._bus.subscribe(callback)

    def wait_analysed(self, timeout_s: float = 5) -> bool:
        """Wait until the facts of all captured deliveries are in the log; False when that took longer."""
        return self._analyst.wait_idle(timeout_s)

    # Read

    def parse(self, query: str) -> Query:
        """Read a filter.

        Raises:
            QueryError: It cannot be read; knows the position.
        """
        return parse(query, now_ns=self.clock.wall_ns())

    def ids(self, query: str | Query = "") -> array[int]:
        """The numbers of the deliveries that match, ascending."""
        return self._log.ids(self.parse(query) if isinstance(query, str) else query)

    def count(self, query: str | Query = "") -> int:
        """How many deliveries match."""
        return self._log.count(self.parse(query) if isinstance(query, str) else query)

    def newest_id(self) -> int:
        """The highest number in the log; 0 when it is empty."""
        return self._log.newest_id()

    def summaries(self, ids: Sequence[int]) -> list[Summary]:
        """List rows of deliveries, in the order asked for; absent ones are left out."""
        return self._log.summaries(ids)

    def record(self, id: int) -> Record:  # noqa: A002 (the field's name)
        """One delivery with its facts.

        Raises:
            UsageError: The log holds no such delivery.
        """
        record = self._log.record(id)
        if record is None:
            newest = self._log.newest_id()
            raise UsageError(
                f"There is no delivery {id}; the log holds 1 to {newest}."
                if newest
                else f"There is no delivery {id}; the log is empty."
            )
        return record

    def records(self, ids: Sequence[int]) -> list[Record]:
        """Deliveries with their facts, in the order asked for; absent ones are left out."""
        return self._log.records(ids)

    def resolve(self, words: Sequence[str]) -> list[int]:
        """The deliveries that the words of a command line name: numbers, `last`, `last:3`, or one filter.

        Raises:
            UsageError: Nothing matches, or a number is not in the log.
        """
        if words and all(word.isascii() and word.isdigit() for word in words):
            return [self.record(int(word)).delivery.id for word in words]
        query = " ".join(words)
        found = list(self.ids(query))
        if not found:
            raise UsageError(f"No delivery matches {query!r}; try `list` to see what is there.")
        return found

    def values(self, key: str, prefix: str = "", limit: int = 20) -> list[tuple[str, int, int]]:
        """Values of a filter key that occur in the log: (value, count, last seen in ns), most frequent first."""
        return self._log.values(key, prefix, limit)

    def attempts(self, delivery_id: int) -> list[Attempt]:
        """Every attempt under a delivery, oldest first."""
        return self._log.attempts(delivery_id)

    def body(self, id: int, view: str | None = None) -> BodyText:  # noqa: A002
        """The body of a delivery as lines.

        Raises:
            UsageError: The log holds no such delivery.
        """
        return render(self.record(id).delivery.request, view)

    # Judge

    def verify(
        self,
        id: int,  # noqa: A002
        *,
        provider: str | None = None,
        scheme: str | None = None,
        secrets: Sequence[Secret] | None = None,
        url: str | None = None,
    ) -> Verification:
        """Verify a delivery at its arrival time.

        Args:
            id: The delivery.
            provider: Taken from the delivery's facts when None.
            scheme: Recipe to use; detected when None.
            secrets: Those of the delivery's source when None.
            url: The public URL that the sender used; from the source's configuration when None.

        Raises:
            UsageError: No such delivery, provider or scheme.
        """
        record = self.record(id)
        name = provider or record.facts.provider
        entry = self.provider(provider) if provider else self.config.providers.get(name or "")
        if scheme is not None and entry is not None and scheme not in {recipe.name for recipe in entry.recipes}:
            known = ", ".join(recipe.name for recipe in entry.recipes)
            raise UsageError(f"{entry.name} has no scheme {scheme!r}; it has {known}.")
        delivery = record.delivery
        return verify(
            delivery.request,
            entry,
            self.sources.secrets_for(delivery, entry) if secrets is None else secrets,
            at_ns=delivery.received_ns,
            now_ns=self.clock.wall_ns(),
            scheme=scheme,
            url=url or self.sources.url_for(delivery),
        )

    def diff(self, a: int, b: int) -> PayloadDiff:
        """What differs between two deliveries.

        Raises:
            UsageError: One is not in the log.
        """
        first, second = self.record(a), self.record(b)
        volatile: list[str] = []
        for name in {first.facts.provider, second.facts.provider}:
            entry = self.config.providers.get(name or "")
            volatile += entry.volatile if entry else ()
        return diff_requests(first.delivery.request, second.delivery.request, volatile=sorted(volatile))

    def previous_of_type(self, id: int) -> int | None:  # noqa: A002
        """The delivery of the same source and event type before this one, or None.

        Raises:
            UsageError: The log holds no such delivery.
        """
        record = self.record(id)
        if record.facts.event.type is None:
            return None
        return self._log.latest_of_type(record.delivery.source, record.facts.event.type, id)

    # Replay

    def plan(self, ids: Sequence[int], options: ReplayOptions) -> Plan:
        """Plan a replay; nothing is sent.

        Raises:
            UsageError: An option cannot be read, or nothing is selected.
        """
        seed = random.SystemRandom().randrange(1, 2**31) if options.seed is None else options.seed
        return make_plan(self._log, ids, options, seed)

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
        return self._out().start_run(plan, target, send or SendOptions(), on_event)

    def run_result(self, run_id: int) -> RunResult:
        """A run as kept in the log.

        Raises:
            UsageError: There is no such run.
        """
        return read_result(self._log, run_id)

    def runs(self, limit: int = 100) -> list[RunResult]:
        """The newest runs, newest first."""
        return read_results(self._log, limit)

    # Leave and enter

    def export(self, ids: Sequence[int], format: str, *, redact: bool = True) -> bytes:  # noqa: A002
        """Deliveries in a format of `export.formats()`.

        Raises:
            UsageError: No such format or delivery, or the format takes one delivery only.
        """
        return self._exchange.export(
            [self.record(number) for number in ids], format, self.sources, target=self._forward_to, redact=redact
        )

    def import_file(self, path: Path) -> ImportReport:
        """Read deliveries from a file into the log. Parse only: nothing is sent.

        Raises:
            InputError: The file cannot be read.
        """
        report = self._exchange.import_file(path)
        self._analyst.analyse(report.ids)
        return report

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
        if to is None:
            to = self.listening.url if self.listening and self.listening.url else self.other_listener()
            if to is None:
                raise UsageError("Nothing listens for this log; start `webhook-inspector listen` or give --to URL.")
            to += self.sources.path_of_provider(provider)
        request = self.sample(provider, event, to=to, secret=secret, overrides=overrides)
        return self.send_request(to, request, allow_remote=allow_remote)

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
            url=to,
        )

    def send_request(self, to: str, request: Request, *, allow_remote: bool = False) -> Attempt:
        """Send one request now; it belongs to no run and is not kept as an attempt.

        Raises:
            TargetError: The target may not be used.
        """
        return self._out().send_request(check_target(to, allow_remote=allow_remote), request, allow_remote=allow_remote)

    def provider(self, name: str) -> Provider:
        """A known provider.

        Raises:
            UsageError: There is none of that name; the message names the nearest.
        """
        entry = self.config.providers.get(name)
        if entry is None:
            near = difflib.get_close_matches(name, self.config.providers, n=1)
            hint = f"did you mean {near[0]!r}?" if near else "`providers list` names them all."
            raise UsageError(f"There is no provider {name!r}; {hint}")
        return entry

    def _out(self) -> Outbound:
        from webhook_inspector.engine.outbound import Outbound

        with self._sending:
            if self._outbound is None:
                self._outbound = Outbound(self.config, self._log, self.sources, self.clock, self._bus.publish)
            return self._outbound

    def _target_for(self, source: str) -> str | None:
        configured = self.sources.get(source)
        return (configured.forward if configured else None) or self._forward_to

    def _kept(self, delivery: Delivery) -> None:
        if self._forwarder is not None:
            self._forwarder.add(delivery)
