"""What senders are answered, as users write it: `204`, `200:ok`, `503 first 3`, `hang every 5`, `200 drip 3s`.

`STATUS|hang|reset [first N | every N | rate P] [after SECONDS] [drip SECONDS] [retry-after SECONDS]
[header NAME=VALUE]... [:BODY]`. Without `first`, `every` or `rate` it holds for every request; where it does not hold,
the answer is a constant 200. `hang` never answers, `reset` breaks the connection.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass

_SECONDS = r"([0-9]{1,4}(?:\.[0-9]{1,3})?)s?"
_SPEC = re.compile(
    r"(?P<what>[2-5][0-9][0-9]|hang|reset)"
    r"(?: (?P<when>first|every|rate) (?P<number>[0-9]{1,6}(?:\.[0-9]{1,6})?))?"
    rf"(?: after (?P<after>{_SECONDS}))?"
    rf"(?: drip (?P<drip>{_SECONDS}))?"
    r"(?: retry-after (?P<retry>[0-9]{1,6}))?"
    r"(?P<headers>(?: header [!#$%&'*+.^_`|~0-9A-Za-z-]+=[!-9;-~]*)*)"
    r"(?::(?P<body>.*))?",
    re.DOTALL,
)
MAX_DELAY_S = 600.0
FORM = (
    "a status such as 204, 200:ok, 503 first 3, 429 every 5 retry-after 2, 500 rate 0.2, 200 after 3s, 200 drip 3s, "
    "or hang or reset in place of the status"
)
HANG, RESET = "hang", "reset"


@dataclass(frozen=True, slots=True)
class ResponseSpec:
    """One rule."""

    status: int | None
    """None: nothing is answered, see `ending`."""
    body: str | None = None
    when: str | None = None
    """`first`, `every` or `rate`; None: always."""
    number: float = 0
    delay_s: float = 0.0
    """How long the answer is held back, seconds."""
    retry_after: int | None = None
    """Seconds in a `Retry-After` header."""
    drip_s: float = 0.0
    """Seconds over which the answer is spread."""
    headers: tuple[tuple[str, str], ...] = ()
    ending: str = ""
    """`hang`, `reset`, or empty for an answer."""

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
    delay_s, drip_s = (float((match[name] or "0").removesuffix("s")) for name in ("after", "drip"))
    whole = when == "rate" or number == int(number)
    if (when in {"first", "every"} and number < 1) or (when == "rate" and not 0 < number <= 1) or not whole:
        raise ValueError(text)
    if max(delay_s, drip_s) > MAX_DELAY_S:
        raise ValueError(text)
    pairs = (pair.split("=", 1) for pair in match["headers"].split(" header ")[1:])
    retry = None if match["retry"] is None else int(match["retry"])
    ending = match["what"] if match["what"] in {HANG, RESET} else ""
    status = None if ending else int(match["what"])
    headers = tuple((name, value) for name, value in pairs)
    return ResponseSpec(status, match["body"], when, number, delay_s, retry, drip_s, headers, ending)
