"""Burst: deliveries that gather and then arrive together, as after an outage at the provider."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Self

from webhook_inspector.core.display import show
from webhook_inspector.errors import UsageError
from webhook_inspector.replay.faults.api import Draft, Send, Stream

MAX_BURST = 1000


@dataclass(frozen=True, slots=True)
class Burst:
    """Every N sends wait for the last of them and leave at its time, all in flight at once."""

    name: ClassVar[str] = "burst"
    help: ClassVar[str] = "hold sends back and let so many leave together: 10"
    examples: ClassVar[tuple[str, ...]] = ("2", "10")
    stage: ClassVar[int] = 45

    size: int
    spec: str

    @classmethod
    def parse(cls, spec: str) -> Self:
        """Read a number from 2 to 1000.

        Raises:
            UsageError: It is none.
        """
        text = spec.strip()
        if not (text.isascii() and text.isdigit() and 2 <= int(text[:9]) <= MAX_BURST):
            raise UsageError(f"burst: {show(spec, 40)!r} is not a number of sends; write 2 to {MAX_BURST}.")
        return cls(int(text), text)

    def apply(self, draft: Draft, rng: Stream) -> Draft:
        """The draft with its sends in groups."""
        del rng  # nothing here is left to chance
        sends: list[Send] = []
        for start in range(0, len(draft.sends), self.size):
            group = draft.sends[start : start + self.size]
            at_ms = group[-1].at_ms
            sends += [send.moved(at_ms, "burst") if len(group) > 1 else send for send in group]
        together = min(self.size, len(sends))
        return replace(draft, concurrency=max(draft.concurrency, together)).with_sends(sends)


FAULT = Burst
