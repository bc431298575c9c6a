"""Changing one place of a sample: `data.object.amount=42`."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from webhook_inspector.core.display import show
from webhook_inspector.errors import UsageError
from webhook_inspector.samples.fill import GONE

_MAX_INDEX = 1000
_NAME = re.compile(r"\{(.*)\}", re.DOTALL)


def parse_value(text: str) -> Any:
    """The value of an override: JSON where it is JSON, else the text itself."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def names_and_places(overrides: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Overrides of names (`{customer}`, wherever they stand) and of places (`data.object.amount`)."""
    names: dict[str, str] = {}
    places: dict[str, str] = {}
    for path, text in overrides.items():
        name = _NAME.fullmatch(path)
        if name is not None:
            names[name[1]] = text
        else:
            places[path] = text
    return names, places


def override(document: Any, path: str, text: str) -> None:
    """Set the place at a dotted path to a value as the user wrote it; see `put`."""
    put(document, path, parse_value(text))


def put(document: Any, path: str, value: Any) -> None:
    """Set the place at a dotted path, in place, or take the member away. Missing objects are made; lists take an index.

    Raises:
        UsageError: The path is empty or leads through something that has no parts.
    """
    parts = path.split(".")
    if not all(parts):
        raise UsageError(f"--set {show(path, 80)!r} has an empty part: write a path such as data.object.amount.")
    here = document
    for index, part in enumerate(parts):
        last = index == len(parts) - 1
        if isinstance(here, dict):
            if last and value == GONE:
                here.pop(part, None)
            elif last:
                here[part] = value
            else:
                here = here.setdefault(part, {})
        elif isinstance(here, list):
            position = _position(part, path, len(here))
            if last:
                here[position : position + 1] = [value]
            elif position < len(here):
                here = here[position]
            else:
                raise UsageError(f"--set {show(path, 80)!r}: the list has no entry {part}.")
        else:
            before = ".".join(parts[:index])
            raise UsageError(f"--set {show(path, 80)!r} leads through {show(before, 80)!r}, which has no parts.")


def _position(part: str, path: str, length: int) -> int:
    """An index of a list; its length is the place after its end."""
    if part.isascii() and part.isdigit() and len(part) <= len(str(_MAX_INDEX)) and int(part) <= length:
        return int(part)
    raise UsageError(f"--set {show(path, 80)!r}: {show(part, 40)!r} is not an entry of a list of {length}.")
