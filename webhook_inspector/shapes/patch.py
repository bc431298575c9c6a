"""JSON Patch (RFC 6902) from one document to another: exact, nothing filtered."""

from __future__ import annotations

from typing import Any

from webhook_inspector.core.paths import pointer_text
from webhook_inspector.shapes.equal import same

_Steps = tuple[str | int, ...]


def make_patch(before: Any, after: Any) -> list[dict[str, Any]]:
    """Operations that turn `before` into `after`: `add`, `remove` and `replace`, in an order that works."""
    patch: list[dict[str, Any]] = []
    work: list[tuple[_Steps, Any, Any]] = [((), before, after)]
    while work:
        steps, old, new = work.pop()
        if same(old, new):
            continue
        if isinstance(old, dict) and isinstance(new, dict):
            patch += [_operation("remove", (*steps, key)) for key in old if key not in new]
            patch += [_operation("add", (*steps, key), new[key]) for key in new if key not in old]
            work.extend(((*steps, key), old[key], new[key]) for key in new if key in old)
        elif isinstance(old, list) and isinstance(new, list):
            patch += _resize(steps, old, new, work)
        else:
            patch.append(_operation("replace", steps, new))
    return patch


def _resize(steps: _Steps, old: list[Any], new: list[Any], work: list[tuple[_Steps, Any, Any]]) -> list[dict[str, Any]]:
    """Pair elements between what is equal at both ends; operations for the surplus, which stands behind the pairs."""
    shorter = min(len(old), len(new))
    start = 0
    while start < shorter and same(old[start], new[start]):
        start += 1
    tail = 0
    while tail < shorter - start and same(old[-1 - tail], new[-1 - tail]):
        tail += 1
    end = shorter - tail
    work.extend(((*steps, at), old[at], new[at]) for at in range(start, end))
    if len(old) > len(new):
        return [_operation("remove", (*steps, at)) for at in reversed(range(end, len(old) - tail))]
    return [_operation("add", (*steps, at), new[at]) for at in range(end, len(new) - tail)]


def _operation(name: str, steps: _Steps, value: Any = None) -> dict[str, Any]:
    operation: dict[str, Any] = {"op": name, "path": pointer_text(steps)}
    if name != "remove":
        operation["value"] = value
    return operation
