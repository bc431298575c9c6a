"""Which trials are made for a property: the most telling first, then the smallest, then random ones."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Sequence

from webhook_inspector.replay.convergence.model import (
    CONCURRENT,
    CUT_BODY,
    IDEMPOTENT,
    LOST_ANSWER,
    NORMAL,
    ORDER,
    Send,
    Trial,
    is_valid,
    one_by_one,
)

EXHAUSTIVE = 5
"""Up to so many deliveries every order is tried: 5! is 120."""
_RANDOM = 1000
_SLOW_RANDOM = 8
"""Of races and lost answers, each of which takes several passes or a pause: the systematic ones say most."""
_TOGETHER = (2, 3)


def trials(property_: str, ids: Sequence[int], seed: int) -> Iterator[Trial]:
    """Trials for a property, each once.

    Args:
        property_: One of `PROPERTIES`.
        ids: The deliveries in captured order.
        seed: Of the random ones.
    """
    make = {IDEMPOTENT: _idempotent, ORDER: _order, CONCURRENT: _concurrent}.get(property_, _retry)
    seen: set[Trial] = set()
    for trial in make(list(ids), random.Random(f"{seed}:{property_}")):  # noqa: S311 (a plan, not a secret)
        if trial not in seen and is_valid(trial):
            seen.add(trial)
            yield trial


def _idempotent(ids: list[int], dice: random.Random) -> Iterator[Trial]:
    yield one_by_one(IDEMPOTENT, *[each for number in ids for each in (number, number)])
    yield one_by_one(IDEMPOTENT, *ids, *ids)
    yield one_by_one(IDEMPOTENT, *ids, *reversed(ids))
    for number in ids:
        yield one_by_one(IDEMPOTENT, number, number)
    for number in ids:
        yield one_by_one(IDEMPOTENT, *ids, number)
    for first, second in itertools.combinations(ids, 2):
        yield one_by_one(IDEMPOTENT, first, second, first)
    for _ in range(_RANDOM):
        order = list(ids)
        for number in dice.choices(ids, k=dice.randint(1, max(2, len(ids)))):
            order.insert(dice.randint(order.index(number) + 1, len(order)), number)
        yield one_by_one(IDEMPOTENT, *order)


def _order(ids: list[int], dice: random.Random) -> Iterator[Trial]:
    yield one_by_one(ORDER, *reversed(ids))
    for first, second in itertools.combinations(ids, 2):
        yield one_by_one(ORDER, second, first)
    for index in range(len(ids) - 1):
        yield one_by_one(ORDER, *ids[:index], ids[index + 1], ids[index], *ids[index + 2 :])
    if len(ids) <= EXHAUSTIVE:
        for order in itertools.permutations(ids):
            yield one_by_one(ORDER, *order)
    for _ in range(_RANDOM):
        yield one_by_one(ORDER, *dice.sample(ids, len(ids)))


def _concurrent(ids: list[int], dice: random.Random) -> Iterator[Trial]:
    for count in _TOGETHER:
        yield Trial(CONCURRENT, tuple((Send(number),) * count for number in ids))
    for number in ids:
        for count in _TOGETHER:
            yield Trial(CONCURRENT, ((Send(number),) * count,))
    for _ in range(_SLOW_RANDOM):
        yield Trial(CONCURRENT, tuple((Send(number),) * dice.randint(1, 5) for number in ids))


def _retry(ids: list[int], dice: random.Random) -> Iterator[Trial]:
    def broken(acts: Sequence[str], numbers: Sequence[int]) -> Trial:
        groups: list[tuple[Send, ...]] = []
        for number, act in zip(numbers, acts, strict=True):
            groups += [(Send(number, act),)] * (act != NORMAL)
            groups.append((Send(number),))
        return Trial("retry", tuple(groups))

    for act in (LOST_ANSWER, CUT_BODY):
        yield broken([act] * len(ids), ids)
    for number in ids:
        for act in (LOST_ANSWER, CUT_BODY):
            yield broken([act], [number])
    for _ in range(_SLOW_RANDOM):
        yield broken(dice.choices((NORMAL, LOST_ANSWER, CUT_BODY), k=len(ids)), ids)


def smaller(trial: Trial) -> Iterator[Trial]:
    """Trials with one thing less: a whole delivery, then one send."""
    for number in reversed(trial.deliveries):  # the story stays with its beginning
        groups = tuple(tuple(send for send in group if send.delivery != number) for group in trial.groups)
        yield from _valid(Trial(trial.kind, tuple(group for group in groups if group)))
    for place, group in enumerate(trial.groups):
        for index in range(len(group)):
            rest = group[:index] + group[index + 1 :]
            groups = trial.groups[:place] + ((rest,) if rest else ()) + trial.groups[place + 1 :]
            yield from _valid(Trial(trial.kind, groups))


def every(property_: str, ids: Sequence[int], length: int) -> Iterator[Trial]:
    """Every trial of a property with so many sends over some deliveries, in a fixed order."""
    if property_ == CONCURRENT:
        for counts in itertools.product(range(length + 1), repeat=len(ids)):
            if sum(counts) == length:
                groups = tuple((Send(number),) * count for number, count in zip(ids, counts, strict=True) if count)
                yield from _valid(Trial(property_, groups))
        return
    acts = (NORMAL, LOST_ANSWER, CUT_BODY) if property_ == "retry" else (NORMAL,)
    choices = [Send(number, act) for number in ids for act in acts]
    for sends in itertools.product(choices, repeat=length):
        yield from _valid(Trial(property_, tuple((send,) for send in sends)))


def _valid(trial: Trial) -> Iterator[Trial]:
    if is_valid(trial):
        yield trial
