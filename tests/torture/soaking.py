"""Mixed traffic for a long while: senders that remember, hostile ones, half-open ones, and what a process uses."""

from __future__ import annotations

import http.client
import random
import re
import socket
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.net.vectors import GOOD

SIZES = (20, 20, 300, 300, 1_000, 4_000, 20_000)
LARGE = 600_000
HOSTILE = (
    b"\0\0\0\0\r\n\r\n",
    b"GET / HTTP/9.9\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 900000000\r\n\r\nabc",
    b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"GET /\x1b]52;c;AAAA\x07 HTTP/1.1\r\n\r\n",
    b"\x16\x03\x01\x02\0",
    b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 200_000 + b"\r\n\r\n",
    b"SSH-2.0-x\r\n",
)
EVENTS = ("invoice.paid", "invoice.created", "charge.failed", "customer.updated")


@dataclass
class Ledger:
    """What senders were told."""

    acknowledged: dict[str, float] = field(default_factory=dict)
    """Nonce to the wall time (s) at which it began to be sent."""
    waits_ms: list[float] = field(default_factory=list)
    refused: int = 0
    """Answers other than 2xx to good requests."""
    hostile: int = 0
    broken: list[str] = field(default_factory=list)
    """What no sender should see."""


class Traffic:
    """Threads that send until they are stopped.

    Args:
        port: Of the listener.
        per_s: Good deliveries a second, together.
        half_open: Connections that are held with half a request, and renewed when they are closed.
    """

    def __init__(self, port: int, per_s: float, half_open: int = 40) -> None:
        self.ledger = Ledger()
        self._port = port
        self._stopped = threading.Event()
        works: list[Callable[[], None]] = [lambda n=n: self._good(n, per_s / 4) for n in range(4)]  # type: ignore[misc]
        works += [self._hostile, lambda: self._half_open(half_open)]
        self._threads = [threading.Thread(target=self._guarded, args=(work,), daemon=True) for work in works]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End, after the answers that are waited for."""
        self._stopped.set()
        for thread in self._threads:
            thread.join(60)
            assert not thread.is_alive(), "a sender hangs"

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:
            self.ledger.broken.append(f"{type(error).__name__}: {error}")

    def _good(self, name: int, per_s: float) -> None:
        rng = random.Random(name)
        began, number = time.monotonic(), 0
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        while not self._stopped.is_set():
            nonce = f"n{name}-{number}"
            size = LARGE if number % 500 == 499 else rng.choice(SIZES)
            body = b'{"id":"%b","type":"%b","pad":"' % (nonce.encode(), rng.choice(EVENTS).encode())
            body = body.ljust(size, b"x") + b'"}'
            self._post(connection, nonce, body)
            number += 1
            if number % 200 == 0:  # senders come and go
                connection.close()
            self._stopped.wait(max(0.0, began + number / per_s - time.monotonic()))
        connection.close()

    def _post(self, connection: http.client.HTTPConnection, nonce: str, body: bytes) -> None:
        wall, at = time.time(), time.monotonic()
        headers = {"Content-Type": "application/json"}
        try:
            connection.request("POST", "/soak", body, headers)
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            # A kept connection that was closed to make room: the sender tries once more, on a new one.
            connection.close()
            connection.request("POST", "/soak", body, headers)
            answer = connection.getresponse()
            answer.read()
        self.ledger.waits_ms.append((time.monotonic() - at) * 1000)
        if 200 <= answer.status < 300:
            self.ledger.acknowledged[nonce] = wall
        else:
            self.ledger.refused += 1

    def _hostile(self) -> None:
        while not self._stopped.wait(0.25):
            with suppress(OSError), socket.create_connection(("127.0.0.1", self._port), timeout=10) as client:
                client.sendall(HOSTILE[self.ledger.hostile % len(HOSTILE)])
                client.shutdown(socket.SHUT_WR)
                while client.recv(4096):
                    pass
            self.ledger.hostile += 1

    def _half_open(self, count: int) -> None:
        with ExitStack() as stack:
            held: list[socket.socket] = []
            while not self._stopped.wait(0.5):
                alive = []
                for client in held:
                    try:
                        if client.recv(4096, socket.MSG_DONTWAIT):
                            alive.append(client)
                            continue
                    except BlockingIOError:
                        alive.append(client)
                        continue
                    except OSError:
                        pass
                    client.close()
                held = alive
                for number in range(count - len(held)):
                    with suppress(OSError):
                        client = stack.enter_context(socket.create_connection(("127.0.0.1", self._port), timeout=5))
                        client.sendall(GOOD[:-1] if number % 2 else GOOD[:30])
                        held.append(client)


@dataclass(frozen=True)
class Sample:
    """What a process and its log used at a moment."""

    at_s: float
    acknowledged: int
    memory_mib: float
    """Its own; without pages of files, which the system takes back."""
    descriptors: int
    threads: int
    log_mib: float


def sample(pid: int, log: Path, began: float, acknowledged: int) -> Sample:
    """Look once."""
    status = Path(f"/proc/{pid}/status").read_text()
    values = dict(re.findall(r"(?m)^(RssAnon|Threads):\s+(\d+)", status))
    size = sum(path.stat().st_size for path in (log, Path(f"{log}-wal")) if path.exists())
    return Sample(
        time.monotonic() - began,
        acknowledged,
        int(values["RssAnon"]) / 1024,
        len(list(Path(f"/proc/{pid}/fd").iterdir())),
        int(values["Threads"]),
        size / 1024**2,
    )


def slope(points: Sequence[tuple[float, float]]) -> float:
    """Least squares: how much y grows for one more of x."""
    mean_x = sum(x for x, _ in points) / len(points)
    mean_y = sum(y for _, y in points) / len(points)
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / spread if spread else 0.0


def median(values: Sequence[float]) -> float:
    """The middle one."""
    return sorted(values)[len(values) // 2]
