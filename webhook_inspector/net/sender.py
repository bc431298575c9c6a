"""The sender: one request out, one outcome back. Failures are data."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver
from yarl import URL

from webhook_inspector.core.attempt import Outcome
from webhook_inspector.core.clock import NS_PER_MS, Clock, SystemClock
from webhook_inspector.core.headers import Headers
from webhook_inspector.net.exact_request import (
    WIRE,
    ExactRequest,
    NotLoopbackError,
    WireRequest,
    is_loopback,
    is_remote_literal,
)
from webhook_inspector.net.failures import PartialAnswer, failed, timed_out
from webhook_inspector.net.limits import KIB, MAX_RESPONSE_BODY
from webhook_inspector.net.loop_thread import LoopThread
from webhook_inspector.net.wire_request import UnsendableError, compose, split_url

_MAX_ANSWER_LINE = 64 * KIB
_MAX_ANSWER_HEADERS = 1000
_UPGRADED = 101
_CUT = f"The answer is longer than {MAX_RESPONSE_BODY:,} bytes; the rest was not read."


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of one send."""

    outcome: Outcome
    status: int | None = None
    """Of the answer, also of one that broke off or went on too long."""
    headers: Headers = field(default_factory=Headers)
    body: bytes = b""
    """At most `limits.MAX_RESPONSE_BODY` bytes, not decompressed."""
    duration_ms: float = 0.0
    """From the call to the end."""
    detail: str = ""
    """One plain sentence when something is to be said; empty after a whole answer."""
    first_byte_ms: float | None = None
    """From the call to the head of the answer."""
    differences: tuple[str, ...] = ()
    """What could not go out as it was handed over, each named."""


@dataclass(frozen=True, slots=True)
class _Made:
    """One send under way."""

    url: str
    wire: WireRequest
    answer: PartialAnswer
    started_ns: int
    trust: aiohttp.Fingerprint | bool
    """What aiohttp checks a certificate against; True: as the system does."""


class _LoopbackResolver(AbstractResolver):
    """Resolves names as the system does, and refuses what leads away from this machine unless that is allowed."""

    def __init__(self) -> None:
        self._system = ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._system.resolve(host, port, family)
        if WIRE.get().allow_remote:
            return found
        local = [entry for entry in found if is_loopback(entry["host"])]
        if not local:
            raise NotLoopbackError
        return local

    async def close(self) -> None:
        await self._system.close()


class Sender:
    """Sends requests exactly as given, once each, and never follows a redirect.

    Args:
        loop: The loop thread on which `send` runs.
        clock: For durations.
    """

    def __init__(self, loop: LoopThread, *, clock: Clock | None = None) -> None:
        self._loop = loop
        self._clock = clock or SystemClock()
        self._session: aiohttp.ClientSession | None = None

    async def send(
        self,
        url: str,
        method: str,
        headers: Headers,
        body: bytes,
        *,
        timeout_s: float = 30.0,
        on_begin: Callable[[], Awaitable[None]] | None = None,
        allow_remote: bool = False,
        slow_s: float = 0.0,
        certificate: bytes = b"",
    ) -> Sent:
        """Send one request and wait for the answer. Runs on the sender's loop.

        Args:
            url: Scheme, authority, then the request target byte for byte.
            method: As it goes out.
            headers: In order; framing headers are replaced by true ones, `Host` is added where it is missing.
            body: Sent with its length.
            timeout_s: Seconds for everything together.
            on_begin: Awaited once the connection stands, right before the first byte leaves; what it raises ends the
                send and is raised.
            allow_remote: Whether the target may be another machine.
            slow_s: Seconds over which the body is spread, in 20 pieces.
            certificate: SHA-256 of the only certificate that is trusted; empty: those of the system.

        Returns:
            The outcome; nothing else is raised. When the task is cancelled the outcome is `cancelled`, or `not_sent`
            when no byte had left.
        """
        started_ns = self._clock.monotonic_ns()
        answer = PartialAnswer()
        try:
            head, differences = compose(url, method, headers, body)
        except UnsendableError as error:
            return Sent(Outcome.NOT_SENT, detail=str(error))
        wire = WireRequest(head, body, allow_remote, on_begin, head_only=method == "HEAD", slow_s=slow_s)
        made = _Made(url, wire, answer, started_ns, aiohttp.Fingerprint(certificate) if certificate else True)
        outcome, detail = await self._attempt(made, timeout_s)
        return Sent(
            outcome=outcome,
            status=answer.status,
            headers=answer.headers,
            body=b"".join(answer.pieces)[:MAX_RESPONSE_BODY],
            duration_ms=self._since_ms(started_ns),
            detail=detail,
            first_byte_ms=answer.first_byte_ms,
            differences=differences,
        )

    async def close(self) -> None:
        """Close what is open. Runs on the sender's loop."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _attempt(self, made: _Made, timeout_s: float) -> tuple[Outcome, str]:
        wire, answer = made.wire, made.answer
        WIRE.set(wire)
        try:
            async with asyncio.timeout(timeout_s):
                return await self._exchange(made)
        except asyncio.CancelledError:
            if not wire.begun:
                return Outcome.NOT_SENT, "Stopped before a byte left."
            return Outcome.CANCELLED, "Stopped while it was in flight: the target may have got it."
        except NotLoopbackError:
            return Outcome.NOT_SENT, "The target's address is not of this machine: allow it with --allow-remote."
        except TimeoutError:
            return Outcome.TIMED_OUT, timed_out(wire, answer, timeout_s)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return failed(error, wire, answer, split_url(made.url)[1])

    async def _exchange(self, made: _Made) -> tuple[Outcome, str]:
        answer = made.answer
        scheme, authority, _ = split_url(made.url)
        if not made.wire.allow_remote and is_remote_literal(authority):
            raise NotLoopbackError
        # The session's method is not what goes out: POST is the one that aiohttp never sends again by itself.
        async with self._ready().request(
            "POST",
            URL(f"{scheme}://{authority}/", encoded=True),
            allow_redirects=False,
            ssl=made.trust,
        ) as response:
            answer.first_byte_ms = self._since_ms(made.started_ns)
            answer.status = response.status
            answer.headers = Headers(response.raw_headers)
            answer.expected = response.headers.get("content-length")
            if response.status == _UPGRADED:
                response.close()
                return Outcome.RESPONDED, "The target switched protocols; the connection was dropped."
            _tell_when_closed(response)
            while piece := await response.content.readany():
                answer.pieces.append(piece)
                answer.size += len(piece)
                if answer.size > MAX_RESPONSE_BODY:
                    response.close()
                    return Outcome.RESPONDED, _CUT
        return Outcome.RESPONDED, ""

    def _since_ms(self, started_ns: int) -> float:
        return (self._clock.monotonic_ns() - started_ns) / NS_PER_MS

    def _ready(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    force_close=True, limit=0, resolver=_LoopbackResolver(), use_dns_cache=False
                ),
                request_class=ExactRequest,
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),
                auto_decompress=False,
                trust_env=False,
                max_line_size=_MAX_ANSWER_LINE,
                max_field_size=_MAX_ANSWER_LINE,
                max_headers=_MAX_ANSWER_HEADERS,
            )
        return self._session


def _tell_when_closed(response: aiohttp.ClientResponse) -> None:
    """End the reading of a body when its connection ends.

    aiohttp closes the connection when an answer's framing breaks in the middle of its body, but does not tell the
    body's reader, who would wait until the deadline.
    """
    connection = response.connection
    closed = connection.protocol.closed if connection is not None and connection.protocol is not None else None
    content = response.content

    def tell(ended: asyncio.Future[None]) -> None:
        if not ended.cancelled():
            ended.exception()  # retrieved: the reader is told by aiohttp when it is an error of the connection
        if not content.is_eof() and content.exception() is None:
            content.set_exception(aiohttp.ClientPayloadError("the connection ended"))

    if closed is not None:
        closed.add_done_callback(tell)
