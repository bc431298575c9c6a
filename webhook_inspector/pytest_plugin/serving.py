"""A WSGI app (Flask, Django, Bottle, or a function) behind a real socket, for the time of a test."""

from __future__ import annotations

import threading
from collections.abc import Callable
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from webhook_inspector.errors import UsageError

WsgiApp = Callable[..., Any]
_POLL_S = 0.02


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class's name)
        """Say nothing: a test's output is its own."""


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    block_on_close = True

    def server_bind(self) -> None:
        """Bind without asking the resolver for this machine's name, which may be slow."""
        self.socket.bind(self.server_address)
        host, port = self.socket.getsockname()
        self.server_address = (host, port)
        self.server_name, self.server_port = host, port
        self.setup_environ()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A sender that went away on purpose is no error; the app's own are answered 500 before this."""


class Served:
    """A running app.

    Args:
        app: A WSGI callable.

    Raises:
        UsageError: It is none.
    """

    def __init__(self, app: WsgiApp) -> None:
        if not callable(app):
            raise UsageError("serve() takes a WSGI app, as Flask and Django have: start other servers yourself.")
        self._server = _Server(("127.0.0.1", 0), _Quiet)
        self._server.set_app(app)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(_POLL_S,), name="whi-served-app", daemon=True
        )
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def stop(self) -> None:
        """Stop accepting, let what runs end, and close."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
