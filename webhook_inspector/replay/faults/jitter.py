"""Jitter: sends leave a little earlier or later than planned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

from webhook_inspector.errors import UsageError
from webhook_inspector.replay.durations import parse_ms
from webhook_inspector.replay.faults.api import Draft, Stream


@dataclass(frozen=True, slots=True)
class Jitter:
    """Every send moves by a uniform random time within ± the given one; never before the start."""

    name: ClassVar[str] = "jitter"
    help: ClassVar[str] = "move each send by up to this much, earlier or later: 200ms"
    examples: ClassVar[tuple[str, ...]] = ("200ms", "1.5s")
    stage: ClassVar[int] = 30

    width_ms: float
    spec: str

    @classmethod
    def parse(cls, spec: str) -> Self:
        """Read a duration; a leading `±` is allowed.

        Raises:
            UsageError: It cannot be read, or is 0.
        """
        width_ms = parse_ms(spec.strip().removeprefix("±"), where="jitter")
        if width_ms <= 0:
            raise UsageError("jitter: 0 moves nothing; write for example 200ms, or leave the option out.")
        return cls(width_ms=width_ms, spec=spec.strip())

    def apply(self, draft: Draft, rng: Stream) -> Draft:
        """The draft with every send moved a little."""
        return draft.with_sends(
            [
                send.moved(send.at_ms + rng.of_send(send).uniform(-self.width_ms, self.width_ms), "jittered")
                for send in draft.sends
            ]
        )


FAULT = Jitter
