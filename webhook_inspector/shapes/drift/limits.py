"""Changes of what a position keeps to: one value, how long its texts are, how many elements its arrays have.

Texts of people have no such limits, so lengths are compared of ids and the like alone, and a constant only where its
name says that it tells what the payload is.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from webhook_inspector.shapes.summary import Place, length_class

if TYPE_CHECKING:
    from webhook_inspector.shapes.drift.compare import Comparison

ENOUGH = 20
"""Values from which a position is held to be constant, or its arrays never to be empty."""
COLUMNS = (64, 256, 1024)
"""Characters that columns of databases often hold less than."""
CAPS = frozenset({1, 2, 3, 5, 10, 15, 20, 25, 30, 40, 50, 100, 200, 250, 500, 1000})
"""Numbers of elements that somebody chose, rather than chance."""
_AT_CAP = 0.3
_TELLING = re.compile(r"(?:\.object|\.kind|[._]version|[._]schema)\Z")
_OPAQUE = frozenset({"uuid", "prefixed-id", "hex", "int-string", "decimal-string", "jwt", "base64"})


def compare(made: Comparison, path: str, before: Place, after: Place) -> None:
    """Note what a position does not keep to any more."""
    _constant(made, path, before, after)
    if before.strings and after.strings:
        _length(made, path, before, after)
    if before.arrays and after.arrays:
        _empty(made, path, before, after)
        _capped(made, path, before, after)


def _constant(made: Comparison, path: str, before: Place, after: Place) -> None:
    if not _TELLING.search(path) or before.mixed or after.mixed or len(before.values) != 1 or not after.values:
        return
    value = next(iter(before.values))
    if before.strings < ENOUGH or before.strings != before.n or value in after.values:
        return
    words = (value.removeprefix('"'), " or ".join(sorted(other.removeprefix('"') for other in after.values)))
    made.add("constant_changed", path, words, (after.strings, after.n, before.n), (before.last, after.first))


def _length(made: Comparison, path: str, before: Place, after: Place) -> None:
    if {name.partition("(")[0] for name in (*before.formats, *after.formats)} - _OPAQUE:
        return
    if before.longest is None or after.longest is None:
        return
    crossed = [size for size in COLUMNS if before.longest < size <= after.longest]
    if after.longest >= 4 * before.longest and before.longest > 1:
        crossed.append(1 << (before.longest.bit_length() + 1))
    if not crossed:
        return
    longer = sum(count for size, count in after.lengths.items() if size >= length_class(min(crossed)))
    words = (f"at most {before.longest} characters", f"up to {after.longest}")
    made.add("longer", path, words, (max(1, longer), after.strings, before.strings), (before.last, after.first))


def _empty(made: Comparison, path: str, before: Place, after: Place) -> None:
    empty = after.counts.get(0, 0)
    if not empty or before.counts.get(0) or before.arrays < ENOUGH or len(before.counts) < 2:
        return
    words = (f"at least {before.fewest}", "at times none")
    made.add("may_be_empty", path, words, (empty, after.arrays, before.arrays), (before.last, after.first))


def _capped(made: Comparison, path: str, before: Place, after: Place) -> None:
    """No array is longer than a round number, and many are as long: it is cut off there."""
    cap = after.most
    if cap is None or cap not in CAPS or before.most is None or before.most <= cap or len(before.counts) < 2:
        return
    full = after.counts.get(length_class(cap), 0)
    longer = sum(count for size, count in before.counts.items() if size > length_class(cap))
    if longer and full >= max(2, _AT_CAP * after.arrays):
        words = (f"up to {before.most} elements", f"at most {cap}")
        made.add("capped", path, words, (longer, before.arrays, after.arrays), (before.last, after.first))
