"""The JSON of the command line: stable keys, new ones may be added.

Header names and values are text: UTF-8 where the bytes decode, else Latin-1.
"""

from __future__ import annotations

import base64
import math
from typing import TYPE_CHECKING, Any

from webhook_inspector.core.attempt import Attempt
from webhook_inspector.core.clock import iso_utc
from webhook_inspector.core.delivery import Record
from webhook_inspector.core.verification import Verification
from webhook_inspector.replay.convergence import PropertyResult
from webhook_inspector.replay.convergence.plans import labels
from webhook_inspector.replay.observed import Tries
from webhook_inspector.replay.plan import PlannedAttempt
from webhook_inspector.replay.retrying import retried
from webhook_inspector.replay.verdict import Verdict
from webhook_inspector.shapes import Change
from webhook_inspector.signing.difference import Difference, difference

if TYPE_CHECKING:
    from webhook_inspector.engine.checking import CheckReport


def delivery_json(record: Record, *, body: bool = False, handshake: str | None = None) -> dict[str, Any]:
    """A delivery with its facts.

    Args:
        record: What to describe.
        body: Whether to add `body_base64`.
        handshake: Name of the endpoint check that it is.
    """
    delivery, facts = record.delivery, record.facts
    request = delivery.request
    result: dict[str, Any] = {
        "type": "delivery",
        "id": delivery.id,
        "received_at": iso_utc(delivery.received_ns),
        "source": delivery.source,
        "provider": facts.provider,
        "method": request.method,
        "target": request.target_text,
        "http_version": request.http_version,
        "remote": delivery.remote,
        "origin": delivery.origin,
        "headers": request.headers.text_pairs(),
        "body_size": len(request.body),
        "body_sha256": delivery.body_sha256,
    }
    if body:
        result["body_base64"] = base64.b64encode(request.body).decode("ascii")
    event = facts.event
    return result | {
        "refused": delivery.refused,
        "event": {
            "type": event.type,
            "id": event.id,
            "time": None if event.time_ns is None else iso_utc(event.time_ns),
            "attempt": event.attempt,
        },
        "verification": verification_json(facts.verification, delivery.id),
        "duplicate_of": facts.duplicate_of,
        "retry_of": facts.retry_of,
        "late": facts.late,
        "drift": facts.drift,
        "state": facts.state.value,
        "response": {"status": delivery.response_status, "handshake": handshake},
        "attempts": facts.attempts,
        "last_status": facts.last_status,
        "note": facts.note,
        "pinned": facts.pinned,
    }


def verification_json(verification: Verification, id: int | str | None) -> dict[str, Any]:  # noqa: A002
    """A verification; `id` is the delivery's number, or the id given in a requests file."""
    return {
        "type": "verification",
        "id": id,
        "provider": verification.provider,
        "scheme": verification.scheme,
        "status": verification.status.value,
        "valid": verification.valid,
        "reason": verification.reason,
        "explanation": verification.explanation,
        "matches_if": list(verification.matches_if),
        "covers_body": verification.covers_body,
        "skew_seconds": verification.skew_seconds,
        "valid_now": verification.valid_now,
        "difference": _difference_json(difference(verification)),
        "advice": list(verification.advice),
    }


def _difference_json(found: Difference | None) -> dict[str, Any] | None:
    r"""Where what was signed and what arrived differ: texts with other bytes as `\xNN`."""
    if found is None:
        return None
    return {
        "at": found.at,
        "signed": found.signed.decode("utf-8", "backslashreplace"),
        "arrived": found.here.decode("utf-8", "backslashreplace"),
        "signed_bytes": found.signed_bytes,
        "arrived_bytes": found.here_bytes,
    }


def planned_json(planned: PlannedAttempt) -> dict[str, Any]:
    """One line of a plan that was not sent."""
    return {
        "type": "planned",
        "n": planned.n,
        "delivery": planned.delivery_id,
        "at_ms": _ms(planned.at_ms),
        "labels": list(planned.labels),
    }


def attempt_json(attempt: Attempt) -> dict[str, Any]:
    """One attempt of a run. `outcome` is null while nothing is known of its end."""
    return {
        "type": "attempt",
        "n": attempt.n,
        "delivery": attempt.delivery_id,
        "planned_at_ms": _ms(attempt.planned_at_ms),
        "sent_at_ms": _ms(attempt.sent_at_ms),
        "labels": list(attempt.labels),
        "status": attempt.status,
        "outcome": None if attempt.outcome is None else attempt.outcome.value,
        "failure": None if attempt.failure is None else attempt.failure.value,
        "retry_of": retried(attempt),
        "duration_ms": _ms(attempt.duration_ms),
        "detail": attempt.detail,
        "differences": list(attempt.differences),
    }


def tries_json(tries: Tries) -> list[dict[str, Any]]:
    """The deliveries of one event: when each came, what it was answered, and when it was documented to come."""
    rows = []
    for place, each in enumerate(tries.tries):
        documented = tries.documented_s[place - 1] * 1000 if 0 < place <= len(tries.documented_s) else None
        rows.append(
            {
                "delivery": each.delivery_id,
                "after_ms": _ms(tries.gaps_ms[place - 1]) if place else 0,
                "documented_after_ms": _ms(documented),
                "answered": each.answered,
                "app_ms": _ms(each.app_ms),
            }
        )
    return rows


def trial_json(number: int, kind: str, *, holds: bool) -> dict[str, Any]:
    """One trial of a check."""
    return {"type": "trial", "n": number, "property": kind, "holds": holds}


def property_json(result: PropertyResult) -> dict[str, Any]:
    """What a check says of one property. `holds` is null when it was not tested."""
    row: dict[str, Any] = {
        "type": "property",
        "property": result.property,
        "holds": result.holds,
        "trials": result.trials,
        "covered": result.covered,
    }
    found = result.counterexample
    if found is not None:
        words = labels(found.trial)
        row |= {
            "counterexample": [
                {"delivery": send.delivery, "labels": list(words[index])}
                for index, send in enumerate(found.trial.sends)
            ],
            "broken_by": found.what,
            "expected_state": found.wanted.state,
            "actual_state": found.got.state,
            "statuses": list(found.got.statuses),
            "stable": found.stable,
        }
    return row


def check_json(report: CheckReport) -> dict[str, Any]:
    """The last line of a check."""
    return {
        "type": "verdict",
        "holds": report.holds,
        "seed": report.seed,
        "trials": report.trials,
        "passes": report.passes,
        "notes": list(report.notes),
    }


def verdict_json(verdict: Verdict, *, run_id: int | None, seed: int) -> dict[str, Any]:
    """The last line of a replay. A check whose `holds` is null was not tested."""
    return {
        "type": "verdict",
        "run": run_id,
        "seed": seed,
        "holds": verdict.holds,
        "checks": [{"name": check.name, "holds": check.holds, "evidence": check.evidence} for check in verdict.checks],
    }


def change_json(change: Change) -> dict[str, Any]:
    """One difference between two deliveries. Numbers that JSON cannot hold (1e400) are texts."""
    return {
        "type": "change",
        "where": change.where,
        "path": change.path,
        "kind": change.kind,
        "before": _finite(change.before),
        "after": _finite(change.after),
        "moved_from": change.moved_from,
        "hidden": change.why_hidden or None,
    }


def _finite(value: Any) -> Any:
    """A parsed value without infinities."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_finite(item) for item in value]
    return value


def _ms(value: float | None) -> float | None:
    """Milliseconds with three decimals; whole numbers without a fraction."""
    if value is None:
        return None
    rounded = round(value, 3)
    return int(rounded) if rounded == int(rounded) else rounded
