"""Numbers of a JSON body that a parser and writer on the way spelled in another way."""

from __future__ import annotations

import re
from collections.abc import Iterator

from webhook_inspector.signing import jsontext

REASON = "body_reserialized_number_precision"
_MAX_BODY = 1 << 16
_MAX_TRIES = 300
_SAFE = 2**53
_WHOLE = re.compile(r"-?\d+")
_DECIMAL = re.compile(r"-?\d+\.\d*?0*")


def other_numbers(body: bytes) -> Iterator[tuple[str, str, bytes]]:
    """Whole numbers with and without `.0`, decimals without ending zeros, and integers that a float rounded."""
    parts = jsontext.tokens(body) if len(body) <= _MAX_BODY else None
    if parts is None:
        return
    text = body.decode("utf-8")
    without = re.sub(r"(?<![\w.\"])(-?\d+)\.0+(?![\w.\"])", r"\1", text)
    yield REASON, "whole numbers were written without .0", without.encode()
    trimmed = re.sub(r"(?<![\w.\"])(-?\d+\.\d*?[1-9])0+(?![\w.\"])", r"\1", text)
    yield REASON, "decimals were written without zeros at their end", trimmed.encode()
    both = re.sub(r"(?<![\w.\"])(-?\d+\.\d*?[1-9])0+(?![\w.\"])", r"\1", without)
    yield REASON, "numbers were written without zeros after the point", both.encode()
    spelled = list(dict.fromkeys(part for part in parts if _WHOLE.fullmatch(part) and abs(int(part)) > _SAFE))
    if len(spelled) == 1 and text.count(spelled[0]) == 1:
        for number in _rounded_to(int(spelled[0])):
            what = f"the number {spelled[0]} were {number}"
            yield REASON, what, text.replace(spelled[0], str(number)).encode()


def _rounded_to(written: int) -> Iterator[int]:
    """The integers that a float spells as this one, nearest first; none when no float would write it so."""
    if abs(written) >= 2**63 or (int(float(written)) != written and len(str(abs(written)).rstrip("0")) > 17):
        return
    value = float(written)
    for distance in range(1, _MAX_TRIES // 2):
        for number in (written + distance, written - distance):
            if float(number) == value:
                yield number
