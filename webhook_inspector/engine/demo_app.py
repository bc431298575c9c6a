"""A small app to replay to: what a naive handler answers, for the demo."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from webhook_inspector.core.clock import NS_PER_S, Clock
from webhook_inspector.core.delivery import Delivery
from webhook_inspector.core.jsondoc import JsonInvalidError, load_json, pointer
from webhook_inspector.net.answer import Answer
from webhook_inspector.net.label import Label
from webhook_inspector.net.limits import Limits
from webhook_inspector.net.listener import Listener
from webhook_inspector.net.loop_thread import LoopThread

_MEMORY_NS = 3 * NS_PER_S


class DemoApp:
    """Answers 200, and 409 to an event that it had less than three seconds ago.

    That is a mistake of many handlers: a provider reads the 409 as a failure and sends the event again.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._seen: dict[str, int] = {}
        self._lock = threading.Lock()
        self._loop = LoopThread("whi-demo-app")
        self._listener = Listener(
            self._loop,
            keep=_accept,
            route=lambda _request: Label("demo"),
            answer=self._answer,
            clock=clock,
            limits=Limits(),
        )
        self.url = ""

    def start(self) -> str:
        """Listen on a free loopback port and return the address.

        Raises:
            ListenError: No port could be had.
        """
        self._loop.start()
        self._listener.start("127.0.0.1", 0)
        self.url = self._listener.url
        return self.url

    def stop(self) -> None:
        """Stop listening."""
        self._listener.stop()
        self._loop.stop()

    def _answer(self, delivery: Delivery) -> Answer:
        key = _event_key(delivery)
        with self._lock:
            now = self._clock.monotonic_ns()
            known = now - self._seen.get(key, -_MEMORY_NS) < _MEMORY_NS
            self._seen[key] = now
        return Answer(409, body=b'{"error":"event already exists"}') if known else Answer(200, body=b'{"ok":true}')


def _accept(deliveries: Sequence[Delivery], done: Callable[[Sequence[int | Exception]], None]) -> None:
    done([1] * len(deliveries))


def _event_key(delivery: Delivery) -> str:
    for name in ("X-GitHub-Delivery", "X-Shopify-Webhook-Id", "webhook-id", "svix-id"):
        value = delivery.request.headers.get(name)
        if value is not None:
            return value
    try:
        document = load_json(delivery.request.body)
    except JsonInvalidError:
        return delivery.body_sha256
    return str(pointer(document, "/id") or pointer(document, "/event_id") or delivery.body_sha256)
