"""Which provider sent a request, by the weighted hints of the provider entries."""

from __future__ import annotations

from collections.abc import Mapping

from webhook_inspector.core.request import Request
from webhook_inspector.providers.fields import Fields, detect_score
from webhook_inspector.providers.model import DETECT_AT, Provider


def scores(request: Request, providers: Mapping[str, Provider]) -> list[tuple[int, str]]:
    """Points of every provider with hints that hold, best first; equal points in order of name."""
    fields = Fields(request)
    found = [(detect_score(provider.detect, fields), name) for name, provider in providers.items() if provider.detect]
    return sorted(((points, name) for points, name in found if points > 0), key=lambda each: (-each[0], each[1]))


def detect(request: Request, providers: Mapping[str, Provider]) -> str | None:
    """The name of the provider whose hints add up to the most points, or None when none has `DETECT_AT`.

    Never raises, whatever the bytes.

    Args:
        request: The request as captured.
        providers: Known providers by name.
    """
    best = scores(request, providers)
    return best[0][1] if best and best[0][0] >= DETECT_AT else None
