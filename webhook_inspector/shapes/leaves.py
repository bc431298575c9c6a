"""How two values at one place differ, and whether that says anything."""

from __future__ import annotations

import math
import re
from email.utils import parsedate_to_datetime
from typing import Any

from webhook_inspector.core.clock import NS_PER_S, parse_iso
from webhook_inspector.core.formats import Format, classify

_TIME_KEY = re.compile(
    r"(?:^|_|\b)(?:time|timestamp|ts|date|created|updated|modified|expires|issued|iat|exp|nbf|at)(?:$|_)|(?:At|Time|Date|On)$",
)
_ID_KEY = re.compile(
    r"^(?:id|ids|sid|guid|uuid|token|nonce|etag|sha|hash|digest|fingerprint|signature|cursor)$|(?:_id|_ids|_sha|_token|Id|Ids|ID|_key)$"
)
_SEGMENT = re.compile(r"[/?&=#:._-]+")
_EPOCHS = ((946_684_800, 4_102_444_800), (946_684_800_000, 4_102_444_800_000))
"""From 2000 to 2100 in seconds and in milliseconds."""


def kind_of(before: Any, after: Any) -> str:
    """The kind of change between two values that are not the same (see `model.KINDS`)."""
    if isinstance(before, bool) or isinstance(after, bool):
        return "changed" if type(before) is type(after) else "type_changed"
    if isinstance(before, (int, float)) and isinstance(after, (int, float)):
        return "same_number" if before == after else "changed"
    if isinstance(before, str) and isinstance(after, str):
        return "same_time" if _same_moment(before, after) else "changed"
    for number, text in ((before, after), (after, before)):
        if isinstance(number, (int, float)) and isinstance(text, str):
            return "number_text" if _is_number(text, number) else "type_changed"
    return "changed" if type(before) is type(after) else "type_changed"


def _is_number(text: str, number: float) -> bool:
    if classify(text).name not in {"int-string", "decimal-string", "e164"}:
        return False
    try:
        return int(text) == number if isinstance(number, int) and len(text) <= 4000 else float(text) == number
    except (ValueError, OverflowError):
        try:
            return math.isclose(float(text), number, rel_tol=0)
        except (ValueError, OverflowError):
            return False


def moment_ns(text: str) -> int | None:
    """A date-time text (ISO 8601 or HTTP date) as nanoseconds since the epoch, or None."""
    found = classify(text)
    if found.name != "date-time":
        return None
    if found.detail != "http":
        return parse_iso(text.replace(" UTC", "Z").replace(" GMT", "Z").replace(",", "."))
    try:
        return int(parsedate_to_datetime(text).timestamp()) * NS_PER_S
    except (ValueError, TypeError, OverflowError):
        return None


def _same_moment(before: str, after: str) -> bool:
    first = moment_ns(before)
    return first is not None and first == moment_ns(after)


def volatile_reason(key: str, before: Any, after: Any) -> str:
    """Why a changed value says nothing: `id`, `time`, `token` or `hash`; empty when it does say something.

    Args:
        key: The member's name; empty for elements.
        before: First value.
        after: Second value, of the same type.
    """
    if isinstance(before, str) and isinstance(after, str):
        return _volatile_text(key, before, after)
    if isinstance(before, bool) or isinstance(after, bool):
        return ""
    if isinstance(before, (int, float)) and isinstance(after, (int, float)):
        if _ID_KEY.search(key):
            return "id"
        if any(low <= before < high and low <= after < high for low, high in _EPOCHS) and _TIME_KEY.search(key):
            return "time"
    return ""


def _volatile_text(key: str, before: str, after: str) -> str:
    first, second = classify(before), classify(after)
    if first.name != second.name:
        return "id" if _ID_KEY.search(key) and first.name not in {"text", "empty"} and second.name != "empty" else ""
    reason = _REASONS.get(first.name, "")
    if reason == "id" and first.detail != second.detail:
        return ""
    if reason:
        return "" if first.name == "date-time" and _kind(first) != _kind(second) else reason
    if first.name == "uri":
        return "id" if _same_but_ids(before, after) else ""
    if first.name in {"int-string", "decimal-string"}:
        if _TIME_KEY.search(key):
            return "time"
        return "id" if _ID_KEY.search(key) else ""
    if first.name == "text" and _ID_KEY.search(key) and " " not in before and " " not in after:
        return "id" if any(map(str.isdigit, before)) and any(map(str.isdigit, after)) else ""
    return ""


_REASONS = {"uuid": "id", "prefixed-id": "id", "hex": "hash", "jwt": "token", "base64": "token", "date-time": "time"}


def _kind(found: Format) -> str:
    return found.detail.partition(".")[0]


def _same_but_ids(before: str, after: str) -> bool:
    """Whether two addresses differ only in parts that are identifiers or numbers."""
    first, second = _SEGMENT.split(before[:2000]), _SEGMENT.split(after[:2000])
    if len(first) != len(second):
        return False
    return all(
        one == other or (one.isdigit() and other.isdigit()) or (_looks_like_id(one) and _looks_like_id(other))
        for one, other in zip(first, second, strict=True)
    )


def _looks_like_id(text: str) -> bool:
    return len(text) >= 6 and any(map(str.isdigit, text)) and (text.isalnum() or classify(text).name == "uuid")
