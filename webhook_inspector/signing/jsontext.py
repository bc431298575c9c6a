"""JSON text written in other ways: the same tokens with other white space, order or escapes.

Numbers, duplicate keys and escapes stay as they are unless they are what is changed, so that a rewritten text
is exactly what a serialiser would have made of the same document.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from webhook_inspector.core.jsondoc import JsonInvalidError, load_json

MAX_BYTES = 1 << 20
"""Longer texts are not rewritten: it would take too long."""
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,]|[^\s{}\[\]:,"]+')


@dataclass(frozen=True, slots=True)
class Rewriting:
    """One way to write a document."""

    name: str
    """For a sentence: `compact`, `with spaces after commas and colons`."""
    reason: str
    write: Callable[[list[str]], str]


_COMPACT = (",", ":")
_SPACED = (", ", ": ")


def tokens(body: bytes) -> list[str] | None:
    """The tokens of a JSON object or array, or None when the body is none or is too long."""
    if len(body) > MAX_BYTES or body[:1] not in {b"{", b"["}:
        return None
    try:
        load_json(body)
        text = body.decode("utf-8")
    except (JsonInvalidError, UnicodeDecodeError):
        return None
    return _TOKEN.findall(text)


def _flat(parts: list[str], comma: str, colon: str) -> str:
    if (comma, colon) == _COMPACT:
        return "".join(parts)
    return "".join(comma if part == "," else colon if part == ":" else part for part in parts)


def _indented(parts: list[str], indent: str) -> str:
    result: list[str] = []
    depth = 0
    for index, part in enumerate(parts):
        if part in "}]":
            depth -= 1
            empty = parts[index - 1] in "{["
            result.append(part if empty else f"\n{indent * depth}{part}")
        elif part in "{[":
            depth += 1
            empty = index + 1 < len(parts) and parts[index + 1] in "}]"
            result.append(part if empty else f"{part}\n{indent * depth}")
        elif part == ",":
            result.append(f",\n{indent * depth}")
        else:
            result.append(": " if part == ":" else part)
    return "".join(result)


@dataclass(slots=True)
class _Open:
    """An object or array that is not closed yet."""

    bracket: str
    key: str
    members: list[tuple[str, list[str]]]


def _sorted(parts: list[str]) -> list[str]:
    """The tokens with the members of every object in order of their keys; without recursion, however deep."""
    stack: list[_Open] = []
    key = ""
    value: list[str] = []
    for part in parts:
        if part in "{[":
            stack.append(_Open(part, key, []))
            key, value = "", []
        elif part == ":":
            key, value = value[0], []
        elif part == ",":
            stack[-1].members.append((key, value))
            key, value = "", []
        elif part in "}]":
            inner = stack.pop()
            if value:
                inner.members.append((key, value))
            key, value = inner.key, _closed(inner, part)
        else:
            value = [part]
    return value


def _closed(inner: _Open, bracket: str) -> list[str]:
    is_object = inner.bracket == "{"
    members = sorted(inner.members, key=lambda member: member[0]) if is_object else inner.members
    flat = [inner.bracket]
    for number, (name, value) in enumerate(members):
        if number:
            flat.append(",")
        if is_object:
            flat += [name, ":"]
        flat += value
    return [*flat, bracket]


def _plain(part: str) -> str:
    if "\\" not in part or not part.startswith('"'):
        return part
    return json.dumps(json.loads(part), ensure_ascii=False)


def _ascii(part: str) -> str:
    if part.isascii() and part.isprintable() and "\\" not in part:
        return part  # most tokens: nothing in them is written in another way
    return json.dumps(json.loads(part))


def _slashes(part: str) -> str:
    return part.replace("/", "\\/") if part.startswith('"') and "\\/" not in part else part.replace("\\/", "/")


REWRITINGS = (
    Rewriting("compact", "body_reserialized", lambda parts: _flat(parts, *_COMPACT)),
    Rewriting("with a space after each comma and colon", "body_reserialized", lambda parts: _flat(parts, *_SPACED)),
    Rewriting("with a space after each colon", "body_reserialized", lambda parts: _flat(parts, ",", ": ")),
    Rewriting("indented by two spaces", "body_reserialized", lambda parts: _indented(parts, "  ")),
    Rewriting("indented by four spaces", "body_reserialized", lambda parts: _indented(parts, "    ")),
    Rewriting("indented by tabs", "body_reserialized", lambda parts: _indented(parts, "\t")),
    Rewriting(
        "compact with sorted keys", "body_reserialized_key_order", lambda parts: _flat(_sorted(parts), *_COMPACT)
    ),
    Rewriting(
        "with sorted keys and spaces", "body_reserialized_key_order", lambda parts: _flat(_sorted(parts), *_SPACED)
    ),
    Rewriting(
        "compact with non-ASCII characters escaped",
        "body_reserialized_escapes",
        lambda parts: _flat([_ascii(part) for part in parts], *_COMPACT),
    ),
    Rewriting(
        "with spaces and non-ASCII characters escaped",
        "body_reserialized_escapes",
        lambda parts: _flat([_ascii(part) for part in parts], *_SPACED),
    ),
    Rewriting(
        "compact without escapes",
        "body_reserialized_escapes",
        lambda parts: _flat([_plain(part) for part in parts], *_COMPACT),
    ),
    Rewriting(
        "compact with the other form of slashes",
        "body_reserialized_escapes",
        lambda parts: _flat([_slashes(part) for part in parts], *_COMPACT),
    ),
)


def rewritten(body: bytes) -> Iterator[tuple[Rewriting, bytes]]:
    """The body written in other ways, each with what was done. Nothing for bodies that are not JSON."""
    parts = tokens(body)
    if parts is None:
        return
    seen = {body}
    for rewriting in REWRITINGS:
        try:
            text = rewriting.write(parts).encode()
        except (ValueError, IndexError):  # lone surrogates cannot be written as UTF-8
            continue
        if text not in seen:
            seen.add(text)
            yield rewriting, text
