"""Paths to places inside a document: `$.data.items[0].id`."""

from __future__ import annotations

import json
import re
from functools import lru_cache

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
