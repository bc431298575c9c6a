"""Durations as users write them: `500ms`, `2.5s`, `1m`, and the distributions that faults draw from."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass

from webhook_inspector.core.display import show
from webhook_inspector.errors import UsageError

_UNITS_MS = {"ms": 1.0, "s": 1000.0, "m": 60_000.0, "h": 3_600_000.0}
_DURATION = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,9})?)\s*(ms|s|m|h)?")
_RANGE = re.compile(
    r"([0-9]{1,12}(?:\.[0-9]{1,9})?)\s*(ms|s|m|h)?\s*[-–]\s*([0-9]{1,12}(?:\.[0-9]{1,9})?)\s*(ms|s|m|h)"
)

MAX_MS = 30 * 24 * _UNITS_MS["h"]
"""Longest duration that a fault may name: 30 days."""


def parse_ms(text: str, *, where: str) -> float:
    """A duration in milliseconds; a unit (`ms`, `s`, `m`, `h`) is required, except for 0.

    Args:
        text: For example `500ms`.
        where: The option that is read, for the message.

    Raises:
        UsageError: It is not a duration, or longer than 30 days.
    """
    match = _DURATION.fullmatch(text.strip())
    if match is None or (match[2] is None and float(match[1]) != 0):
        raise UsageError(f"{where}: {show(text, 40)!r} is not a duration; write for example 500ms, 2.5s or 1m.")
    value = float(match[1]) * _UNITS_MS[match[2] or "ms"]
    if value > MAX_MS:
        raise UsageError(f"{where}: {show(text, 40)!r} is longer than 30 days; choose a shorter time.")
    return value


@dataclass(frozen=True, slots=True)
class Distribution:
    """Where a duration is drawn from. All values are milliseconds and never negative."""

    kind: str
    """`fixed`, `uniform`, `exp` or `normal`."""
    first_ms: float
    """The value, the lower bound, or the mean."""
    second_ms: float = 0.0
    """The upper bound of `uniform`, the standard deviation of `normal`."""

    def draw(self, rng: random.Random) -> float:
        """One duration in milliseconds, from 0 to 30 days."""
        if self.kind == "uniform":
            value = rng.uniform(self.first_ms, self.second_ms)
        elif self.kind == "exp":
            value = rng.expovariate(1 / self.first_ms) if self.first_ms else 0.0
        elif self.kind == "normal":
            value = rng.gauss(self.first_ms, self.second_ms)
        else:
            value = self.first_ms
        return min(max(0.0, value), MAX_MS)


def parse_distribution(text: str, *, where: str) -> Distribution:
    """Read `500ms` (fixed), `0-2.5s` (uniform), `exp:300ms` (mean) or `normal:500ms,100ms` (mean, deviation).

    Raises:
        UsageError: It is none of these.
    """
    spec = text.strip()
    name, colon, rest = spec.partition(":")
    if colon and name == "exp":
        return Distribution("exp", parse_ms(rest, where=where))
    if colon and name == "normal":
        mean, comma, deviation = rest.partition(",")
        if not comma:
            raise UsageError(f"{where}: normal needs a mean and a deviation; write for example normal:500ms,100ms.")
        return Distribution("normal", parse_ms(mean, where=where), parse_ms(deviation, where=where))
    span = _RANGE.fullmatch(spec)
    if span is not None:
        low = parse_ms(f"{span[1]}{span[2] or span[4]}", where=where)
        high = parse_ms(f"{span[3]}{span[4]}", where=where)
        if low > high:
            raise UsageError(f"{where}: {show(spec, 40)!r} ends before it begins; write the smaller time first.")
        return Distribution("uniform", low, high)
    if _DURATION.fullmatch(spec) is None:
        raise UsageError(
            f"{where}: {show(spec, 40)!r} is not a time; write 500ms, 0-2.5s, exp:300ms or normal:500ms,100ms."
        )
    return Distribution("fixed", parse_ms(spec, where=where))


def spoken_ms(value: float) -> str:
    """Milliseconds as a short text: `0 s`, `12 ms`, `3.1 s`, `2 m 5 s`, `3 h 20 m`, `2 d 4 h`."""
    if value < 0.5:
        return "0 s"
    if value < 1000:
        return f"{value:.0f} ms" if value < 999.5 else "1 s"
    if value < 59_950:
        return f"{value / 1000:.1f}".removesuffix(".0") + " s"
    seconds = round(value / 1000)
    for size, unit, small_size, small in ((86_400, "d", 3600, "h"), (3600, "h", 60, "m"), (60, "m", 1, "s")):
        if seconds >= size:
            left = seconds % size // small_size
            return f"{seconds // size} {unit}" + (f" {left} {small}" if left else "")
    return f"{seconds} s"
