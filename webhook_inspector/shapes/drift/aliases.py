"""New members that hold the same as an old one: the provider renames in two steps, and the old one may go next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from webhook_inspector.core.paths import scalars_near, values_at
from webhook_inspector.shapes.drift.model import CONFIRMED, KINDS, Drift

SHARE = 0.9
"""Of the payloads that have both, so many must agree."""
FEWEST = 8
"""Payloads that must have both."""
_DISTINCT = 4
"""Different values that must agree, so that two flags are not taken for one."""
_DEPTH = 6
_MOST = 20


def with_aliases(changes: Sequence[Drift], documents: Sequence[Any]) -> list[Drift]:
    """The changes, with `alias` in the place of `appeared` where the values say so.

    Args:
        changes: Of one kind of payload.
        documents: That kind's payloads, those with the new members among them.
    """
    new = [
        one.path for one in changes if one.kind == "appeared" and one.confidence == CONFIRMED and "[" not in one.path
    ]
    found = {path: _twin(path, documents, new) for path in new[:_MOST]}
    return [
        replace(one, kind="alias", other=found[one.path], why=KINDS["alias"][1]) if found.get(one.path) else one
        for one in changes
    ]


def _twin(path: str, documents: Sequence[Any], new: Sequence[str]) -> str:
    """The old path whose values are those of a new one; empty when there is none."""
    agree: dict[str, int] = {}
    together: dict[str, int] = {}
    values: dict[str, set[str]] = {}
    for document in documents:
        mine = next((value for there, value in values_at(document, path) if there), None)
        if not isinstance(mine, (str, int, float)) or isinstance(mine, bool):
            continue
        for other, value in scalars_near(document, _DEPTH):
            if other != path and other not in new and not isinstance(value, bool):
                together[other] = together.get(other, 0) + 1
                if type(value) is type(mine) and value == mine:
                    agree[other] = agree.get(other, 0) + 1
                    values.setdefault(other, set()).add(str(value)[:100])
    good = [
        other
        for other, count in agree.items()
        if count >= max(FEWEST, SHARE * together[other]) and len(values[other]) >= _DISTINCT
    ]
    return min(good, key=lambda other: (-agree[other], other.count("."), other), default="")
