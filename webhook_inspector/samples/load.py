"""Samples: requests as a provider would send them, without the signature.

One JSON file a provider, written by us after the provider's public documentation (each names the page and when it was
read). A new file in this folder is a new provider's samples; nothing else has to be told.
"""

from __future__ import annotations

import difflib
import json
import random
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from types import MappingProxyType
from typing import Any

from webhook_inspector.core.display import show
from webhook_inspector.core.headers import Headers
from webhook_inspector.core.request import Request
from webhook_inspector.errors import UsageError
from webhook_inspector.samples.fill import Filler
from webhook_inspector.samples.override import override


@dataclass(frozen=True, slots=True)
class SampleInfo:
    """What is known of one sample."""

    provider: str
    event: str
    about: str
    """One line."""
    documented: str
    """URL of the page that the payload was written after."""
    checked: str
    """When that page was read, ISO date."""


@lru_cache(maxsize=1)
def _files() -> Mapping[str, Mapping[str, Any]]:
    found = {}
    for entry in sorted(resources.files(__package__).iterdir(), key=lambda entry: entry.name):
        if entry.name.endswith(".json"):
            found[entry.name.removesuffix(".json")] = json.loads(entry.read_text(encoding="utf-8"))
    return MappingProxyType(found)


def catalogue() -> Mapping[str, tuple[str, ...]]:
    """Provider to the events that there are samples of, the most telling first."""
    return {provider: tuple(data["events"]) for provider, data in _files().items()}


def describe() -> tuple[SampleInfo, ...]:
    """Every sample with its description."""
    return tuple(
        SampleInfo(provider, event, entry["about"], entry["documented"], data["checked"])
        for provider, data in _files().items()
        for event, entry in data["events"].items()
    )


def sample(
    provider: str,
    event: str | None = None,
    *,
    now_ns: int,
    rng: random.Random,
    overrides: Mapping[str, str] | None = None,
) -> Request:
    """A request as the provider would send it, unsigned: the same for the same time, seed and overrides.

    Args:
        provider: Name of a provider in the catalogue.
        event: One of its events; None takes the first.
        now_ns: When it happened, nanoseconds since the epoch, UTC.
        rng: Where identifiers come from.
        overrides: Dotted path in the JSON to a value (JSON, else text).

    Raises:
        UsageError: There is no such sample, or an override does not fit.
    """
    data = _files().get(provider)
    if data is None:
        raise UsageError(_unknown("There are no samples of", provider, list(_files())))
    events = data["events"]
    if event is None:
        event = next(iter(events))
    if event not in events:
        raise UsageError(_unknown(f"{provider} has no sample of", event, list(events)))
    entry = events[event]
    words = {"event.name": event, "event.title": entry.get("title", event)}
    filler = Filler(words, data["make"], data.get("shared", {}), now_ns=now_ns, rng=rng)
    document = filler.fill(entry["body"])
    for path, text in (overrides or {}).items():
        override(document, path, text)
    pairs = [(name, filler.fill(value)) for name, value in data["headers"]]
    body = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    return Request(method="POST", target=b"/", headers=Headers.from_text(pairs), body=body)


def _unknown(what: str, name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}."
    return f"{what} {show(name, 60)!r}: {hint}"
