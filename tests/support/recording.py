"""A socket that keeps every byte it is sent: the judge of what really goes out."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.support.fault_target import read_request
from tests.support.patience import PATIENCE_S


@dataclass
class Recorder:
    """A server on a free port of 127.0.0.1 that answers and keeps each request as bytes."""

    port: int
    requests: list[bytes] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def take(self) -> list[bytes]:
        """The requests so far; forgets them."""
        taken, self.requests[:] = list(self.requests), []
        return taken


def split_request(data: bytes) -> tuple[bytes, bytes, list[tuple[bytes, bytes]], bytes]:
    """Method, target, header pairs and body of one recorded request."""
    head, _, body = data.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    method, target, _ = lines[0].split(b" ", 2)
    pairs = [(name, value.strip(b" ")) for name, _, value in (line.partition(b":") for line in lines[1:])]
    return method, target, pairs, body


@contextmanager
def recording(status: int = 200, port: int = 0) -> Iterator[Recorder]:
    """A running recorder that answers with a status; port 0 picks a free one."""
    server = socket.create_server(("127.0.0.1", port))
    recorder = Recorder(server.getsockname()[1])

    def serve() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(10)
                data = read_request(connection)
                if data:
                    recorder.requests.append(data)
                    connection.sendall(b"HTTP/1.1 %d Answer\r\nContent-Length: 0\r\nConnection: close\r\n\r\n" % status)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield recorder
    finally:
        # Wakes accept(): closing alone would leave the thread waiting on some systems.
        server_closed = socket.create_connection(("127.0.0.1", recorder.port))
        server.close()
        server_closed.close()
        thread.join(PATIENCE_S)
