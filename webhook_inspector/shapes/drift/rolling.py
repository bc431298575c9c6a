"""Changes that roll out little by little: for a while deliveries of both forms come, mixed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from webhook_inspector.core.paths import scalars_near, values_at
from webhook_inspector.shapes.drift.model import Drift

FEWEST = 8
"""Deliveries of the mixed time, below which it is one change with a few stragglers."""
RISE = 0.3
"""From the first to the last quarter of the mixed time; less is a member that is there at times."""
MOST = 8
_PER_VALUE = 3
_DEPTH = 3
_MOST_LENGTH = 64
_LARGEST = 2**63
_GONE = frozenset({"vanished", "optional_vanished", "became_optional", "renamed", "moved"})
_NULL = frozenset({"nullable", "became_null"})
_TYPE = frozenset({"type_changed", "type_widened"})


@dataclass(frozen=True, slots=True)
class Payload:
    """One payload of a delivery."""

    id: int
    document: Any
    labels: Mapping[str, str]
    """What else may tell payloads apart, by what it is called: the source, headers."""


@dataclass(frozen=True, slots=True)
class Rolling:
    """A change whose two forms come mixed."""

    paths: tuple[str, ...]
    first_new: int
    """Number of the first delivery of the new form."""
    last_old: int
    """Number of the last of the old one, which came later."""
    shares: tuple[float, ...]
    """Of the new form, in each quarter of the time between."""
    by: str = ""
    """What tells the forms apart entirely, for example `$.team_id`; empty: nothing that was found."""
    new_values: tuple[str, ...] = ()
    """Its values with the new form."""
    old_values: tuple[str, ...] = ()


def rolling(changes: Sequence[Drift], payloads: Sequence[Payload]) -> list[Rolling]:
    """Which changes roll out, those with the same deliveries together; at most `MOST`.

    Args:
        changes: Of one kind of payload.
        payloads: That kind's, by number, from before the change to now.
    """
    together: dict[tuple[bool | None, ...], list[str]] = {}
    for change in changes:
        together.setdefault(tuple(_is_new(change, payload.document) for payload in payloads), []).append(change.path)
    found = (_rolling(tuple(paths), flags, payloads) for flags, paths in together.items())
    return list(islice((one for one in found if one is not None), MOST))


def _rolling(paths: tuple[str, ...], flags: Sequence[bool | None], payloads: Sequence[Payload]) -> Rolling | None:
    if True not in flags or False not in flags:
        return None
    first = flags.index(True)
    last = len(flags) - 1 - list(reversed(flags)).index(False)
    mixed = [(flags[at] is True, payloads[at]) for at in range(first, last + 1) if flags[at] is not None]
    if len(mixed) < FEWEST:
        return None
    quarters = [mixed[len(mixed) * n // 4 : len(mixed) * (n + 1) // 4] for n in range(4)]
    shares = tuple(sum(new for new, _ in quarter) / max(1, len(quarter)) for quarter in quarters)
    by, new_values, old_values = _told_apart(mixed, paths)
    if not by and shares[-1] - shares[0] < RISE:
        return None
    return Rolling(paths, payloads[first].id, payloads[last].id, shares, by, new_values, old_values)


def _is_new(change: Drift, document: Any) -> bool | None:
    """Whether a document has the new form; None when it has neither, or the kind of change does not say."""
    found = list(values_at(document, change.path))
    if not found:
        return None
    values = [value for there, value in found if there]
    if change.kind in _GONE:
        return len(values) < len(found)
    if change.kind == "appeared":
        return bool(values)
    if change.kind in _NULL:
        return any(value is None for value in values) if values else None
    if change.kind in _TYPE:
        types = {_type(value) for value in values} - {"null"}
        return bool(types - set(change.before.split(" or "))) if types else None
    return None


def _type(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, float):
        return "integer" if value.is_integer() else "number"
    return {dict: "object", list: "array", str: "string", int: "integer"}.get(type(value), "null")


def _told_apart(
    mixed: Sequence[tuple[bool, Payload]], paths: Sequence[str]
) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    """What has one value, or some, wherever the form is new, and others wherever it is old."""
    seen: dict[str, dict[str, set[bool]]] = {}
    counts: dict[str, int] = {}
    for new, payload in mixed:
        for name, value in (*payload.labels.items(), *_scalars(payload.document)):
            seen.setdefault(name, {}).setdefault(value, set()).add(new)
            counts[name] = counts.get(name, 0) + 1
    for name in sorted(seen, key=lambda name: (name.count(".") + name.count("["), name)):
        values = seen[name]
        few = 2 <= len(values) <= len(mixed) / _PER_VALUE
        itself = any(name == path or name.startswith((path + ".", path + "[")) for path in paths)
        if not few or itself or counts[name] < len(mixed):
            continue
        if all(len(forms) == 1 for forms in values.values()):
            new_values = tuple(sorted(value for value, forms in values.items() if True in forms))
            return name, new_values, tuple(sorted(values.keys() - set(new_values)))
    return "", (), ()


def _scalars(document: Any) -> Iterator[tuple[str, str]]:
    """Short texts and whole numbers near the root, by path."""
    for path, value in scalars_near(document, _DEPTH):
        if isinstance(value, str) and len(value) <= _MOST_LENGTH:
            yield path, value
        elif isinstance(value, int) and abs(value) < _LARGEST:
            yield path, str(value)
