"""Typed netstrings, as mitmproxy's flow files use them: `5:12345#`, `4:true!`, `2:hi,`, `2:hi;`, `0:~`, lists, objects.

Our own reader: bounded in depth and in values, numbers of a few digits only, no recursion. The format is described at
https://tnetstrings.info; mitmproxy adds `;` for text (mitmproxy/io/tnetstring.py, version 11, read 2026-11-21).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

MAX_DEPTH = 50
MAX_VALUES = 200_000
"""Values of one document; a flow has some hundreds."""
_LENGTH = re.compile(rb"([0-9]{1,10}):")
_INTEGER = re.compile(rb"-?[0-9]{1,20}")
_FLOAT = re.compile(rb"-?[0-9]{1,20}(?:\.[0-9]{1,30})?(?:e[+-]?[0-9]{1,3})?")


class TnetstringError(ValueError):
    """The bytes are no such document; the message says why."""


@dataclass(slots=True)
class _Open:
    """A list or object that is being read."""

    end: int
    is_object: bool
    values: list[Any] = field(default_factory=list)

    def closed(self) -> Any:
        if not self.is_object:
            return self.values
        if len(self.values) % 2:
            raise TnetstringError("a key has no value")
        keys = [key.decode("utf-8", "replace") if isinstance(key, bytes) else key for key in self.values[::2]]
        if not all(isinstance(key, str) for key in keys):
            raise TnetstringError("a key is not text")
        return dict(zip(keys, self.values[1::2], strict=True))


def read(data: bytes, start: int) -> tuple[Any, int]:
    """The document that begins at an index, and the index after it.

    Objects are dicts with text as keys, `,` gives bytes and `;` text.

    Raises:
        TnetstringError: There is none, or it is deeper or larger than any flow is.
    """
    stack: list[_Open] = []
    position, limit, count = start, len(data), 0
    while True:
        count += 1
        if count > MAX_VALUES:
            raise TnetstringError(f"it holds more than {MAX_VALUES} values")
        content, end, kind = _frame(data, position, stack[-1].end if stack else limit)
        if kind in b"]}":
            if len(stack) >= MAX_DEPTH:
                raise TnetstringError(f"it is nested deeper than {MAX_DEPTH} levels")
            stack.append(_Open(end, kind == b"}"))
            position = content
        else:
            value = _scalar(data[content:end], kind)
            position = end + 1
            if not stack:
                return value, position
            stack[-1].values.append(value)
        while stack and position == stack[-1].end:
            value = stack.pop().closed()
            position += 1
            if not stack:
                return value, position
            stack[-1].values.append(value)


def extent(data: bytes, start: int) -> int:
    """The index after the document that begins at an index, without reading what is in it.

    Raises:
        TnetstringError: There is none.
    """
    return _frame(data, start, len(data))[1] + 1


def _frame(data: bytes, position: int, limit: int) -> tuple[int, int, bytes]:
    """Where a value's content begins and ends, and its type."""
    found = _LENGTH.match(data, position, limit)
    if found is None:
        raise TnetstringError("a length is missing")
    end = found.end() + int(found[1])
    if end >= limit:
        raise TnetstringError("it ends too early")
    return found.end(), end, data[end : end + 1]


def _scalar(content: bytes, kind: bytes) -> Any:
    if kind == b",":
        return content
    if kind == b";":
        return content.decode("utf-8", "replace")
    if kind == b"#" and _INTEGER.fullmatch(content):
        return int(content)
    if kind == b"^" and _FLOAT.fullmatch(content):
        return float(content)
    if kind == b"!" and content in {b"true", b"false"}:
        return content == b"true"
    if kind == b"~" and not content:
        return None
    raise TnetstringError("a value cannot be read")
