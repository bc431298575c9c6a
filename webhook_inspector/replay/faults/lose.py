"""Lose: answers that never reach the sender, so that it sends again."""

from __future__ import annotations

from typing import ClassVar

from webhook_inspector.replay.broken import BreaksOff


class Lose(BreaksOff):
    """The connection is closed once everything was sent; a moment later the delivery comes again."""

    __slots__ = ()
    name: ClassVar[str] = "lose"
    help: ClassVar[str] = "close after sending with this probability, and send again: 0.2"
    stage: ClassVar[int] = 16
    act: ClassVar[str] = "lost-answer"


FAULT = Lose
