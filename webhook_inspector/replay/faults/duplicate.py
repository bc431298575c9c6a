"""Duplicate: the same delivery arrives again, with the same bytes and the same delivery id.

Providers deliver at least once: after an answer that was lost, or too late, the event comes again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import ClassVar, Self

from webhook_inspector.core.display import show
from webhook_inspector.errors import UsageError
from webhook_inspector.replay.acts import FRESH_ID
from webhook_inspector.replay.durations import Distribution, parse_distribution
from webhook_inspector.replay.faults.api import Draft, Send, Stream

MAX_COPIES = 1000
_PROBABILITY = re.compile(r"[0-9](?:\.[0-9]{1,9})?|\.[0-9]{1,9}|[0-9]{1,3}%")


@dataclass(frozen=True, slots=True)
class Duplicate:
    """Some deliveries are sent more than once."""

    name: ClassVar[str] = "duplicate"
    help: ClassVar[str] = "send some deliveries again, with the same delivery id (or 1:fresh-id)"
    examples: ClassVar[tuple[str, ...]] = ("0.3", "1", "0.5:later=2s", "times=3", "times=5:concurrent", "1:fresh-id")
    stage: ClassVar[int] = 10

    probability: float = 1.0
    """Of a delivery being duplicated at all."""
    copies: int = 2
    """How often a duplicated delivery is sent in all."""
    later: Distribution | None = None
    """Time between one copy and the next; None: at once after the first."""
    concurrent: bool = False
    """All copies may be in flight together."""
    fresh_id: bool = False
    """Copies after the first carry a delivery id of their own."""
    spec: str = "1"

    @classmethod
    def parse(cls, spec: str) -> Self:
        """Read `P`, `times=N`, `later=TIME`, `immediate`, `concurrent` and `fresh-id`, joined with `:`.

        Raises:
            UsageError: A part cannot be read.
        """
        fault = cls(spec=spec.strip())
        for part in fault.spec.split(":"):
            key, equals, value = part.strip().partition("=")
            if _PROBABILITY.fullmatch(key) and not equals:
                chance = float(key[:-1]) / 100 if key.endswith("%") else float(key)
                if chance > 1:
                    raise UsageError(f"duplicate: {key} is not a probability; use 0 to 1, or times=N for N copies.")
                fault = replace(fault, probability=chance)
            elif key == "times" and value.isascii() and value.isdigit() and 1 <= int(value[:9]) <= MAX_COPIES:
                fault = replace(fault, copies=int(value))
            elif key == "later":
                fault = replace(fault, later=parse_distribution(value or "2s", where="duplicate: later"))
            elif key == "immediate" and not equals:
                fault = replace(fault, later=None)
            elif key == "concurrent" and not equals:
                fault = replace(fault, concurrent=True)
            elif key == "fresh-id" and not equals:
                fault = replace(fault, fresh_id=True)
            else:
                raise UsageError(
                    f"duplicate: {show(part, 40)!r} is not understood; write a probability such as 0.3, and after a "
                    f"colon later=2s, times=3 (at most {MAX_COPIES}), immediate, concurrent or fresh-id."
                )
        if fault.concurrent and fault.later is not None:
            raise UsageError("duplicate: copies are either concurrent or later, not both; leave one out.")
        return fault

    def apply(self, draft: Draft, rng: Stream) -> Draft:
        """The draft with copies after some sends."""
        sends: list[Send] = []
        most = 1
        twins: dict[int, int] = {}
        for send in draft.sends:
            twins[send.ordinal] = max(twins.get(send.ordinal, 0), send.twin + 1)
        for send in draft.sends:
            dice = rng.of_send(send)
            if dice.random() >= self.probability:
                sends.append(send)
                continue
            labels = (*send.labels, "concurrent") if self.concurrent else send.labels
            sends.append(replace(send, labels=labels))
            most = max(most, self.copies)
            copy = replace(send, labels=labels)
            if self.fresh_id:
                copy = replace(copy, act=FRESH_ID, labels=(*labels, FRESH_ID))
            at_ms = send.at_ms
            for _ in range(self.copies - 1):
                at_ms += self.later.draw(dice) if self.later is not None else 0.0
                sends.append(replace(copy, twin=twins[send.ordinal], at_ms=at_ms))
                twins[send.ordinal] += 1
        concurrency = max(draft.concurrency, most) if self.concurrent else draft.concurrency
        return replace(draft, concurrency=concurrency).with_sends(sends)


FAULT = Duplicate
