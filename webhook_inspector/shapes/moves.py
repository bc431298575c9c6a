"""Subtrees that stand elsewhere: found among what was removed and what was added."""

from __future__ import annotations

from typing import Any

from webhook_inspector.shapes.equal import content_key, count_leaves

MIN_LEAVES = 3
MAX_CHARS = 4_000_000
"""Text of candidates that is compared; beyond it moves are not looked for."""

Steps = tuple[str | int, ...]


def find_moves(removed: dict[Steps, Any], added: dict[Steps, Any]) -> list[tuple[Steps, Steps, Any]]:
    """Equal objects or arrays of at least three leaves that were removed at one place only and added at one place only.

    Args:
        removed: What was removed, by place.
        added: What was added, by place.

    Returns:
        Old place, new place and value of each.
    """
    room = MAX_CHARS
    old: dict[str, list[Steps]] = {}
    new: dict[str, list[Steps]] = {}
    for side, places in ((removed, old), (added, new)):
        for steps, value in side.items():
            if not isinstance(value, (dict, list)) or count_leaves(value, MIN_LEAVES) < MIN_LEAVES:
                continue
            key = content_key(value)
            room -= len(key)
            if room < 0:
                return []
            places.setdefault(key, []).append(steps)
    return [
        (steps[0], new[key][0], removed[steps[0]])
        for key, steps in old.items()
        if len(steps) == 1 and len(new.get(key, ())) == 1
    ]
