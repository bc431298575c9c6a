"""The JSON that scripts read: its keys are a promise."""

from __future__ import annotations

import json

from tests.support.factories import make_delivery
from webhook_inspector.core.attempt import Attempt, Outcome
from webhook_inspector.core.delivery import Facts, Record
from webhook_inspector.core.verification import Verification, VerificationStatus
from webhook_inspector.engine import contract
from webhook_inspector.replay.plan import PlanItem, build_plan
from webhook_inspector.replay.verdict import judge
from webhook_inspector.shapes import diff_requests

PLAN = build_plan([PlanItem(7, 0, "a", None)], seed=3)


def test_a_delivery() -> None:
    record = Record(make_delivery(b"\xff\x00", id=7, headers=[("X-A", "1")]), Facts())
    row = contract.delivery_json(record, body=True)
    assert set(row) >= {
        *("type", "id", "received_at", "source", "provider", "method", "target", "http_version", "remote", "headers"),
        *("body_size", "body_sha256", "body_base64", "refused", "event", "verification", "duplicate_of", "retry_of"),
        *("late", "state", "response", "attempts"),
    }
    assert row["received_at"] == "2026-11-18T11:06:40.000000Z"
    assert row["headers"] == [["X-A", "1"]]
    assert row["body_base64"] == "/wA="
    assert row["event"] == {"type": None, "id": None, "time": None, "attempt": None}
    assert row["response"] == {"status": 200, "handshake": None}
    assert "body_base64" not in contract.delivery_json(record)
    json.dumps(row, allow_nan=False)


def test_a_verification() -> None:
    row = contract.verification_json(Verification(VerificationStatus.STALE, "stripe", "stripe-v1"), 7)
    assert list(row) == [
        *("type", "id", "provider", "scheme", "status", "valid", "reason", "explanation", "matches_if"),
        *("covers_body", "skew_seconds", "valid_now", "difference", "advice"),
    ]
    assert row["difference"] is None
    assert row["valid"] is False
    assert row["status"] == "stale"


def test_what_was_signed_beside_what_arrived() -> None:
    verification = Verification(
        VerificationStatus.INVALID, signed_content=b"{}\xff\n", matching_content=b"{}", advice=("Look there.",)
    )
    row = contract.verification_json(verification, "a")
    assert row["difference"] == {
        "at": 2,
        "signed": "",
        "arrived": "\\xff\n",
        "signed_bytes": 2,
        "arrived_bytes": 4,
    }
    assert row["advice"] == ["Look there."]
    json.dumps(row)


def test_a_plan_and_its_attempts() -> None:
    planned = contract.planned_json(PLAN.attempts[0])
    assert planned == {"type": "planned", "n": 1, "delivery": 7, "at_ms": 0, "labels": ["original"]}
    attempt = Attempt(1, 7, 2, ("original",), "http://x", 0, 1.23456, Outcome.RESPONDED, None, 200, 12.0)
    row = contract.attempt_json(attempt)
    assert row["sent_at_ms"] == 1.235
    assert row["duration_ms"] == 12
    assert (row["outcome"], row["failure"], row["status"]) == ("responded", None, 200)
    verdict = contract.verdict_json(judge(PLAN, [attempt]), run_id=2, seed=3)
    assert verdict["holds"] is True
    assert {"name", "holds", "evidence"} == set(verdict["checks"][0])


def test_changes_hold_no_number_that_json_cannot() -> None:
    diff = diff_requests(make_delivery(b'{"a":[1]}').request, make_delivery(b'{"a":[1e400]}').request)
    rows = [contract.change_json(change) for change in diff.changes]
    assert rows
    json.dumps(rows, allow_nan=False)
