"""What listens, what follows behind an acknowledgement, and who is told of it, as one part of the facade.

Everything here is made when it is first needed. A listener has two steps, so that a screen need not wait for the
server to be loaded: the port is taken at once, and `serve` accepts what has come to it meanwhile.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from webhook_inspector.config.model import Config
from webhook_inspector.core.clock import Clock
from webhook_inspector.core.display import show
from webhook_inspector.core.response_spec import FORM
from webhook_inspector.engine.announcements import Analysed, Announcement, ShapesLearned
from webhook_inspector.engine.bus import Bus
from webhook_inspector.engine.forwarding import Forwarding
from webhook_inspector.engine.interchange import Interchange
from webhook_inspector.engine.late import Late
from webhook_inspector.engine.listening import Listening
from webhook_inspector.engine.own_listener import leads_here
from webhook_inspector.engine.sources import Sources
from webhook_inspector.engine.tunneling import Tunneling
from webhook_inspector.engine.watch import Watch
from webhook_inspector.errors import TargetError, UsageError
from webhook_inspector.store.log import Log
from webhook_inspector.store.presence import Presence

if TYPE_CHECKING:
    # Loaded when they are first needed: `list` and `show` pay for no server and no client.
    from webhook_inspector.core.delivery import Delivery, Facts
    from webhook_inspector.engine.alerts import Alerts
    from webhook_inspector.engine.analysis import Analyst
    from webhook_inspector.engine.capture import Capture
    from webhook_inspector.engine.indexing import Indexer
    from webhook_inspector.engine.outbound import Outbound
    from webhook_inspector.engine.quarantine import Quarantine
    from webhook_inspector.engine.retention import Retention
    from webhook_inspector.engine.shaping import Learner


class Capturing(Interchange):
    """The listener and what works behind it."""

    def __init__(self, config: Config, log: Log, clock: Clock, env: Mapping[str, str]) -> None:
        super().__init__(config, log, clock, Sources(config, env))
        self.log_path = config.log
        self._env = env
        self.listening: Listening | None = None
        self._bus = Bus()
        self._watch = Watch(log, self._bus.publish)
        self._capture: Capture | None = None
        self._allow_remote = False
        self._serving = threading.Lock()
        self._closed = False
        self._quarantine = Late(self._make_quarantine)
        self._late_analyst = Late(self._make_analyst)
        self._late_alerts = Late(self._make_alerts)
        self._late_learner = Late(self._make_learner)
        self._late_indexer = Late(self._make_indexer)
        self._late_retention = Late(self._make_retention)
        self._outbound = Late(self._make_outbound)
        self.forwarding = Forwarding(self.sources, self._refuse_own)
        self.tunneling = Tunneling(self._bus.publish)

    # Parts

    def _make_quarantine(self) -> Quarantine:
        from webhook_inspector.engine.quarantine import Quarantine

        return Quarantine(self.config)

    def _make_analyst(self) -> Analyst:
        from webhook_inspector.engine.analysis import Analyst

        return Analyst(
            self._log, self.sources, self.config.providers, self.clock, self._analysed,
            quarantine=self.quarantine, look=self._look,
        )  # fmt: skip

    def _make_alerts(self) -> Alerts:
        from webhook_inspector.engine.alerts import Alerts

        alerts = Alerts(self._log, self.config.alerts, self.sources, self.clock, self._bus.publish)
        self._bus.subscribe(alerts.heard)
        return alerts

    def _make_learner(self) -> Learner:
        from webhook_inspector.engine.shaping import Learner

        return Learner(self._log, self.config.providers, self.clock, lambda: self._bus.publish(ShapesLearned()))

    def _make_indexer(self) -> Indexer:
        from webhook_inspector.engine.indexing import Indexer

        return Indexer(self._log, self.clock, wanted=self.config.search.index)

    def _make_retention(self) -> Retention:
        from webhook_inspector.engine.retention import Retention

        return Retention(self._log, self.config.retention, self.clock, self.config.sources)

    def _make_outbound(self) -> Outbound:
        from webhook_inspector.engine.outbound import Outbound

        return Outbound(
            self._log, self.signer, self.config.providers, self.clock, self._bus.publish,
            inside=self.sources.access.inside,
        )  # fmt: skip

    @property
    def quarantine(self) -> Quarantine:
        """Deliveries that break a pin."""
        return self._quarantine()

    @property
    def alerts(self) -> Alerts:
        """The alert rules, and what they said."""
        return self._late_alerts()

    @property
    def _analyst(self) -> Analyst:
        return self._late_analyst()

    def _out(self) -> Outbound:
        return self._outbound()

    def close(self) -> None:
        """Stop listening and sending, finish what is being kept, and close the log."""
        with self._serving:  # a listener that is just being started is started, and then stopped
            self._closed = True
        self._watch.stop()
        self.tunneling.stop()
        for part in (self._late_learner, self._late_indexer, self._late_retention, self._late_alerts):
            if part.made is not None:
                part.made.stop()
        if self._capture is not None:
            self._capture.stop()
            self._capture = None
        self.forwarding.stop()
        for last in (self._outbound, self._late_analyst):
            if last.made is not None:
                last.made.stop()
        self.deleting.finish()
        self._log.close()

    # The listener

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
        later: bool = False,
    ) -> Listening:
        """Begin to capture. Options that are None come from the configuration.

        Args:
            host: Name or address.
            port: 0 picks a free one.
            forward: Where every delivery is sent on to.
            respond: What senders are answered, as `core.response_spec` reads it.
            ack: When senders are answered: `async` or `sync`.
            allow_remote: Whether `forward` may be another machine.
            tls: Speak https, with a certificate of our own where none is configured.
            later: Only take the port: senders are kept waiting until `serve` is called.

        Raises:
            ListenError: The port is taken or may not be used.
            ConfigError: A certificate, or a secret that senders must know, cannot be had.
            UsageError: `respond` cannot be read.
            TargetError: `forward` is not loopback and `allow_remote` is not set.
        """
        if forward is not None:
            self.set_forward(forward, allow_remote=allow_remote)
        if ack is not None:
            self.forwarding.ack = ack
        self._allow_remote = allow_remote
        capture = self._make_capture(respond)
        settings = self.config.listen
        self.listening = capture.bind(
            settings.host if host is None else host,
            settings.port if port is None else port,
            settings,
            tls=tls,
        )
        self._capture = capture
        try:
            self.forwarding.judge(allow_remote=allow_remote)
        except TargetError:
            capture.stop()
            self._capture = self.listening = None
            raise
        listening = self.listening
        if not later:
            self.serve()
        return listening

    def _make_capture(self, respond: str | None) -> Capture:
        from webhook_inspector.engine.capture import Capture

        try:
            return Capture(
                self._log,
                self.sources,
                self.clock,
                publish=self._bus.publish,
                analyse=self._analyse,
                forwarding=self.forwarding,
                respond=respond,
                handshakes=self._handshakes,
            )
        except ValueError as error:
            raise UsageError(f"Cannot answer with {show(str(error), 60)!r}; give {FORM}.") from None

    def serve(self) -> None:
        """Accept what comes to the port that `listen` took; does nothing when it is accepted already.

        Raises:
            TargetError: A target of a source may not be used; nothing listens then.
            StoreError: The log cannot be read or written.
        """
        with self._serving:
            capture = self._capture
            if capture is None or capture.serving or self._closed:
                return
            try:
                self._analyst.add_leftovers()
                self._late_learner().start()
                self._late_indexer().start()
                self.deleting.start()
                self._late_retention().start()
                self.alerts.start()
                # Before the first delivery: what comes is to be sent on from the first one on.
                self.forwarding.start(self._out().forwarder(allow_remote=self._allow_remote))
                capture.serve()
            except BaseException:
                capture.stop()
                self._capture = self.listening = None
                raise

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

    def wait_analysed(self, timeout_s: float = 5) -> bool:
        """Wait until the facts of all captured deliveries are in the log; False when that took longer."""
        return self._analyst.wait_idle(timeout_s)

    def _analyse(self, numbers: Sequence[int]) -> None:
        self._analyst.add(numbers)

    def _look(self, delivery: Delivery, facts: Facts) -> None:
        self.alerts.look(delivery, facts)

    def _analysed(self, ids: tuple[int, ...]) -> None:
        self._bus.publish(Analysed(ids))
        for part in (self._late_learner, self._late_indexer):
            if part.made is not None:
                part.made.notice()

    def _refuse_own(self, target: str) -> None:
        """Refuse the listener of this log as a target: what is sent there is captured, and sent there again."""
        own = self.listening.url if self.listening is not None else self.other_listener()
        if own and leads_here(target, own):
            raise TargetError(f"{show(target, 80)} is where this log is captured: send to your handler instead.")
