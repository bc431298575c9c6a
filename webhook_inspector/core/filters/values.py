"""Values of a filter: texts with wildcards, numbers with units, times, ranges."""

from __future__ import annotations

import re
from decimal import Decimal

from webhook_inspector.core.clock import NS_PER_S, parse_iso
from webhook_inspector.core.display import show
from webhook_inspector.core.filters.lexer import Word
from webhook_inspector.core.filters.nodes import Pattern
from webhook_inspector.errors import QueryError

MAX_INT = 2**63 - 1
_NUMBER = re.compile(r"(\d{1,18}(?:\.\d{1,9})?)([a-z]*)", re.IGNORECASE | re.ASCII)
_UNITS = {
    "": 1,
    "b": 1,
    "k": 1000,
    "kb": 1000,
    "kib": 1024,
    "m": 1000**2,
    "mb": 1000**2,
    "mib": 1024**2,
    "g": 1000**3,
    "gb": 1000**3,
    "gib": 1024**3,
}
_AGO = re.compile(r"(\d{1,9})(s|min|m|h|d|w)", re.IGNORECASE | re.ASCII)
_SECONDS = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86_400, "w": 604_800}
_OPERATORS = (">=", "<=", ">", "<")
Bounds = tuple[int | None, int | None]


def fold(text: str) -> bytes:
    """Text as it is compared: UTF-8 (lone surrogates kept), ASCII letters in lower case."""
    return text.encode("utf-8", "surrogatepass").lower()


def pattern(word: Word) -> Pattern:
    """A text with wildcards."""
    return Pattern(tuple(fold(piece.text) for piece in word.split("*")))


def searched_bytes(text: str) -> bytes:
    """Text as it is searched for in bytes. What a terminal passed on as undecodable becomes its bytes again."""
    try:
        return text.encode("utf-8", "surrogateescape").lower()
    except UnicodeEncodeError:
        return fold(text)


def operator(word: Word) -> tuple[str, Word]:
    """A leading comparison sign and the rest; an empty sign when there is none."""
    for sign in _OPERATORS:
        if word.text.startswith(sign) and not any(word.quoted[: len(sign)]):
            return sign, word.part(len(sign), len(word.text))
    return "", word


def halves(word: Word) -> tuple[Word, Word] | None:
    """The ends of a range `a..b`; None when it is none."""
    at = word.text.find("..")
    if at <= 0 or not word.plain or at + 2 >= len(word.text):
        return None
    return word.part(0, at), word.part(at + 2, len(word.text))


def size(word: Word, key: str) -> Decimal:
    """A number with an optional unit: `10k` is 10 000, `1MiB` 1 048 576.

    Raises:
        QueryError: It is none.
    """
    match = _NUMBER.fullmatch(word.text)
    if match is None or match[2].lower() not in _UNITS:
        raise QueryError(
            f"`{key}:` expects a number such as 500 or 10k at character {word.start + 1}, not `{show(word.text, 40)}`",
            word.start,
        )
    return Decimal(match[1]) * _UNITS[match[2].lower()]


def bounds(sign: str, low: Decimal, high: Decimal | None = None) -> Bounds:
    """The whole numbers that a comparison leaves, both ends included."""
    floor = min(int(low), MAX_INT)
    whole = low == int(low)
    if high is not None:
        return (floor if whole else floor + 1), min(int(high), MAX_INT)
    if sign == ">":
        return min(floor + 1, MAX_INT), None
    if sign == "<":
        return None, (floor - 1 if whole else floor)
    if sign == ">=":
        return (floor if whole else floor + 1), None
    if sign == "<=":
        return None, floor
    return (floor, floor) if whole else (1, 0)


def moment(word: Word, key: str, now_ns: int) -> int:
    """A time as nanoseconds since the epoch: ISO 8601, UTC without an offset, or how long ago (`2h`, `1h30m`).

    Raises:
        QueryError: It is none.
    """
    text = word.text.strip()
    parts = _AGO.findall(text)
    if parts and "".join(number + unit for number, unit in parts) == text:
        seconds = sum(int(number) * _SECONDS[unit.lower()] for number, unit in parts)
        return max(now_ns - seconds * NS_PER_S, 0)
    parsed = parse_iso(text)
    if parsed is None:
        raise QueryError(
            f"`{key}:` expects a time such as 2026-11-20, 2026-11-20T21:30Z, 10m, 2h or 3d at character "
            f"{word.start + 1}, not `{show(word.text, 40)}`",
            word.start,
        )
    return max(-MAX_INT, min(parsed, MAX_INT))
