"""Paths to places inside a document: `$.data.items[0].id`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

_STEP = re.compile(r'\.([^.\[{]+)|\["((?:[^"\\]|\\.)*)"\]|\[([a-z_]+)=([^\]]*)\]|(\[\])|(\{\*\})')
_NAME = re.compile(r"[A-Za-z_$][A-Za-z0-9_$-]*\Z")


def step(key: str | int) -> str:
    """One step of a path: `.id`, `["a b"]` for a key that is not a plain name, `[0]` for an index."""
    return f"[{key}]" if isinstance(key, int) else _named(key) if len(key) <= 64 else _quoted(key)


def _quoted(key: str) -> str:
    return f".{key}" if _NAME.match(key) else f"[{json.dumps(key, ensure_ascii=False)}]"


@lru_cache(maxsize=8192)
def _named(key: str) -> str:
    return _quoted(key)


def path_text(steps: tuple[str | int, ...]) -> str:
    """Steps from the root as a path."""
    return "$" + "".join(map(step, steps))


def pattern_text(steps: tuple[str | int, ...]) -> str:
    """Steps as a path that holds for every element: `$.data.items[].id`."""
    return "$" + "".join("[]" if isinstance(each, int) else step(each) for each in steps)


def pointer_text(steps: tuple[str | int, ...]) -> str:
    """Steps as a JSON pointer (RFC 6901)."""
    return "".join("/" + str(each).replace("~", "~0").replace("/", "~1") for each in steps)


def scalars_near(document: Any, depth: int) -> Iterator[tuple[str, Any]]:
    """Path and value of every text, number and boolean in objects up to so many levels below the root.

    Elements of arrays are not looked at: they have no place of their own.
    """
    work = [("$", document, 0)]
    while work:
        path, value, level = work.pop()
        if isinstance(value, dict) and level < depth:
            work += [(path + step(key), item, level + 1) for key, item in value.items()]
        elif isinstance(value, (str, int, float)):
            yield path, value


def values_at(document: Any, path: str) -> Iterator[tuple[bool, Any]]:
    """What stands at a path in a document: for each parent that is there, whether it has it, and the value or None.

    Args:
        document: As JSON is read.
        path: `$.a.b`, `$["a b"]`, `$.items[].id` (every element), `$.blocks[type=image].url` (elements of a kind),
            `$.map{*}` (every member).
    """
    parents = [document]
    steps = list(_STEP.finditer(path))
    for number, match in enumerate(steps, 1):
        below = [pair for parent in parents for pair in _below(parent, match)]
        if number == len(steps):
            yield from below
        parents = [value for there, value in below if there]


def _below(parent: Any, match: re.Match[str]) -> list[tuple[bool, Any]]:
    name, quoted, key, kind, every, members = match.groups()
    if isinstance(parent, dict):
        if members:
            return [(True, value) for value in parent.values()]
        if name is not None or quoted is not None:
            member = name if name is not None else json.loads(f'"{quoted}"')
            return [(member in parent, parent.get(member))]
    if isinstance(parent, list) and (every or key):
        return [(True, each) for each in parent if not key or (isinstance(each, dict) and each.get(key) == kind)]
    return []
