"""Stories: events of one provider in the order in which they would happen, about the same things.

The things keep their ids from step to step, every step has an event id and a time of its own, and each payload has the
state that the steps before led to. Pure data in the providers' files; see `files`.
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
class StoryInfo:
    """What is known of one story."""

    provider: str
    name: str
    about: str
    """One line."""
    events: tuple[str, ...]
    """In the order in which they happen."""
    seconds: int
    """From the first event to the last."""


@dataclass(frozen=True, slots=True)
class StoryStep:
    """One event of a story that was made."""

    n: int
    """From 1, in the order in which they happened."""
    event: str
    at_ns: int
    """When it happened, nanoseconds since the epoch, UTC."""
    request: Request
    """Unsigned."""


def describe_stories() -> tuple[StoryInfo, ...]:
    """Every story with its description."""
    return tuple(
        StoryInfo(
            provider,
            name,
            entry["about"],
            tuple(step["event"] for step in entry["steps"]),
            sum(step.get("after", 0) for step in entry["steps"]),
        )
        for provider, data in files().items()
        for name, entry in data.get("stories", {}).items()
    )


def story(
    provider: str,
    name: str,
    *,
    now_ns: int,
    rng: random.Random,
    overrides: Mapping[str, str] | None = None,
) -> tuple[StoryStep, ...]:
    """The requests of a story, unsigned: the same for the same time, seed and overrides.

    Args:
        provider: Name of a provider with samples.
        name: One of its stories.
        now_ns: When the last event happened, nanoseconds since the epoch, UTC; the others were before it.
        rng: Where identifiers come from.
        overrides: As for `sample`; a path is set in every step.

    Raises:
        UsageError: There is no such story, or an override does not fit.
    """
    data = file_of(provider)
    known = data.get("stories", {})
    if name not in known:
        raise UsageError(unknown(f"{provider} has no story", name, list(known)))
    steps = known[name]["steps"]
    at_ns = now_ns - sum(step.get("after", 0) for step in steps) * NS_PER_S
    scene = Scene(data, start_ns=at_ns, rng=rng, overrides=overrides or {})
    made = []
    for n, step in enumerate(steps, 1):
        at_ns += step.get("after", 0) * NS_PER_S
        if n > 1:
            scene.renew([*data.get("each", ()), *step.get("fresh", ())])
        scene.mark(dict.fromkeys(step.get("marks", ()), at_ns))
        request = scene.request(step["event"], at_ns=at_ns, changes=step.get("with"))
        made.append(StoryStep(n, step["event"], at_ns, request))
    return tuple(made)
