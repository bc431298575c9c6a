"""Whether a difference is more than chance: by an exact test that needs no assumption but that order does not matter.

If the two windows were cut at random from the same stream, how likely would all the deliveries that have something be
on the same side? That probability is what is compared with a limit, divided by the number of positions that are looked
at, so that thousands of comparisons do not find something by looking often.
"""

from __future__ import annotations

from math import exp, lgamma

from webhook_inspector.shapes.drift.model import CONFIRMED, LIKELY, WATCH

CONFIRM = 1e-4
"""Of all comparisons of two windows without a change, at most this share gives any confirmed one."""
LIKELY_BELOW = 0.01
MOST_NEEDED = 10_000


def chance(special: int, side: int, other: int) -> float:
    """The probability that all special ones are among `side`, when `side + other` are cut at random.

    Args:
        special: How many have it, all of them on one side; at most `side`.
        side: How many there are on that side.
        other: How many on the other.
    """
    if special <= 0 or side <= 0:
        return 1.0
    special = min(special, side)
    whole = side + other
    log = lgamma(side + 1) - lgamma(side - special + 1) - lgamma(whole + 1) + lgamma(whole - special + 1)
    return min(1.0, exp(log))


def apart(one: tuple[int, int], other: tuple[int, int]) -> float:
    """The probability that two shares are at least so far apart, when both are cut at random from the same (Fisher).

    Args:
        one: How many of how many.
        other: The same of the other side.
    """
    (low, side), (high, rest) = sorted((one, other), key=lambda share: share[0] / max(1, share[1]))
    special, whole = low + high, side + rest

    def odds(count: int) -> float:
        return exp(_choose(special, count) + _choose(whole - special, side - count) - _choose(whole, side))

    return min(1.0, 2 * sum(odds(count) for count in range(max(0, special - rest), low + 1)))


def _choose(whole: int, part: int) -> float:
    return lgamma(whole + 1) - lgamma(part + 1) - lgamma(whole - part + 1)


def confidence(probability: float, positions: int) -> str:
    """How sure it is."""
    if probability < CONFIRM / max(1, positions):
        return CONFIRMED
    return LIKELY if probability < LIKELY_BELOW else WATCH


def needed(special: int, side: int, other: int, positions: int) -> int:
    """How many more deliveries on the other side, all without it, would confirm it; 0 when it is confirmed."""
    limit = CONFIRM / max(1, positions)
    if chance(special, side, other) < limit:
        return 0
    low, high = 1, MOST_NEEDED
    if chance(special, side, other + high) >= limit:
        return 0
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if chance(special, side, other + middle) < limit else (middle + 1, high)
    return low
