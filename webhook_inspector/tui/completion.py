"""What can be written next in a filter: keys, and values that occur in the log with their counts."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from webhook_inspector.core import units
from webhook_inspector.core.filters import Key
from webhook_inspector.tui.safe import Line, Piece, clean, fit, fit_right
from webhook_inspector.tui.widgets.list_rows import clock_text

SHOWN = 8
SAVED_FIRST = 3
_WORD = re.compile(r"(?P<start>[-(]*)(?P<word>\S*)$")
_PLAIN = re.compile(r"[\w./@+-]+")

Values = Callable[[str, str], Sequence[tuple[str, int, int]]]
"""(key, prefix) to (value, count, last seen in ns)."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to go on."""

    text: str
    """The whole filter up to the cursor, completed."""
    line: Line
    """How it is drawn."""


def choices(
    text: str, keys: Mapping[str, Key], values: Values, saved: Mapping[str, str] = MappingProxyType({})
) -> list[Choice]:
    """Ways to complete the last word of a filter.

    Args:
        text: The filter up to the cursor.
        keys: The filter's keys.
        values: Reads values that occur; called only after a colon.
        saved: Filters that were saved, by name: offered after `@`, and a few of them at the beginning.
    """
    found = _WORD.search(text)
    if found is None:
        return []
    word, before = found["word"], text[: found.start("word")]
    if word.startswith("@"):
        return [_saved(before, *one) for one in saved.items() if one[0].lower().startswith(word[1:].lower())][:SHOWN]
    name, colon, rest = word.partition(":")
    if not colon:
        named = [key for key in keys.values() if key.name.startswith(word.lower())]
        first = [] if text.strip() else [_saved("", *one) for one in saved.items()][:SAVED_FIRST]
        return first + [_key(before, key) for key in named[:SHOWN]] if word or not text.strip() else []
    if name not in keys or '"' in rest:
        return []
    done, comma, prefix = rest.rpartition(",")
    start = f"{before}{name}:{done}{comma}"
    return [_value(start, *found) for found in list(values(name, prefix))[:SHOWN]]


def _saved(before: str, name: str, query: str) -> Choice:
    words = Line((Piece(fit(f"@{name}", 14) + "  ", "text"), Piece(fit(clean(query), 56), "dim")))
    return Choice(f"{before}@{name} ", words)


def _key(before: str, key: Key) -> Choice:
    name = key.name.partition(".")[0] + "." if "." in key.name else key.name + ":"
    words = Line((Piece(fit(name, 14), "text"), Piece(fit(key.help, 40) + "  ", "dim"), Piece(key.example, "dim")))
    return Choice(before + name, words)


def _value(start: str, value: str, count: int, last_ns: int) -> Choice:
    quoted = value if _PLAIN.fullmatch(value) else '"' + value.replace('"', "") + '"'
    words = Line(
        (
            Piece(fit(clean(value), 34) + "  ", "text"),
            Piece(fit_right(units.count(count), 7) + "   ", "text"),
            Piece(f"last {clock_text(last_ns)}", "dim"),
        )
    )
    return Choice(start + quoted + " ", words)
