"""Faults that strike each send by chance, and how a chance is written: `0.3` or `30%`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar, Self

from webhook_inspector.core.display import show
from webhook_inspector.errors import UsageError
from webhook_inspector.replay.faults.api import Send, Stream

_NUMBER = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,9})?|\.[0-9]{1,9})(%?)")


def parse_probability(text: str, *, where: str) -> float:
    """A probability above 0 and at most 1.

    Raises:
        UsageError: It is none.
    """
    match = _NUMBER.fullmatch(text.strip())
    value = float(match[1]) / (100 if match[2] else 1) if match else 0.0
    if not 0 < value <= 1:
        raise UsageError(f"{where}: {show(text, 40)!r} is not a probability; write for example 0.3 or 30%.")
    return value


@dataclass(frozen=True, slots=True)
class ByChance:
    """What faults with a probability alone have in common."""

    name: ClassVar[str]
    examples: ClassVar[tuple[str, ...]] = ("0.2", "50%")

    probability: float
    spec: str

    @classmethod
    def parse(cls, spec: str) -> Self:
        """Read a probability.

        Raises:
            UsageError: It cannot be read.
        """
        return cls(parse_probability(spec, where=cls.name), spec.strip())

    def strikes(self, send: Send, rng: Stream) -> bool:
        """Whether it befalls a send."""
        return rng.of_send(send).random() < self.probability
