"""Which elements of two arrays belong together."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from webhook_inspector.shapes.equal import content_key

ID_KEYS = ("id", "sid", "uuid", "key", "name")
MAX_MATCHES = 1_000_000
"""Pairs of equal elements in two arrays beyond which elements are paired by position."""


@dataclass(frozen=True, slots=True)
class Matching:
    """Pairs of positions, in the order of the second array; None: no partner."""

    pairs: tuple[tuple[int | None, int | None], ...]
    by: str
    """`KEY` (the id-like key), `content` or `position`."""
    reordered: bool = False
    """Whether partners stand in another order."""
    capped: bool = False
    """Whether equal elements are repeated too often to be matched by content."""
    equal: frozenset[int] = frozenset()
    """Positions in the second array whose partners are known to be equal."""


def _id_key(before: Sequence[Any], after: Sequence[Any]) -> str | None:
    """The first id-like key that every element has and that is unique on each side."""
    elements = [*before, *after]
    if not before or not after or not all(isinstance(each, dict) for each in elements):
        return None
    names: list[str] = [*ID_KEYS, *sorted(key for key in after[0] if key.endswith("_id") and key not in ID_KEYS)]
    for name in names:
        if not all(isinstance(each.get(name), (str, int)) for each in elements):
            continue
        if len({each[name] for each in before}) == len(before) and len({each[name] for each in after}) == len(after):
            return name
    return None


def match_elements(before: Sequence[Any], after: Sequence[Any]) -> Matching:
    """Pair the elements: by an id-like key, else equal ones by content, and what stands between them by position."""
    key = _id_key(before, after)
    if key is not None:
        places = {each[key]: index for index, each in enumerate(before)}
        partners = [places.get(each[key]) for each in after]
        known = [index for index in partners if index is not None]
        if known:
            return _by_partners(len(before), partners, key, reordered=known != sorted(known))
    first, second = [content_key(each) for each in before], [content_key(each) for each in after]
    counts = Counter(second)
    if len(first) == len(second) and counts == Counter(first):
        return _same_content(first, second)
    if len(first) * len(second) > MAX_MATCHES and sum(counts[each] for each in first) > MAX_MATCHES:
        return Matching(_positions(0, len(before), 0, len(after)), "position", capped=True)
    anchors = _common(first, second)
    pairs: list[tuple[int | None, int | None]] = []
    left = right = 0
    for old, new in [*anchors, (len(before), len(after))]:
        pairs += _positions(left, old, right, new)
        if old < len(before) and new < len(after):
            pairs.append((old, new))
        left, right = old + 1, new + 1
    return Matching(tuple(pairs), "content", equal=frozenset(new for _, new in anchors))


def _same_content(before: Sequence[str], after: Sequence[str]) -> Matching:
    """The same elements, perhaps in another order."""
    places: dict[str, list[int]] = {}
    for index in range(len(before) - 1, -1, -1):
        places.setdefault(before[index], []).append(index)
    pairs = tuple((places[each].pop(), index) for index, each in enumerate(after))
    return Matching(pairs, "content", reordered=list(before) != list(after), equal=frozenset(range(len(after))))


def _by_partners(size: int, partners: Sequence[int | None], key: str, *, reordered: bool) -> Matching:
    found = {index for index in partners if index is not None}
    pairs: list[tuple[int | None, int | None]] = [(old, new) for new, old in enumerate(partners)]
    pairs += [(old, None) for old in range(size) if old not in found]
    return Matching(tuple(pairs), key, reordered=reordered)


def _positions(left: int, left_end: int, right: int, right_end: int) -> tuple[tuple[int | None, int | None], ...]:
    shorter = min(left_end - left, right_end - right)
    both: list[tuple[int | None, int | None]] = [(left + at, right + at) for at in range(shorter)]
    both += [(at, None) for at in range(left + shorter, left_end)]
    both += [(None, at) for at in range(right + shorter, right_end)]
    return tuple(both)


def _common(before: Sequence[str], after: Sequence[str]) -> list[tuple[int, int]]:
    """A longest common subsequence, as pairs of positions (Hunt and Szymanski 1977; equal ends are cut off first)."""
    start = 0
    shorter = min(len(before), len(after))
    while start < shorter and before[start] == after[start]:
        start += 1
    tail = 0
    while tail < shorter - start and before[-1 - tail] == after[-1 - tail]:
        tail += 1
    places: dict[str, list[int]] = {}
    for index in range(len(after) - tail - 1, start - 1, -1):
        places.setdefault(after[index], []).append(index)
    ends: list[int] = []
    chains: list[tuple[int, int, Any]] = []
    for old in range(start, len(before) - tail):
        for new in places.get(before[old], ()):  # from the right, so that one element is used once
            at = bisect_left(ends, new)
            chain = (old, new, chains[at - 1] if at else None)
            if at == len(ends):
                ends.append(new)
                chains.append(chain)
            else:
                ends[at] = new
                chains[at] = chain
    middle: list[tuple[int, int]] = []
    link: Any = chains[-1] if chains else None
    while link is not None:
        middle.append((link[0], link[1]))
        link = link[2]
    ends_pairs = [(len(before) - at, len(after) - at) for at in range(tail, 0, -1)]
    return [(at, at) for at in range(start)] + middle[::-1] + ends_pairs
