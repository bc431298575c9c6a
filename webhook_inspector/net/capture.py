"""From a request to a kept delivery to an answer, in this order."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from io import BytesIO
from typing import TYPE_CHECKING

from aiohttp.http import RawRequestMessage
from aiohttp.streams import StreamReader

from webhook_inspector.core.clock import Clock
from webhook_inspector.core.delivery import Delivery
from webhook_inspector.core.headers import Headers
from webhook_inspector.core.request import Request
from webhook_inspector.net.access import Denied, Gate
from webhook_inspector.net.answer import CONTINUE, Answer, Later, refusal
from webhook_inspector.net.connection import BodyStopped, Connection
from webhook_inspector.net.label import Label
from webhook_inspector.net.limits import Limits
from webhook_inspector.net.loop_thread import spawn
from webhook_inspector.net.refusal import best_effort, describe, recognise
from webhook_inspector.net.reply import Admitted, Reply

if TYPE_CHECKING:
    from webhook_inspector.net.door import Door
    from webhook_inspector.net.listener import CaptureServer

KeepResult = int | Exception
Keep = Callable[[Sequence[Delivery], Callable[[Sequence[KeepResult]], None]], None]
"""Takes deliveries and calls back once, from any thread: for each its committed number, or what went wrong."""
Route = Callable[[Request], Label]
"""Whose request it is. Runs on the listener's loop: it must not wait."""
Respond = Callable[[Delivery], Answer | Later]
"""What to answer, if the delivery can be kept. Runs on the listener's loop: it must not wait."""

_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
_LEFT_EARLY = "The sender went away before this request was answered."
_VERSION = "The HTTP version in the request line is not one that is understood."
_LENGTH_NEEDED = "An HTTP/1.0 request with a body needs a Content-Length."
_TOGETHER = 64
"""Deliveries that are handed over at once, at most."""
_INCOMPLETE = "The connection ended before the request was complete."


class Keeping:
    """One delivery on its way to the log. Who waits for it hears once what became of it."""

    __slots__ = ("_tell", "since")

    def __init__(self, tell: Callable[[KeepResult], None], since: float) -> None:
        self._tell: Callable[[KeepResult], None] | None = tell
        self.since = since
        """When it was handed over, in the loop's time."""

    def settle(self, result: KeepResult) -> None:
        """Tell the number it was committed under, or what went wrong. Does nothing the second time."""
        tell, self._tell = self._tell, None
        if tell is not None:
            tell(result)


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
        self._outgoing: list[tuple[Delivery, Keeping]] = []
        """What came in this turn of the loop."""
        self.unanswered = 0
        """Connections that have ended and deliveries on their way to the log, of which nobody waits for."""

    # -- a request that the parser accepted

    async def handle(self, head: RawRequestMessage, content: StreamReader, connection: Connection) -> Reply:
        """Read, keep, choose the answer."""
        denied = self._denied(head, connection)
        if denied is not None:
            return await self._deny(head, content, connection, denied)
        objection = self._objection(head, connection)
        if objection is not None:
            return await self._refuse_early(head, content, connection, objection)
        body = content.read_nowait() if content.is_eof() else await self._read_body(head, content, connection)
        stopped = connection.why_stopped(content)
        if stopped is not None:
            return await self._refuse(head, connection, stopped, body)
        if len(body) > self.limits.max_body:
            return await self._refuse(head, connection, self._too_large(), body)
        return await self.finish(self._admit(head, body, connection), connection)

    def admit_at_once(self, head: RawRequestMessage, content: StreamReader, connection: Connection) -> Admitted | None:
        """Admit a request that came whole, which is the common case; None: `handle` has to look at it."""
        if head.chunked or not content.is_eof() or not self._gate.is_open:
            return None
        if connection.why_stopped(content) is not None or self._objection(head, connection) is not None:
            return None
        return self._admit(head, content.read_nowait(), connection)

    def _admit(self, head: RawRequestMessage, body: bytes, connection: Connection) -> Admitted:
        """Make the delivery of a whole request, and choose its answer."""
        delivery = self._delivery(_request_of(head, body), connection.remote)
        answer = self._chosen(delivery)
        if answer.status != delivery.response_status:
            delivery = replace(delivery, response_status=answer.status)
        connection.tee.pop()
        keep_alive = not head.should_close and "upgrade" not in head.headers
        return Admitted(delivery, answer, keep_alive, head.version < (1, 1))

    async def finish(self, admitted: Admitted, connection: Connection) -> Reply:
        """Keep what was admitted, and wait for whatever its answer waits for."""
        kept = await self.kept(admitted.delivery, connection)
        answer = admitted.answer
        if not isinstance(kept, int):
            answer = refusal(503)
        elif isinstance(answer, Later):
            answer = await self._made(answer, replace(admitted.delivery, id=kept))
        if answer.delay_s:
            await asyncio.sleep(answer.delay_s)
        return admitted.reply(answer, connection)

    def _delivery(
        self, request: Request, remote: str, refused: str | None = None, status: int | None = 200
    ) -> Delivery:
        label = self._label(request)
        return Delivery(
            request,
            self._clock.wall_ns(),
            label.source,
            remote,
            label.origin,
            label.provider_hint,
            refused=refused,
            response_status=status,
        )

    def _label(self, request: Request) -> Label:
        """Whose request it is; the catch-all's when naming it fails, for the delivery must be kept."""
        try:
            return self._route(request)
        except Exception as error:  # noqa: BLE001 (reported, and the delivery is worth more)
            self._loop.call_exception_handler({"message": "choosing a source failed", "exception": error})
            return Label()

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

    def _objection(self, head: RawRequestMessage, connection: Connection) -> BodyStopped | None:
        """Why a request that was parsed is refused before its body is read."""
        if head.method == "CONNECT":
            return BodyStopped(405, "CONNECT asks for a proxy, which this is not.", malformed=True)
        if head.version not in {(1, 0), (1, 1)}:
            return BodyStopped(400, _VERSION, malformed=True)
        length = head.headers.get("content-length")
        if length is not None and int(length) > self.limits.max_body:
            return self._too_large()
        if length is None and head.version == (1, 0) and head.method in _WITH_BODY:
            tee = connection.tee
            if "transfer-encoding" not in head.headers and (tee.complete > 1 or tee.pending):
                return BodyStopped(400, _LENGTH_NEEDED, malformed=True)
        return None

    async def _read_body(self, head: RawRequestMessage, content: StreamReader, connection: Connection) -> bytes:
        """A body that did not come whole with its head, read until its end, a stop or just beyond the limit."""
        if head.headers.get("expect", "").lower() == "100-continue" and head.version == (1, 1):
            transport = connection.transport
            if transport is not None:
                transport.write(CONTINUE)
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

    def _denied(self, head: RawRequestMessage, connection: Connection) -> Denied | None:
        """Why this sender may not send this; None when it may."""
        if self._gate.is_open:
            return None
        request = _request_of(head, b"")
        source = self._label(request).source
        return self._gate.judge(connection.peer, request.target, request.headers, source, self._loop.time())

    async def _deny(
        self, head: RawRequestMessage, content: StreamReader, connection: Connection, denied: Denied
    ) -> Reply:
        """Refuse a sender before its body. Kept or, when many of its kind come, only counted."""
        connection.deaf = True
        connection.tee.pop()
        counted = self._gate.keeps(denied.kind, self._loop.time())
        answer = refusal(denied.status, denied.headers)
        if counted is not None:
            body = content.read_nowait()[: self.limits.max_refused]
            why = denied.why if not counted else f"{denied.why} {counted:,} more before it were counted, not kept."
            refused = self._refused(connection, _request_of(head, body), denied.status, why)
            if not isinstance(await self.kept(refused, connection), int):
                answer = refusal(503)
        return Reply(connection, answer, method=head.method, keep_alive=False, linger=True)

    def _is_noise(self, connection: Connection, request: Request) -> bool:
        """Whether what could not be parsed is from a stranger, and one too many of its kind to be kept."""
        gate = self._gate
        if not gate.guards or gate.knows(connection.peer, request.target):
            return False
        return gate.keeps("unreadable", self._loop.time()) is None

    async def _refuse_early(
        self, head: RawRequestMessage, content: StreamReader, connection: Connection, reason: BodyStopped
    ) -> Reply:
        """Refuse before the body: what has come of it is kept."""
        connection.deaf = True
        if not reason.malformed:
            return await self._refuse(head, connection, reason, content.read_nowait())
        raw = b"".join(connection.tee.take_all())
        return await self._refuse_request(connection, best_effort(raw), reason.status, reason.why)

    async def _refuse(self, head: RawRequestMessage, connection: Connection, reason: BodyStopped, body: bytes) -> Reply:
        """Keep a request whose head was understood as a refused delivery."""
        connection.deaf = True
        raw = connection.tee.pop()
        if reason.malformed:
            return await self._refuse_request(connection, best_effort(raw), reason.status, reason.why)
        kept = _request_of(head, body[: self.limits.max_body])
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
        return self._delivery(request, connection.remote, why, status)

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
            self.hand_over(delivery, self._unanswered_done)

    def _unanswered_done(self, _result: KeepResult) -> None:
        self.unanswered -= 1

    # -- keeping

    async def kept(self, delivery: Delivery, connection: Connection) -> KeepResult:
        """Hand a delivery over and wait until it is committed or known not to be."""
        future: asyncio.Future[KeepResult] = self._loop.create_future()

        def tell(result: KeepResult) -> None:
            if not future.done():
                future.set_result(result)

        self.hand_over(delivery, tell, connection)
        try:
            return await future
        finally:
            connection.keeping = None

    def hand_over(
        self, delivery: Delivery, tell: Callable[[KeepResult], None], connection: Connection | None = None
    ) -> None:
        """Hand a delivery over, with the others of this turn of the loop.

        Nothing waits for more to come, yet what came together shares one commit and one word back.

        Args:
            delivery: What to keep.
            tell: Called on the loop, once, with what became of it.
            connection: Whose sender waits for it.
        """
        keeping = Keeping(tell, self._loop.time())
        if connection is not None:
            connection.keeping = keeping
        if not self._outgoing:
            self._loop.call_soon(self._hand_over_all)
        self._outgoing.append((delivery, keeping))

    def _hand_over_all(self) -> None:
        outgoing, self._outgoing = self._outgoing, []
        for start in range(0, len(outgoing), _TOGETHER):
            deliveries, waiting = zip(*outgoing[start : start + _TOGETHER], strict=True)
            try:
                self._keep(deliveries, partial(self._report, waiting))
            except Exception as error:  # noqa: BLE001 (whatever the store raises means: not kept)
                self._settle(waiting, [error] * len(waiting))

    def _report(self, waiting: Sequence[Keeping], results: Sequence[KeepResult]) -> None:
        """Called by the store, from any thread."""
        with suppress(RuntimeError):  # the loop has ended; nobody waits any more
            self._loop.call_soon_threadsafe(self._settle, waiting, results)

    def _settle(self, waiting: Sequence[Keeping], results: Sequence[KeepResult]) -> None:
        for keeping, result in zip(waiting, results, strict=True):
            try:
                keeping.settle(result)
            except Exception as error:  # noqa: BLE001 (reported; the others must hear theirs)
                self._loop.call_exception_handler({"message": "answering failed", "exception": error})

    # -- limits

    def make_room(self, newcomer: Connection | Door) -> None:
        """At the cap, close the connection that has been waiting longest, never one that is being answered.

        Those that have not finished their TLS handshake go first. Who was sent away already and is still told so is
        told no longer, but makes no room: that was given to an earlier newcomer.
        """
        server = self.server
        if server is None or len(server.connections) + len(server.doors) <= self.limits.max_connections:
            return
        door = next((door for door in server.doors if door is not newcomer), None)
        if door is not None:
            self.evicted += 1
            door.drop()
            return
        staying = [connection for connection in server.captures if not connection.leaving]
        told = next((connection for connection in server.captures if connection.told), None)
        if told is not None:
            told.force_close(abort=True)
        if len(staying) + len(server.doors) <= self.limits.max_connections:
            return
        others = [connection for connection in staying if connection is not newcomer]
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
            if now - connection.keeping.since > limits.keep_seconds:
                connection.keeping.settle(TimeoutError("the log did not answer"))
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


def _request_of(head: RawRequestMessage, body: bytes) -> Request:
    version = head.version
    return Request(
        method=head.method,
        target=head.path.encode("utf-8", "surrogateescape"),
        headers=Headers(head.raw_headers),
        body=body,
        http_version=f"{version.major}.{version.minor}",
    )
