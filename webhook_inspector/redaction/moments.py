"""Times in place of others: all of a project are moved by the same number of whole days.

So order, distances, times of day and the way of writing survive.
"""

from __future__ import annotations

import re
from datetime import date, timedelta

_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_HTTP_DATE = re.compile(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), (\d{1,2}) ([A-Z][a-z]{2}) (\d{4})")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAY_S = 86_400
# Seconds from 2001 to 2065, the same in ms, us and ns: numbers of 10, 13, 16 and 19 digits.
_UNITS = ((10, 1), (13, 1_000), (16, 1_000_000), (19, 1_000_000_000))
_FIRST, _LAST = 978_307_200, 2_997_993_600
MOST_DAYS = 364


class Moments:
    """Times moved by some days.

    Args:
        days: How many; negative is into the past.
    """

    def __init__(self, days: int) -> None:
        self.days = days

    def text(self, text: str) -> str:
        """A date, a date with a time, or an HTTP date; all dates in the text are moved."""
        return _HTTP_DATE.sub(self._http, _DATE.sub(self._iso, text))

    def epoch(self, digits: str) -> str | None:
        """A number of seconds (with or without a fraction), ms, us or ns since 1970; None when it can be none."""
        whole, point, rest = digits.partition(".")
        unit = next((each for length, each in _UNITS if len(whole) == length), 0)
        if not unit or not whole.isascii() or not whole.isdigit():
            return None
        moved = int(whole) + self.days * _DAY_S * unit
        if not _FIRST <= int(whole) // unit <= _LAST or len(str(moved)) != len(whole):
            return None
        return f"{moved}{point}{rest}"

    def ns(self, moment: int) -> int:
        """Nanoseconds since 1970."""
        return max(0, moment + self.days * _DAY_S * 10**9)

    def _iso(self, match: re.Match[str]) -> str:
        try:
            return (date.fromisoformat(match[0]) + timedelta(days=self.days)).isoformat()
        except (ValueError, OverflowError):
            return match[0]

    def _http(self, match: re.Match[str]) -> str:
        try:
            moved = date(int(match[4]), _MONTHS.index(match[3]) + 1, int(match[2])) + timedelta(days=self.days)
        except (ValueError, OverflowError):
            return match[0]
        day = f"{moved.day:0{len(match[2])}d}"
        return f"{_DAYS[moved.weekday()]}, {day} {_MONTHS[moved.month - 1]} {moved.year}"
