"""Reorder: deliveries trade places. The times of the plan stay, only who leaves at which time changes."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Self

from webhook_inspector.core.display import show
from webhook_inspector.errors import UsageError
from webhook_inspector.replay.faults.api import Draft, Send, Stream

MAX_WINDOW = 1_000_000
_TRIES = 32


@dataclass(frozen=True, slots=True)
class Reorder:
    """Sends are permuted over the plan's times.

    A window of N keeps every send within N-1 places of where it was. Where two different deliveries are in the plan,
    asking for reorder always shows some: an order is drawn until deliveries arrive in another order than before, or,
    where the window leaves no room for that among the copies, until the sends do.
    """

    name: ClassVar[str] = "reorder"
    help: ClassVar[str] = "change the order: a window such as 3, or shuffle, reverse, swap, by-type"
    examples: ClassVar[tuple[str, ...]] = ("3", "shuffle", "reverse", "swap", "by-type", "by-type=a.b,c.d")
    stage: ClassVar[int] = 40

    way: str
    """`window`, `shuffle`, `reverse`, `swap` (the first copies of neighbouring deliveries) or `by-type`."""
    window: int
    spec: str
    types: tuple[str, ...] = ()
    """Event types in the order in which they are to arrive, before all others; empty: the latest type first."""

    @classmethod
    def parse(cls, spec: str) -> Self:
        """Read a window (2 or more) or one of the words; `by-type` may name types.

        Raises:
            UsageError: It is neither.
        """
        text = spec.strip()
        if text in {"shuffle", "reverse", "swap"}:
            return cls(way=text, window=0, spec=text)
        word, _, names = text.partition("=")
        if word == "by-type":
            types = tuple(name.strip() for name in names.split(",") if name.strip())
            return cls(way=word, window=0, spec=text, types=types)
        number = text.removeprefix("window=")
        if number.isascii() and number.isdigit() and 2 <= int(number[:9]) <= MAX_WINDOW:
            return cls(way="window", window=int(number[:9]), spec=text)
        raise UsageError(
            f"reorder: {show(spec, 40)!r} is not understood; write a window of 2 or more, shuffle, reverse, swap or "
            "by-type."
        )

    def apply(self, draft: Draft, rng: Stream) -> Draft:
        """The draft with its sends permuted over its times."""
        before = draft.sends
        after = self._permuted(before, rng)
        sends = []
        for index, (slot, send) in enumerate(zip(before, after, strict=True)):
            changed = before[index].delivery_id != send.delivery_id
            sends.append(send.moved(slot.at_ms, "reordered") if changed else replace(send, at_ms=slot.at_ms))
        return draft.with_sends(sends)

    def _permuted(self, sends: Sequence[Send], rng: Stream) -> list[Send]:
        arrivals = _arrivals(sends)
        if len(arrivals) < 2 or self.way == "swap":
            return _swapped(sends)
        if self.way == "by-type":
            return self._by_type(sends)
        if self.way == "reverse":
            turned = list(reversed(sends))
            return turned if _arrivals(turned) != arrivals else _swapped(sends)
        ids = [send.delivery_id for send in sends]
        other: list[Send] | None = None
        for attempt in range(_TRIES):
            drawn = self._drawn(sends, rng.of("order", attempt))
            if _arrivals(drawn) != arrivals:
                return drawn
            if other is None and [send.delivery_id for send in drawn] != ids:
                other = drawn
        if self.way == "shuffle":
            return _swapped(sends)
        if other is not None:
            return other
        first = next(index for index in range(1, len(ids)) if ids[index] != ids[index - 1])
        return [*sends[: first - 1], sends[first], sends[first - 1], *sends[first + 1 :]]

    def _by_type(self, sends: Sequence[Send]) -> list[Send]:
        """All of one event type, then all of the next; each type keeps its order."""
        seen = list(dict.fromkeys(send.event_type for send in sends))
        if self.types:
            place = {name: n for n, name in enumerate(self.types)}
            return sorted(sends, key=lambda send: place.get(send.event_type or "", len(place)))
        return sorted(sends, key=lambda send: -seen.index(send.event_type))

    def _drawn(self, sends: Sequence[Send], dice: random.Random) -> list[Send]:
        if self.way == "shuffle":
            keys = [dice.random() for _ in sends]
        else:
            # Two sends can change places only when their keys overlap, that is within the window.
            keys = [index + dice.uniform(0, self.window - 1e-9) for index in range(len(sends))]
        return [sends[index] for index in sorted(range(len(sends)), key=keys.__getitem__)]


def _arrivals(sends: Sequence[Send]) -> list[int]:
    """The deliveries in the order in which their first copies leave."""
    return list(dict.fromkeys(send.delivery_id for send in sends))


def _swapped(sends: Sequence[Send]) -> list[Send]:
    """The first copies of neighbouring deliveries in exchanged places: A B C D becomes B A D C."""
    result = list(sends)
    first: dict[int, int] = {}
    for index, send in enumerate(sends):
        first.setdefault(send.delivery_id, index)
    places = list(first.values())
    for one, two in zip(places[::2], places[1::2], strict=False):
        result[one], result[two] = result[two], result[one]
    return result


FAULT = Reorder
