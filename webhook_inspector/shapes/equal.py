"""Equality of parsed JSON that does not take true for 1, or 1.0 for 1."""

from __future__ import annotations

import json
import marshal
from typing import Any

_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), check_circular=False).encode


def content_key(value: Any) -> str:
    """A text that is equal for equal values only: members sorted, numbers as written by Python."""
    return _encode(value)


def same(before: Any, after: Any) -> bool:
    """Whether two values are the same JSON: key order does not count, 1 and 1.0 and true differ."""
    if type(before) is not type(after):
        return False
    if isinstance(before, (dict, list)):
        if before != after:
            return False
        # Equal for Python, so only 1, 1.0 and true may be mixed up. The first comparison is the fast one.
        return marshal.dumps(before, 0) == marshal.dumps(after, 0) or content_key(before) == content_key(after)
    return bool(before == after)


def count_leaves(value: Any, limit: int | None = None) -> int:
    """Scalars and empty containers in a value; counting may stop when there are more than `limit`."""
    if not value or not isinstance(value, (dict, list)):
        return 1
    count = 0
    work = [value]
    while work and (limit is None or count <= limit):
        container = work.pop()
        for each in container.values() if type(container) is dict else container:
            if each and type(each) in _CONTAINERS:
                work.append(each)
            else:
                count += 1
    return count


_CONTAINERS = frozenset({dict, list})
