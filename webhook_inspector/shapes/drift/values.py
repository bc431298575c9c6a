"""Changes of what stands at one position: types, null, formats, enumerations, magnitudes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from webhook_inspector.shapes.drift import limits
from webhook_inspector.shapes.summary import Place

if TYPE_CHECKING:
    from webhook_inspector.shapes.drift.compare import Comparison

STRONG = frozenset(
    {
        "uuid", "prefixed-id", "hex", "date-time", "date", "uri", "email", "e164", "ipv4", "ipv6", "int-string",
        "decimal-string", "jwt", "bool-string", "git-ssh",
    }
)  # fmt: skip
"""Format classes that say what a text is; `text` and `base64` may be anything."""
MOST_VALUES = 12
PER_VALUE = 20
"""An enumeration is one when it has few values, each many times."""
_ID = re.compile(
    r"(?:^|[._])(?:id|ids|number|sid|seq|sequence|size|count|timestamp|time|at|created|updated)\Z|_(?:id|at)\Z"
)
_FEW = 5


def described(place: Place, presence: str) -> str:
    """`string (uuid), always`."""
    types = [name for name in place.types() if name != "null"]
    words = " or ".join(types) or "null"
    if types and place.nulls:
        words += " or null"
    if types == ["string"] and len(place.formats) == 1 and (name := next(iter(place.formats))) not in {"text", "empty"}:
        words += f" ({name})"
    return f"{words}, {presence}"


def compare(made: Comparison, path: str, before: Place, after: Place) -> None:
    """Note what changed at a position that is on both sides."""
    old, new = before.types(), after.types()
    _null(made, path, before, after)
    first, second = set(old) - {"null"}, set(new) - {"null"}
    if first and second and _types(made, path, before, after):
        return
    if before.strings and after.strings:
        _formats(made, path, before, after)
    _enumeration(made, path, before, after)
    limits.compare(made, path, before, after)
    if before.sizes and after.sizes:
        _magnitude(made, path, before, after)


def _independent(place: Place, count: int) -> int:
    """At most one a delivery."""
    return min(count, place.d) if place.n > place.d else count


def _null(made: Comparison, path: str, before: Place, after: Place) -> None:
    old, new = set(before.types()), set(after.types())
    words = (" or ".join(sorted(old)), " or ".join(sorted(new)))
    seen = (before.last, after.first)
    whole, other = _independent(after, after.n), _independent(before, before.n)
    if "null" in new and "null" not in old:
        if new == {"null"}:
            made.add("became_null", path, words, (other, other, whole), seen)
        else:
            made.add("nullable", path, words, (_independent(after, after.nulls), whole, other), seen)
    elif "null" in old and "null" not in new:
        if old == {"null"}:
            made.add("null_now_has_value", path, words, (whole, whole, other), seen)
        else:
            made.add("not_null", path, words, (_independent(before, before.nulls), other, whole), seen)
    elif old == {"null"} and new != {"null"}:
        values = _independent(after, after.n - after.nulls)
        made.add("null_now_has_value", path, words, (values, whole, other), seen)


def _types(made: Comparison, path: str, before: Place, after: Place) -> bool:
    """Note another set of types; True when nothing more is worth comparing."""
    old = {name: count for name, count in before.types().items() if name != "null"}
    new = {name: count for name, count in after.types().items() if name != "null"}
    if set(old) == set(new):
        return False
    words = (" or ".join(sorted(old)), " or ".join(sorted(new)))
    seen = (before.last, after.first)
    n_old = _independent(before, sum(old.values()))
    n_new = _independent(after, sum(new.values()))
    added = _independent(after, sum(count for name, count in new.items() if name not in old))
    lost = _independent(before, sum(count for name, count in old.items() if name not in new))
    if set(new) == {"integer"} and "number" in old:
        if set(old) - {"integer", "number"}:
            made.add("type_narrowed", path, words, (lost, n_old, n_new), seen)
        return False  # 2 instead of 2.0 is no change
    if not set(old) & set(new) and not (set(old) == {"integer"} and "number" in new):
        made.add("type_changed", path, words, (added, n_new, n_old), seen)
        return True
    if set(new) - set(old):
        made.add("type_widened", path, words, (added, n_new, n_old), seen)
    else:
        made.add("type_narrowed", path, words, (lost, n_old, n_new), seen)
    return False


def _formats(made: Comparison, path: str, before: Place, after: Place) -> None:
    old, new = _classes(before, detailed=False), _classes(after, detailed=False)
    if set(old) == set(new) and not before.coarse and not after.coarse:
        old, new = _classes(before, detailed=True), _classes(after, detailed=True)
    if len(old) != 1 or set(old) == set(new):
        return
    name = next(iter(old))
    if name.partition("(")[0] not in STRONG or name.startswith("hex("):
        return
    if name.startswith("date-time(") and {_offset(other) for other in new} == {_offset(name)}:
        return  # fractions come and go
    others = sum(count for other, count in new.items() if other != name)
    whole, before_whole = _independent(after, after.strings), _independent(before, before.strings)
    words = (name, " or ".join(sorted(new)))
    made.add(
        "format_changed", path, words, (_independent(after, others), whole, before_whole), (before.last, after.first)
    )


def _offset(name: str) -> str:
    return name.partition("(")[2].partition(".")[0].rstrip(")")


def _classes(place: Place, *, detailed: bool) -> dict[str, int]:
    found: dict[str, int] = {}
    for name, count in place.formats.items():
        short = name if detailed else name.partition("(")[0]
        if short != "empty":
            found[short] = found.get(short, 0) + count
    return found


def is_enumeration(place: Place) -> bool:
    """Whether a position has a few values, each of them often."""
    count = len(place.values)
    return not place.mixed and 2 <= count <= MOST_VALUES and place.strings >= PER_VALUE * count


def _enumeration(made: Comparison, path: str, before: Place, after: Place) -> None:
    if not is_enumeration(before):
        return
    whole, other = _independent(after, after.n), _independent(before, before.n)
    known = ", ".join(sorted(value.removeprefix('"') for value in before.values))
    if after.mixed:
        made.add("enum_overflow", path, (known, "free text"), (whole, whole, other), (before.last, after.first))
        return
    for value, count in sorted(after.values.items()):
        if value not in before.values:
            words = (known, value.removeprefix('"'))
            made.add("enum_added", path, words, (_independent(after, count), whole, other), (before.last, after.first))
    for value, count in sorted(before.values.items()):
        if value not in after.values:
            words = (value.removeprefix('"'), "not there")
            made.add(
                "enum_removed", path, words, (_independent(before, count), other, whole), (before.last, after.first)
            )


def _magnitude(made: Comparison, path: str, before: Place, after: Place) -> None:
    if _ID.search(path) or min(before.distinct(), after.distinct()) < _FEW or before.is_volatile():
        return
    apart = max(min(after.sizes) - max(before.sizes), min(before.sizes) - max(after.sizes))
    if apart >= 2:
        whole, other = _independent(after, after.n), _independent(before, before.n)
        words = (f"{before.low:g} to {before.high:g}", f"{after.low:g} to {after.high:g}")
        made.add("magnitude", path, words, (whole, whole, other), (before.last, after.first))
