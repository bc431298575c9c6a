"""What a fault is: a pure, seeded function from one draft of a plan to the next.

One file of this folder is one fault: it exposes `FAULT`, a class that follows the `Fault` protocol. Faults
compose in the order of their `stage`, whatever the order of the options, so a plan never depends on how the
command line was typed.
"""

from __future__ import annotations

import importlib
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import ClassVar, Protocol, Self, runtime_checkable

from webhook_inspector.core.display import show
from webhook_inspector.core.registry import discover
from webhook_inspector.errors import UsageError


@dataclass(frozen=True, slots=True)
class Send:
    """One send of a draft."""

    delivery_id: int
    ordinal: int
    """Place of its delivery in the captured order, from 0."""
    twin: int
    """Which copy of its delivery it was made as, from 0; it names the send's own stream of randomness."""
    at_ms: float
    """Milliseconds after the start of the run."""
    captured_ms: float
    """Where its delivery stood in the captured order, on the same scale."""
    event_type: str | None = None
    signed: bool = False
    """Whether its delivery carries a signature."""
    act: str = "send"
    """One of `plan.ACTS`."""
    labels: tuple[str, ...] = ()
    """What was done to it, without `original` and `duplicate`, which follow from the final order."""

    def moved(self, at_ms: float, label: str) -> Send:
        """The same send at another time (never before 0), with a label that says why."""
        labels = self.labels if label in self.labels else (*self.labels, label)
        return replace(self, at_ms=max(0.0, at_ms), labels=labels)


@dataclass(frozen=True, slots=True)
class Draft:
    """A plan in the making: sends in the order in which they would leave."""

    sends: tuple[Send, ...]
    concurrency: int = 1
    """How many may be in flight at once."""
    notes: tuple[str, ...] = ()

    def with_sends(self, sends: Sequence[Send]) -> Draft:
        """The draft with other sends, put in order of time; sends of one instant keep their order."""
        return replace(self, sends=tuple(sorted(sends, key=lambda send: send.at_ms)))


@dataclass(frozen=True, slots=True)
class Stream:
    """A fault's own source of randomness. Each send has a stream of its own in it.

    So neither another fault nor another delivery shifts the numbers that a send is given.
    """

    seed: int
    name: str
    """Name of the fault; a second use of one fault gets a number after it."""

    def of(self, *parts: int | str) -> random.Random:
        """The stream for one decision, for example `of(send.ordinal, send.twin)`."""
        return random.Random(":".join([str(self.seed), self.name, *map(str, parts)]))  # noqa: S311 (not for secrets)

    def of_send(self, send: Send) -> random.Random:
        """The stream of one send."""
        return self.of(send.ordinal, send.twin)


@runtime_checkable
class Fault(Protocol):
    """One fault with its settings. The class itself is what a fault's file exposes as `FAULT`."""

    name: ClassVar[str]
    """As in the option: `duplicate`."""
    help: ClassVar[str]
    """One line for `--help` and the dialog."""
    examples: ClassVar[tuple[str, ...]]
    """Specs that it accepts."""
    stage: ClassVar[int]
    """Faults are applied from the lowest stage to the highest."""

    @property
    def spec(self) -> str:
        """The text it was read from; `parse` of it gives an equal fault."""

    @classmethod
    def parse(cls, spec: str) -> Self:
        """Read the text of the option.

        Raises:
            UsageError: It cannot be read; the message shows an example.
        """

    def apply(self, draft: Draft, rng: Stream) -> Draft:
        """The draft after the fault. Pure: the same draft and stream give the same result."""


@cache
def kinds() -> Mapping[str, type[Fault]]:
    """All faults by name, in the order in which they are applied."""
    found: dict[str, type[Fault]] = discover(importlib.import_module("webhook_inspector.replay.faults"), "FAULT")
    return {fault.name: fault for fault in sorted(found.values(), key=lambda kind: (kind.stage, kind.name))}


def parse_fault(name: str, spec: str) -> Fault:
    """The fault of a name with its settings, for example `parse_fault("delay", "0-2.5s")`.

    Raises:
        UsageError: No such fault, or its settings cannot be read.
    """
    kind = kinds().get(name)
    if kind is None:
        raise UsageError(f"There is no fault {show(name, 40)!r}; the faults are {', '.join(kinds())}.")
    return kind.parse(spec)
