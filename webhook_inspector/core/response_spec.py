"""What senders are answered, as users write it: `204`, `200:ok`, `503 first 3`, `429 every 5 retry-after 2`.

`STATUS [first N | every N | rate P] [after SECONDS] [retry-after SECONDS] [:BODY]`. Without `first`, `every` or
`rate` it holds for every request; where it does not hold, the answer is a constant 200.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass

_SPEC = re.compile(
    r"(?P<status>[2-5][0-9][0-9])"
    r"(?: (?P<when>first|every|rate) (?P<number>[0-9]{1,6}(?:\.[0-9]{1,6})?))?"
    r"(?: after (?P<after>[0-9]{1,4}(?:\.[0-9]{1,3})?)s?)?"
    r"(?: retry-after (?P<retry>[0-9]{1,6}))?"
    r"(?::(?P<body>.*))?",
    re.DOTALL,
)
MAX_DELAY_S = 600.0
FORM = "a status such as 204, 200:ok, 503 first 3, 429 every 5 retry-after 2, 500 rate 0.2, or 200 after 3s"


@dataclass(frozen=True, slots=True)
class ResponseSpec:
    """One rule."""

    status: int
    body: str | None = None
    when: str | None = None
    """`first`, `every` or `rate`; None: always."""
    number: float = 0
    delay_s: float = 0.0
    """How long the answer is held back, seconds."""
    retry_after: int | None = None
    """Seconds in a `Retry-After` header."""

    def holds(self, count: int) -> bool:
        """Whether the request of that number, from 1, gets this answer. The same numbers always do."""
        if self.when == "first":
            return count <= self.number
        if self.when == "every":
            return count % int(self.number) == 0
        if self.when == "rate":
            return random.Random(count).random() < self.number  # noqa: S311 (the same requests fail each time)
        return True


def parse_response(text: str) -> ResponseSpec:
    """Read a rule.

    Raises:
        ValueError: It is none; the message is the text.
    """
    match = _SPEC.fullmatch(text.strip())
    if match is None:
        raise ValueError(text)
    when, number = match["when"], float(match["number"] or 0)
    delay_s = float(match["after"] or 0)
    whole = when == "rate" or number == int(number)
    if (when in {"first", "every"} and number < 1) or (when == "rate" and not 0 < number <= 1) or not whole:
        raise ValueError(text)
    if delay_s > MAX_DELAY_S:
        raise ValueError(text)
    retry = None if match["retry"] is None else int(match["retry"])
    return ResponseSpec(int(match["status"]), match["body"], when, number, delay_s, retry)
