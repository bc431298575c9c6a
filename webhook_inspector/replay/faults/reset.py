"""Reset: connections that are torn down in the middle of the body, so that the sender sends again."""

from __future__ import annotations

from typing import ClassVar

from webhook_inspector.replay.broken import BreaksOff


class Reset(BreaksOff):
    """The connection is reset (TCP RST, not closed in order) after half of the body; then the delivery comes again."""

    __slots__ = ()
    name: ClassVar[str] = "reset"
    help: ClassVar[str] = "reset the connection in the middle with this probability, and send again: 0.2"
    stage: ClassVar[int] = 18
    act: ClassVar[str] = "reset"


FAULT = Reset
