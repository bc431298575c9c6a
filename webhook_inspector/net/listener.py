"""The listener: captures every request that reaches its port."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import weakref
from collections.abc import Sequence
from functools import partial
from typing import Any, cast

from aiohttp.web_protocol import RequestHandler
from aiohttp.web_request import BaseRequest
from aiohttp.web_response import StreamResponse
from aiohttp.web_server import Server

from webhook_inspector.core.clock import Clock, SystemClock
from webhook_inspector.core.request import Request
from webhook_inspector.errors import ListenError
from webhook_inspector.net.access import Gate
from webhook_inspector.net.answer import OK, Answer
from webhook_inspector.net.binding import addresses_of, bind
from webhook_inspector.net.capture import Capture, Keep, Respond, Route
from webhook_inspector.net.connection import BodyStopped, Connection
from webhook_inspector.net.door import Door
from webhook_inspector.net.label import Label
from webhook_inspector.net.limits import Limits, within_descriptors
from webhook_inspector.net.loop_thread import LoopThread, spawn

__all__ = ["Answer", "CaptureServer", "Listener"]

_NEVER = 10.0 * 365 * 86_400
"""Seconds; aiohttp's own idle timer would drop a half-sent head without a word, so it never fires."""
_ACCEPT_AT_ONCE = 32
_TURNS_TO_CONNECT = 3
"""Turns of the loop from an accepted socket to `connection_made`, and one to spare."""


class CaptureServer(Server):
    """aiohttp's low-level server, making connections of our own kind."""

    def __init__(self, capture: Capture, **settings: Any) -> None:
        super().__init__(_unused, **settings)
        self.capture = capture
        capture.server = self

        self.doors: dict[Door, None] = {}
        """Connections whose TLS handshake is under way, oldest first."""
        self.lines: weakref.WeakSet[asyncio.Transport] = weakref.WeakSet()
        """What TLS runs over: it may wait for the end of TLS when nobody else knows of it any more."""

    def __call__(self) -> RequestHandler:
        """A protocol for a new connection."""
        return self._connection()

    def door(self, context: ssl.SSLContext) -> Door:
        """A protocol for a new connection that begins with TLS."""

        def enter(door: Door) -> None:
            self.doors[door] = None
            if door.plain is not None:
                self.lines.add(door.plain)
            self.capture.make_room(door)

        def leave(door: Door) -> None:
            self.doors.pop(door, None)

        return Door(self._connection(), context, self.capture.limits.head_seconds, enter, leave)

    def _connection(self) -> Connection:
        return Connection(self, loop=self._loop, capture=self.capture, **self._kwargs)

    @property
    def captures(self) -> list[Connection]:
        """The open connections, oldest first."""
        return cast("list[Connection]", self.connections)


async def _unused(_request: BaseRequest) -> StreamResponse:
    """What aiohttp wants to be given; `Connection.start` serves without it."""
    raise AssertionError("a connection serves itself")


def _default_route(_request: Request) -> Label:
    return Label()


def _default_respond(_delivery: object) -> Answer:
    return OK


class Listener:
    """Captures requests on a loop thread.

    Args:
        loop: A started loop thread.
        keep: Stores a delivery and calls back once it is committed.
        route: Says whose request it is.
        answer: Chooses the answer to a delivery that is kept; runs on the loop and must not wait.
        clock: Time of arrival.
        limits: Sizes and deadlines.
        gate: Who may send.
        tls: Speaks https with it; None: http.
    """

    def __init__(
        self,
        loop: LoopThread,
        *,
        keep: Keep,
        route: Route = _default_route,
        answer: Respond = _default_respond,
        clock: Clock | None = None,
        limits: Limits | None = None,
        gate: Gate | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._loop = loop
        self._gate = gate or Gate()
        self._tls = tls
        self._keep = keep
        self._route = route
        self._answer = answer
        self._clock = clock or SystemClock()
        self._limits = within_descriptors(limits or Limits())
        self._capture: Capture | None = None
        self._server: CaptureServer | None = None
        self._accepting: list[asyncio.Server] = []
        self._sweeper: asyncio.Task[None] | None = None
        self.addresses: tuple[str, ...] = ()
        """`host:port` of each listening socket, IPv6 in brackets."""

    @property
    def port(self) -> int:
        """The port; 0 before the start."""
        return int(self.addresses[0].rpartition(":")[2]) if self.addresses else 0

    @property
    def url(self) -> str:
        """For example `http://127.0.0.1:4400`."""
        return f"{'http' if self._tls is None else 'https'}://{self.addresses[0]}"

    @property
    def unkept(self) -> int:
        """Refused requests that were counted and not kept, since the start."""
        return self._gate.unkept

    @property
    def connections(self) -> int:
        """How many connections are open."""
        return len(self._server.connections) if self._server is not None else 0

    def start(self, host: str = "127.0.0.1", port: int = 4400) -> tuple[str, ...]:
        """Begin to listen; returns when connections are accepted.

        Args:
            host: A loopback name opens 127.0.0.1 and ::1.
            port: 0 for any free one.

        Returns:
            `host:port` of each listening socket.

        Raises:
            ListenError: The port cannot be had; the message says what to do next.
        """
        if self._server is not None:
            raise ListenError("The listener runs already.")
        self.serve(bind(host, port))
        return self.addresses

    def serve(self, sockets: Sequence[socket.socket]) -> None:
        """Accept on sockets that listen already, also who waits there; returns when connections are accepted."""
        try:
            self._loop.submit(self._start(sockets)).result()
        except BaseException:
            for sock in sockets:
                sock.close()
            raise

    def stop(self) -> None:
        """Accept nothing more, answer what is committed within the limit, close everything."""
        if self._server is not None and self._loop.alive:
            self._loop.submit(self._stop()).result()

    async def _start(self, sockets: Sequence[socket.socket]) -> None:
        loop = asyncio.get_running_loop()
        self._capture = Capture(
            keep=self._keep,
            route=self._route,
            respond=self._answer,
            clock=self._clock,
            limits=self._limits,
            gate=self._gate,
        )
        self._server = CaptureServer(
            self._capture,
            loop=loop,
            access_log=None,
            keepalive_timeout=_NEVER,
            lingering_time=0,  # Connection.linger does it, for refusals only
            auto_decompress=False,
        )
        for sock in sockets:
            # asyncio accepts up to `backlog` connections in one go; few, so that descriptors suffice.
            factory = self._server if self._tls is None else partial(self._server.door, self._tls)
            self._accepting.append(await loop.create_server(factory, sock=sock, backlog=_ACCEPT_AT_ONCE))
            sock.listen(512)
        self.addresses = addresses_of(sockets)
        self._sweeper = spawn(self._sweep(), name="listener's deadlines")

    async def _sweep(self) -> None:
        limits = self._limits
        shortest = min(limits.head_seconds, limits.read_seconds, limits.body_seconds, limits.idle_seconds)
        pause = max(0.01, min(1.0, shortest / 4, limits.keep_seconds / 4))
        while True:
            await asyncio.sleep(pause)
            try:
                if self._capture is not None:
                    self._capture.sweep()
            except Exception as error:  # noqa: BLE001 (reported; without deadlines one sender could block others)
                asyncio.get_running_loop().call_exception_handler({"message": "deadlines failed", "exception": error})

    async def _stop(self) -> None:
        capture, server = self._capture, self._server
        if capture is None or server is None:
            return
        capture.stopping = True
        await self._stop_accepting()
        for door in list(server.doors):
            door.drop()
        for connection in server.captures:
            if connection.in_body:
                connection.stop_body(BodyStopped(503, "The listener stopped before the body was complete."))
            elif not connection.busy:
                connection.force_close()
        loop = asyncio.get_running_loop()
        until = loop.time() + self._limits.stop_seconds
        while (server.connections or capture.unanswered) and loop.time() < until:  # noqa: ASYNC110 (two ends, once)
            await asyncio.sleep(0.01)
        await server.shutdown(0.1)
        for line in list(server.lines):
            line.abort()
        await asyncio.sleep(0)  # they are closed in the next turn of the loop
        if self._sweeper is not None:
            self._sweeper.cancel()
        self._capture = self._server = self._sweeper = None
        self.addresses = ()

    async def _stop_accepting(self) -> None:
        """Let nobody in, and whoever was let in already come as far as a connection.

        asyncio makes a connection the turn after it accepted. A server that was closed in between fails an
        assertion there, unseen, and the socket stays open until the collector finds it (CPython, Server._attach).
        """
        loop = asyncio.get_running_loop()
        with contextlib.suppress(NotImplementedError):  # Windows' loop has no readers
            for accepting in self._accepting:
                for sock in accepting.sockets:
                    loop.remove_reader(sock)
            for _ in range(_TURNS_TO_CONNECT):
                await asyncio.sleep(0)
        for accepting in self._accepting:
            accepting.close()
        self._accepting.clear()
