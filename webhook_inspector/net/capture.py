"""From a request to a kept delivery to an answer, in this order."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from io import BytesIO
from typing import TYPE_CHECKING

from aiohttp.web_request import BaseRequest
from aiohttp.web_response import StreamResponse

from webhook_inspector.core.clock import Clock
from webhook_inspector.core.delivery import Delivery
from webhook_inspector.core.headers import Headers
from webhook_inspector.core.request import Request
from webhook_inspector.net.access import Denied, Gate
from webhook_inspector.net.answer import CONTINUE, Answer, Later, refusal
from webhook_inspector.net.connection import BodyStopped, Connection, Reply
from webhook_inspector.net.limits import Limits
from webhook_inspector.net.loop_thread import spawn
from webhook_inspector.net.refusal import best_effort, describe, recognise

if TYPE_CHECKING:
    from webhook_inspector.net.door import Door
    from webhook_inspector.net.listener import CaptureServer

KeepResult = int | Exception
Keep = Callable[[Sequence[Delivery], Callable[[Sequence[KeepResult]], None]], None]
"""Takes deliveries and calls back once, from any thread: for each its committed number, or what went wrong."""
Route = Callable[[bytes], str]
"""Request target to the name of a source."""
Respond = Callable[[Delivery], Answer | Later]
"""What to answer, if the delivery can be kept. Runs on the listener's loop: it must not wait."""

_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
_LEFT_EARLY = "The sender went away before this request was answered."
_VERSION = "The HTTP version in the request line is not one that is understood."
_LENGTH_NEEDED = "An HTTP/1.0 request with a body needs a Content-Length."
_TOGETHER = 64
"""Deliveries that are handed over at once, at most."""
_INCOMPLETE = "The connection ended before the request was complete."


class Capture:
    """Keeps what comes and answers after it was kept.

    Args:
        keep: Stores a delivery.
        route: Names the source of a request target.
        respond: Chooses the answer.
        clock: Wall time of arrival.
        limits: Sizes and deadlines.
        gate: Who may send.
    """

    def __init__(
        self, *, keep: Keep, route: Route, respond: Respond, clock: Clock, limits: Limits, gate: Gate | None = None
    ) -> None:
        self._keep = keep
        self._route = route
        self._respond = respond
        self._clock = clock
        self.limits = limits
        self._gate = gate or Gate()
        self.stopping = False
        self.evicted = 0
        """Connections closed to make room."""
        self.server: CaptureServer | None = None
        self._loop = asyncio.get_running_loop()
        self._outgoing: list[tuple[Delivery, asyncio.Future[KeepResult]]] = []
        """What came in this turn of the loop."""
        self.unanswered = 0
        """Connections that have ended and deliveries on their way to the log, of which nobody waits for."""

    # -- a request that the parser accepted

    async def handle(self, request: BaseRequest) -> StreamResponse:
        """Read, keep, answer."""
        connection = request.protocol
        assert isinstance(connection, Connection)
        denied = self._denied(request, connection)
        if denied is not None:
            return (await self._deny(request, connection, denied)).as_response()
        objection = self._objection(request, connection)
        if objection is not None:
            return (await self._refuse_early(request, connection, objection)).as_response()
        content = request.content
        # Nothing is awaited when the body came with its head, which is the common case.
        body = content.read_nowait() if content.is_eof() else await self._read_body(request, connection)
        stopped = connection.why_stopped(content)
        if stopped is not None:
            return (await self._refuse(request, connection, stopped, body)).as_response()
        if len(body) > self.limits.max_body:
            return (await self._refuse(request, connection, self._too_large(), body)).as_response()
        connection.tee.pop()
        delivery = Delivery(
            request=_request_of(request, body),
            received_ns=self._clock.wall_ns(),
            source=self._source(request.raw_path.encode("utf-8", "surrogateescape")),
            remote=connection.remote,
        )
        answer = self._chosen(delivery)
        if answer.status != delivery.response_status:
            delivery = replace(delivery, response_status=answer.status)
        kept = await self.kept(delivery, connection)
        old = request.version < (1, 1)
        if not isinstance(kept, int):
            answer = refusal(503)
        elif isinstance(answer, Later):
            answer = await self._made(answer, replace(delivery, id=kept))
        if answer.delay_s:
            await asyncio.sleep(answer.delay_s)
        keep_alive = request.keep_alive and "upgrade" not in request.headers
        return Reply(connection, answer, method=request.method, keep_alive=keep_alive, old_client=old).as_response()

    def _source(self, target: bytes) -> str:
        """The source of a request target; the catch-all when naming it fails, for the delivery must be kept."""
        try:
            return self._route(target)
        except Exception as error:  # noqa: BLE001 (reported, and the delivery is worth more)
            self._loop.call_exception_handler({"message": "choosing a source failed", "exception": error})
            return "default"

    async def _made(self, later: Later, delivery: Delivery) -> Answer:
        """The answer that follows the delivery; 502 when making it fails."""
        try:
            return await later.make(delivery)
        except Exception as error:  # noqa: BLE001 (reported; the sender must hear something)
            self._loop.call_exception_handler({"message": "making an answer failed", "exception": error})
            return refusal(502)

    def _chosen(self, delivery: Delivery) -> Answer | Later:
        """What to answer; 500 when choosing it fails, for the delivery must be kept."""
        try:
            return self._respond(delivery)
        except Exception as error:  # noqa: BLE001 (reported, and the delivery is worth more)
            self._loop.call_exception_handler({"message": "choosing an answer failed", "exception": error})
            return refusal(500)

    def _objection(self, request: BaseRequest, connection: Connection) -> BodyStopped | None:
        """Why a request that was parsed is refused before its body is read."""
        if request.method == "CONNECT":
            return BodyStopped(405, "CONNECT asks for a proxy, which this is not.", malformed=True)
        if request.version not in {(1, 0), (1, 1)}:
            return BodyStopped(400, _VERSION, malformed=True)
        length = request.headers.get("content-length")
        if length is not None and int(length) > self.limits.max_body:
            return self._too_large()
        if length is None and request.version == (1, 0) and request.method in _WITH_BODY:
            tee = connection.tee
            if "transfer-encoding" not in request.headers and (tee.complete > 1 or tee.pending):
                return BodyStopped(400, _LENGTH_NEEDED, malformed=True)
        return None

    async def _read_body(self, request: BaseRequest, connection: Connection) -> bytes:
        """A body that did not come whole with its head, read until its end, a stop or just beyond the limit."""
        if request.headers.get("expect", "").lower() == "100-continue" and request.version == (1, 1):
            transport = connection.transport
            if transport is not None:
                transport.write(CONTINUE)
        content = request.content
        # Its bytes are handed out without a copy, which for joined pieces would be a second body in memory.
        body = BytesIO()
        # After a stop everything has been read; asking again would raise what ended the connection.
        while body.tell() <= self.limits.max_body and connection.why_stopped(content) is None:
            piece = await content.readany()
            if not piece:
                break
            body.write(piece)
        return body.getvalue()

    def _too_large(self) -> BodyStopped:
        return BodyStopped(413, f"The body is larger than the limit of {self.limits.max_body:,} bytes.")

    # -- refusals

    def _denied(self, request: BaseRequest, connection: Connection) -> Denied | None:
        """Why this sender may not send this; None when it may."""
        if self._gate.is_open:
            return None
        target = request.raw_path.encode("utf-8", "surrogateescape")
        headers = Headers(request.raw_headers)
        return self._gate.judge(connection.peer, target, headers, self._source(target), self._loop.time())

    async def _deny(self, request: BaseRequest, connection: Connection, denied: Denied) -> Reply:
        """Refuse a sender before its body. Kept or, when many of its kind come, only counted."""
        connection.deaf = True
        connection.tee.pop()
        counted = self._gate.keeps(denied.kind, self._loop.time())
        answer = refusal(denied.status, denied.headers)
        if counted is not None:
            body = request.content.read_nowait()[: self.limits.max_refused]
            why = denied.why if not counted else f"{denied.why} {counted:,} more before it were counted, not kept."
            refused = self._refused(connection, _request_of(request, body), denied.status, why)
            if not isinstance(await self.kept(refused, connection), int):
                answer = refusal(503)
        return Reply(connection, answer, method=request.method, keep_alive=False, linger=True)

    def _is_noise(self, connection: Connection, request: Request) -> bool:
        """Whether what could not be parsed is from a stranger, and one too many of its kind to be kept."""
        gate = self._gate
        if not gate.guards or gate.knows(connection.peer, request.target):
            return False
        return gate.keeps("unreadable", self._loop.time()) is None

    async def _refuse_early(self, request: BaseRequest, connection: Connection, reason: BodyStopped) -> Reply:
        """Refuse before the body: what has come of it is kept."""
        connection.deaf = True
        if not reason.malformed:
            return await self._refuse(request, connection, reason, request.content.read_nowait())
        raw = b"".join(connection.tee.take_all())
        return await self._refuse_request(connection, best_effort(raw), reason.status, reason.why)

    async def _refuse(self, request: BaseRequest, connection: Connection, reason: BodyStopped, body: bytes) -> Reply:
        """Keep a request whose head was understood as a refused delivery."""
        connection.deaf = True
        raw = connection.tee.pop()
        if reason.malformed:
            return await self._refuse_request(connection, best_effort(raw), reason.status, reason.why)
        kept = _request_of(request, body[: self.limits.max_body])
        return await self._refuse_request(connection, kept, reason.status, reason.why, parsed=True)

    async def refuse_raw(self, connection: Connection, error: BaseException) -> Reply:
        """Keep what the parser refused, as it came."""
        connection.deaf = True
        raw = b"".join(connection.tee.take_all())
        return await self._refuse_request(connection, best_effort(raw), 400, describe(raw, error))

    async def _refuse_request(
        self, connection: Connection, request: Request, status: int | None, why: str, *, parsed: bool = False
    ) -> Reply:
        if not parsed and self._is_noise(connection, request):
            return Reply(connection, refusal(status or 400), method=request.method, keep_alive=False, linger=True)
        kept = await self.kept(self._refused(connection, request, status, why), connection)
        answer = refusal((status or 400) if isinstance(kept, int) else 503)
        return Reply(connection, answer, method=request.method, keep_alive=False, linger=True)

    def _refused(self, connection: Connection, request: Request, status: int | None, why: str) -> Delivery:
        return Delivery(
            request=request,
            received_ns=self._clock.wall_ns(),
            source=self._source(request.target),
            remote=connection.remote,
            refused=why,
            response_status=status,
        )

    def refuse_later(self, connection: Connection, status: int, why: str) -> None:
        """Refuse a head that is not complete: keep it, answer, close."""
        spawn(self._refuse_head(connection, status, why), name="refuse an incomplete head")

    async def _refuse_head(self, connection: Connection, status: int, why: str) -> None:
        raw = b"".join(connection.tee.take_all())
        reply = await self._refuse_request(connection, best_effort(raw), status, recognise(raw) or why)
        transport = connection.transport
        if transport is not None and not transport.is_closing():
            transport.write(reply.render())
            await connection.linger()
            connection.force_close()

    def keep_unanswered(self, connection: Connection, why: str | None) -> None:
        """Keep what came on a connection and can no longer be answered."""
        for raw in connection.tee.take_all():
            whole = b"\r\n\r\n" in raw
            sentence = why or recognise(raw) or (_LEFT_EARLY if whole else _INCOMPLETE)
            request = best_effort(raw)
            if self._is_noise(connection, request):
                continue
            delivery = self._refused(connection, request, None, sentence)
            self.unanswered += 1
            self._hand_over(delivery).add_done_callback(self._unanswered_done)

    def _unanswered_done(self, _future: asyncio.Future[KeepResult]) -> None:
        self.unanswered -= 1

    # -- keeping

    async def kept(self, delivery: Delivery, connection: Connection) -> KeepResult:
        """Hand a delivery over and wait until it is committed or known not to be."""
        future = self._hand_over(delivery)
        connection.keeping = future
        connection.keeping_since = self._loop.time()
        try:
            return await future
        finally:
            connection.keeping = None

    def _hand_over(self, delivery: Delivery) -> asyncio.Future[KeepResult]:
        """Hand a delivery over, with the others of this turn of the loop.

        Nothing waits for more to come, yet what came together shares one commit and one word back.
        """
        future: asyncio.Future[KeepResult] = self._loop.create_future()
        if not self._outgoing:
            self._loop.call_soon(self._hand_over_all)
        self._outgoing.append((delivery, future))
        return future

    def _hand_over_all(self) -> None:
        outgoing, self._outgoing = self._outgoing, []
        for start in range(0, len(outgoing), _TOGETHER):
            deliveries, futures = zip(*outgoing[start : start + _TOGETHER], strict=True)
            try:
                self._keep(deliveries, partial(self._report, futures))
            except Exception as error:  # noqa: BLE001 (whatever the store raises means: not kept)
                self._resolve(futures, [error] * len(futures))

    def _report(self, futures: Sequence[asyncio.Future[KeepResult]], results: Sequence[KeepResult]) -> None:
        """Called by the store, from any thread."""
        with suppress(RuntimeError):  # the loop has ended; nobody waits any more
            self._loop.call_soon_threadsafe(self._resolve, futures, results)

    def _resolve(self, futures: Sequence[asyncio.Future[KeepResult]], results: Sequence[KeepResult]) -> None:
        for future, result in zip(futures, results, strict=True):
            if not future.done():
                future.set_result(result)

    # -- limits

    def make_room(self, newcomer: Connection | Door) -> None:
        """At the cap, close the connection that has been waiting longest, never one that is being answered.

        Those that have not finished their TLS handshake go first.
        """
        server = self.server
        if server is None or len(server.connections) + len(server.doors) <= self.limits.max_connections:
            return
        door = next((door for door in server.doors if door is not newcomer), None)
        if door is not None:
            self.evicted += 1
            door.drop()
            return
        others = [connection for connection in server.captures if connection is not newcomer]
        waiting = [connection for connection in others if not connection.busy]
        victim = min(waiting, key=lambda connection: connection.since, default=None)
        if victim is None:
            stalled = [connection for connection in others if connection.in_body]
            victim = min(stalled, key=lambda connection: connection.last_byte, default=None)
        self.evicted += 1
        why = f"Closed to make room: {self.limits.max_connections} connections are open."
        if victim is not None:
            victim.drop(why)
        else:
            newcomer.drop(why)

    def sweep(self) -> None:
        """Close what has passed a deadline."""
        server = self.server
        if server is None:
            return
        now = self._loop.time()
        for connection in server.captures:
            self._sweep_one(connection, now)

    def _sweep_one(self, connection: Connection, now: float) -> None:
        limits = self.limits
        if connection.unread_since is not None and now - connection.unread_since > limits.read_seconds:
            connection.force_close(abort=True)
            return
        if connection.keeping is not None:
            if now - connection.keeping_since > limits.keep_seconds and not connection.keeping.done():
                connection.keeping.set_result(TimeoutError("the log did not answer"))
        elif connection.in_body:
            if now - connection.last_byte > limits.read_seconds:
                why = f"The body is incomplete: nothing came for {limits.read_seconds:g} s."
                connection.stop_body(BodyStopped(408, why))
            elif now - connection.since > limits.body_seconds:
                why = f"The body is incomplete: it took longer than {limits.body_seconds:g} s."
                connection.stop_body(BodyStopped(408, why))
        elif not connection.busy:
            waited = now - connection.since
            if connection.tee.pending:
                if waited > limits.head_seconds:
                    why = f"The headers were not complete after {limits.head_seconds:g} s."
                    connection.refuse_head(408, why)
            elif waited > (limits.idle_seconds if connection.served else limits.head_seconds):
                connection.force_close()


def _request_of(request: BaseRequest, body: bytes) -> Request:
    version = request.version
    return Request(
        method=request.method,
        target=request.raw_path.encode("utf-8", "surrogateescape"),
        headers=Headers(request.raw_headers),
        body=body,
        http_version=f"{version.major}.{version.minor}",
    )
