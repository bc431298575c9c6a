"""What alert rules are told, what they say, and what a kind of rule is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias


@dataclass(frozen=True, slots=True)
class Arrived:
    """A delivery came and was looked at."""

    at_ns: int
    """When, on a clock that never goes back; so in all facts."""
    id: int
    source: str
    event_type: str | None
    sig: str
    """A `VerificationStatus`."""
    new_shape: bool
    """It has a structure that its event type never had."""


@dataclass(frozen=True, slots=True)
class Answered:
    """A delivery was sent on live, and that ended."""

    at_ns: int
    id: int
    source: str
    good: bool
    """It was answered 2xx."""


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits to be sent on to one target."""

    target: str
    deliveries: int
    oldest_id: int
    waited_ns: int
    """For how long the oldest has been waiting."""


@dataclass(frozen=True, slots=True)
class Passed:
    """Time went by; told every few seconds."""

    at_ns: int
    waiting: tuple[Backlog, ...] = ()
    free_bytes: int | None = None
    """Of the disk that holds the log; None: not known."""
    disk_bytes: int | None = None


Fact: TypeAlias = Arrived | Answered | Passed


@dataclass(frozen=True, slots=True)
class Change:
    """Something begins or is over."""

    begins: bool
    words: str
    """For people, safe to show."""
    delivery: int | None = None
    """The delivery that showed it."""
    query: str = ""
    """A filter for the deliveries that it is about."""


class Rule(Protocol):
    """One rule with its small state. Says that something begins once, and not again before it is over."""

    def see(self, fact: Fact) -> list[Change]:
        """Take note of a fact; what changes by it. Facts come in the order of their times."""


@dataclass(frozen=True, slots=True)
class RuleKind:
    """A kind of rule: one file of `kinds/`, which names it `KIND`."""

    form: str
    """Its words: small ones stand as they are, capitals for a value of `grammar.VALUES`; `[SOURCE]` may be absent."""
    example: str
    help: str
    """One line for people."""
    make: Callable[[Mapping[str, Any]], Rule]
    """Makes a rule of the values of the form, by name."""
    hears: frozenset[type] = frozenset()
    """The facts that it looks at, so that others need not be gathered."""
