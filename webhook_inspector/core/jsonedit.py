"""Changing one value of a JSON text and nothing else: order, spacing, big numbers and escapes stay as they are."""

from __future__ import annotations

import json
import re

from webhook_inspector.core.jsondoc import JsonInvalidError, load_json

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,]|[^\s{}\[\]:,"]+')


def replace_value(body: bytes, pointer: str, value: str) -> bytes | None:
    """The text with the string or number at a JSON pointer replaced.

    Args:
        body: JSON, UTF-8.
        pointer: Where, as `/signature/token`. Of duplicate keys the last counts, as for parsers.
        value: The new value; written as a string where a string stood, else as it is.

    Returns:
        The new text; None when the body is no JSON or there is no string or number at that place.
    """
    try:
        load_json(body)
        text = body.decode("utf-8")
    except (JsonInvalidError, UnicodeDecodeError):
        return None
    span = _span(text, pointer)
    if span is None:
        return None
    start, end = span
    written = json.dumps(value) if text[start] == '"' else value
    return (text[:start] + written + text[end:]).encode()


def _span(text: str, pointer: str) -> tuple[int, int] | None:
    """Where the value at a pointer stands; None when there is none or it is an object, array or constant."""
    wanted = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
    path: list[str] = []
    kinds: list[str] = []
    found: tuple[int, int] | None = None
    expects_key = False
    for match in _TOKEN.finditer(text):
        part = match.group()
        if part in "{[":
            kinds.append(part)
            path.append("0" if part == "[" else "")
            expects_key = part == "{"
        elif part in "}]":
            kinds.pop()
            path.pop()
            expects_key = False
        elif part == ",":
            expects_key = kinds[-1] == "{"
            if kinds[-1] == "[":
                path[-1] = str(int(path[-1]) + 1)
        elif part == ":":
            expects_key = False
        elif expects_key:
            path[-1] = json.loads(part)
        elif path == wanted:
            found = match.span() if part[0] == '"' or part[0] in "-0123456789" else None
    return found
