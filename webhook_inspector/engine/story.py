"""Stories: sample events in their order, or with the faults of a replay, each signed when it is sent.

The plan is a replay's plan; its deliveries are the steps of the story, by number. Nothing of it is kept in the log:
what is listening keeps what arrives, and from there `replay` has every other fault.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from webhook_inspector.core.attempt import Attempt, Outcome
from webhook_inspector.core.clock import NS_PER_MS, Clock
from webhook_inspector.core.request import Request
from webhook_inspector.core.secret import Secret
from webhook_inspector.engine.replay_options import ReplayOptions
from webhook_inspector.engine.sample import sign_sample
from webhook_inspector.errors import UsageError
from webhook_inspector.events.fresh_id import with_fresh_id
from webhook_inspector.providers.model import Provider
from webhook_inspector.replay.acts import FRESH_ID
from webhook_inspector.replay.durations import parse_distribution
from webhook_inspector.replay.plan import Plan, PlanItem, PlannedAttempt, build_plan
from webhook_inspector.samples import StoryStep, catalogue, sample, story


@dataclass(frozen=True, slots=True)
class StoryOptions:
    """What to do with the steps of a story. Specs are in the words of the command line."""

    duplicate: str | None = None
    reorder: str | None = None
    drop: str | None = None
    gap: str | None = None
    """Time from one step to the next, for example `500ms`; None: see `speed`."""
    speed: float | None = None
    """The story's own distances, shortened so many times; None: one right after the other."""
    seed: int | None = None
    """Of order, copies and gaps; None: a new one is drawn. Ids are new in every story."""


@dataclass(frozen=True, slots=True)
class PlannedStory:
    """A story that was made and not sent yet."""

    provider: Provider
    steps: tuple[StoryStep, ...]
    plan: Plan
    """Its delivery numbers are the steps'."""


@dataclass(frozen=True, slots=True)
class SentStep:
    """One send of a story."""

    planned: PlannedAttempt
    step: StoryStep
    attempt: Attempt


def plan_story(
    provider: Provider,
    name: str | None,
    options: StoryOptions,
    *,
    event: str | None = None,
    now_ns: int,
    overrides: Mapping[str, str],
) -> PlannedStory:
    """See `Inspector.plan_story`."""
    dice = random.SystemRandom()
    if name is None:
        request = sample(provider.name, event, now_ns=now_ns, rng=dice, overrides=overrides)
        steps: tuple[StoryStep, ...] = (StoryStep(1, event or catalogue()[provider.name][0], now_ns, request),)
    else:
        steps = story(provider.name, name, now_ns=now_ns, rng=dice, overrides=overrides)
    if options.gap is not None and options.speed is not None:
        raise UsageError("--gap and --speed both say when the steps leave: give one of them.")
    faults = ReplayOptions(duplicate=options.duplicate, reorder=options.reorder, drop=options.drop).faults()
    seed = dice.randrange(1, 2**31) if options.seed is None else options.seed
    moments = [step.at_ns for step in steps] if options.gap is None else _spaced(len(steps), options.gap, seed)
    items = [
        PlanItem(step.n, at_ns, step.event, step.event, signed=True) for step, at_ns in zip(steps, moments, strict=True)
    ]
    plan = build_plan(items, faults, seed=seed, speed=options.speed if options.gap is None else 1.0)
    if plan.concurrency > 1:
        raise UsageError(
            "Steps of a story are sent one after the other: capture the story, and send its copies at the same "
            "instant with `replay --concurrent`."
        )
    return PlannedStory(provider, steps, plan)


def tell(
    told: PlannedStory, url: str, send: Callable[[Request], Attempt], *, secret: Secret | None, clock: Clock
) -> Iterator[SentStep]:
    """See `Inspector.tell_story`. Ends early when nothing listens at the target.

    Args:
        told: The story.
        url: The address that the receiver knows, for schemes that sign it.
        send: Sends one request and waits for the answer.
        secret: Signs; None: as for any sample.
        clock: The present.
    """
    steps = {step.n: step for step in told.steps}
    started_ns = clock.monotonic_ns()
    for planned in told.plan.attempts:
        _wait(planned.at_ms, started_ns, clock)
        step = steps[planned.delivery_id]
        request = step.request
        if planned.act == FRESH_ID:
            request = with_fresh_id(request, told.provider, f"{told.plan.seed}:{planned.n}") or request
        signed = sign_sample(request, told.provider, secret, now_ns=clock.wall_ns(), url=url)
        sent_at_ms = (clock.monotonic_ns() - started_ns) / NS_PER_MS
        attempt = replace(
            send(signed), n=planned.n, labels=planned.labels, planned_at_ms=planned.at_ms, sent_at_ms=sent_at_ms
        )
        yield SentStep(planned, step, attempt)
        if attempt.outcome is Outcome.REFUSED:
            return


def _spaced(count: int, gap: str, seed: int) -> list[int]:
    """Moments so far apart, nanoseconds from 0."""
    distance = parse_distribution(gap, where="--gap")
    dice = random.Random(f"{seed}:gap")  # noqa: S311 (not for secrets)
    moments = [0]
    for _ in range(count - 1):
        moments.append(moments[-1] + int(distance.draw(dice) * NS_PER_MS))
    return moments


def _wait(at_ms: float, started_ns: int, clock: Clock) -> None:
    """Wait for a moment of the story; Ctrl+C ends it."""
    pause = threading.Event()
    while (left_ms := at_ms - (clock.monotonic_ns() - started_ns) / NS_PER_MS) > 0:
        pause.wait(left_ms / 1000)
