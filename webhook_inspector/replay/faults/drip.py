"""Drip: bodies that arrive a little at a time, over about two seconds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Self

from webhook_inspector.replay.acts import SEND, SLOW_BODY
from webhook_inspector.replay.faults.api import Draft, Stream
from webhook_inspector.replay.probability import parse_probability


@dataclass(frozen=True, slots=True)
class Drip:
    """The head goes out at once, the body in small pieces: what reads a body with too short a limit shows."""

    name: ClassVar[str] = "drip"
    help: ClassVar[str] = "send the body in small pieces over 2 s with this probability: 0.2"
    examples: ClassVar[tuple[str, ...]] = ("0.2", "50%")
    stage: ClassVar[int] = 19

    probability: float
    spec: str

    @classmethod
    def parse(cls, spec: str) -> Self:
        """Read a probability.

        Raises:
            UsageError: It cannot be read.
        """
        return cls(parse_probability(spec, where="drip"), spec.strip())

    def apply(self, draft: Draft, rng: Stream) -> Draft:
        """The draft with some slow bodies."""
        return draft.with_sends(
            [
                replace(send, act=SLOW_BODY, labels=(*send.labels, SLOW_BODY))
                if send.act == SEND and rng.of_send(send).random() < self.probability
                else send
                for send in draft.sends
            ]
        )


FAULT = Drip
