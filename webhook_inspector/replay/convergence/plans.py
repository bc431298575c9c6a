"""A trial as a plan: what broke a handler can be sent again, saved, and looked at on the timeline."""

from __future__ import annotations

from collections.abc import Sequence

from webhook_inspector.errors import UsageError
from webhook_inspector.replay.convergence.model import CUT_BODY, LOST_ANSWER, NORMAL, PROPERTIES, Group, Send, Trial
from webhook_inspector.replay.plan import Plan, PlanItem, PlannedAttempt

STEP_MS = 250.0
"""Between two groups of sends: long enough for a handler to end its work."""
_CHECK = "check "


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
    return Plan(seed, tuple(attempts), (f"{_CHECK}{trial.kind}",), "1", together, (note,), chosen)


def from_plan(plan: Plan) -> Trial:
    """The trial that `to_plan` made a plan of.

    Raises:
        UsageError: The plan is another one.
    """
    kind = plan.faults[0].removeprefix(_CHECK) if len(plan.faults) == 1 else ""
    acts = {planned.act for planned in plan.attempts}
    if kind not in PROPERTIES or not plan.attempts or not acts <= {NORMAL, LOST_ANSWER, CUT_BODY}:
        raise UsageError("This plan does not come from a check: save one with `check --save-plan` or --save-test.")
    groups: dict[float, Group] = {}
    for planned in plan.attempts:
        groups[planned.at_ms] = (*groups.get(planned.at_ms, ()), Send(planned.delivery_id, planned.act))
    return Trial(kind, tuple(groups.values()))
