"""Copies that a handler must refuse: one that verifies passes, one that does not is found out."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.factories import T0_NS, make_request
from tests.support.handler import handler
from tests.support.patience import PATIENCE_S
from tests.support.recording import recording, split_request
from webhook_inspector.config import load
from webhook_inspector.core.clock import iso_utc
from webhook_inspector.core.headers import Headers, decode_header
from webhook_inspector.core.request import Request
from webhook_inspector.core.secret import Secret
from webhook_inspector.engine.inspector import Inspector
from webhook_inspector.engine.replay_options import ReplayOptions
from webhook_inspector.providers.load import builtin
from webhook_inspector.signing import sign

CONFIG = 'log = "log.db"\n[sources.stripe]\nprovider = "stripe"\nsecrets = ["env:S"]\n'
SECRET = "whsec_tampering"


@pytest.fixture
def delivered(tmp_path: Path) -> Callable[[], Inspector]:
    path = tmp_path / "webhook-inspector.toml"
    path.write_text(CONFIG, encoding="utf-8")

    def opened() -> Inspector:
        inspector = Inspector.open(load(path, {}, tmp_path), env={"S": SECRET})
        for request, source in (
            (sign(make_request(), builtin()["stripe"], Secret(SECRET), now_ns=T0_NS), "stripe"),
            (make_request(b"{}"), "plain"),
        ):
            headers = [[decode_header(name), decode_header(value)] for name, value in request.headers]
            entry: dict[str, object] = {"method": "POST", "target": f"/{source}", "source": source, "headers": headers}
            file = tmp_path / "one.jsonl"
            file.write_text(
                json.dumps({**entry, "body": request.body.decode(), "received_at": iso_utc(T0_NS)}), encoding="utf-8"
            )
            inspector.import_file(file)
        return inspector

    return opened


def test_a_handler_that_verifies_refuses_all_of_it(delivered: Callable[[], Inspector]) -> None:
    stripe = pytest.importorskip("stripe")
    with delivered() as inspector, recording() as target:
        plan = inspector.plan([1, 2], ReplayOptions(speed=None, seed=1, tamper="all"))
        assert "1 delivery carries no signature" in " ".join(plan.notes)
        assert [planned.act for planned in plan.attempts] == [
            *("send", "tampered-body", "tampered-signature", "no-signature", "stale-time"), "send",
        ]  # fmt: skip
        run = inspector.start_run(plan, target.url)
        run.wait(PATIENCE_S)
        accepted = []
        for data in target.take()[:5]:
            _, _, pairs, body = split_request(data)
            header = Request("POST", b"/", Headers(tuple(pairs)), body).headers.get("Stripe-Signature") or ""
            try:
                accepted.append(
                    bool(stripe.WebhookSignature.verify_header(body.decode(), header, SECRET, tolerance=300))
                )
            except stripe.SignatureVerificationError:
                accepted.append(False)
        assert accepted == [True, False, False, False, False]
        notes = [attempt.differences for attempt in inspector.run_result(run.id).attempts]
        assert any("the signature was taken away" in note for note in notes[3])


def test_a_handler_that_does_not_verify_fails(delivered: Callable[[], Inspector]) -> None:
    with delivered() as inspector, handler() as target:
        plan = inspector.plan([1], ReplayOptions(speed=None, seed=1, tamper="signature,stale"))
        verdict = inspector.start_run(plan, target.url).wait(PATIENCE_S)
        checks = {check.name: check for check in verdict.checks}
        assert checks["tampering-refused"].holds is False
        assert "a handler must answer 4xx" in checks["tampering-refused"].evidence
        assert checks["stale-refused"].holds is False
        assert checks["expect-2xx"].holds is True
        assert not verdict.holds


def test_lost_answers_and_cut_bodies_come_again(delivered: Callable[[], Inspector]) -> None:
    with delivered() as inspector, handler() as target:
        plan = inspector.plan([1], ReplayOptions(speed=None, seed=1, lose="1"))
        verdict = inspector.start_run(plan, target.url).wait(PATIENCE_S)
        assert verdict.holds, verdict
        assert [planned.labels for planned in plan.attempts] == [("original", "lost-answer"), ("duplicate", "again")]
        assert len(target.bodies) == 2
        assert target.bodies[0] == target.bodies[1]
    with delivered() as inspector, recording() as raw:
        plan = inspector.plan([1], ReplayOptions(speed=None, seed=1, cut="100%"))
        run = inspector.start_run(plan, raw.url)
        assert run.wait(PATIENCE_S).holds
        first, second = (split_request(data)[3] for data in raw.take())
        assert len(first) == len(second) // 2
        assert second.startswith(first)
        outcomes = [attempt.outcome for attempt in inspector.run_result(run.id).attempts]
        assert outcomes == ["cancelled", "responded"]
