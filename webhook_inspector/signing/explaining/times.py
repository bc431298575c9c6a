"""The signed time in another unit or form, or a little beside the one that arrived."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from webhook_inspector.core.request import Request
from webhook_inspector.providers.fields import Fields
from webhook_inspector.providers.template import Field
from webhook_inspector.providers.units import parse_time
from webhook_inspector.signing.case import Case, Match
from webhook_inspector.signing.explaining.api import Variation

_NEAR_S = (1, -1, 2, -2)


def changed_time(case: Case, result: Match) -> Iterator[Variation]:
    """Seconds read as milliseconds and back, other forms of a date, and the seconds next to it."""
    spec = case.recipe.timestamp
    if spec is None or case.recipe.code is not None:
        return
    old = _text(case, spec.source, result)
    if not old:
        return
    for reason, what, text in _other_times(old, spec.unit):
        request = _with_time(case.request, spec.source, old, text)
        if request is not None and request != case.request:
            yield Variation(reason, what, replace(case, request=request))


def _text(case: Case, source: Field, result: Match) -> str:
    if source.kind == "sig":
        return result.found.parts.get(source.name.encode(), b"").decode("ascii", "replace")
    return Fields(case.request, scope=case.recipe.scope).text(source) or ""


def _other_times(old: str, unit: str) -> Iterator[tuple[str, str, str]]:
    altered = "timestamp_altered"
    if old.isascii() and old.isdigit() and len(old) < 20:
        number = int(old)
        yield "timestamp_wrong_unit", f"the signed time were {number * 1000}, in milliseconds", str(number * 1000)
        yield "timestamp_wrong_unit", f"the signed time were {number // 1000}, in seconds", str(number // 1000)
        step = {"s": 1, "ms": 1000}.get(unit, 1)
        for seconds in _NEAR_S:
            what = f"the signed time were {abs(seconds)} s {'later' if seconds > 0 else 'earlier'}"
            yield altered, what, str(number + seconds * step)
    elif "T" in old and parse_time(old, "iso8601") is not None:
        whole = old.partition(".")[0].rstrip("Z")
        for form in (f"{whole}Z", whole, f"{whole}.000Z", f"{whole}+00:00"):
            yield altered, f"the signed time were written {form}", form


def _with_time(request: Request, source: Field, old: str, new: str) -> Request | None:
    """The request with the time replaced where it stands; None where that is neither a header nor part of one."""
    if source.kind == "header":
        return replace(request, headers=request.headers.replaced(source.name, new))
    if source.kind != "sig":
        return None
    name = source.name.encode()
    wanted, other = name + b"=" + old.encode(), name + b"=" + new.encode()
    pairs = tuple((key, value.replace(wanted, other, 1)) for key, value in request.headers)
    return replace(request, headers=type(request.headers)(pairs))
