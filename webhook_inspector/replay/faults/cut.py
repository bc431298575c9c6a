"""Cut: bodies that break off in the middle, so that the sender sends again."""

from __future__ import annotations

from typing import ClassVar

from webhook_inspector.replay.broken import BreaksOff


class Cut(BreaksOff):
    """The connection is closed after half of the body; a moment later the delivery comes again."""

    __slots__ = ()
    name: ClassVar[str] = "cut"
    help: ClassVar[str] = "break off in the middle of the body with this probability, and send again: 0.2"
    stage: ClassVar[int] = 17
    act: ClassVar[str] = "cut-body"


FAULT = Cut
