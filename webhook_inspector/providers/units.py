"""Times as providers write them, to nanoseconds since the epoch and back."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime

from webhook_inspector.core.clock import NS_PER_S, iso_utc, parse_iso

_NS_PER_UNIT = {"s": NS_PER_S, "ms": 1_000_000, "us": 1000, "ns": 1}
_WHOLE = re.compile(r"[ \t]*([+-]?[0-9]{1,25})[ \t]*")
_DECIMAL = re.compile(r"[ \t]*([+-]?[0-9]{1,25})\.([0-9]{1,30})[ \t]*")
_MAX_NS = 10**22


def parse_whole(text: str) -> int | None:
    """ASCII digits, perhaps with a sign and blanks around them; None for anything else."""
    match = _WHOLE.fullmatch(text)
    return int(match.group(1)) if match else None


def parse_time(text: str, unit: str, *, decimals: bool = True) -> int | None:
    """A time as nanoseconds since the epoch, UTC, or None when it cannot be read.

    Args:
        text: For example `1780000000` or `2026-05-28T20:26:40Z`.
        unit: One of `model.UNITS`.
        decimals: Whether a number may have decimals.
    """
    if unit == "iso8601":
        return parse_iso(text) if len(text) <= 64 else None
    if unit == "http-date":
        try:
            moment = parsedate_to_datetime(text[:64])
        except (ValueError, TypeError, IndexError, OverflowError):
            return None
        return parse_iso(moment.isoformat())
    whole = parse_whole(text)
    factor = _NS_PER_UNIT[unit]
    if whole is not None:
        return whole * factor if abs(whole * factor) < _MAX_NS else None
    match = _DECIMAL.fullmatch(text) if decimals else None
    if match is None:
        return None
    digits = match.group(2)
    fraction = int(digits) * factor // 10 ** len(digits)
    seconds = abs(int(match.group(1))) * factor + fraction
    value = -seconds if match.group(1).startswith("-") else seconds
    return value if abs(value) < _MAX_NS else None


def format_time(ns: int, unit: str) -> str:
    """Nanoseconds since the epoch as the provider writes it."""
    if unit == "iso8601":
        return iso_utc(ns)[:19] + "Z"
    if unit == "http-date":
        return format_datetime(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=ns // NS_PER_S), usegmt=True)
    return str(ns // _NS_PER_UNIT[unit])
