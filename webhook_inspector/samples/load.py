"""Samples: requests as a provider would send them, without the signature.

One JSON file a provider, written by us from what is known of the provider's public documentation (each names the page;
nothing is copied). A new file in this folder is a new provider's samples; nothing else has to be told. `files` says how
one looks.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass

from webhook_inspector.core.clock import NS_PER_S
from webhook_inspector.core.request import Request
from webhook_inspector.errors import UsageError
from webhook_inspector.samples.files import file_of, files, unknown
from webhook_inspector.samples.scene import Scene


@dataclass(frozen=True, slots=True)
class SampleInfo:
    """What is known of one sample."""

    provider: str
    event: str
    about: str
    """One line."""
    documented: str
    """URL of the page that documents the payload."""
    checked: str
    """When the samples were last gone over, ISO date."""


def catalogue() -> Mapping[str, tuple[str, ...]]:
    """Provider to the events that there are samples of, the most telling first."""
    return {provider: tuple(data["events"]) for provider, data in files().items()}


def describe() -> tuple[SampleInfo, ...]:
    """Every sample with its description."""
    return tuple(
        SampleInfo(provider, event, entry["about"], entry["documented"], data["checked"])
        for provider, data in files().items()
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
        overrides: Dotted path in the payload, or `{name}` of the file's `make` table, to a value (JSON, else text).

    Raises:
        UsageError: There is no such sample, or an override does not fit.
    """
    data = file_of(provider)
    events = data["events"]
    if event is None:
        event = next(iter(events))
    if event not in events:
        raise UsageError(unknown(f"{provider} has no sample of", event, list(events)))
    scene = Scene(data, start_ns=now_ns, rng=rng, overrides=overrides or {})
    own = events[event].get("moments", {})
    scene.mark({name: now_ns + shift * NS_PER_S for name, shift in own.items()})
    return scene.request(event, at_ns=now_ns)
