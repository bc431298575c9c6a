"""Time as a parameter: nothing else in the package reads a clock."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

NS_PER_S = 1_000_000_000
NS_PER_MS = 1_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Clock(Protocol):
    """A source of wall time and of monotonic time, both in nanoseconds."""

    def wall_ns(self) -> int:
        """Nanoseconds since the epoch, UTC. May jump when the system's clock is set."""

    def monotonic_ns(self) -> int:
        """Nanoseconds since an arbitrary moment. Never goes back; use it to measure and to wait."""


class SystemClock:
    """The clock of the machine."""

    def wall_ns(self) -> int:
        """Nanoseconds since the epoch, UTC."""
        return time.time_ns()

    def monotonic_ns(self) -> int:
        """Nanoseconds since an arbitrary moment."""
        return time.monotonic_ns()


class ManualClock:
    """A clock that stands still until it is told to move.

    Args:
        wall_ns: Nanoseconds since the epoch at the start.
    """

    def __init__(self, wall_ns: int = 1_795_000_000 * NS_PER_S) -> None:
        self._wall_ns = wall_ns
        self._monotonic_ns = 0

    def wall_ns(self) -> int:
        """Nanoseconds since the epoch, UTC."""
        return self._wall_ns

    def monotonic_ns(self) -> int:
        """Nanoseconds since the clock was made."""
        return self._monotonic_ns

    def advance(self, seconds: float) -> None:
        """Move both times forward by `seconds`."""
        step = int(seconds * NS_PER_S)
        self._wall_ns += step
        self._monotonic_ns += step


def iso_utc(ns: int) -> str:
    """Nanoseconds since the epoch as `2026-11-20T21:31:55.123456Z` (microseconds, UTC).

    Times outside the years 1 to 9999 are clamped, so this never raises.
    """
    try:
        moment = _EPOCH + timedelta(microseconds=ns // 1000)
    except OverflowError:
        moment = datetime.max.replace(tzinfo=UTC) if ns > 0 else datetime.min.replace(tzinfo=UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse_iso(text: str) -> int | None:
    """An ISO 8601 date or date-time as nanoseconds since the epoch, or None. No offset means UTC."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    delta = moment - _EPOCH
    return (delta.days * 86_400 + delta.seconds) * NS_PER_S + delta.microseconds * 1000
