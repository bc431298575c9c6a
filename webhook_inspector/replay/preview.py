"""What a plan looks like before, while and after it is sent: counts, order, swapped pairs, lanes, axis.

Pure functions; the front ends only draw what they return. Labels are not yet safe to show.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from webhook_inspector.replay.acts import MUST_BE_REFUSED
from webhook_inspector.replay.durations import spoken_ms

if TYPE_CHECKING:
    from webhook_inspector.replay.plan import Plan, PlannedAttempt

MAX_DELIVERY_LANES = 8
MAX_TYPE_LANES = 8
LATE_MS = 50.0
"""A move shorter than this is not worth a remark."""
_PRIMES = ("", "′", "″", "‴")


@dataclass(frozen=True, slots=True)
class Mark:
    """One send on a lane."""

    n: int
    delivery_id: int
    at_ms: float
    captured_ms: float
    """Where it was captured: the dashed tail runs from here to `at_ms`."""
    copy: int
    """1: draw `●`; more: draw `○`."""


@dataclass(frozen=True, slots=True)
class Lane:
    """One row of the timeline."""

    letter: str
    """`A`, `B`, ... of a delivery; empty for a lane of an event type."""
    label: str
    """The delivery's label, or the event type."""
    marks: tuple[Mark, ...]
    """In the order of sending."""
    remark: str
    """What to say at the right: `×2, now before B` or `late 2.4 s`; the count on a lane of a type."""
    delivery_id: int | None = None


@dataclass(frozen=True, slots=True)
class Lanes:
    """All rows of the timeline."""

    kind: str
    """`delivery` (up to 8), `type` (up to 8), or `density` (no lanes: draw `density` only)."""
    lanes: tuple[Lane, ...]


def duration_ms(plan: Plan) -> float:
    """Milliseconds from the start of the run to the last send."""
    return plan.attempts[-1].at_ms if plan.attempts else 0.0


def max_in_flight_hint(plan: Plan) -> int:
    """The most sends that can be in flight at once; how many are depends on how fast the target answers."""
    return min(plan.concurrency, len(plan.attempts))


def letter(index: int) -> str:
    """`A` to `Z`, then `AA`, `AB`, ... for the deliveries in captured order, from 0."""
    text = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        text = chr(ord("A") + rest) + text
    return text


def letters(plan: Plan) -> dict[int, str]:
    """The letter of each delivery of the plan, in captured order."""
    return {delivery_id: letter(index) for index, delivery_id in enumerate(captured_ids(plan))}


def captured_ids(plan: Plan) -> list[int]:
    """The deliveries in captured order, each once."""
    if plan.items:
        return [item.delivery_id for item in plan.items]
    first = {attempt.delivery_id: attempt.captured_ms for attempt in plan.attempts}
    return sorted(first, key=lambda delivery_id: (first[delivery_id], delivery_id))


def copy_name(name: str, copy: int) -> str:
    """`A`, `A′`, `A″`, `A‴`, then `A·5`."""
    return name + _PRIMES[copy - 1] if copy <= len(_PRIMES) else f"{name}·{copy}"


def captured_order(plan: Plan) -> tuple[str, ...]:
    """The letters in captured order: `A B C`."""
    return tuple(letters(plan).values())


def replay_order(plan: Plan) -> tuple[str, ...]:
    """The letters in the order of sending, copies with primes: `A C C′ A′ B`."""
    names = letters(plan)
    return tuple(copy_name(names[attempt.delivery_id], attempt.copy) for attempt in plan.attempts)


def swapped_count(plan: Plan) -> int:
    """Pairs of deliveries whose first copies leave in the other order than they were captured in."""
    return _inversions(_first_order(plan))


def swapped_pairs(plan: Plan, limit: int = 100) -> tuple[tuple[int, int], ...]:
    """Up to `limit` such pairs as (now earlier, captured earlier) delivery ids, in the order of sending."""
    ids = captured_ids(plan)
    order = _first_order(plan)
    # The places still to come, the earliest last: what is captured earlier than the one that leaves now follows it.
    coming = sorted(-place for place in order)
    pairs: list[tuple[int, int]] = []
    for place in order:
        index = bisect_left(coming, -place)
        pairs += [(ids[place], ids[-earlier]) for earlier in coming[:index:-1][: limit - len(pairs)]]
        if len(pairs) >= limit:
            break
        del coming[index]
    return tuple(pairs)


def swapped_sentence(plan: Plan) -> str:
    """`C now before B` for up to three pairs, their number for more, empty for none."""
    count = swapped_count(plan)
    if count == 0:
        return ""
    if count > 3:
        return f"{count} pairs swapped"
    names = letters(plan)
    return ", ".join(f"{names[a]} now before {names[b]}" for a, b in swapped_pairs(plan, 3))


def counts(plan: Plan) -> tuple[str, ...]:
    """The line under the timeline, in parts.

    For example `5 requests`, `3.1 s`, `at most 2 at once`, `2 duplicates with the same delivery id`,
    `1 pair swapped`.
    """
    parts = [_plural(len(plan.attempts), "request"), spoken_ms(duration_ms(plan))]
    parts.append("one at a time" if max_in_flight_hint(plan) <= 1 else f"at most {max_in_flight_hint(plan)} at once")
    forged = sum(attempt.act in MUST_BE_REFUSED for attempt in plan.attempts)
    duplicates = sum(attempt.copy > 1 for attempt in plan.attempts) - forged
    if duplicates > 0:
        parts.append(f"{_plural(duplicates, 'duplicate')} with the same delivery id")
    if forged:
        parts.append(f"{forged} to be refused")
    swapped = swapped_count(plan)
    if swapped:
        parts.append(f"{_plural(swapped, 'pair')} swapped")
    return tuple(parts)


def lanes(plan: Plan) -> Lanes:
    """The rows of the timeline: one a delivery up to 8, else one an event type up to 8, else none."""
    by_delivery: dict[int, list[PlannedAttempt]] = {delivery_id: [] for delivery_id in captured_ids(plan)}
    for attempt in plan.attempts:
        by_delivery.setdefault(attempt.delivery_id, []).append(attempt)
    if len(by_delivery) <= MAX_DELIVERY_LANES:
        names = letters(plan)
        labels = {item.delivery_id: item.label for item in plan.items}
        befores: dict[int, list[str]] = {}
        for earlier_now, later_now in swapped_pairs(plan):
            befores.setdefault(earlier_now, []).append(names[later_now])
        rows = [
            Lane(
                letter=names[delivery_id],
                label=labels.get(delivery_id, f"#{delivery_id}"),
                marks=_marks(attempts),
                remark=_remark(attempts, befores.get(delivery_id, [])),
                delivery_id=delivery_id,
            )
            for delivery_id, attempts in by_delivery.items()
        ]
        return Lanes("delivery", tuple(rows))
    types = {item.delivery_id: item.event_type or "unknown type" for item in plan.items}
    by_type: dict[str, list[PlannedAttempt]] = {}
    for attempt in plan.attempts:
        by_type.setdefault(types.get(attempt.delivery_id, "unknown type"), []).append(attempt)
    if not plan.items or len(by_type) > MAX_TYPE_LANES:
        return Lanes("density", ())
    return Lanes(
        "type",
        tuple(Lane("", name, _marks(attempts), f"×{len(attempts)}") for name, attempts in by_type.items()),
    )


def density(plan: Plan, buckets: int) -> tuple[int, ...]:
    """Sends in each of `buckets` equal parts of the run."""
    result = [0] * max(1, buckets)
    scale = duration_ms(plan)
    for attempt in plan.attempts:
        place = int(attempt.at_ms / scale * len(result)) if scale else 0
        result[min(place, len(result) - 1)] += 1
    return tuple(result)


def axis_ticks(length_ms: float, most: int = 5) -> tuple[float, ...]:
    """Milliseconds of the axis' ticks: from 0 in steps of 1, 2 or 5 times a power of ten, past the end."""
    step = 1.0
    while step * (most - 1) < length_ms:
        lead = int(f"{step:e}"[0])
        step *= 2.5 if lead == 2 else 2
    ticks = [0.0, step]
    while ticks[-1] < length_ms:
        ticks.append(ticks[-1] + step)
    return tuple(ticks)


def describe(plan: Plan) -> str:
    """The plan in words: counts, order when it is short, faults, seed and notes, one a line."""
    lines = [" · ".join(counts(plan))]
    if len(plan.attempts) <= 40:
        captured, replay = "  ".join(captured_order(plan)), "  ".join(replay_order(plan))
        lines.append(f"captured order  {captured}")
        lines.append(f"replay order    {replay}")
    swapped = swapped_sentence(plan)
    if swapped and swapped_count(plan) <= 3:
        lines.append(swapped)
    speed = "as soon as possible" if plan.speed == "asap" else f"speed ×{plan.speed}"
    lines.append(" · ".join([speed, *plan.faults, f"seed {plan.seed}"]))
    return "\n".join([*lines, *plan.notes])


def _plural(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def _marks(attempts: Sequence[PlannedAttempt]) -> tuple[Mark, ...]:
    return tuple(Mark(a.n, a.delivery_id, a.at_ms, a.captured_ms, a.copy) for a in attempts)


def _remark(attempts: Sequence[PlannedAttempt], before: Sequence[str]) -> str:
    if not attempts:
        return "dropped"
    parts = [f"×{len(attempts)}"] if len(attempts) > 1 else []
    if before:
        shown = " and ".join(before[:2]) if len(before) <= 2 else f"{before[0]} and {len(before) - 1} more"
        parts.append(f"now before {shown}")
    elif attempts and attempts[0].at_ms - attempts[0].captured_ms >= LATE_MS:
        parts.append(f"late {spoken_ms(attempts[0].at_ms - attempts[0].captured_ms)}")
    elif attempts and attempts[0].captured_ms - attempts[0].at_ms >= LATE_MS:
        parts.append(f"early {spoken_ms(attempts[0].captured_ms - attempts[0].at_ms)}")
    return ", ".join(parts)


def _first_order(plan: Plan) -> list[int]:
    """Captured places of the first copies, in the order of sending."""
    places = {delivery_id: place for place, delivery_id in enumerate(captured_ids(plan))}
    return [places[attempt.delivery_id] for attempt in plan.attempts if attempt.copy == 1]


def _inversions(order: Sequence[int]) -> int:
    """Pairs out of order, counted with a binary indexed tree in n log n."""
    size = max(order, default=-1) + 1  # a delivery whose sends were all dropped leaves a gap
    tree = [0] * (size + 1)
    total = 0
    for seen, value in enumerate(order):
        index, smaller = value + 1, 0
        while index > 0:
            smaller += tree[index]
            index -= index & -index
        total += seen - smaller
        index = value + 1
        while index <= size:
            tree[index] += 1
            index += index & -index
    return total
