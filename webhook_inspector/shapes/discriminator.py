"""What tells forms of one event type apart: the member by whose value presence is best explained.

A union of several forms looks like one form with many optional members. The value that a payload has at the right
place, for example `$.action`, says which of them are there; this finds that place, to be proposed and never taken
silently.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import log2
from typing import Any

from webhook_inspector.core.paths import scalars_near, step

DEPTH = 3
"""How deep a member that tells forms apart may be."""
MOST_VALUES = 48
_PER_VALUE = 5
_LENGTH = 48
_NODES = 2_000
_GAIN = 0.25
"""Share of the uncertainty about presence that it must explain."""
_OVERHEAD = 6.0
"""Bits that each further value must save, so that chance is not taken for a rule."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A member that tells forms apart."""

    path: str
    values: Mapping[str, int]
    """Each value with its payloads."""
    optional_before: float
    """Share of paths that come only at times, 0 to 1, over all payloads."""
    optional_after: float
    """The same within the payloads of one value, on average over payloads."""


def proposals(documents: Sequence[Any], most: int = 3) -> list[Proposal]:
    """Members that tell forms apart, the best first.

    Args:
        documents: Payloads of one event type and variant.
        most: At most so many.
    """
    paths = [set(_paths(document)) for document in documents]
    whole = Counter(path for each in paths for path in each)
    pooled = _uncertainty(whole, len(paths))
    found = []
    for place, values in _candidates(documents).items():
        groups: dict[str, list[set[str]]] = {}
        for value, each in zip(values, paths, strict=True):
            groups.setdefault(value, []).append(each)
        counts = {value: Counter(path for each in group for path in each) for value, group in groups.items()}
        left = sum(_uncertainty(counts[value], len(group)) for value, group in groups.items())
        saved = pooled - left - _OVERHEAD * (len(groups) - 1)
        if pooled and saved / pooled >= _GAIN:
            after = sum(_optional(counts[value], len(group)) * len(group) for value, group in groups.items())
            sizes = {value: len(group) for value, group in sorted(groups.items())}
            found.append((saved, Proposal(place, sizes, _optional(whole, len(paths)), after / len(paths))))
    found.sort(key=lambda pair: (-pair[0], pair[1].path))
    return [one for _, one in found[:most]]


def _uncertainty(counts: Counter[str], whole: int) -> float:
    """Bits that the presence of all paths takes, in so many payloads."""
    return sum(whole * _entropy(count / whole) for count in counts.values())


def _entropy(share: float) -> float:
    return 0.0 if share in {0, 1} else -share * log2(share) - (1 - share) * log2(1 - share)


def _optional(counts: Counter[str], whole: int) -> float:
    return sum(count < whole for count in counts.values()) / max(1, len(counts))


def _paths(document: Any) -> Iterator[str]:
    """Paths of members, elements of arrays together; at most `_NODES` nodes are looked at."""
    work = [("$", document)]
    for _ in range(_NODES):
        if not work:
            return
        path, value = work.pop()
        if isinstance(value, dict):
            for key, item in value.items():
                yield path + step(key)
                work.append((path + step(key), item))
        elif isinstance(value, list):
            work += [(path + "[]", item) for item in value]


def _candidates(documents: Sequence[Any]) -> dict[str, list[str]]:
    """Places that every payload has a short text at, few different ones, each several times."""
    found: dict[str, list[str]] = {}
    for number, document in enumerate(documents):
        here = dict(_texts(document))
        for path in [path for path in found if path not in here]:
            del found[path]
        for path, text in here.items():
            if number == 0:
                found[path] = []
            if path in found:
                found[path].append(text)
    return {
        path: texts
        for path, texts in found.items()
        if 2 <= len(set(texts)) <= min(MOST_VALUES, len(texts) / _PER_VALUE)
    }


def _texts(document: Any) -> Iterator[tuple[str, str]]:
    for path, value in scalars_near(document, DEPTH):
        if isinstance(value, str) and 0 < len(value) <= _LENGTH:
            yield path, value
