"""Plans from the log, and runs as the log keeps them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from webhook_inspector.core.attempt import Attempt
from webhook_inspector.core.verification import VerificationStatus
from webhook_inspector.engine.replay_options import ReplayOptions
from webhook_inspector.errors import UsageError
from webhook_inspector.replay import planfile
from webhook_inspector.replay.plan import Plan, PlanItem, build_plan
from webhook_inspector.replay.preview import captured_ids
from webhook_inspector.replay.verdict import Verdict, verdict_from_json
from webhook_inspector.store.log import Log
from webhook_inspector.store.runs import RunRow

_WITHOUT = frozenset({VerificationStatus.UNSIGNED, VerificationStatus.MISSING, VerificationStatus.UNSUPPORTED})


@dataclass(frozen=True, slots=True)
class RunResult:
    """A run as kept in the log."""

    id: int
    started_ns: int
    finished_ns: int | None
    target: str
    seed: int
    plan: Plan
    attempts: tuple[Attempt, ...]
    verdict: Verdict | None
    """None: it did not end (the process died)."""
    labels: Mapping[int, str]
    """Delivery number to its event type, or method and path."""


def make_plan(log: Log, ids: Sequence[int], options: ReplayOptions, seed: int) -> Plan:
    """See `Inspector.plan`."""
    summaries = log.summaries(list(dict.fromkeys(ids)))
    usable = [summary for summary in summaries if summary.refused is None]
    if not usable:
        raise UsageError(
            "Only refused deliveries are selected, and they were no requests."
            if summaries
            else "No delivery is selected; name some by number or by a filter."
        )
    items = [
        PlanItem(
            row.id,
            row.received_ns,
            row.event_type or f"{row.method} {row.target}",
            row.event_type,
            signed=row.sig not in _WITHOUT,
        )
        for row in sorted(usable, key=lambda row: row.id)
    ]
    plan = build_plan(
        items,
        options.faults(),
        seed=seed,
        speed=options.speed,
        times=1 if options.concurrent else options.times,
        concurrency=options.concurrency,
        rate=options.rate,
    )
    left_out = len(summaries) - len(usable)
    if not left_out:
        return plan
    what = "1 refused delivery is" if left_out == 1 else f"{left_out} refused deliveries are"
    return replace(plan, notes=(*plan.notes, f"{what} left out: what could not be read as a request cannot be sent."))


def read_result(log: Log, run_id: int) -> RunResult:
    """See `Inspector.run_result`."""
    row = log.run(run_id)
    if row is None:
        raise UsageError(f"There is no run {run_id} in this log.")
    return _result(log, row)


def read_results(log: Log, limit: int) -> list[RunResult]:
    """See `Inspector.runs`."""
    return [_result(log, row) for row in log.runs(limit)]


def _result(log: Log, row: RunRow) -> RunResult:
    plan = planfile.load(row.plan_json.encode(), f"run {row.id}")
    labels = {
        summary.id: summary.event_type or f"{summary.method} {summary.target}"
        for summary in log.summaries(captured_ids(plan))
    }
    return RunResult(
        id=row.id,
        started_ns=row.started_ns,
        finished_ns=row.finished_ns,
        target=row.target,
        seed=row.seed,
        plan=plan,
        attempts=tuple(log.run_attempts(row.id)),
        verdict=verdict_from_json(json.loads(row.verdict_json)) if row.verdict_json else None,
        labels=labels,
    )
