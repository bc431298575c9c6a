"""A real listener on a free port with a keep callback under the test's control, and a raw client."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.support.patience import PATIENCE_S
from webhook_inspector.core.delivery import Delivery
from webhook_inspector.net.limits import Limits
from webhook_inspector.net.listener import Answer, Listener
from webhook_inspector.net.loop_thread import LoopThread

Done = Callable[[Sequence[int | Exception]], None]


@dataclass
class Kept:
    """Keeps deliveries in memory, as a store would: reports from another thread."""

    deliveries: list[Delivery] = field(default_factory=list)
    result: Callable[[Delivery], int | Exception] | None = None
    arrived: threading.Event = field(default_factory=threading.Event)
    gate: threading.Event | None = None
    """When set, nothing is reported before it is set."""
    changed: threading.Condition = field(default_factory=threading.Condition)

    def __call__(self, deliveries: Sequence[Delivery], done: Done) -> None:
        with self.changed:
            first = len(self.deliveries) + 1
            self.deliveries.extend(deliveries)
            self.changed.notify_all()
        self.arrived.set()
        numbers = range(first, first + len(deliveries))
        results = list(numbers) if self.result is None else [self.result(delivery) for delivery in deliveries]
        threading.Thread(target=self._report, args=(done, results), daemon=True).start()

    def wait_for(self, count: int) -> list[Delivery]:
        """Wait until so many deliveries were handed over."""
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.deliveries) >= count, PATIENCE_S), len(self.deliveries)
            return list(self.deliveries)

    def _report(self, done: Done, results: Sequence[int | Exception]) -> None:
        if self.gate is not None:
            self.gate.wait(PATIENCE_S)
        done(results)

    @property
    def whole(self) -> list[Delivery]:
        return [delivery for delivery in self.deliveries if delivery.refused is None]

    @property
    def refused(self) -> list[Delivery]:
        return [delivery for delivery in self.deliveries if delivery.refused is not None]


@dataclass
class Running:
    """A running listener, what it kept and what went wrong in its loop."""

    listener: Listener
    kept: Kept
    failures: list[BaseException]
    loop: LoopThread

    @property
    def port(self) -> int:
        return self.listener.port

    def connect(self, host: str = "127.0.0.1") -> socket.socket:
        client = socket.create_connection((host, self.port), timeout=PATIENCE_S)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return client

    def send(self, raw: bytes, *, pieces: Sequence[bytes] | None = None, half_close: bool = True) -> bytes:
        """Send bytes, say that no more will come, and read until the listener closes."""
        with self.connect() as client:
            try:
                for piece in pieces or [raw]:
                    client.sendall(piece)
                if half_close:
                    client.shutdown(socket.SHUT_WR)
            except OSError:
                pass  # the listener closed already: what it said can still be read
            return read_all(client)

    def until_open(self, most: int) -> None:
        """Wait until no more than so many connections are open."""
        until = time.monotonic() + PATIENCE_S
        while self.listener.connections > most:
            assert time.monotonic() < until, self.listener.connections
            time.sleep(0.005)

    def settle(self) -> list[Delivery]:
        """Stop the listener, so that everything that was received is kept."""
        self.listener.stop()
        return self.kept.deliveries


def read_all(client: socket.socket) -> bytes:
    """Everything until the connection ends."""
    data = b""
    try:
        while piece := client.recv(65536):
            data += piece
    except ConnectionError:
        pass
    return data


def read_answer(client: socket.socket) -> bytes:
    """One answer with a Content-Length."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = client.recv(1)
        if not piece:
            return data
        data += piece
    length = 0
    for line in data.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            length = int(line.partition(b":")[2])
    body = b""
    while len(body) < length:
        piece = client.recv(length - len(body))
        if not piece:
            break
        body += piece
    return data + body


def statuses(answers: bytes) -> list[int]:
    """The status of each answer in a stream of them, interim ones included."""
    found = []
    for line in answers.split(b"\r\n"):
        start = line.rfind(b"HTTP/1.1 ")
        if start >= 0 and line[start + 9 : start + 12].isdigit():
            found.append(int(line[start + 9 : start + 12]))
    return found


@contextmanager
def listening(
    *,
    limits: Limits | None = None,
    kept: Kept | None = None,
    answer: Callable[[Delivery], Answer] | None = None,
    port: int = 0,
    **more: Any,
) -> Iterator[Running]:
    """A listener that runs for the length of the block; fails the test when its loop saw a failure."""
    failures: list[BaseException] = []
    kept = kept or Kept()
    loop = LoopThread("test-listener", on_failure=failures.append).start()
    arguments: dict[str, Any] = {"keep": kept, **more}
    if answer is not None:
        arguments["answer"] = answer
    listener = Listener(loop, limits=limits, **arguments)
    try:
        listener.start("127.0.0.1", port)
        yield Running(listener, kept, failures, loop)
    finally:
        listener.stop()
        loop.stop()
    assert not failures, failures
