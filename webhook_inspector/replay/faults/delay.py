"""Delay: sends leave later than they were captured, each by a time of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

from webhook_inspector.replay.durations import Distribution, parse_distribution
from webhook_inspector.replay.faults.api import Draft, Stream


@dataclass(frozen=True, slots=True)
class Delay:
    """Every send is late by a fixed or random time; what overtakes what follows from the times."""

    name: ClassVar[str] = "delay"
    help: ClassVar[str] = "send each later: 500ms, 0-2.5s (uniform), exp:300ms or normal:500ms,100ms"
    examples: ClassVar[tuple[str, ...]] = ("500ms", "0-2.5s", "exp:300ms", "normal:500ms,100ms")
    stage: ClassVar[int] = 20

    time: Distribution
    spec: str

    @classmethod
    def parse(cls, spec: str) -> Self:
        """Read a time or a distribution of times.

        Raises:
            UsageError: It cannot be read.
        """
        return cls(time=parse_distribution(spec, where="delay"), spec=spec.strip())

    def apply(self, draft: Draft, rng: Stream) -> Draft:
        """The draft with every send moved to a later time."""
        sends = []
        for send in draft.sends:
            late_ms = self.time.draw(rng.of_send(send))
            sends.append(send.moved(send.at_ms + late_ms, "delayed") if late_ms > 0 else send)
        return draft.with_sends(sends)


FAULT = Delay
