"""An aiohttp client request that writes its head as given: order, case, repeats and bytes survive.

aiohttp alone would fold header names that differ in case, drop bytes that are not UTF-8, put the method in capitals and
fold the path. Connecting, TLS, deadlines and reading the answer stay aiohttp's.
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from aiohttp import ClientRequest, ClientResponse
from aiohttp.connector import Connection
from aiohttp.http import StreamWriter

_WRITE_AT_ONCE = 256 * 1024
_SLOW_PIECES = 20


class NotLoopbackError(Exception):
    """The connection leads away from this machine though only loopback was allowed."""


@dataclass(slots=True)
class WireRequest:
    """What goes out on one connection, and when it did.

    Args:
        head: Request line and headers with the empty line.
        body: What follows.
        allow_remote: Whether the connection may lead away from this machine.
        on_begin: Awaited once the connection stands, right before the first byte leaves.
        head_only: The answer has no body whatever its headers say.
    """

    head: bytes
    body: bytes
    allow_remote: bool
    on_begin: Callable[[], Awaitable[None]] | None
    head_only: bool = False
    slow_s: float = 0.0
    """Seconds over which the body is spread."""
    begun: bool = False
    finished: bool = False
    """The whole request was handed to the system."""


WIRE: ContextVar[WireRequest] = ContextVar("WIRE")


def is_loopback(host: str) -> bool:
    """Whether an IP address is of this machine alone. Names and IPv4-mapped forms are not."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback and getattr(address, "ipv4_mapped", None) is None


def is_remote_literal(authority: str) -> bool:
    """Whether an authority (`host:port`) names an IP address of another machine."""
    host = authority[1:].partition("]")[0] if authority.startswith("[") else authority.partition(":")[0]
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return not is_loopback(host)


class ExactRequest(ClientRequest):
    """Writes the `WireRequest` of the running context instead of what aiohttp would write."""

    def __init__(self, *args: Any, **kw: Any) -> None:
        super().__init__(*args, **kw)
        if WIRE.get().head_only:
            # Only here: the session is told POST, because it sends HEAD again by itself when the target closes.
            self.method = "HEAD"

    async def send(self, conn: Connection) -> ClientResponse:
        """Write the request; called once a connection is there.

        Raises:
            NotLoopbackError: The connection leads away from this machine; nothing was written.
        """
        wire = WIRE.get()
        protocol = conn.protocol
        transport = conn.transport
        assert protocol is not None
        assert transport is not None
        peer: Any = transport.get_extra_info("peername")
        if not wire.allow_remote and not (isinstance(peer, tuple) and is_loopback(str(peer[0]))):
            raise NotLoopbackError
        writer = StreamWriter(protocol, self.loop)
        if wire.on_begin is not None:
            await wire.on_begin()
        wire.begun = True
        at_once = 0 if wire.slow_s else _WRITE_AT_ONCE
        transport.write(wire.head + wire.body[:at_once])
        writer.output_size = len(wire.head)
        task = None
        if len(wire.body) > at_once:
            # In a task, so that an answer that comes before the body is through is read.
            task = self.loop.create_task(self._write_rest(wire, protocol, transport))
        else:
            wire.finished = True
        protocol.start_timeout()
        response_class = self.response_class
        assert response_class is not None
        return response_class(
            self.method,
            self.original_url,
            writer=task,
            continue100=None,
            timer=self._timer,
            request_info=self.request_info,
            traces=self._traces,
            loop=self.loop,
            session=self._session,
            stream_writer=writer,
        )

    @staticmethod
    async def _write_rest(wire: WireRequest, protocol: Any, transport: Any) -> None:
        view = memoryview(wire.body)
        first, step = (0, -(-len(view) // _SLOW_PIECES)) if wire.slow_s else (_WRITE_AT_ONCE, _WRITE_AT_ONCE)
        for start in range(first, len(view), step):
            if wire.slow_s:
                await asyncio.sleep(wire.slow_s / _SLOW_PIECES)
            await protocol._drain_helper()  # noqa: SLF001 (aiohttp's own back-pressure, as its StreamWriter uses it)
            if transport.is_closing():
                return
            transport.write(view[start : start + step])
        wire.finished = True
