"""Payloads into a summary: a walk without recursion, as few steps a value as there can be."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from webhook_inspector.shapes.summary.place import MAX_DEPTH, Place, Summary, length_class

KIND_KEYS = ("type", "object", "event", "kind", "record_type")
"""Members of array elements that tell what they are."""
_KIND = re.compile(r"[A-Za-z][A-Za-z0-9_.:-]{0,47}\Z")
_LONG = 512


def add(summary: Summary, document: Any, delivery_id: int, headers: Sequence[tuple[str, str]] = ()) -> None:
    """Count a payload.

    Args:
        summary: Gets it.
        document: As `core.jsondoc` reads it, or a form as an object.
        delivery_id: Of the delivery it is from; several payloads may be from one.
        headers: Names in lower case, and values.
    """
    _walk(summary.root, document, delivery_id)
    if headers:
        place = summary.headers
        _reach(place, delivery_id)
        place.objects += 1
        for name, value in dict(headers).items():
            member = place.member(name)
            _reach(member, delivery_id)
            member.text(value)


def _reach(place: Place, delivery_id: int) -> None:
    place.n += 1
    if place.mark != delivery_id:
        place.mark = delivery_id
        place.d += 1
        place.first = min(place.first, delivery_id)
        place.last = max(place.last, delivery_id)


def _walk(root: Place, document: Any, delivery_id: int) -> None:
    _reach(root, delivery_id)
    if not isinstance(document, (dict, list)):
        _scalar(root, document)
        return
    work: list[tuple[Place, Any, int]] = [(root, document, 0)]
    while work:
        place, value, depth = work.pop()
        while place.moved is not None:
            place = place.moved
        if depth >= MAX_DEPTH:
            place.folded = True
        if type(value) is dict:
            place.objects += 1
            if depth < MAX_DEPTH:
                _members(place, value, depth + 1, delivery_id, work)
        else:
            place.arrays += 1
            length = len(value)
            place.fewest = length if place.fewest is None else min(place.fewest, length)
            place.most = length if place.most is None else max(place.most, length)
            size = length_class(length)
            place.counts[size] = place.counts.get(size, 0) + 1
            if depth < MAX_DEPTH:
                _elements(place, value, depth + 1, delivery_id, work)


def _members(
    place: Place, value: dict[str, Any], depth: int, delivery_id: int, work: list[tuple[Place, Any, int]]
) -> None:
    members = place.members
    for key, item in value.items():
        child = members.get(key)
        if child is None:
            child = place.member(key)
            members = place.members  # closing makes another one
        # `_reach`, written out: this is the innermost loop.
        child.n += 1
        if child.mark != delivery_id:
            child.mark = delivery_id
            child.d += 1
            child.first = min(child.first, delivery_id)
            child.last = max(child.last, delivery_id)
        kind = type(item)
        if kind is str:
            texts = child.texts
            if item in texts:
                texts[item] += 1
            else:
                child.text(item)
        elif kind is dict or kind is list:
            work.append((child, item, depth))
        elif item is None:
            child.nulls += 1
        else:
            _scalar(child, item)


def _elements(place: Place, value: list[Any], depth: int, delivery_id: int, work: list[tuple[Place, Any, int]]) -> None:
    for item in value:
        kind = type(item)
        child = place.element(_kind_of(item) if kind is dict else None)
        _reach(child, delivery_id)
        if kind is dict or kind is list:
            work.append((child, item, depth))
        else:
            _scalar(child, item)


def _kind_of(element: dict[str, Any]) -> str | None:
    for key in KIND_KEYS:
        value = element.get(key)
        if isinstance(value, str) and len(value) < _LONG and _KIND.match(value):
            return f"{key}={value}"
    return None


def _scalar(place: Place, value: Any) -> None:
    if isinstance(value, str):
        place.text(value)
    elif value is None:
        place.nulls += 1
    elif value is True:
        place.trues += 1
    elif value is False:
        place.falses += 1
    else:
        place.number(value)
