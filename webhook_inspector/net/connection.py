"""One inbound connection: aiohttp's protocol, with every byte accounted for.

aiohttp parses; this subclass follows the raw bytes beside it (`wire.WireTee`), so that what the parser refuses is
kept as it came, a good request in front of garbage is served, a sender that half-closes gets its answer, and bytes
that belong to no served request are kept when the connection ends.

`RequestHandler` is public in aiohttp; how a `Server` makes one is not, nor the queue (`_messages`) and the future
(`_waiter`) by which its protocol hands requests to `start`: the version is capped, and a test fails when this class is
no longer used. A stop waits for answers in `listener`, not in aiohttp.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from aiohttp.http import HttpRequestParser
from aiohttp.streams import StreamReader
from aiohttp.web_protocol import RequestHandler, RequestPayloadError

from webhook_inspector.net.answer import Answer, refusal
from webhook_inspector.net.refusal import describe
from webhook_inspector.net.reply import Admitted, Reply
from webhook_inspector.net.wire import WireTee

if TYPE_CHECKING:
    from webhook_inspector.net.capture import Capture, Keeping, KeepResult

_LINGER_SECONDS = 1.0
_HANG_S = 600.0
"""An answer that never comes is not waited for longer than this."""
_LOOK_S = 0.05
_DRIPS = 20


@dataclass(frozen=True, slots=True)
class BodyStopped:
    """Why a body is not whole."""

    status: int | None
    """What to answer; None when nothing can be answered."""
    why: str
    """One plain sentence."""
    malformed: bool = False
    """The parser refused its framing, so the raw bytes are what is worth keeping."""


class Connection(RequestHandler):
    """One inbound connection.

    Args:
        manager: The aiohttp server.
        loop: The running loop.
        capture: What keeps deliveries.
        settings: Arguments of aiohttp's `RequestHandler`.
    """

    def __init__(self, manager: Any, *, loop: asyncio.AbstractEventLoop, capture: Capture, **settings: Any) -> None:
        limits = capture.limits
        super().__init__(manager, loop=loop, **settings)
        # One request at a time: the parser stops after each, so an error in the next cannot swallow it.
        self._parser = HttpRequestParser(
            self,
            loop,
            self._read_bufsize,
            max_line_size=limits.max_line,
            max_field_size=limits.max_line,
            max_headers=limits.max_headers,
            payload_exception=RequestPayloadError,
            auto_decompress=False,
            max_msg_queue_size=1,
        )
        self.capture = capture
        self.tee = WireTee(limits.max_refused, limits.max_head)
        self.remote = self.peer = ""
        """Address and port of the sender as text, and its address alone."""
        self.stopped: BodyStopped | None = None
        """Why the newest body will not become whole."""
        self.keeping: Keeping | None = None
        """The delivery that is on its way to the log; the sender waits for it."""
        self.unread_since: float | None = None
        """When the sender stopped to read its answers; None while it reads."""
        self.deaf = False
        """Set once a request is refused: what still comes belongs to it and is dropped."""
        self.last_byte = self.since = loop.time()
        """`since`: when the connection became idle, or the first byte of a request came."""
        self._admitted: Admitted | None = None
        """What `capture` made of the next request, where its answer has to be waited for."""
        self._payload: StreamReader | None = None
        self._sealed = False
        self._ended = False
        self._discarding = False
        self._end: asyncio.Future[None] | None = None
        self._completed = 0
        self._more = False

    # -- what the sweeper asks

    @property
    def in_body(self) -> bool:
        """Whether a body has begun that is not whole."""
        if self._discarding or self.stopped is not None:
            return False
        return self._payload is not None and not self._payload.is_eof()

    @property
    def busy(self) -> bool:
        """Whether a request is queued or being served, not counting one that was refused and answered."""
        if self._discarding:
            return False
        return bool(self._messages) or (self._waiter is None and self._request_count > 0) or self._sealed

    @property
    def leaving(self) -> bool:
        """Whether it was sent away."""
        return self._sealed or self.deaf or self.stopped is not None or self._force_close

    @property
    def told(self) -> bool:
        """Whether it was refused and answered, and is open only so that the answer arrives."""
        return self._discarding and not self._force_close

    @property
    def served(self) -> int:
        """How many requests came whole enough to be served."""
        return self._request_count

    @property
    def last_request(self) -> bool:
        """Whether no further request can be served after the current one."""
        return self.capture.stopping or (self._ended and not self._messages and not self.tee.complete)

    # -- called by asyncio and aiohttp

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Note who came and make room for it."""
        super().connection_made(transport)
        peer = transport.get_extra_info("peername")
        if isinstance(peer, tuple) and len(peer) >= 2:
            self.peer = str(peer[0])
            self.remote = f"[{peer[0]}]:{peer[1]}" if ":" in str(peer[0]) else f"{peer[0]}:{peer[1]}"
        self.capture.make_room(self)

    def data_received(self, data: bytes) -> None:
        """Follow the bytes, then let the parser see them."""
        if self.deaf or self._sealed or self.stopped is not None or self._force_close or self._close:
            return
        if data:
            self.last_byte = self._loop.time()
            if not self.tee.pending:
                self.since = self.last_byte
            self.tee.feed(bytes(data) if type(data) is not bytes else data)
            if self.tee.head_too_large and not self.busy:
                self.refuse_head(431, "The headers are larger than the limit.")
                return
        elif not self.tee.pending and self.tee.finished == self._completed:
            return  # aiohttp asks for what the parser may have left, each time a body was read; nothing is
        self._parse(data)
        while self._more and not self._messages and self._parser is not None:
            self._parse(b"")
        if self._more and not self._buffer_paused:
            super()._pause_reading_for_buffer()
        self._wake()

    def eof_received(self) -> bool | None:  # type: ignore[override]  # aiohttp returns None: it closes, the answer is lost
        """The sender will send no more; it may still read an answer, but not under TLS, which ends both ways."""
        open_half = self.transport is None or self.transport.get_extra_info("sslcontext") is None
        return self._ended_by_sender() and open_half

    def _ended_by_sender(self) -> bool:
        """Act on the end of what the sender sends; whether an answer is still to be written."""
        self._ended = True
        if self._discarding:
            self._tell_end()
            return True
        if self.in_body:
            self.stop_body(BodyStopped(400, "The sender ended the connection before the body was complete."))
            return True
        if self.busy:
            return True
        if self.tee.pending:
            self.refuse_head(400, "The sender ended the connection before the headers were complete.")
            return True
        return False

    def connection_lost(self, exc: BaseException | None) -> None:
        """Whatever was not served is kept as refused once the current request is done."""
        self._tell_end()
        self.capture.unanswered += 1  # until it is settled what came and was not served
        self.stop_body(BodyStopped(None, "The sender went away before the body was complete."))
        task = self._task_handler
        super().connection_lost(exc)
        if task is None or task.done():
            self._settle()
        else:
            task.add_done_callback(self._task_done)

    def pause_writing(self) -> None:
        """The sender does not read its answers."""
        super().pause_writing()
        self.unread_since = self._loop.time()

    def resume_writing(self) -> None:
        """The sender reads again."""
        super().resume_writing()
        self.unread_since = None

    def force_close(self, *, abort: bool = False) -> None:
        """Close at once; with `abort` also when answers were not read."""
        transport = self.transport
        super().force_close()
        if abort and transport is not None:
            transport.abort()

    async def say_nothing(self, *, reset: bool) -> None:
        """Leave the sender without an answer: reset the connection, or hold it until the sender gives up."""
        transport = self.transport
        if transport is None:
            return
        if reset:
            transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            transport.abort()
            return
        until = self._loop.time() + _HANG_S
        while not (transport.is_closing() or self._ended or self.capture.stopping) and self._loop.time() < until:  # noqa: ASYNC110 (four ends)
            await asyncio.sleep(_LOOK_S)
        self.force_close()

    async def drip(self, data: bytes, seconds: float) -> None:
        """Write an answer a little at a time; stop when the sender leaves."""
        pieces = min(len(data), _DRIPS)
        for n in range(pieces):
            transport = self.transport
            if transport is None or transport.is_closing() or self.capture.stopping:
                return
            transport.write(data[len(data) * n // pieces : len(data) * (n + 1) // pieces])
            await asyncio.sleep(seconds / pieces)

    async def start(self) -> None:
        """Serve one request after the other, until one of the two ends the connection.

        In place of aiohttp's, which makes a task, a request and a writer for each. What has to wait for nothing but
        the log does not even come here, see `_serve_at_once`.
        """
        again = True
        while again and not self._force_close:
            if not self._messages:
                self._waiter = self._loop.create_future()
                try:
                    await self._waiter
                finally:
                    self._waiter = None
            message, content = self._messages.popleft()
            if self._parser is not None:
                self._parser.message_consumed()
            if self._buffer_paused:
                self._resume_reading_if_drained()
            again = await self._serve(message, content)
        if not self._force_close:
            self._task_handler = None
            if self.transport is not None:
                self.transport.close()

    async def _serve(self, message: Any, content: StreamReader) -> bool:
        """Keep and answer one request; whether the connection may be used again."""
        try:
            reply = await self._reply(message, content)
            await reply.send()
        except ConnectionError:
            return False
        except Exception as error:  # noqa: BLE001 (told to the loop's handler)
            self._tell_fault(error)
            return False
        self.since = self._loop.time()
        return reply.keep_alive and not self._close

    async def _reply(self, message: Any, content: StreamReader) -> Reply:
        """What to say; constant words when serving fails."""
        try:
            admitted, self._admitted = self._admitted, None
            if admitted is not None:
                return await self.capture.finish(admitted, self)
            error = getattr(message, "exc", None)
            if error is not None:  # the parser's error in place of a message
                return await self.capture.refuse_raw(self, error)
            return await self.capture.handle(message, content, self)
        except Exception as error:  # noqa: BLE001 (told to the loop's handler; the sender must hear something)
            self._tell_fault(error)
            self.capture.keep_unanswered(self, "A fault of webhook-inspector itself kept this from being served.")
            method = getattr(message, "method", "GET")
            return Reply(self, refusal(500), method=method, keep_alive=False, linger=True)

    def _wake(self) -> None:
        """Serve the next request, if none is being served."""
        waiter = self._waiter
        if waiter is not None and not waiter.done() and self._messages and not self._serve_at_once(waiter):
            waiter.set_result(None)

    def _serve_at_once(self, waiter: asyncio.Future[None]) -> bool:
        """Begin to keep the next request without the task, which goes on to wait; False: the task has to serve it.

        The task is woken twice less for each request, which under load is a good part of the loop's time.
        """
        message: Any
        message, content = self._messages[0]
        assert self._parser is not None
        if self._more or self._buffer_paused or self.writing_paused or getattr(message, "exc", None) is not None:
            return False
        admitted = self.capture.admit_at_once(message, content, self)
        if admitted is None:
            return False
        answer = admitted.plain()
        if answer is None:
            self._admitted = admitted
            return False
        self._messages.popleft()
        self._parser.message_consumed()
        self._waiter = None  # as while the task serves
        self.capture.hand_over(admitted.delivery, partial(self._answer_at_once, admitted, answer, waiter), self)
        return True

    def _answer_at_once(
        self, admitted: Admitted, answer: Answer, waiter: asyncio.Future[None], kept: KeepResult
    ) -> None:
        """Answer what `_serve_at_once` began."""
        self.keeping = None
        self._waiter = waiter
        transport = self.transport
        again = False
        if transport is not None and not transport.is_closing():
            reply = admitted.reply(answer if isinstance(kept, int) else refusal(503), self)
            transport.write(reply.render())
            self.since = self._loop.time()
            again = reply.keep_alive and not self._close
        if again and not self._force_close:
            self._wake()
        else:
            self.force_close()  # what was written is still sent; the task is told to end

    def _tell_fault(self, error: Exception) -> None:
        self._loop.call_exception_handler({"message": "serving a request failed", "exception": error})

    def _resume_reading_if_drained(self) -> None:
        super()._resume_reading_if_drained()
        if self._more and not self._buffer_paused:
            super()._pause_reading_for_buffer()

    def _pause_reading_for_buffer(self) -> None:
        """Called by aiohttp for each request, as one is all that may wait.

        When nothing came after it there is nothing to hold back: should more come, the parser leaves it and reading
        pauses then. To pause and resume for each costs two system calls and a second parse.
        """
        if self.tee.pending or self.tee.finished > self._completed + 1:
            super()._pause_reading_for_buffer()

    def resume_reading(self, resume_parser: bool = True) -> None:
        """Called by aiohttp each time a body was read, also when nothing was held back: two calls for nothing."""
        if self._reading_paused or self._more:
            super().resume_reading(resume_parser)

    # -- our own

    async def drained(self) -> None:
        """Wait until the sender has read enough of its answers.

        Raises:
            ConnectionError: It has gone.
        """
        await self._drain_helper()

    async def linger(self) -> None:
        """Say that nothing more comes, then read and drop until the sender ends, for a moment at most.

        A connection that is closed over unread bytes is reset, and a reset takes the answer with it.
        """
        transport = self.transport
        self._discarding = self.deaf = True
        if transport is None or transport.is_closing() or self._ended or self.capture.stopping:
            return
        try:
            if transport.can_write_eof():
                transport.write_eof()
        except OSError:
            return  # the sender reset the connection meanwhile
        transport.resume_reading()
        self._end = self._loop.create_future()
        await asyncio.wait({self._end}, timeout=_LINGER_SECONDS)

    def stop_body(self, reason: BodyStopped) -> None:
        """End a body that will not become whole; its reader learns why from `why_stopped`.

        Does nothing when there is none. An exception would overtake the bytes that were received, so the body is
        ended as if it were whole.
        """
        if self._payload is not None and self.in_body:
            self.stopped = reason
            self._payload.feed_eof()

    def why_stopped(self, content: StreamReader) -> BodyStopped | None:
        """Why a body that is at its end is not whole; None when it is."""
        return self.stopped if content is self._payload else None

    def refuse_head(self, status: int, why: str) -> None:
        """Keep the incomplete head as a refused delivery, answer and close."""
        self._sealed = True
        self.capture.refuse_later(self, status, why)

    def drop(self, why: str) -> None:
        """Make room: close at once, keeping what came."""
        if self.in_body:
            self.stop_body(BodyStopped(503, why))
            return
        self._sealed = True
        self.capture.keep_unanswered(self, why)
        if self.transport is not None:
            self.transport.abort()

    def _parse(self, data: bytes) -> None:
        """Let aiohttp's parser take bytes; note whether it stopped after a request with bytes left."""
        queued = len(self._messages)
        payload = self._payload
        had_body = payload is not None and not payload.is_eof()
        waiter, self._waiter = self._waiter, None  # `_wake` decides how a request is served
        try:
            super().data_received(data)
        finally:
            self._waiter = waiter
        if len(self._messages) > queued:
            message, newest = self._messages[-1]
            error = getattr(message, "exc", None)
            if error is not None:  # the parser's error in place of a message
                self._more = False
                if had_body:
                    self._messages.pop()
                    self.stop_body(BodyStopped(400, describe(b"POST", error), malformed=True))
                return
            self._payload = newest
            self.stopped = None
            done = newest.is_eof()
        else:
            done = had_body and payload is not None and payload.is_eof()
        if done:
            self._completed += 1
            self._more = self.tee.finished > self._completed or self.tee.pending
        else:
            self._more = False

    def _task_done(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled():
            task.exception()  # retrieved: what it could not serve is kept below
        self._settle()

    def _tell_end(self) -> None:
        if self._end is not None and not self._end.done():
            self._end.set_result(None)

    def _settle(self) -> None:
        if not self._sealed:
            self.capture.keep_unanswered(self, None)
        self.capture.unanswered -= 1
