"""The sum of two summaries. What was pruned in one is pruned in the sum, as deep as the shallower of the two."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from webhook_inspector.shapes.summary.place import (
    MAX_DEPTH,
    MAX_FORMATS,
    MAX_MEMBERS,
    MAX_VALUES,
    MAX_VARIANTS,
    Place,
    Summary,
)

MAX_PLACES = 4000
"""Positions beyond which the deepest ones are given up."""
_COUNTS = ("n", "d", "nulls", "trues", "falses", "integers", "floats", "strings", "arrays", "objects")
_LOWS = ("low", "shortest", "fewest")
_HIGHS = ("high", "longest", "most")
_HISTOGRAMS = ("sizes", "lengths", "counts")


def merged(summaries: Iterable[Summary]) -> Summary:
    """The sum of all; the summary of nothing when there are none."""
    total = Summary()
    for summary in summaries:
        merge(total, summary)
    return total


def merge(mine: Summary, theirs: Summary) -> None:
    """Add what another summary saw. Never add the same one twice: counts would count it twice."""
    merge_places(mine.root, theirs.root)
    merge_places(mine.headers, theirs.headers)
    mine.depth = min(mine.depth, theirs.depth)
    prune(mine)


def merge_places(root: Place, other: Place) -> None:
    """Add what another position and all below it saw."""
    work = [(root, other)]
    while work:
        mine, theirs = work.pop()
        _add_counts(mine, theirs)
        _add_sets(mine, theirs)
        names = mine.members.keys() | theirs.members.keys()
        if not mine.closed and (theirs.closed or len(names) > MAX_MEMBERS):
            mine.close()  # before, so that no position is folded away while it still waits to be merged
        for key, place in theirs.members.items():
            work.append((mine.member(key), place))
        if theirs.rest is not None:
            mine.rest = mine.rest or Place()
            work.append((mine.rest, theirs.rest))
        if mine.variants is not None:
            kinds = mine.variants.keys() | (theirs.variants or {}).keys()
            if theirs.variants is None or len(kinds) > MAX_VARIANTS:
                mine.unite()
        for kind, place in (theirs.variants or {}).items():
            work.append((mine.element(kind), place))
        if theirs.items is not None:
            work.append((mine.element(None), theirs.items))


def _add_counts(mine: Place, theirs: Place) -> None:
    mine.settle()
    theirs.settle()
    for name in _COUNTS:
        setattr(mine, name, getattr(mine, name) + getattr(theirs, name))
    mine.first, mine.last = min(mine.first, theirs.first), max(mine.last, theirs.last)
    for names, choose in ((_LOWS, min), (_HIGHS, max)):
        for name in names:
            found = [value for value in (getattr(mine, name), getattr(theirs, name)) if value is not None]
            setattr(mine, name, choose(found) if found else None)
    for name in _HISTOGRAMS:
        own = getattr(mine, name)
        for size, count in getattr(theirs, name).items():
            own[size] = own.get(size, 0) + count
    mine.folded = mine.folded or theirs.folded


def _add_sets(mine: Place, theirs: Place) -> None:
    if theirs.coarse and not mine.coarse:
        mine.coarsen()
    for name, count in theirs.formats.items():
        short = name.partition("(")[0] if mine.coarse else name
        mine.formats[short] = mine.formats.get(short, 0) + count
    if len(mine.formats) > MAX_FORMATS and not mine.coarse:
        mine.coarsen()
    if theirs.mixed:
        mine.mix()
    if not mine.mixed:
        for value, count in theirs.values.items():
            mine.values[value] = mine.values.get(value, 0) + count
        if len(mine.values) > MAX_VALUES:
            mine.mix()
    mine.sketch |= theirs.sketch
    mine.fixed = mine.fixed or theirs.fixed
    mine.trim()


def settled(summary: Summary) -> Summary:
    """The summary, ready to be read: pruned, everything looked at, and below maps `d` is `n`.

    In how many deliveries a position of a map's values was cannot be added up, because positions are folded there;
    how often it was reached can.
    """
    prune(summary)
    work = [(summary.root, False), (summary.headers, False)]
    while work:
        place, loose = work.pop()
        place.settle()
        place.trim()
        if loose:
            place.d = place.n
        for child in children(place):
            folded = child is place.rest or (child is place.items and place.variants is None)
            work.append((child, loose or folded))
    return summary


def prune(summary: Summary) -> None:
    """Give up the deepest positions until there are at most `MAX_PLACES`.

    The depth that is kept only shrinks, and every position above it is complete, so it does not matter in which order
    summaries are merged and pruned.
    """
    levels: list[int] = []
    for _, depth in _below(summary.root, summary.depth):
        levels += [0] * (depth + 1 - len(levels))
        levels[depth] += 1
    total = 0
    for depth, count in enumerate(levels):
        total += count
        if total > MAX_PLACES and depth > 0:
            summary.depth = min(summary.depth, depth - 1)
            break
    if summary.depth < MAX_DEPTH:
        for place, depth in list(_below(summary.root, summary.depth)):
            if depth == summary.depth:
                _cut(place)


def _below(root: Place, deepest: int) -> Iterator[tuple[Place, int]]:
    work = [(root, 0)]
    while work:
        place, depth = work.pop()
        yield place, depth
        if depth < deepest:
            work += [(child, depth + 1) for child in children(place)]


def children(place: Place) -> Iterator[Place]:
    """The positions right below one."""
    yield from place.members.values()
    if place.rest is not None:
        yield place.rest
    if place.items is not None:
        yield place.items
    yield from (place.variants or {}).values()


def _cut(place: Place) -> None:
    if place.members or place.rest is not None or place.items is not None or place.variants:
        place.folded = True
    place.members, place.rest, place.items = {}, None, None
    place.variants = {} if place.variants is not None else None
