"""Replays that send failures again as a provider would."""

from __future__ import annotations

import threading

import pytest

from tests.engine.conftest import Import
from tests.support.fault_target import Script, answer, fault_target
from tests.support.handler import handler
from tests.support.patience import PATIENCE_S
from tests.support.recording import split_request
from webhook_inspector.core.attempt import Attempt, Outcome
from webhook_inspector.engine.inspector import Inspector
from webhook_inspector.engine.replay_options import ReplayOptions, SendOptions
from webhook_inspector.errors import UsageError
from webhook_inspector.replay.retrying import retried
from webhook_inspector.replay.verdict import Check, Verdict


def check(verdict: Verdict, name: str) -> Check:
    return next(one for one in verdict.checks if one.name == name)


def test_failures_come_again_until_they_are_accepted(inspector: Inspector, put: Import) -> None:
    ids = put("a", "b", "c")
    seen: dict[bytes, int] = {}

    def flaky(_number: int, body: bytes) -> tuple[int, bytes]:
        seen[body] = seen.get(body, 0) + 1
        return (500 if body == b"b" and seen[body] < 3 else 200), b""

    with handler(flaky) as target:
        plan = inspector.plan(ids, ReplayOptions(speed=100_000, seed=1))
        run = inspector.start_run(plan, target.url, send=SendOptions(retry_policy="svix"))
        verdict = run.wait(PATIENCE_S)
    assert verdict.holds
    assert seen == {b"a": 1, b"b": 3, b"c": 1}
    assert check(verdict, "delivered").evidence.startswith("everything arrived, 1 after at most 2 more tries")
    extra = [attempt for attempt in run.attempts if retried(attempt)]
    assert [(attempt.n, retried(attempt), attempt.status) for attempt in extra] == [(4, 2, 500), (5, 2, 200)]
    # The same from the log.
    kept = inspector.run_result(run.id)
    assert [attempt.n for attempt in kept.attempts] == [1, 2, 3, 4, 5]
    assert inspector.record(ids[1]).facts.last_status == 200
    # The second retry kept its distance: 300 s of the provider are 3 ms here.
    times = [attempt.sent_at_ms or 0 for attempt in run.attempts if attempt.delivery_id == ids[1]]
    assert times[2] - times[1] >= 3


def test_what_is_never_accepted_is_given_up_and_fails(inspector: Inspector, put: Import) -> None:
    (number,) = put("x")
    with fault_target([answer(503)]) as target:
        plan = inspector.plan([number], ReplayOptions(speed=None, seed=1))
        verdict = inspector.start_run(plan, target.url, send=SendOptions(retry_policy="slack")).wait(PATIENCE_S)
        requests = [dict(split_request(request)[2]) for request in target.requests]
    assert not verdict.holds
    assert "503 at the last of 4 tries" in check(verdict, "delivered").evidence
    assert [request.get(b"X-Slack-Retry-Num") for request in requests] == [None, b"1", b"2", b"3"]
    assert requests[1][b"X-Slack-Retry-Reason"] == b"http_error"


def test_a_late_answer_is_a_failure_after_the_providers_time(inspector: Inspector, put: Import) -> None:
    (number,) = put("x")

    def script(number: int, _data: bytes) -> Script:
        return [{"wait_ms": 20_000}] if number == 0 else [answer(200)]

    with fault_target(script) as target:
        plan = inspector.plan([number], ReplayOptions(speed=None, seed=1))
        run = inspector.start_run(plan, target.url, send=SendOptions(retry_policy="slack", timeout_s=30))
        run.wait(PATIENCE_S)
    first = run.attempts[0]
    assert first.outcome is Outcome.TIMED_OUT
    assert 2900 < (first.duration_ms or 0) < 5000


def test_a_stopped_run_sends_nothing_again(inspector: Inspector, put: Import) -> None:
    (number,) = put("x")
    failed = threading.Event()

    def note(event: Attempt | Verdict) -> None:
        if isinstance(event, Attempt) and event.outcome is not None:
            failed.set()

    with fault_target([answer(500)]) as target:
        plan = inspector.plan([number], ReplayOptions(speed=1.0, seed=1))
        run = inspector.start_run(plan, target.url, send=SendOptions(retry_policy="svix"), on_event=note)
        assert failed.wait(PATIENCE_S)
        run.cancel()
        verdict = run.wait(PATIENCE_S)
        assert len(target.requests) == 1
    assert not verdict.holds


@pytest.mark.parametrize(("name", "words"), [("stirpe", "no provider 'stirpe'"), ("zendesk", "not documented")])
def test_policies_that_are_not_known(inspector: Inspector, put: Import, name: str, words: str) -> None:
    plan = inspector.plan(put("x"), ReplayOptions(speed=None, seed=1))
    with pytest.raises(UsageError, match=words):
        inspector.start_run(plan, "http://127.0.0.1:9", send=SendOptions(retry_policy=name))
    assert inspector.runs() == []
