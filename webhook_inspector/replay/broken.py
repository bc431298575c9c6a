"""Sends that break off and come again: what the faults `lose`, `cut` and `reset` have in common."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from webhook_inspector.replay.acts import SEND
from webhook_inspector.replay.faults.api import Draft, Send, Stream
from webhook_inspector.replay.probability import ByChance

AGAIN_MS = 250.0
"""After so long the same send comes again, as a provider would send it."""
_TWIN = 1_000_000
"""Keeps the stream of randomness of the second send apart from those of real copies."""


@dataclass(frozen=True, slots=True)
class BreaksOff(ByChance):
    """Some sends end before their answer, each sent whole a moment later."""

    act: ClassVar[str]
    """One of `acts.BROKEN`."""

    def apply(self, draft: Draft, rng: Stream) -> Draft:
        """The draft with some sends broken off, and sent again."""
        sends: list[Send] = []
        for send in draft.sends:
            if send.act != SEND or not self.strikes(send, rng):
                sends.append(send)
                continue
            sends.append(replace(send, act=self.act, labels=(*send.labels, self.act)))
            sends.append(replace(send.moved(send.at_ms + AGAIN_MS, "again"), twin=send.twin + _TWIN))
        return draft.with_sends(sends)
