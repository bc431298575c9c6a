"""The sender: one request out, one outcome back. Failures are data."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import aiohttp
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.http_parser import RawResponseMessage

from webhook_inspector.core.attempt import Outcome
from webhook_inspector.core.clock import NS_PER_MS, Clock, SystemClock
from webhook_inspector.core.headers import Headers
from webhook_inspector.net.connecting import AnswerReader, Connector
from webhook_inspector.net.exact_request import NotLoopbackError, WireRequest, write
from webhook_inspector.net.failures import PartialAnswer, failed, timed_out
from webhook_inspector.net.limits import MAX_RESPONSE_BODY
from webhook_inspector.net.loop_thread import LoopThread
from webhook_inspector.net.wire_request import UnsendableError, compose, split_url

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
    certificate: aiohttp.Fingerprint | None
    """The only one that is trusted; None: those that the system trusts."""


class Sender:
    """Sends requests exactly as given, once each, and never follows a redirect.

    Args:
        loop: The loop thread on which `send` runs.
        clock: For durations.
    """

    def __init__(self, loop: LoopThread, *, clock: Clock | None = None) -> None:
        self._loop = loop
        self._clock = clock or SystemClock()
        self._connector = Connector()
        self._open: set[AnswerReader] = set()

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
        made = _Made(url, wire, answer, started_ns, aiohttp.Fingerprint(certificate) if certificate else None)
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
        for reader in tuple(self._open):
            reader.abort()

    async def _attempt(self, made: _Made, timeout_s: float) -> tuple[Outcome, str]:
        wire, answer = made.wire, made.answer
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
        except (aiohttp.ClientError, HttpProcessingError, OSError, ValueError) as error:
            return failed(error, wire, answer, split_url(made.url)[1])

    async def _exchange(self, made: _Made) -> tuple[Outcome, str]:
        wire, answer = made.wire, made.answer
        scheme, authority, _ = split_url(made.url)
        reader = await self._connector.connect(
            scheme, authority, allow_remote=wire.allow_remote, certificate=made.certificate
        )
        self._open.add(reader)
        rest = None
        try:
            reader.expect_answer(head_only=wire.head_only)
            rest = await write(wire, reader)
            head = await self._head(reader)
            answer.first_byte_ms = self._since_ms(made.started_ns)
            answer.status = head.code
            answer.headers = Headers(head.raw_headers)
            answer.expected = head.headers.get("content-length")
            if head.code == _UPGRADED:
                return Outcome.RESPONDED, "The target switched protocols; the connection was dropped."
            if not await _body(reader, answer):
                return Outcome.RESPONDED, _CUT
            reader.close()
        finally:
            self._open.discard(reader)
            if rest is not None:
                rest.cancel()
            reader.abort()  # does nothing once it is closed
        return Outcome.RESPONDED, ""

    @staticmethod
    async def _head(reader: AnswerReader) -> RawResponseMessage:
        """The head of the answer; interim ones are passed over."""
        while True:
            head, reader.content = await reader.read()
            if head.code >= 200 or head.code == _UPGRADED:
                return head

    def _since_ms(self, started_ns: int) -> float:
        return (self._clock.monotonic_ns() - started_ns) / NS_PER_MS


async def _body(reader: AnswerReader, answer: PartialAnswer) -> bool:
    """Read the body of an answer; False when it is longer than what is kept."""
    content = reader.content
    assert content is not None
    if reader.lost:  # what came before is read all the same
        _keep(answer, content.read_nowait())
        reader.tell_reader()
    while answer.size <= MAX_RESPONSE_BODY and (piece := await content.readany()):
        _keep(answer, piece)
    return answer.size <= MAX_RESPONSE_BODY


def _keep(answer: PartialAnswer, piece: bytes) -> None:
    answer.pieces.append(piece)
    answer.size += len(piece)
