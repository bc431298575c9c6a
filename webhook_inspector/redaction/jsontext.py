"""Masking inside JSON text: on its tokens, so that everything else stays as it was written."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from webhook_inspector.core.display import show
from webhook_inspector.core.jsondoc import JsonInvalidError, load_json
from webhook_inspector.redaction.lexicon import is_secret_name, is_secret_object

_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|-?[0-9][0-9.eE+-]*|true|false|null|[\[\]{},:]', re.DOTALL)
_HALVES = re.compile("[\ud800-\udfff]")
_PATH_PART = re.compile(r"\.\.|\.?\[(\*|[0-9]*)\]|\.?([^.\[\]]+)")


def json_string(text: str, like: str) -> str:
    """A JSON string of a text, in ASCII alone when another one is; no bytes hold half a surrogate pair but escaped."""
    written = json.dumps(text, ensure_ascii=like.isascii())
    return _HALVES.sub(lambda found: f"\\u{ord(found[0]):04x}", written)


@dataclass(slots=True)
class _Level:
    """One open object or array."""

    is_object: bool
    secret: bool = False
    """Everything in it is secret, however deep."""
    values: bool = False
    """An array whose plain values are secret, the objects in it not as a whole."""
    key: str | None = None
    index: int = 0


def parse_paths(paths: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """Paths as parts: `$.a.b[].c`, `$.a[*]`, `$..c` or `/a/b`. `*` is any key or place, `..` any depth."""
    result = []
    for path in paths:
        if path.startswith("/"):
            parts = tuple(part.replace("~1", "/").replace("~0", "~") for part in path[1:].split("/"))
        else:
            parts = tuple(
                "**" if match[0] == ".." else (match[1] or "*") if match[1] is not None else match[2]
                for match in _PATH_PART.finditer(path.removeprefix("$"))
            )
        if parts:
            result.append(parts)
    return tuple(result)


def mask_json(
    text: str,
    paths: Sequence[tuple[str, ...]],
    secret: Callable[[str], str],
    other: Callable[[str, str, str], str | None],
    keys: Callable[[str], str | None],
) -> tuple[str, tuple[str, ...]]:
    """Mask secret values in JSON text.

    Args:
        text: Valid JSON.
        paths: Further places, as `parse_paths` gives them.
        secret: Gives what stands in the place of a secret value: a string with its quotes, or a number.
        keys: Gives what stands in the place of a member's name, or None.
        other: The same for any other value, or None when it stays; also gets the name and the path of where it stands.

    Returns:
        The text, and the paths that were masked, safe to show.
    """
    parts: list[str] = []
    masked: dict[str, None] = {}
    levels: list[_Level] = []
    end = 0
    for match in _TOKEN.finditer(text):
        lexeme = match[0]
        level = levels[-1] if levels else None
        if lexeme in {"{", "["}:
            levels.append(_opened(levels, paths, is_object=lexeme == "{"))
        elif lexeme in {"}", "]"}:
            levels.pop()
        elif lexeme == ",":
            assert level is not None
            level.key, level.index = None, level.index + 1
        elif lexeme[0] == '"' and level is not None and level.is_object and level.key is None:
            level.key = _key(lexeme)
            name = keys(level.key)
            if name is not None:
                parts += [text[end : match.start()], json_string(name, lexeme)]
                end = match.end()
        elif lexeme[0] in '"-0123456789':
            if _is_secret(levels, paths):
                new: str | None = secret(lexeme)
            else:
                new = other(lexeme, _name(levels), _path(levels))
            if new is not None and new != lexeme:
                parts += [text[end : match.start()], new]
                end = match.end()
                masked[_path(levels)] = None
    return "".join([*parts, text[end:]]), tuple(masked)


def _name(levels: Sequence[_Level]) -> str:
    """The member that the current place belongs to: for an element, that of its array."""
    return next((level.key for level in reversed(levels) if level.is_object and level.key is not None), "")


def _key(token: str) -> str:
    try:
        return str(load_json(token))
    except JsonInvalidError:
        return token[1:-1]


def _opened(levels: Sequence[_Level], paths: Sequence[tuple[str, ...]], *, is_object: bool) -> _Level:
    """The level of an object or array that begins at the current place."""
    if not levels:
        return _Level(is_object)
    outer = levels[-1]
    key = outer.key if outer.is_object else None
    secret = outer.secret or _is_named(levels, paths) or (key is not None and is_secret_object(key))
    values = not is_object and (outer.values or (key is not None and is_secret_name(key)))
    return _Level(is_object, secret, values)


def _is_secret(levels: Sequence[_Level], paths: Sequence[tuple[str, ...]]) -> bool:
    """Whether the plain value at the current place is secret: by its key, what it stands in, or a given path."""
    if not levels:
        return False
    level = levels[-1]
    if level.secret or level.values or (level.is_object and level.key is not None and is_secret_name(level.key)):
        return True
    return _is_named(levels, paths)


def _is_named(levels: Sequence[_Level], paths: Sequence[tuple[str, ...]]) -> bool:
    if not paths:
        return False
    place = [str(one.key) if one.is_object else str(one.index) for one in levels]
    return any(_matches(pattern, place) for pattern in paths)


def _matches(pattern: Sequence[str], place: Sequence[str]) -> bool:
    if not pattern:
        return not place
    if pattern[0] == "**":
        return any(_matches(pattern[1:], place[start:]) for start in range(len(place) + 1))
    return bool(place) and pattern[0] in {"*", place[0]} and _matches(pattern[1:], place[1:])


def _path(levels: Sequence[_Level]) -> str:
    return show("$" + "".join(f".{level.key}" if level.is_object else "[]" for level in levels), 200)
