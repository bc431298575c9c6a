"""Drip: bodies that arrive a little at a time, over about two seconds."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from webhook_inspector.replay.acts import SEND, SLOW_BODY
from webhook_inspector.replay.faults.api import Draft, Stream
from webhook_inspector.replay.probability import ByChance


class Drip(ByChance):
    """The head goes out at once, the body in small pieces: what reads a body with too short a limit shows."""

    __slots__ = ()
    name: ClassVar[str] = "drip"
    help: ClassVar[str] = "send the body in small pieces over 2 s with this probability: 0.2"
    stage: ClassVar[int] = 19

    def apply(self, draft: Draft, rng: Stream) -> Draft:
        """The draft with some slow bodies."""
        return draft.with_sends(
            [
                replace(send, act=SLOW_BODY, labels=(*send.labels, SLOW_BODY))
                if send.act == SEND and self.strikes(send, rng)
                else send
                for send in draft.sends
            ]
        )


FAULT = Drip
