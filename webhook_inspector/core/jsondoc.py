"""JSON for inspection: parsing that never surprises, and JSON pointers.

Bodies are never stored, sent or exported from the parsed form: this is for looking inside.
"""

from __future__ import annotations

import json
from typing import Any

MAX_DEPTH = 500
"""Deeper documents are reported as not readable rather than walked."""


class JsonInvalidError(ValueError):
    """The bytes are not JSON that can be looked into; the message says why and where."""


def _too_deep(data: str) -> bool:
    depth = 0
    in_string = False
    escaped = False
    if data.count("[") + data.count("{") <= MAX_DEPTH:
        return False
    for char in data:
        if in_string:
            if escaped:
                escaped = False
            elif char == "\\":
                escaped = True
            elif char == '"':
                in_string = False
        elif char == '"':
            in_string = True
        elif char in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                return True
        elif char in "]}":
            depth -= 1
    return False


def _integer(text: str) -> int | float:
    # int() refuses over 4300 digits; such a number is looked at as a float, never stored.
    return int(text) if len(text) <= 4000 else float(text)


def _refuse_constant(name: str) -> Any:
    raise JsonInvalidError(f"{name} is not JSON")


def load_json(data: bytes | str) -> Any:
    """Parse JSON (UTF-8, with or without BOM, or UTF-16/32 by its first bytes).

    Raises:
        JsonInvalidError: Not JSON, too deep, or not text.
    """
    try:
        text = data if isinstance(data, str) else data.decode(json.detect_encoding(data))
        if _too_deep(text):
            raise JsonInvalidError(f"nested deeper than {MAX_DEPTH} levels")
        return json.loads(text.removeprefix("\ufeff"), parse_int=_integer, parse_constant=_refuse_constant)
    except JsonInvalidError:
        raise
    except json.JSONDecodeError as error:
        raise JsonInvalidError(f"{error.msg} at line {error.lineno} column {error.colno}") from None
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise JsonInvalidError(f"not readable as JSON text ({type(error).__name__})") from None


def pointer(document: Any, path: str) -> Any:
    """The value at a JSON pointer (RFC 6901, for example `/data/object/id`); None when it is not there."""
    if path in {"", "/"}:
        return document
    for part in path.removeprefix("/").split("/"):
        key = part.replace("~1", "/").replace("~0", "~")
        if isinstance(document, dict) and key in document:
            document = document[key]
        elif isinstance(document, list) and key.isascii() and key.isdigit() and int(key) < len(document):
            document = document[int(key)]
        else:
            return None
    return document
