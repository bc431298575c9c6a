"""Probabilities as users write them: `0.3` or `30%`."""

from __future__ import annotations

import re

from webhook_inspector.core.display import show
from webhook_inspector.errors import UsageError

_NUMBER = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,9})?|\.[0-9]{1,9})(%?)")


def parse_probability(text: str, *, where: str) -> float:
    """A probability above 0 and at most 1.

    Raises:
        UsageError: It is none.
    """
    match = _NUMBER.fullmatch(text.strip())
    value = float(match[1]) / (100 if match[2] else 1) if match else 0.0
    if not 0 < value <= 1:
        raise UsageError(f"{where}: {show(text, 40)!r} is not a probability; write for example 0.3 or 30%.")
    return value
