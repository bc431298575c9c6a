"""Lose: answers that never reach the sender, so that it sends again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

from webhook_inspector.replay.broken import breaking
from webhook_inspector.replay.faults.api import Draft, Stream
from webhook_inspector.replay.probability import parse_probability


@dataclass(frozen=True, slots=True)
class Lose:
    """The connection is closed once everything was sent; a moment later the delivery comes again."""

    name: ClassVar[str] = "lose"
    help: ClassVar[str] = "close after sending with this probability, and send again: 0.2"
    examples: ClassVar[tuple[str, ...]] = ("0.2", "50%")
    stage: ClassVar[int] = 16

    probability: float
    spec: str

    @classmethod
    def parse(cls, spec: str) -> Self:
        """Read a probability.

        Raises:
            UsageError: It cannot be read.
        """
        return cls(parse_probability(spec, where="lose"), spec.strip())

    def apply(self, draft: Draft, rng: Stream) -> Draft:
        """The draft with some sends broken off, and sent again."""
        return breaking(draft, rng, self.probability, "lost-answer")


FAULT = Lose
