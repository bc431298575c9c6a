"""Values of a JSON text as they are written: numbers, escapes and the order of keys stay what they were.

For bodies that a provider's API gives as part of a larger document: they are cut out of the text, never rebuilt from
parsed values.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from webhook_inspector.core.jsondoc import JsonInvalidError, load_json

MAX_WRITTEN = 64 * 1024 * 1024
"""Characters of one text that is written anew; white space may make a small text large."""
# A string that is not closed reaches to the end, so that no text is looked through again and again.
_STRING = r'"[^"\\]*+(?:\\.?[^"\\]*+)*+(?:"|\Z)'
_TOKEN = re.compile(_STRING + r'|[{}\[\],:]|[^\s{}\[\],:"]+', re.DOTALL)
_STRUCTURE = re.compile(_STRING + r"|[{}\[\]]", re.DOTALL)


class TooLargeError(ValueError):
    """A text would become larger than `MAX_WRITTEN`."""


def decoded(data: bytes) -> str:
    """A JSON file as text.

    Raises:
        JsonInvalidError: It is not text.
    """
    try:
        return data.decode(json.detect_encoding(data)).removeprefix("\ufeff")
    except (UnicodeDecodeError, ValueError):
        raise JsonInvalidError("not readable as text") from None


def documents(text: str) -> Iterator[str]:
    """The documents of a text that holds one or several, one after another, for example JSON lines.

    They are cut at brackets only; whether each is JSON is for the caller to see. What stands outside of brackets is a
    document too.
    """
    depth, start = 0, 0
    for match in _STRUCTURE.finditer(text):
        mark = match[0]
        if mark in "{[":
            if depth == 0 and text[start : match.start()].strip():
                yield text[start : match.start()]
                start = match.start()
            depth += 1
        elif mark in "}]":
            depth -= 1
            if depth <= 0:
                yield text[start : match.end()]
                depth, start = 0, match.end()
    if text[start:].strip():
        yield text[start:]


def elements(text: str) -> list[str]:
    """The elements of a valid JSON array, as written."""
    return [part for _, part in _children(text)]


def member(text: str, key: str) -> str | None:
    """The value of a key of a valid JSON object, as written: of several the last, as for parsers."""
    found = None
    for name, part in _children(text):
        if name == key:
            found = part
    return found


def _children(text: str) -> Iterator[tuple[str, str]]:
    """Key (empty in arrays) and written value of each child of a valid container."""
    depth, start, name, key = 0, 0, "", ""
    for match in _TOKEN.finditer(text):
        mark = match[0]
        if depth == 1 and mark in ",}]":
            part = text[start : match.start()].strip()
            if part:
                yield name, part
            start, name = match.end(), ""
        elif depth == 1 and mark == ":":
            name, start = str(json.loads(key)), match.end()
        elif depth == 1 and mark[0] == '"':
            key = mark
        if mark in "{[":
            depth += 1
            start = match.end() if depth == 1 else start
        elif mark in "}]":
            depth -= 1


def compact(text: str) -> bytes:
    """A valid JSON text without the white space between its parts."""
    return "".join(_TOKEN.findall(text)).encode("utf-8", "surrogatepass")


def pretty(text: str) -> bytes:
    """A valid JSON text over several lines, two blanks a level, empty containers on one line.

    Raises:
        TooLargeError: It would be too large.
    """
    parts: list[str] = []
    depth, size, before = 0, 0, ""
    for match in _TOKEN.finditer(text):
        mark = match[0]
        if mark in "}]":
            depth -= 1
        if mark in "}]":
            parts.append("" if before in "{[" else "\n" + "  " * depth)
        elif before and before in "{[,":
            parts.append("\n" + "  " * depth)
        elif before == ":":
            parts.append(" ")
        parts.append(mark)
        size += len(mark) + 2 * depth + 1
        if size > MAX_WRITTEN:
            raise TooLargeError
        if mark in "{[":
            depth += 1
        before = mark
    return "".join(parts).encode("utf-8", "surrogatepass")


def parsed(text: str) -> Any:
    """The document's values, for looking inside.

    Raises:
        JsonInvalidError: It is not JSON.
    """
    return load_json(text)
