"""What a filter consists of. `predicate` and the store's `filter_sql` each give every node the same meaning.

Text is compared as UTF-8 bytes, with ASCII letters folded to lower case, in every node.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Pattern:
    """Text with wildcards, already folded: the pieces between the `*`s.

    One piece: the text must be equal to it. More: it must begin with the first, end with the last, and hold
    the others between them in this order.
    """

    pieces: tuple[bytes, ...]

    @property
    def anything(self) -> bool:
        """Whether every text matches."""
        return len(self.pieces) > 1 and not any(self.pieces)


@dataclass(frozen=True, slots=True)
class And:
    """All of the parts hold."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """One of the parts holds."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold."""

    part: Node


@dataclass(frozen=True, slots=True)
class Ids:
    """The number lies in one of the ranges (first, last), both ends included."""

    ranges: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Word:
    """The method, the target, a header line (`name: value`) or the body holds the pattern.

    The pieces of the pattern follow each other anywhere in the text: `a*b` finds `..a..b..`.
    """

    pieces: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Text:
    """A text of the delivery fits the pattern. A text that is not there fits none."""

    field: str
    """`provider`, `source`, `event_type`, `event_id`, `method`, `path`, `shape` or `note`."""
    pattern: Pattern


@dataclass(frozen=True, slots=True)
class Number:
    """A number of the delivery lies between two, both included. One that is not there lies nowhere."""

    field: str
    """`received_ns`, `body_size`, `last_status` or `attempts`."""
    low: int | None
    high: int | None


@dataclass(frozen=True, slots=True)
class Choice:
    """A field has one of a few fixed values."""

    field: str
    """`state` or `sig`."""
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Flag:
    """Something is so."""

    field: str
    """`dup`, `retry`, `late`, `drift`, `refused` or `pinned`."""


@dataclass(frozen=True, slots=True)
class Header:
    """One of the headers of this name has a value that fits."""

    name: bytes
    pattern: Pattern


@dataclass(frozen=True, slots=True)
class Body:
    """A value at this place of the body fits.

    Exactly one of `pattern` and the bounds is used; `pattern` None and no bounds: there is a value.
    """

    path: tuple[str | None, ...]
    """Keys and indexes from the outside in; None: every element or member."""
    pattern: Pattern | None
    low: float | None = None
    high: float | None = None
    open_low: bool = False
    """`low` itself does not fit."""
    open_high: bool = False


Node: TypeAlias = And | Or | Not | Ids | Word | Text | Number | Choice | Flag | Header | Body
