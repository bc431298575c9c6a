"""A trial as a plan: what broke a handler can be sent again, saved, and looked at on the timeline."""

from __future__ import annotations

from collections.abc import Sequence

from webhook_inspector.replay.convergence.model import NORMAL, Trial
from webhook_inspector.replay.plan import Plan, PlanItem, PlannedAttempt

STEP_MS = 250.0
"""Between two groups of sends: long enough for a handler to end its work."""


def labels(trial: Trial) -> list[tuple[str, ...]]:
    """What each send is: `original` or `duplicate`, then what was done to it."""
    seen: set[int] = set()
    found = []
    last = 0
    for group in trial.groups:
        for send in group:
            words = ["duplicate" if send.delivery in seen else "original"]
            words += [send.act] if send.act != NORMAL else []
            words += ["concurrent"] if len(group) > 1 else []
            words += ["reordered"] if send.delivery < last and send.delivery not in seen else []
            seen.add(send.delivery)
            last = max(last, send.delivery)
            found.append(tuple(words))
    return found


def to_plan(trial: Trial, items: Sequence[PlanItem], seed: int) -> Plan:
    """The sends of a trial, one group after the other.

    Args:
        trial: What to send.
        items: The deliveries in captured order; those of the trial are taken.
        seed: Of the search that found it.
    """
    chosen = tuple(item for item in items if item.delivery_id in trial.deliveries)
    captured = {item.delivery_id: index * STEP_MS for index, item in enumerate(chosen)}
    attempts: list[PlannedAttempt] = []
    copies: dict[int, int] = {}
    words = iter(labels(trial))
    for place, group in enumerate(trial.groups):
        for send in group:
            copies[send.delivery] = copies.get(send.delivery, 0) + 1
            attempts.append(
                PlannedAttempt(
                    n=len(attempts) + 1,
                    delivery_id=send.delivery,
                    at_ms=place * STEP_MS,
                    captured_ms=captured[send.delivery],
                    copy=copies[send.delivery],
                    labels=next(words),
                    act=send.act,
                )
            )
    together = max(len(group) for group in trial.groups)
    note = f"The smallest sequence that breaks {trial.kind}."
    return Plan(seed, tuple(attempts), (f"check {trial.kind}",), "1", together, (note,), chosen)
