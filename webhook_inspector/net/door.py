"""TLS before a connection: who has not finished the handshake counts as a connection, and makes room like one.

asyncio's own TLS servers tell nobody of a connection before its handshake is done. Silent ones would use up the
descriptors without being seen. So the listener accepts plainly, and this upgrades what it accepted.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Callable

from webhook_inspector.net.connection import Connection
from webhook_inspector.net.loop_thread import spawn

Enter = Callable[["Door"], None]


class Door(asyncio.Protocol):
    """A connection whose TLS handshake is under way.

    Args:
        connection: What takes over once it is done.
        context: Of the listener.
        limit_s: Seconds for the handshake.
        enter: Called when somebody came.
        leave: Called when the handshake is done or failed.
    """

    def __init__(
        self, connection: Connection, context: ssl.SSLContext, limit_s: float, enter: Enter, leave: Enter
    ) -> None:
        self._connection = connection
        self._context = context
        self._limit_s = limit_s
        self._enter = enter
        self._leave = leave
        self.plain: asyncio.Transport | None = None
        """What TLS runs over, once somebody came."""
        self._early: list[bytes] = []
        self._ended = self._dropped = False
        self._lost: list[Exception | None] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin the handshake."""
        assert isinstance(transport, asyncio.Transport)
        self.plain = transport
        transport.pause_reading()  # until TLS reads
        self._enter(self)
        if not self._dropped:
            spawn(self._shake_hands(transport), name="TLS handshake")

    def data_received(self, data: bytes) -> None:
        """What came with the end of the handshake, before the connection took over."""
        self._early.append(bytes(data))

    def eof_received(self) -> bool | None:
        """As `data_received`."""
        self._ended = True
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """As `data_received`."""
        self._lost.append(exc)
        self._leave(self)

    def drop(self, _why: str = "") -> None:
        """Make room: nothing came that could be kept."""
        self._dropped = True
        self._leave(self)  # at once: the next newcomer must find another one
        if self.plain is not None:
            self.plain.abort()

    async def _shake_hands(self, plain: asyncio.Transport) -> None:
        loop = asyncio.get_running_loop()
        secure: asyncio.Transport | None = None
        handed_over = False
        try:
            # ConnectionError, TimeoutError and SSLError are all OSErrors: a sender that cannot or will not speak TLS.
            with contextlib.suppress(OSError):
                secure = await loop.start_tls(
                    plain, self, self._context, server_side=True, ssl_handshake_timeout=self._limit_s
                )
            if secure is not None and not self._dropped:
                self._hand_over(secure)
                handed_over = True
        finally:
            self._leave(self)
            if not handed_over:
                (secure or plain).abort()

    def _hand_over(self, secure: asyncio.Transport) -> None:
        """The connection takes over, with all that came meanwhile."""
        connection = self._connection
        self._leave(self)
        connection.connection_made(secure)
        secure.set_protocol(connection)
        for data in self._early:
            connection.data_received(data)
        if self._ended:
            connection.eof_received()
        if self._lost:
            connection.connection_lost(self._lost[0])
