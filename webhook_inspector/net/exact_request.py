"""One request that is written as given: order, case, repeats and bytes survive."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from aiohttp import ClientError

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


@lru_cache(256)
def is_loopback(host: str) -> bool:
    """Whether an IP address is of this machine alone. Names and IPv4-mapped forms are not."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback and getattr(address, "ipv4_mapped", None) is None


@lru_cache(256)
def is_address(host: str) -> bool:
    """Whether this is an IP address and not a name."""
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


async def write(wire: WireRequest, protocol: Any) -> asyncio.Task[None] | None:
    """Write a request on a connection that stands, at most once.

    Args:
        wire: The request.
        protocol: aiohttp's, connected.

    Returns:
        What writes the rest of a large or slow body, so that an answer that comes before the body is through is read;
        to be cancelled once the answer is there.

    Raises:
        NotLoopbackError: The connection leads away from this machine; nothing was written.
    """
    transport: asyncio.Transport = protocol.transport
    peer: Any = transport.get_extra_info("peername")
    if not wire.allow_remote and not (isinstance(peer, tuple) and is_loopback(str(peer[0]))):
        raise NotLoopbackError
    if wire.on_begin is not None:
        await wire.on_begin()
    wire.begun = True
    at_once = 0 if wire.slow_s else _WRITE_AT_ONCE
    transport.write(wire.head + wire.body[:at_once])
    if len(wire.body) > at_once:
        return asyncio.ensure_future(_write_rest(wire, protocol, transport))  # noqa: TID251 (the caller cancels it)
    wire.finished = True
    return None


async def _write_rest(wire: WireRequest, protocol: Any, transport: asyncio.Transport) -> None:
    view = memoryview(wire.body)
    first, step = (0, -(-len(view) // _SLOW_PIECES)) if wire.slow_s else (_WRITE_AT_ONCE, _WRITE_AT_ONCE)
    with suppress(ClientError, OSError):  # the connection broke: whoever reads the answer is told
        for start in range(first, len(view), step):
            if wire.slow_s:
                await asyncio.sleep(wire.slow_s / _SLOW_PIECES)
            await protocol._drain_helper()  # noqa: SLF001 (aiohttp's own back-pressure, as its StreamWriter uses it)
            if transport.is_closing():
                return
            transport.write(view[start : start + step])
        wire.finished = True
