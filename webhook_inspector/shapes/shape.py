"""The structure of one payload: which paths it has and which types stand there."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from webhook_inspector.core.formats import classify, is_data_key
from webhook_inspector.core.paths import step
from webhook_inspector.core.payload import payload_of
from webhook_inspector.core.request import Request

MAX_KEYS = 512
"""Members beyond which an object is a map: its keys are data."""
MAX_NODES = 50_000
"""Paths beyond which the rest is left out."""
_BIG = 2**53


@dataclass(slots=True)
class Node:
    """What stands at one path."""

    types: dict[str, int] = field(default_factory=dict)
    """How often each type was seen: null, boolean, integer, number, string, array, object. 2.0 is an integer."""
    formats: dict[str, int] = field(default_factory=dict)
    """How often each string format class was seen."""
    members: dict[str, Node] = field(default_factory=dict)
    """Named members of the objects here."""
    values: Node | None = None
    """Members whose names are data: all of them together, written `{*}`."""
    items: Node | None = None
    """Elements of the arrays here, all of them together, written `[]`."""

    def merge(self, other: Node) -> None:
        """Add what another node saw."""
        work = [(self, other)]
        while work:
            mine, theirs = work.pop()
            for name, count in theirs.types.items():
                mine.types[name] = mine.types.get(name, 0) + count
            for name, count in theirs.formats.items():
                mine.formats[name] = mine.formats.get(name, 0) + count
            pairs = [(mine.members, key, node) for key, node in theirs.members.items()]
            for members, key, node in pairs:
                work.append((members.setdefault(key, Node()), node))
            if theirs.values is not None:
                mine.values = mine.values or Node()
                work.append((mine.values, theirs.values))
            if theirs.items is not None:
                mine.items = mine.items or Node()
                work.append((mine.items, theirs.items))

    def close(self) -> None:
        """Treat all members as data."""
        values = self.values = self.values or Node()
        for node in self.members.values():
            values.merge(node)
        self.members = {}


@dataclass(frozen=True, slots=True)
class Shape:
    """Structure of a payload as a tree of paths."""

    root: Node
    truncated: bool = False
    """Whether the payload has more than `MAX_NODES` paths, so that some were left out."""

    def paths(self) -> Iterator[tuple[str, Node]]:
        """Every path with its node, sorted by path: `$.data.items[].id`, `$.prices{*}.amount`."""
        work = [("$", self.root)]
        while work:
            path, node = work.pop()
            yield path, node
            below = [(path + step(key), node.members[key]) for key in sorted(node.members)]
            if node.values is not None:
                below.append((path + "{*}", node.values))
            if node.items is not None:
                below.append((path + "[]", node.items))
            work.extend(reversed(below))

    def digest(self) -> str:
        """A short name of the structure, the same for payloads that differ only in values.

        It covers each path with its set of types. Null is a type, so a value that is null for once is another
        structure; integers and other numbers are one type, because a price of 2 is no change from 2.5. It does not
        cover formats and counts, key order, array lengths, or the names of members that are data.
        """
        out: list[str] = []
        work: list[tuple[str, Node] | str] = [("$", self.root)]
        while work:
            item = work.pop()
            if isinstance(item, str):
                out.append(item)
                continue
            label, node = item
            types = {"number" if name == "integer" else name for name in node.types}
            out.append(f"{label}:{types.pop() if len(types) == 1 else ','.join(sorted(types))}")
            if node.members or node.values is not None or node.items is not None:
                out.append("(")
                work.append(")")
                if node.items is not None:
                    work.append(("[]", node.items))
                if node.values is not None:
                    work.append(("{*}", node.values))
                # With the length before it no key can be taken for structure.
                work.extend((f"{len(key)}.{key}", node.members[key]) for key in sorted(node.members, reverse=True))
        return hashlib.sha256("\n".join(out).encode("utf-8", "surrogatepass")).hexdigest()[:16]


_TYPES = {
    type(None): "null",
    bool: "boolean",
    int: "integer",
    str: "string",
    list: "array",
    dict: "object",
}
_is_data_key = lru_cache(maxsize=16_384)(is_data_key)


def infer(document: Any, *, formats: bool = True) -> Shape:
    """The structure of a parsed document; elements of an array are united. Works at any depth.

    Args:
        document: What a JSON parser returns.
        formats: Whether string format classes are noted too, which takes most of the time.
    """
    root = Node()
    work: list[tuple[Node, Any]] = [(root, document)]
    closing: list[Node] = []
    count, truncated = 1, False
    while work:
        node, value = work.pop()
        name = _TYPES.get(type(value)) or ("integer" if value.is_integer() and abs(value) < _BIG else "number")
        node.types[name] = node.types.get(name, 0) + 1
        if name == "string" and formats:
            label = str(classify(value))
            node.formats[label] = node.formats.get(label, 0) + 1
        elif name == "array":
            if value:
                node.items = items = node.items or Node()
                work.extend((items, element) for element in value)
        elif name == "object":
            members = node.members
            for key, inner in value.items():
                child = members.get(key)
                if child is None:
                    if _is_data_key(key):
                        node.values = child = node.values or Node()
                    elif count >= MAX_NODES:
                        truncated = True
                        continue
                    else:
                        child = members[key] = Node()
                        count += 1
                work.append((child, inner))
            if len(members) > MAX_KEYS:
                closing.append(node)
    for node in reversed(closing):
        if node.members:
            node.close()
    return Shape(root, truncated)


def digest_of(request: Request) -> str | None:
    """The digest of the structure of a request's body (JSON or form); None when the body has no structure."""
    payload = payload_of(request)
    return infer(payload.document, formats=False).digest() if payload.structured else None
