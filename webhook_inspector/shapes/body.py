"""The differences between two documents: a walk over both, without recursion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from webhook_inspector.core.paths import path_text, pattern_text
from webhook_inspector.shapes.elements import match_elements
from webhook_inspector.shapes.equal import count_leaves, same
from webhook_inspector.shapes.leaves import kind_of, volatile_reason
from webhook_inspector.shapes.model import Change
from webhook_inspector.shapes.moves import Steps, find_moves

_MISSING = object()
_Found = tuple[Steps, str, Any, Any]
MAX_CHANGES = 20_000
"""Differences of two bodies after which the rest is not looked for."""


@dataclass(slots=True)
class BodyDiff:
    """What a walk found."""

    changes: list[Change] = field(default_factory=list)
    hidden: list[Change] = field(default_factory=list)
    equal: int = 0
    capped: list[str] = field(default_factory=list)
    """Paths of arrays that were compared by position because of their size."""
    more: bool = False
    """Whether there may be more differences than `MAX_CHANGES`."""


def _sort_key(steps: Steps) -> tuple[tuple[int, int, str], ...]:
    return tuple((0, each, "") if isinstance(each, int) else (1, 0, each) for each in steps)


def diff_documents(before: Any, after: Any, volatile: Sequence[str] = ()) -> BodyDiff:
    """Compare two documents.

    Args:
        before: First document.
        after: Second document.
        volatile: Patterns such as `$.data.object.created` or `$.items[].id`; all beneath is hidden too.
    """
    result = BodyDiff()
    found: list[_Found] = []
    work: list[tuple[Steps, Any, Any]] = [((), before, after)]
    while work and len(found) < MAX_CHANGES:
        steps, old, new = work.pop()
        if same(old, new):
            result.equal += count_leaves(new)
        elif old is _MISSING:
            found.append((steps, "null_added" if new is None else "added", None, new))
        elif new is _MISSING:
            found.append((steps, "null_removed" if old is None else "removed", old, None))
        elif isinstance(old, dict) and isinstance(new, dict):
            result.equal += _members(steps, old, new, work)
        elif isinstance(old, list) and isinstance(new, list):
            _elements(result, found, work, (steps, old, new))
        else:
            found.append((steps, kind_of(old, new), old, new))
    result.more = bool(work)
    _sort_out(result, found, volatile)
    return result


def _members(steps: Steps, old: dict[str, Any], new: dict[str, Any], work: list[tuple[Steps, Any, Any]]) -> int:
    """Put the members that may differ on the list; the number of equal scalars, which are not put there."""
    equal = 0
    for key, value in new.items():
        other = old.get(key, _MISSING)
        if type(value) is type(other) and value == other and not isinstance(value, (dict, list)):
            equal += 1
        else:
            work.append(((*steps, key), other, value))
    if len(old) != len(new) or equal != len(new):
        work.extend(((*steps, key), value, _MISSING) for key, value in old.items() if key not in new)
    return equal


def _elements(
    result: BodyDiff, found: list[_Found], work: list[tuple[Steps, Any, Any]], pair: tuple[Steps, list[Any], list[Any]]
) -> None:
    """Put pairs of elements on the list."""
    steps, old, new = pair
    matching = match_elements(old, new)
    if matching.capped:
        result.capped.append(path_text(steps))
    if matching.reordered:
        found.append((steps, "reordered", old, new))
    for left, right in matching.pairs:
        if right is None:
            assert left is not None
            work.append(((*steps, left), old[left], _MISSING))
        elif left is None:
            work.append(((*steps, right), _MISSING, new[right]))
        elif right in matching.equal or same(old[left], new[right]):
            result.equal += count_leaves(new[right])
        else:
            work.append(((*steps, right), old[left], new[right]))


def _sort_out(result: BodyDiff, found: list[_Found], volatile: Sequence[str]) -> None:
    """Pair moved subtrees, split what is volatile, and put all in order of path."""
    removed = {steps: old for steps, kind, old, _ in found if kind == "removed"}
    added = {steps: new for steps, kind, _, new in found if kind == "added"}
    moves = find_moves(removed, added) if removed and added else []
    gone = {old for old, _, _ in moves}
    origin = {new: old for old, new, _ in moves}
    listed = tuple(pattern.replace("[*]", "[]") for pattern in volatile if pattern.startswith("$"))
    for steps, kind, old, new in sorted(found, key=lambda each: (_sort_key(each[0]), each[1])):
        if kind == "removed" and steps in gone:
            continue
        pattern = pattern_text(steps)
        moved_from = None
        if kind == "added" and steps in origin:
            kind, old, moved_from = "moved", new, path_text(origin[steps])  # noqa: PLW2901 (one record, put right)
        reason = "listed" if _is_listed(pattern, listed) else ""
        if not reason and kind == "changed":
            key = next((each for each in reversed(steps) if isinstance(each, str)), "")
            reason = volatile_reason(key, old, new)
        change = Change(kind, path_text(steps), old, new, "body", pattern, moved_from, reason)
        (result.hidden if reason else result.changes).append(change)


def _is_listed(pattern: str, listed: Sequence[str]) -> bool:
    return any(pattern == each or (pattern.startswith(each) and pattern[len(each)] in ".[") for each in listed)
