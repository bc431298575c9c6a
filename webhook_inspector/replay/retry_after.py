"""`Retry-After`: how long an answer asks a sender to wait (RFC 9110, 10.2.3)."""

from __future__ import annotations

import re
from datetime import UTC
from email.utils import parsedate_to_datetime

from webhook_inspector.core.clock import NS_PER_S

_SECONDS = re.compile(r"[0-9]{1,9}")


def parse_retry_after(value: str | None, now_ns: int) -> float | None:
    """Seconds to wait, 0 or more.

    Args:
        value: The header's value: whole seconds, or a date.
        now_ns: Nanoseconds since the epoch, UTC.

    Returns:
        None when there is no value, or one that says neither.
    """
    text = (value or "").strip()
    if _SECONDS.fullmatch(text):
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, IndexError, TypeError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, moment.timestamp() - now_ns / NS_PER_S)
