"""Reorder: deliveries trade places. The times of the plan stay, only who leaves at which time changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Self

from webhook_inspector.core.display import show
from webhook_inspector.errors import UsageError
from webhook_inspector.replay.faults.api import Draft, Send, Stream

MAX_WINDOW = 1_000_000
_TRIES = 16


@dataclass(frozen=True, slots=True)
class Reorder:
    """Sends are permuted over the plan's times.

    A window of N keeps every send within N-1 places of where it was. Where two different deliveries are in the
    plan, a random order is drawn until it differs from the one before, so asking for reorder always shows some.
    """

    name: ClassVar[str] = "reorder"
    help: ClassVar[str] = "change the order: a window such as 3, or shuffle, reverse, swap"
    examples: ClassVar[tuple[str, ...]] = ("3", "shuffle", "reverse", "swap")
    stage: ClassVar[int] = 40

    way: str
    """`window`, `shuffle`, `reverse` or `swap` (neighbours)."""
    window: int
    spec: str

    @classmethod
    def parse(cls, spec: str) -> Self:
        """Read a window (2 or more) or one of the words.

        Raises:
            UsageError: It is neither.
        """
        text = spec.strip()
        if text in {"shuffle", "reverse", "swap"}:
            return cls(way=text, window=0, spec=text)
        number = text.removeprefix("window=")
        if number.isascii() and number.isdigit() and 2 <= int(number[:9]) <= MAX_WINDOW:
            return cls(way="window", window=int(number[:9]), spec=text)
        raise UsageError(
            f"reorder: {show(spec, 40)!r} is not understood; write a window of 2 or more, shuffle, reverse or swap."
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
        if self.way == "reverse":
            return list(reversed(sends))
        if self.way == "swap":
            return _swapped(sends)
        if len({send.delivery_id for send in sends}) < 2:
            return list(sends)
        ids = [send.delivery_id for send in sends]
        for attempt in range(_TRIES):
            dice = rng.of("order", attempt)
            if self.way == "shuffle":
                keys = [dice.random() for _ in sends]
            else:
                # Two sends can change places only when their keys overlap, that is within the window.
                keys = [index + dice.uniform(0, self.window - 1e-9) for index in range(len(sends))]
            order = sorted(range(len(sends)), key=keys.__getitem__)
            if [ids[index] for index in order] != ids:
                return [sends[index] for index in order]
        first = next(index for index in range(1, len(ids)) if ids[index] != ids[index - 1])
        return [*sends[: first - 1], sends[first], sends[first - 1], *sends[first + 1 :]]


def _swapped(sends: Sequence[Send]) -> list[Send]:
    """Neighbours of different deliveries in exchanged places: A B C D becomes B A D C."""
    result = list(sends)
    index = 1
    while index < len(result):
        if result[index].delivery_id != result[index - 1].delivery_id:
            result[index - 1], result[index] = result[index], result[index - 1]
            index += 2
        else:
            index += 1
    return result


FAULT = Reorder
