"""A target that misbehaves on purpose: plays a script on each connection and keeps the raw requests it got.

Steps (the form of the reference data's answer scripts, so both can be played):

* `{"send": b"..."}` or `{"send_b64": "..."}`: write bytes
* `{"wait_ms": 50}`: pause (ends early when the target stops or the client leaves)
* `{"repeat": step, "every_ms": 10, "times": 5}`: a step again and again
* `{"rst": True}`: break the connection, `{"shut_wr": True}`: send no more, `{"close": True}`: end politely
* `{"read": False}` as the first step: do not read the request
"""

from __future__ import annotations

import base64
import select
import socket
import struct
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from tests.support.patience import PATIENCE_S

Step = dict[str, Any]
Script = Sequence[Step]

_SLICE_S = 0.02


def answer(status: int = 200, body: bytes = b"", *headers: tuple[str, str], reason: str = "X") -> Step:
    """A step that writes a whole answer."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
    head = f"HTTP/1.1 {status} {reason}\r\n{lines}Content-Length: {len(body)}\r\n\r\n"
    return {"send": head.encode() + body}


@dataclass
class FaultTarget:
    """A running target."""

    port: int
    script: Callable[[int, bytes], Script]
    """Number of the request (from 0) and its bytes to what is played."""
    requests: list[bytes] = field(default_factory=list)
    stopped: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def serve(self, server: socket.socket) -> None:
        threads = []
        while not self.stopped.is_set():
            try:
                connection, _ = server.accept()
            except OSError:
                break
            thread = threading.Thread(target=self._connection, args=(connection,), daemon=True)
            thread.start()
            threads.append(thread)
        for thread in threads:
            thread.join(PATIENCE_S)

    def _connection(self, connection: socket.socket) -> None:
        with connection:
            connection.settimeout(10)
            with suppress(OSError):
                self._play_all(connection)

    def _play_all(self, connection: socket.socket) -> None:
        first = list(self.script(len(self.requests), b""))
        data = b""
        if not (first and first[0].get("read", True) is False):
            data = read_request(connection)
            if not data:
                return
        with self._lock:
            number = len(self.requests)
            self.requests.append(data)
        for step in self.script(number, data):
            if not self._play(connection, step):
                return

    def _play(self, connection: socket.socket, step: Step) -> bool:
        """Play one step; False when the connection is over."""
        if "repeat" in step:
            for _ in range(step["times"]):
                if not self._play(connection, step["repeat"]) or not self._pause(connection, step["every_ms"]):
                    return False
            return True
        if "send" in step or "send_b64" in step:
            connection.sendall(step["send"] if "send" in step else base64.b64decode(step["send_b64"]))
        elif "wait_ms" in step:
            return self._pause(connection, step["wait_ms"])
        elif step.get("rst"):
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.close()
            return False
        elif step.get("shut_wr"):
            connection.shutdown(socket.SHUT_WR)
        elif step.get("close"):
            return False
        return not self.stopped.is_set()

    def _pause(self, connection: socket.socket, wait_ms: float) -> bool:
        """Wait; False when the target stops or the client has left."""
        left_s = wait_ms / 1000
        while left_s > 0:
            if self.stopped.wait(min(_SLICE_S, left_s)):
                return False
            left_s -= _SLICE_S
            if select.select([connection], [], [], 0)[0] and not connection.recv(1, socket.MSG_PEEK):
                return False
        return not self.stopped.is_set()


def read_request(connection: socket.socket) -> bytes:
    """One request with a Content-Length, as bytes; empty when the client left first. One that asks may go on."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            return data
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
        if name.lower() == b"expect":
            connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    while len(body) < length:
        piece = connection.recv(1 << 20)
        if not piece:
            break
        body += piece
    return head + b"\r\n\r\n" + body


@contextmanager
def fault_target(script: Script | Callable[[int, bytes], Script]) -> Iterator[FaultTarget]:
    """A running target that plays the same script on every connection, or one chosen by request."""
    server = socket.create_server(("127.0.0.1", 0), backlog=256)
    chosen = script if callable(script) else lambda _number, _request: script
    target = FaultTarget(server.getsockname()[1], chosen)
    thread = threading.Thread(target=target.serve, args=(server,), daemon=True)
    thread.start()
    try:
        yield target
    finally:
        target.stopped.set()
        with suppress(OSError):  # wakes accept()
            socket.create_connection(("127.0.0.1", target.port), timeout=2).close()
        server.close()
        thread.join(PATIENCE_S)


def unused_port() -> int:
    """A port on which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])
