"""JSON for inspection: parsing that never surprises, and JSON pointers.

Bodies are never stored, sent or exported from the parsed form: this is for looking inside.
"""

from __future__ import annotations

import json
from itertools import accumulate
from typing import Any

MAX_DEPTH = 500
"""Deeper documents are reported as not readable rather than walked."""


_NOT_BRACKETS = bytes(code for code in range(256) if code not in b'[]{}"')
_STEPS = [1 if code in b"[{" else -1 for code in range(256)]


class JsonInvalidError(ValueError):
    """The bytes are not JSON that can be looked into; the message says why and where."""


def _too_deep(data: str) -> bool:
    """Whether brackets stand deeper than `MAX_DEPTH`: strings are cut out, then steps up and down are added up."""
    if data.count("[") + data.count("{") <= MAX_DEPTH:
        return False
    raw = data.encode("utf-8", "surrogatepass")
    if b"\\" in raw:
        raw = raw.replace(b"\\\\", b"").replace(b'\\"', b"")
    brackets = b"".join(raw.translate(None, _NOT_BRACKETS).split(b'"')[::2])
    return max(accumulate(map(_STEPS.__getitem__, brackets)), default=0) > MAX_DEPTH


def _integer(text: str) -> int | float:
    # int() refuses over 4300 digits; such a number is looked at as a float, never stored.
    return int(text) if len(text) <= 4000 else float(text)


def _refuse_constant(name: str) -> Any:
    raise JsonInvalidError(f"{name} is not JSON")


def _parse(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except (json.JSONDecodeError, JsonInvalidError):
        raise
    except ValueError:  # an integer of more digits than int() takes: slower, so only then
        return json.loads(text, parse_int=_integer, parse_constant=_refuse_constant)


def load_json(data: bytes | str) -> Any:
    """Parse JSON (UTF-8, with or without BOM, or UTF-16/32 by its first bytes).

    Raises:
        JsonInvalidError: Not JSON, too deep, or not text.
    """
    try:
        text = data if isinstance(data, str) else data.decode(json.detect_encoding(data))
        if _too_deep(text):
            raise JsonInvalidError(f"nested deeper than {MAX_DEPTH} levels")
        return _parse(text.removeprefix("\ufeff"))
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
