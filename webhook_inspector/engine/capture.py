"""Capturing: listener, log, answer, and what follows behind the acknowledgement."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from webhook_inspector.config.listen import is_local
from webhook_inspector.config.model import ListenConfig
from webhook_inspector.core.clock import Clock
from webhook_inspector.core.delivery import Delivery
from webhook_inspector.core.headers import Headers
from webhook_inspector.core.request import Request
from webhook_inspector.core.response_spec import ResponseSpec, parse_response
from webhook_inspector.engine.announcements import Announcement, Captured, StoreTrouble
from webhook_inspector.engine.forwarding import Forwarding
from webhook_inspector.engine.listening import Listening
from webhook_inspector.engine.sources import SAMPLE_HEADER, Sources
from webhook_inspector.errors import StoreError
from webhook_inspector.net.answer import OK, Answer, Later
from webhook_inspector.net.binding import addresses_of, bind
from webhook_inspector.net.label import Label
from webhook_inspector.net.limits import Limits
from webhook_inspector.net.loop_thread import LoopThread
from webhook_inspector.store.log import Log
from webhook_inspector.store.presence import Presence

if TYPE_CHECKING:
    # Loaded once the port is taken: the screen is drawn meanwhile.
    import socket
    import ssl

    from webhook_inspector.engine.certificate import Certificate
    from webhook_inspector.engine.handshake import Handshakes
    from webhook_inspector.net.access import Gate
    from webhook_inspector.net.listener import Listener

ON_PURPOSE = Answer(503, b"webhook-inspector: failing on purpose\n")


class Responses:
    """The answers of one source, counted from the start of the listener. Used by the listener's loop alone.

    Args:
        spec: As `core.response_spec` reads it; None: a constant 200.

    Raises:
        ValueError: It cannot be read.
    """

    def __init__(self, spec: str | None) -> None:
        self._rule = None if spec is None else parse_response(spec)
        self._count = 0
        self._answer = OK if self._rule is None else _made(self._rule)

    def next(self) -> Answer:
        """The answer of the next request."""
        self._count += 1
        return self._answer if self._rule is None or self._rule.holds(self._count) else OK


def _made(rule: ResponseSpec) -> Answer:
    pairs = [(name.encode(), value.encode()) for name, value in rule.headers]
    if rule.retry_after is not None:
        pairs.append((b"Retry-After", str(rule.retry_after).encode()))
    named = {name.lower() for name, _ in pairs}
    headers = Headers((*(pair for pair in OK.headers if pair[0].lower() not in named), *pairs))
    body = (rule.body or "").encode("utf-8")
    return Answer(rule.status, body, headers, rule.delay_s, rule.drip_s, rule.ending)


def _proof(settings: ListenConfig, clock: Clock, *, wanted: bool) -> Certificate | None:
    """What is spoken https with; None: http is spoken, and nothing of TLS is loaded."""
    if not (wanted or settings.tls_cert):
        return None
    from webhook_inspector.engine.certificate import certificate

    return certificate(settings, clock, wanted=wanted)


class Capture:
    """One listener on one log.

    Args:
        analyse: Called with the numbers of deliveries that are in the log, before their senders are answered, in the
            writer's thread; it must return quickly.
        forwarding: Where deliveries are sent on to.
    """

    def __init__(
        self,
        log: Log,
        sources: Sources,
        clock: Clock,
        *,
        publish: Callable[[Announcement], None],
        analyse: Callable[[Sequence[int]], None],
        forwarding: Forwarding,
        respond: str | None,
        handshakes: Callable[[], Handshakes],
    ) -> None:
        self._handshakes = handshakes
        self._log = log
        self._sources = sources
        self._clock = clock
        self._publish = publish
        self._analyse = analyse
        self._forwarding = forwarding
        self._default = Responses(respond)
        self._failing = 0
        self._fail_lock = threading.Lock()
        self._answers = {
            source.name: (source.respond, Responses(source.respond))
            for source in sources.all()
            if source.respond is not None
        }
        self._loop = LoopThread("whi-listener")
        self._listener: Listener | None = None
        self._sockets: list[socket.socket] = []
        self._gate: Gate | None = None
        self._limits = Limits()
        self._tls: ssl.SSLContext | None = None
        self._presence: Presence | None = None
        self._trouble = False

    def bind(self, host: str, port: int, settings: ListenConfig, *, tls: bool = False) -> Listening:
        """Take the port. Who connects waits, in the system's queue, until `serve` is called.

        Args:
            host: Name or address.
            port: 0 picks a free one.
            settings: Sizes, limits, who may send, a certificate.
            tls: Speak https, with a certificate of our own where none is configured.

        Raises:
            ListenError: The port is taken or may not be used.
            ConfigError: What the door needs cannot be had: it stays closed.
        """
        self._limits = Limits(max_body=settings.max_body, max_connections=settings.max_connections)
        self._gate = self._sources.access.gate()
        proof = _proof(settings, self._clock, wanted=tls)
        self._tls = None if proof is None else proof.context
        self._sockets = bind(host, port)
        addresses = addresses_of(self._sockets)
        url = f"{'http' if proof is None else 'https'}://{addresses[0]}"
        mark = b"" if proof is None else proof.fingerprint
        self._presence = Presence.claim(self._log.path, url, mark)
        return Listening(
            url,
            addresses,
            self._log.path,
            prefix=self._sources.access.prefix,
            fingerprint=mark,
            told="" if proof is None else proof.sentence,
            ca=proof.path if proof is not None and proof.own else None,
            exposed=not (is_local(host) or self._gate.guards),
        )

    def serve(self) -> None:
        """Begin to accept. Loads the server."""
        from webhook_inspector.net.listener import Listener

        self._handshakes()  # made before the first sender waits for it
        self._loop.start()
        listener = Listener(
            self._loop,
            keep=self._keep,
            route=self._route,
            answer=self._answer,
            clock=self._clock,
            limits=self._limits,
            gate=self._gate,
            tls=self._tls,
        )
        try:
            listener.serve(self._sockets)
        except BaseException:
            self._loop.stop()
            raise
        self._listener = listener

    @property
    def serving(self) -> bool:
        """Whether senders are answered."""
        return self._listener is not None

    @property
    def unkept(self) -> int:
        """Refused requests that were counted and not kept, since the start."""
        return 0 if self._listener is None else self._listener.unkept

    def stop(self) -> None:
        """Stop accepting; requests that are being kept are answered."""
        if self._presence is not None:
            self._presence.release()
        if self._listener is not None:
            self._listener.stop()
            self._loop.stop()
        for sock in self._sockets:
            sock.close()

    @property
    def failing(self) -> int:
        """How many of the next requests are answered 503 on purpose."""
        return self._failing

    def fail_next(self, count: int) -> None:
        """Answer so many of the next requests with 503. From any thread."""
        with self._fail_lock:
            self._failing = max(0, count)

    def _fails_now(self) -> bool:
        with self._fail_lock:
            failing = self._failing > 0
            self._failing -= failing
        return failing

    def _route(self, request: Request) -> Label:
        """Its source, the provider of that, and whether this program made it."""
        source = self._sources.route(request.target)
        sample = request.headers.get_bytes(SAMPLE_HEADER) is not None
        return Label(source, self._sources.provider_of(source), "sample" if sample else "captured")

    def _answer(self, delivery: Delivery) -> Answer | Later:
        handshaken = self._handshakes().of(delivery)
        if handshaken is not None:
            told = handshaken.answer
            return Answer(told.status, told.body, Headers.from_text(told.headers))
        if self._failing and self._fails_now():
            return ON_PURPOSE
        scripted = self._responses(delivery.source).next()
        if scripted is not OK:
            return scripted
        return self._forwarding.later(delivery) or OK

    def _responses(self, name: str) -> Responses:
        """The answers of a source. Those of one whose rule was changed are counted anew."""
        source = self._sources.get(name)
        spec = None if source is None else source.respond
        if spec is None:
            return self._default
        kept = self._answers.get(name)
        if kept is None or kept[0] != spec:
            kept = self._answers[name] = spec, Responses(spec)
        return kept[1]

    def _keep(self, deliveries: Sequence[Delivery], done: Callable[[Sequence[int | Exception]], None]) -> None:
        """The hot path: hand deliveries to the log's writer; `done` runs after their commit."""
        noted = [self._forwarding.noted(delivery) for delivery in deliveries]

        def kept(results: Sequence[int | StoreError]) -> None:
            numbers = tuple([result for result in results if isinstance(result, int)])
            # Before the answer: who has seen it answered may wait for its facts.
            self._analyse(numbers)
            done(results)
            if numbers:
                self._clear_trouble()
                self._publish(Captured(numbers))
            for (_, target), result in zip(noted, results, strict=True):
                if not isinstance(result, int):
                    self._trouble = True
                    self._publish(StoreTrouble(result.message))
                elif target is not None:
                    self._forwarding.add(result, target)

        self._log.submit_all([delivery for delivery, _ in noted], kept)

    def _clear_trouble(self) -> None:
        if self._trouble:
            self._trouble = False
            self._publish(StoreTrouble(None))
