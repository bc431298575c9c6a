"""A real handler on a free port that answers what a test asks for: a target for replays."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Answering = Callable[[int, bytes], tuple[int, bytes]]
"""From the number of the request (from 1) and its body to a status and a body."""


@dataclass
class Handler:
    """A running handler and what it was sent."""

    url: str
    bodies: list[bytes] = field(default_factory=list)
    gate: threading.Event = field(default_factory=threading.Event)
    """Requests wait for it; set at first."""

    @property
    def ids(self) -> list[str]:
        """The event ids in the order of arrival."""
        return [json.loads(body)["id"] for body in self.bodies]


@contextmanager
def handler(answer: Answering = lambda _n, _body: (200, b'{"ok":true}')) -> Iterator[Handler]:
    """A handler for the time of a test."""
    running = Handler("")
    running.gate.set()
    lock = threading.Lock()

    class Reply(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            with lock:
                running.bodies.append(body)
                number = len(running.bodies)
            running.gate.wait(20)
            status, made = answer(number, body)
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(made)))
            self.end_headers()
            self.wfile.write(made)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Reply)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    running.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield running
    finally:
        running.gate.set()
        server.shutdown()
        server.server_close()
        thread.join(5)
