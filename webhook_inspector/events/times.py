"""Times of events, to nanoseconds since the epoch."""

from __future__ import annotations

from webhook_inspector.providers.units import parse_time

_YEAR_2100_S = 4_102_444_800
_YEAR_1990_S = 631_152_000
_SCALES = (("s", 1), ("ms", 1_000), ("us", 1_000_000), ("ns", 1_000_000_000))


def guess_time(text: str) -> int | None:
    """A time without a named unit: numbers by their magnitude (s, ms, µs, ns; 1990 to 2100), ISO 8601, HTTP dates."""
    text = text.strip()
    if not text or len(text) > 64:
        return None
    if text[0].isdigit() and text.replace(".", "", 1).isdigit() and text.isascii():
        number = float(text)
        for unit, scale in _SCALES:
            if _YEAR_1990_S * scale <= number < _YEAR_2100_S * scale:
                return parse_time(text, unit)
        return None
    found = parse_time(text, "iso8601")
    if found is None and " " in text:
        found = parse_time(text.removesuffix(" UTC") + "+00:00", "iso8601") if text.endswith(" UTC") else None
        return found if found is not None else parse_time(text, "http-date")
    return found
