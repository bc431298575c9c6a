"""The machines of the zoo behind a real socket, with `/state` to probe and `/reset`."""

from __future__ import annotations

import json
import select
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.support.patience import PATIENCE_S
from tests.support.zoo import Machine, step

PAUSE_S = 0.01
"""Between two steps of an event's work: long enough for another request to come in."""


@contextmanager
def serving(make: type[Machine]) -> Iterator[str]:
    """A handler for the time of a test; gives its URL."""
    lock = threading.Lock()
    machine = make()

    class Reply(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            with lock:
                self._say(200, json.dumps(machine.state).encode())

        def do_POST(self) -> None:
            nonlocal machine
            if self.path == "/reset":
                with lock:
                    machine = make()
                self._say(200, b"")
                return
            length = int(self.headers.get("Content-Length", "0"))
            body = self.rfile.read(length)
            if len(body) < length:
                return  # the sender went away in the middle: that is no event
            work = machine.work(json.loads(body))
            while True:
                with lock:
                    status = step(work)
                if status is not None:
                    break
                time.sleep(PAUSE_S)
                if machine.aborts and self._gone():
                    return
            self._say(status, b"{}")

        def _gone(self) -> bool:
            ready, _, _ = select.select([self.connection], [], [], 0)
            return bool(ready) and self.connection.recv(1, 2) == b""  # 2 is MSG_PEEK

        def _say(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            pass  # a sender that went away

    server = Quiet(("127.0.0.1", 0), Reply)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(PATIENCE_S)
