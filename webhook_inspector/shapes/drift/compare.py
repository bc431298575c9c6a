"""Two summaries side by side: every position of both, the top of what came or went only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from webhook_inspector.core.paths import step
from webhook_inspector.shapes.drift import values
from webhook_inspector.shapes.drift.evidence import apart, chance, confidence, needed
from webhook_inspector.shapes.drift.model import KINDS, Drift, Rules
from webhook_inspector.shapes.drift.renames import paired
from webhook_inspector.shapes.summary import Place, Summary, places, settled

HEADERS = "#headers"
SHIFT = 0.2
"""Presence that differs by less is not worth a word."""


@dataclass(frozen=True, slots=True)
class Pair:
    """One position on both sides."""

    path: str
    before: Place
    after: Place


class Comparison:
    """The changes between two summaries.

    Args:
        positions: How many positions are compared; it divides the limit of what is more than chance.
    """

    def __init__(self, rules: Rules, positions: int) -> None:
        self.rules = rules
        self.positions = positions
        self.changes: list[Drift] = []
        self.gone: dict[str, Place] = {}
        self.new: dict[str, Place] = {}

    def add(
        self, kind: str, path: str, words: tuple[str, str], odds: tuple[int, int, int], seen: tuple[int, int]
    ) -> None:
        """Note a change.

        Args:
            kind: One of `KINDS`.
            path: Where.
            words: What was there, and what is.
            odds: How many special ones, of how many on their side, against how many on the other.
            seen: Last delivery as it was, first one as it is.
        """
        self.note(kind, path, words, (chance(*odds), needed(*odds, self.positions)), seen)

    def note(
        self, kind: str, path: str, words: tuple[str, str], odds: tuple[float, int], seen: tuple[int, int]
    ) -> None:
        """As `add`, with the probability that it is chance, and how many more deliveries would confirm it."""
        if (kind, path) in self.rules.acknowledged:
            return
        probability, more = odds
        sure = confidence(probability, self.positions)
        self.changes.append(
            Drift(
                path, kind, self.rules.severity(kind, path), sure, *words, probability, *seen, more, why=KINDS[kind][1]
            )
        )


def compare(before: Summary, after: Summary, rules: Rules | None = None) -> list[Drift]:
    """What changed, the most severe first.

    Args:
        before: The earlier window, or a pin.
        after: The later one.
        rules: What the user decided.
    """
    settled(before)
    settled(after)
    positions = max(1, sum(1 for _ in places(before.root)) + len(before.headers.members))
    made = Comparison(rules or Rules(), positions)
    if before.root.n and after.root.n:
        for pair in _walk(made, Pair("$", before.root, after.root)):
            values.compare(made, pair.path, pair.before, pair.after)
    if before.headers.objects and after.headers.objects:
        for pair in _walk(made, Pair(HEADERS, before.headers, after.headers)):
            if pair.path != HEADERS and pair.path.endswith("content-type"):
                values.compare(made, pair.path, pair.before, pair.after)
    return _ordered(paired(made.changes, made.gone, made.new, made.rules))


def _walk(made: Comparison, root: Pair) -> Iterator[Pair]:
    """Every position that is on both sides; what is on one side only is noted, and not entered."""
    work = [root]
    while work:
        pair = work.pop()
        yield pair
        if pair.before.objects and pair.after.objects:
            work += _members(made, pair)
        if pair.before.arrays and pair.after.arrays:
            work += _elements(made, pair)


def _members(made: Comparison, pair: Pair) -> list[Pair]:
    before, after = pair.before, pair.after
    below: list[Pair] = []
    if before.rest is not None and after.rest is not None:
        below.append(Pair(pair.path + "{*}", before.rest, after.rest))
    if before.closed or after.closed or before.folded or after.folded:
        return below
    for key in sorted(before.members.keys() | after.members.keys()):
        path = pair.path + step(key)
        old, new = before.members.get(key), after.members.get(key)
        if old is not None and new is not None:
            _presence(made, pair, path, old, new)
            below.append(Pair(path, old, new))
        elif old is not None:
            _gone(made, pair, path, old)
        elif new is not None:
            made.new[path] = new
            odds = (_count(after, new), _whole(after), _whole(before))
            words = ("not there", values.described(new, share(new, after)))
            made.add("appeared", path, words, odds, (before.last, new.first))
    return below


def _gone(made: Comparison, pair: Pair, path: str, old: Place) -> None:
    before, after = pair.before, pair.after
    made.gone[path] = old
    always = old.n == before.objects
    odds = (_count(before, old), _whole(before), _whole(after))
    words = (values.described(old, share(old, before)), "not there")
    made.add("vanished" if always else "optional_vanished", path, words, odds, (old.last, after.first))


def _presence(made: Comparison, pair: Pair, path: str, old: Place, new: Place) -> None:
    before, after = pair.before, pair.after
    was, now = old.n == before.objects, new.n == after.objects
    if was == now:
        if not was:
            _rate(made, pair, path, old, new)
        return
    words = (share(old, before), share(new, after))
    if was:
        missing = max(1, _whole(after) - _count(after, new))
        made.add("became_optional", path, words, (missing, _whole(after), _whole(before)), (before.last, after.first))
    else:
        missing = max(1, _whole(before) - _count(before, old))
        made.add("became_required", path, words, (missing, _whole(before), _whole(after)), (before.last, after.first))


def _rate(made: Comparison, pair: Pair, path: str, old: Place, new: Place) -> None:
    """A member that came and went before and does so now, but much more or less often."""
    before, after = pair.before, pair.after
    first, second = (_count(before, old), _whole(before)), (_count(after, new), _whole(after))
    if abs(first[0] / first[1] - second[0] / second[1]) > SHIFT:
        words = (share(old, before), share(new, after))
        made.note("presence_shifted", path, words, (apart(first, second), 0), (before.last, after.first))


def _elements(made: Comparison, pair: Pair) -> list[Pair]:
    before, after = pair.before, pair.after
    below: list[Pair] = []
    if before.items is not None and after.items is not None:
        below.append(Pair(pair.path + "[]", before.items, after.items))
    if before.variants is None or after.variants is None:
        return below
    for kind in sorted(before.variants.keys() | after.variants.keys()):
        path = f"{pair.path}[{kind}]"
        old, new = before.variants.get(kind), after.variants.get(kind)
        if old is not None and new is not None:
            below.append(Pair(path, old, new))
        elif new is not None and before.variants:
            words = ("not there", values.described(new, f"{new.n} elements"))
            made.add("variant_added", path, words, (new.d, after.d, before.d), (before.last, new.first))
    return below


def _whole(parent: Place) -> int:
    """How many independent chances a member had: one a delivery where its parent comes several times in one."""
    return parent.d if parent.n > parent.d else parent.objects


def _count(parent: Place, child: Place) -> int:
    """How many of them it took."""
    return min(child.d, _whole(parent)) if parent.n > parent.d else child.n


def share(child: Place, parent: Place) -> str:
    """`always`, or `37 %`."""
    if child.n >= parent.objects:
        return "always"
    percent = 100 * child.n / max(1, parent.objects)
    return f"{percent:.0f} %" if 1 <= percent <= 99 else f"{percent:.1f} %"


def _ordered(changes: list[Drift]) -> list[Drift]:
    ranks = {"breaking": 0, "risky": 1, "additive": 2}
    sure = {"confirmed": 0, "likely": 1, "watch": 2}
    return sorted(changes, key=lambda one: (sure[one.confidence], ranks[one.severity], one.path, one.kind))
