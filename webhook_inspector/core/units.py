"""Numbers as a person reads them: thousands and units take a space (`9 871`, `1.9 KB`, `38 ms`)."""

from __future__ import annotations

import re


def count(number: int) -> str:
    """A whole number with a space between thousands: `9 871`."""
    return f"{number:,}".replace(",", " ")


def plural(number: int, word: str, many: str | None = None) -> str:
    """A number with its word: `1 copy`, `2 copies` (with `many="copies"`), `3 deliveries`."""
    return f"{count(number)} {word if number == 1 else many or word + 's'}"


def size(number: int) -> str:
    """Bytes: `412 B`, `1.9 KB`, `12.4 MB`; a kilobyte is 1 000 bytes."""
    if number < 1000:
        return f"{number} B"
    value = float(number)
    for unit in ("KB", "MB"):
        value /= 1000
        if value < 999.95:
            return f"{value:.1f} {unit}"
    return f"{value / 1000:.1f} GB"


_SIZE = re.compile(r"(\d{1,12})\s*(?:([kmg])i?)?b?", re.IGNORECASE)
_FACTORS = {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3}


def parse_size(text: str) -> int | None:
    """Bytes of `25 MiB`, `500MB`, `2g` or `1048576`, in units of 1 024; None when it is no size."""
    match = _SIZE.fullmatch(text.strip())
    return None if match is None else int(match[1]) * _FACTORS[(match[2] or "").lower()]


def duration(ms: float) -> str:
    """Milliseconds: `38 ms`, `2.4 s`, `3 min 5 s`, `2 h 10 min`."""
    if ms < 999.5:
        return f"{ms:.0f} ms"
    seconds = ms / 1000
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s" if whole % 60 else f"{whole // 60} min"
    minutes = whole // 60
    return f"{minutes // 60} h {minutes % 60} min" if minutes % 60 else f"{minutes // 60} h"
