"""Values inside a body: what `body.PATH` looks at."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl

from webhook_inspector.core.filters.nodes import Body, Pattern
from webhook_inspector.core.filters.values import fold
from webhook_inspector.core.jsondoc import JsonInvalidError, load_json

MAX_BYTES = 32 * 1024 * 1024
"""Larger bodies are not looked into."""
_FORM = re.compile(rb"[^\s<>{}&=]{1,200}=")
_NUMBER = re.compile(r"[+-]?\d{1,300}(?:\.\d{1,300})?(?:[eE][+-]?\d{1,3})?", re.ASCII)
_INDEX = re.compile(r"\d{1,9}", re.ASCII)


def pieces_fit(pieces: tuple[bytes, ...], text: bytes) -> bool:
    """Whether folded bytes fit the pieces of a pattern."""
    if len(pieces) == 1:
        return text == pieces[0]
    first, *middle, last = pieces
    if not text.startswith(first) or not text.endswith(last) or len(text) < len(first) + len(last):
        return False
    return pieces_follow(tuple(middle), text[len(first) : len(text) - len(last)])


def pieces_follow(pieces: tuple[bytes, ...], text: bytes) -> bool:
    """Whether the pieces follow each other in the bytes."""
    at = 0
    for piece in pieces:
        at = text.find(piece, at)
        if at < 0:
            return False
        at += len(piece)
    return True


def body_fits(body: bytes, wanted: Body) -> bool:
    """Whether some value at the path of a JSON or form body fits. Never raises."""
    if not body or len(body) > MAX_BYTES:
        return False
    document = _document(body)
    return document is not None and any(_fits(value, wanted) for value in _values(document, wanted.path))


def _document(body: bytes) -> Any:
    try:
        return load_json(body)
    except JsonInvalidError:
        pass
    if not _FORM.match(body):
        return None
    try:
        pairs = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=10_000)
    except ValueError:
        return None
    form: dict[str, Any] = {}
    for name, value in pairs:
        form.setdefault(name, []).append(value)
    return {name: found[0] if len(found) == 1 else found for name, found in form.items()}


def _values(document: Any, path: tuple[str | None, ...]) -> Iterator[Any]:
    """The values at a path. A step into a list takes its number, or else goes into every element."""
    reached: list[Any] = [document]
    for step in path:
        reached = [value for one in reached for value in _step(one, step)]
        if not reached:
            return
    for value in reached:
        yield value
        if isinstance(value, list):  # a list fits when one of its elements does
            yield from value


def _step(value: Any, step: str | None) -> Iterator[Any]:
    if isinstance(value, str) and value[:1] in {"{", "["}:
        # JSON inside a text, as in form fields named `payload`.
        try:
            value = load_json(value)
        except JsonInvalidError:
            return
    if isinstance(value, dict):
        if step is None:
            yield from value.values()
        elif step in value:
            yield value[step]
    elif isinstance(value, list):
        if step is None:
            yield from value
        elif _INDEX.fullmatch(step):
            if int(step) < len(value):
                yield value[int(step)]
        else:
            for element in value:
                if isinstance(element, dict) and step in element:
                    yield element[step]


def _fits(value: Any, wanted: Body) -> bool:
    if wanted.low is not None or wanted.high is not None:
        number = _number(value)
        return number is not None and _between(number, wanted)
    return wanted.pattern is None or _equal(value, wanted.pattern)


def _number(value: Any) -> float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return value
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return float(value)
    return None


def _between(number: float, wanted: Body) -> bool:
    low, high = wanted.low, wanted.high
    above = low is None or (number > low if wanted.open_low else number >= low)
    return above and (high is None or (number < high if wanted.open_high else number <= high))


def _equal(value: Any, pattern: Pattern) -> bool:
    if isinstance(value, dict | list):
        return False
    if value is None or isinstance(value, bool):
        text = {None: "null", True: "true", False: "false"}[value]
    else:
        text = value if isinstance(value, str) else str(value)
    if pieces_fit(pattern.pieces, fold(text)):
        return True
    if isinstance(value, int | float) and not isinstance(value, bool) and len(pattern.pieces) == 1:
        wanted = pattern.pieces[0].decode("latin-1")
        return bool(_NUMBER.fullmatch(wanted)) and float(wanted) == value
    return False
