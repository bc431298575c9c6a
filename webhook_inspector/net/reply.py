"""From a delivery that is about to be kept to the bytes of its answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from webhook_inspector.core.delivery import Delivery
from webhook_inspector.net.answer import Answer, Later, render

if TYPE_CHECKING:
    from webhook_inspector.net.connection import Connection


class Reply:
    """An answer on its way to the sender of one request."""

    __slots__ = ("_answer", "_connection", "_keep_alive", "_linger", "_method", "_old_client")

    def __init__(
        self,
        connection: Connection,
        answer: Answer,
        *,
        method: str,
        keep_alive: bool,
        old_client: bool = False,
        linger: bool = False,
    ) -> None:
        self._connection = connection
        self._answer = answer
        self._method = method
        self._old_client = old_client
        self._keep_alive = keep_alive
        self._linger = linger

    @property
    def keep_alive(self) -> bool:
        """Whether another request may follow. Asked again after the answer: the sender may have ended meanwhile."""
        return self._keep_alive and not self._connection.last_request

    async def send(self) -> None:
        """Write the answer; wait while the sender does not read.

        Nothing is left to write then, but a sender that was refused in the middle may still be sending.

        Raises:
            ConnectionError: The sender has gone.
        """
        connection = self._connection
        transport = connection.transport
        if transport is None or transport.is_closing():
            raise ConnectionResetError("The sender has gone.")
        answer = self._answer
        if answer.ending:
            await connection.say_nothing(reset=answer.ending == "reset")
            raise ConnectionResetError("The sender is not answered, on purpose.")
        data = self.render()
        if answer.drip_s:
            await connection.drip(data, answer.drip_s)
        else:
            transport.write(data)
        if connection.writing_paused:
            await connection.drained()
        if self._linger:
            await connection.linger()

    def render(self) -> bytes:
        """The answer as bytes."""
        return render(self._answer, method=self._method, keep_alive=self.keep_alive, old_client=self._old_client)


@dataclass(slots=True)
class Admitted:
    """A whole request that is about to be kept, and what its sender is told when it is."""

    delivery: Delivery
    answer: Answer | Later
    keep_alive: bool
    """Whether the sender wants to send more."""
    old_client: bool
    """Whether it speaks HTTP/1.0."""

    def plain(self) -> Answer | None:
        """The answer, when it is said at once and whole; None: something has to be waited for."""
        answer = self.answer
        if isinstance(answer, Later) or answer.delay_s or answer.drip_s or answer.ending:
            return None
        return answer

    def reply(self, answer: Answer, connection: Connection) -> Reply:
        """An answer to it."""
        method = self.delivery.request.method
        return Reply(connection, answer, method=method, keep_alive=self.keep_alive, old_client=self.old_client)
