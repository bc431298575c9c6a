"""Kinds of drift, their severity, and how sure they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

ADDITIVE, RISKY, BREAKING = SEVERITIES = ("additive", "risky", "breaking")
"""For a consumer that was written for what came before, from harmless to harmful."""
WATCH, LIKELY, CONFIRMED = CONFIDENCES = ("watch", "likely", "confirmed")
"""How sure it is that it is not chance."""

KINDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "vanished": (BREAKING, "it was always there and is gone: code that reads it fails"),
        "optional_vanished": (RISKY, "it was there at times and is gone"),
        "appeared": (ADDITIVE, "new members are no contract break; only strict schemas object"),
        "alias": (ADDITIVE, "it holds the same as another member, which may go next"),
        "became_optional": (BREAKING, "it was always there and is missing at times"),
        "became_required": (ADDITIVE, "it was missing at times and is always there now"),
        "nullable": (BREAKING, "it was never null and is null at times"),
        "became_null": (BREAKING, "it had values and is always null now"),
        "not_null": (ADDITIVE, "it was null at times and is not any more"),
        "null_now_has_value": (ADDITIVE, "it was always null: its type is seen for the first time"),
        "type_changed": (BREAKING, "every value has another type"),
        "type_widened": (BREAKING, "values of another type come as well"),
        "type_narrowed": (ADDITIVE, "one of its types does not come any more"),
        "format_changed": (RISKY, "its texts have another form: what parses them may fail"),
        "enum_added": (RISKY, "a value that was never there: a switch without a default misses it"),
        "enum_removed": (ADDITIVE, "a value does not come any more"),
        "enum_overflow": (RISKY, "it had a few values and is free text now"),
        "variant_added": (RISKY, "a kind of element that was never there"),
        "magnitude": (RISKY, "its numbers are a hundred times larger or smaller: another unit?"),
        "constant_changed": (BREAKING, "it was always the same and says what the payload is: who checks it refuses"),
        "longer": (RISKY, "its texts are longer than ever: a column may be too short"),
        "may_be_empty": (RISKY, "its arrays always had elements and are empty at times"),
        "capped": (RISKY, "its arrays end at a round number: the rest is left out"),
        "presence_shifted": (ADDITIVE, "it is there much more or less often: no contract, but another business"),
        "renamed": (BREAKING, "it is gone, and something like it appeared beside it"),
        "moved": (BREAKING, "it is gone, and something like it appeared elsewhere"),
    }
)
"""Severity and reason of each kind."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What a user decided about severities."""

    enum_added: str = RISKY
    """A new value of an enumeration: tools disagree (additive, risky or breaking)."""
    became_optional: str = BREAKING
    """Some providers do it without notice and call it compatible."""
    format_changed: str = RISKY
    """Stripe declares opaque ids free to change; typed clients break."""
    used: frozenset[str] = frozenset()
    """Paths that the user's code reads: one step more severe. All below counts."""
    ignored: frozenset[str] = frozenset()
    """Paths that it does not: additive."""
    acknowledged: frozenset[tuple[str, str]] = frozenset()
    """(kind, path) that was seen and accepted: not reported."""

    def severity(self, kind: str, path: str) -> str:
        """The severity of a kind at a path."""
        chosen: str = getattr(self, kind, None) or KINDS[kind][0]
        if _below(path, self.ignored):
            return ADDITIVE
        if _below(path, self.used):
            return SEVERITIES[min(2, SEVERITIES.index(chosen) + 1)] if chosen != ADDITIVE else chosen
        return chosen


def _below(path: str, roots: Iterable[str]) -> bool:
    return any(path == root or (path.startswith(root) and path[len(root)] in ".[{") for root in roots)


@dataclass(frozen=True, slots=True)
class Drift:
    """One change."""

    path: str
    """`$.data.items[].id`; headers as `#headers.content-type`."""
    kind: str
    severity: str
    confidence: str
    before: str
    """What was there, in words: `string, always`, `integer`, `open, closed`. Not yet safe to show."""
    after: str
    chance: float
    """How often shuffling the deliveries between the two windows would show as much."""
    last_before: int = 0
    """Number of the last delivery as it was; 0: not known."""
    first_after: int = 0
    """Number of the first one as it is."""
    needs: int = 0
    """Deliveries more that would confirm it, if they are alike; 0: it is confirmed, or that cannot be said."""
    other: str = ""
    """The other half of a rename or move: where it is now."""
    score: float = 0.0
    """How well both halves of a rename or move fit, 0 to 1."""
    why: str = field(default="")
    """One plain sentence."""


def worst(changes: Iterable[Drift], *, confirmed: bool = False) -> str | None:
    """The highest severity; None when there is no change. With `confirmed` only of those that are."""
    ranks = [SEVERITIES.index(one.severity) for one in changes if not confirmed or one.confidence == CONFIRMED]
    return SEVERITIES[max(ranks)] if ranks else None
