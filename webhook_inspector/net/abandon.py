"""Sends that end on purpose before an answer: as when a sender's time is up, or its connection breaks."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import struct
from urllib.parse import urlsplit

from webhook_inspector.core.attempt import Outcome
from webhook_inspector.core.clock import NS_PER_MS, Clock
from webhook_inspector.core.headers import Headers
from webhook_inspector.net.exact_request import is_loopback
from webhook_inspector.net.sender import Sent
from webhook_inspector.net.wire_request import UnsendableError, compose, split_url

CUT_BODY = "cut-body"
RESET = "reset"
SETTLE_S = 0.1
"""How long a handler may go on working after its sender went away, before anything else is sent."""


async def abandon(
    url: str,
    method: str,
    headers: Headers,
    body: bytes,
    *,
    act: str,
    clock: Clock,
    allow_remote: bool,
    timeout_s: float,
) -> Sent:
    """Send a request, or the first half of its body, and close the connection without waiting for an answer.

    Args:
        url: Scheme, authority, then the request target byte for byte.
        method: As it goes out.
        headers: In order.
        body: The whole body; the length that is announced is always its own.
        act: `lost-answer`: everything is sent; `cut-body`: half of the body; `reset`: as that, and the connection is
            reset.
        clock: For the duration.
        allow_remote: Whether the target may be another machine.
        timeout_s: Seconds for connecting and sending.

    Returns:
        The outcome `cancelled`, or why nothing was sent; nothing is raised.
    """
    started = clock.monotonic_ns()
    outcome, detail = Outcome.CANCELLED, "Closed on purpose once everything was sent: the answer was not waited for."
    try:
        head, differences = compose(url, method, headers, body)
        sent = body
        if act in {CUT_BODY, RESET}:
            sent = body[: len(body) // 2]
            how = "Reset" if act == RESET else "Closed"
            detail = f"{how} on purpose after {len(sent)} of {len(body)} bytes of the body."
        async with asyncio.timeout(timeout_s):
            await _write(url, head + sent, allow_remote=allow_remote, reset=act == RESET)
    except UnsendableError as error:
        return Sent(Outcome.NOT_SENT, detail=str(error))
    except TimeoutError:
        outcome, detail, differences = Outcome.TIMED_OUT, f"It could not be sent in {timeout_s:g} s.", ()
    except ConnectionRefusedError:
        outcome, detail, differences = Outcome.REFUSED, "Nothing listens there.", ()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        outcome, detail, differences = Outcome.RESET, f"The connection broke: {reason}.", ()
    spent = (clock.monotonic_ns() - started) / NS_PER_MS
    return Sent(outcome, duration_ms=spent, detail=detail, differences=differences)


async def _write(url: str, data: bytes, *, allow_remote: bool, reset: bool) -> None:
    scheme, authority, _ = split_url(url)
    parts = urlsplit(f"{scheme}://{authority}")
    port = parts.port or (443 if scheme == "https" else 80)
    found = await asyncio.get_running_loop().getaddrinfo(parts.hostname or "", port, type=1)
    addresses = [entry[4][0] for entry in found if allow_remote or is_loopback(str(entry[4][0]))]
    if not addresses:
        raise UnsendableError("The target's address is not of this machine: allow it with --allow-remote.")
    tls = ssl.create_default_context() if scheme == "https" else None
    name = parts.hostname if tls else None
    _, writer = await asyncio.open_connection(str(addresses[0]), port, ssl=tls, server_hostname=name)
    try:
        writer.write(data)
        await writer.drain()
        if reset:
            plain = writer.get_extra_info("socket")
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    finally:
        writer.close()
        with contextlib.suppress(OSError, TimeoutError):
            await asyncio.wait_for(writer.wait_closed(), 1)
