"""Reset: connections that are torn down in the middle of the body, so that the sender sends again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

from webhook_inspector.replay.broken import breaking
from webhook_inspector.replay.faults.api import Draft, Stream
from webhook_inspector.replay.probability import parse_probability


@dataclass(frozen=True, slots=True)
class Reset:
    """The connection is reset (TCP RST, not closed in order) after half of the body; then the delivery comes again."""

    name: ClassVar[str] = "reset"
    help: ClassVar[str] = "reset the connection in the middle with this probability, and send again: 0.2"
    examples: ClassVar[tuple[str, ...]] = ("0.2", "50%")
    stage: ClassVar[int] = 18

    probability: float
    spec: str

    @classmethod
    def parse(cls, spec: str) -> Self:
        """Read a probability.

        Raises:
            UsageError: It cannot be read.
        """
        return cls(parse_probability(spec, where="reset"), spec.strip())

    def apply(self, draft: Draft, rng: Stream) -> Draft:
        """The draft with some connections reset, and their deliveries sent again."""
        return breaking(draft, rng, self.probability, "reset")


FAULT = Reset
