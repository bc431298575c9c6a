"""The verdict: fixed words, named checks, evidence."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tests.replay.test_plan import make_items
from webhook_inspector.core.attempt import Attempt, Outcome
from webhook_inspector.errors import UsageError
from webhook_inspector.replay import verdict as verdicts
from webhook_inspector.replay.answers import parse_expect, same_answer
from webhook_inspector.replay.faults.api import parse_fault
from webhook_inspector.replay.plan import Plan, build_plan
from webhook_inspector.replay.verdict import Verdict, judge, verdict_from_json


def answered(plan: Plan, *answers: int | Outcome | tuple[int, bytes]) -> list[Attempt]:
    attempts = []
    for planned, answer in zip(plan.attempts, answers, strict=False):
        status, body, outcome = None, b"", Outcome.RESPONDED
        if isinstance(answer, tuple):
            status, body = answer
        elif isinstance(answer, Outcome):
            outcome = answer
        else:
            status = answer
        attempts.append(
            Attempt(
                n=planned.n,
                delivery_id=planned.delivery_id,
                run_id=1,
                labels=planned.labels,
                url="http://localhost:3000",
                planned_at_ms=planned.at_ms,
                outcome=outcome,
                status=status,
                response_body=body,
                duration_ms=float(planned.n),
            )
        )
    return attempts


def holds(verdict: Verdict) -> dict[str, bool | None]:
    return {check.name: check.holds for check in verdict.checks}


def twice() -> Plan:
    return build_plan(make_items(0), seed=1, times=2)


@pytest.mark.parametrize(
    ("answers", "word", "same", "accepted", "good"),
    [
        ([200, 200], "looks safe", True, True, True),
        ([(200, b'{"id":1,"at":"x"}'), (200, b'{"id":2,"at":"y"}')], "looks safe", True, True, True),
        ([(200, b'{"n":1}'), (200, b'{"n":2}')], "differs", False, True, False),
        ([200, 201], "differs", False, True, False),
        ([200, 409], "refused", False, False, False),
        ([409, 409], "refused", True, False, False),
        ([200, 302], "refused", False, False, False),
        ([200, 500], "failed", False, False, False),
        ([500, 500], "failed", True, False, False),
        ([200, Outcome.TIMED_OUT], "failed", False, False, False),
        ([200, Outcome.REFUSED], "failed", False, False, False),
        ([200, Outcome.NOT_SENT], "not tested", None, None, False),
        ([200, Outcome.CANCELLED], "not tested", None, None, False),
        ([200], "not tested", None, None, False),
    ],
)
def test_words(answers: list[int | Outcome], word: str, same: bool | None, accepted: bool | None, good: bool) -> None:
    plan = twice()
    verdict = judge(plan, answered(plan, *answers))
    assert verdict.deliveries[0].word == word
    assert holds(verdict)["duplicates-same-answer"] is same
    assert holds(verdict)["duplicates-accepted"] is accepted
    assert verdict.holds is good
    assert all(check.evidence for check in verdict.checks)


def test_one_copy_is_not_tested() -> None:
    plan = build_plan(make_items(0, 1), seed=1)
    verdict = judge(plan, answered(plan, 200, 204))
    assert [d.word for d in verdict.deliveries] == ["not tested", "not tested"]
    assert "two copies" in verdict.deliveries[0].evidence
    assert holds(verdict) == {
        "all-sent": True,
        "expect-2xx": True,
        "duplicates-same-answer": None,
        "duplicates-accepted": None,
        "order": None,
        "in-time": None,
        "no-5xx": True,
        "tampering-refused": None,
        "stale-refused": None,
    }
    assert verdict.holds


def test_a_handler_that_is_too_slow_for_its_provider_fails() -> None:
    plan = build_plan(make_items(0, 1), seed=1)
    attempts = [replace(attempt, duration_ms=3200.0) for attempt in answered(plan, 200, 200)]
    verdict = judge(plan, attempts, deadlines={11: 3})
    check = next(check for check in verdict.checks if check.name == "in-time")
    assert (check.holds, verdict.holds) == (False, False)
    assert check.evidence == "send 2 of delivery 11 took 3.2 s; its provider waits 3 s, then sends again"
    check = next(check for check in judge(plan, attempts, deadlines={10: 10, 11: 4}).checks if check.name == "in-time")
    assert (check.holds, check.evidence) == (True, "the slowest answer took 3.2 s of 4 s")


def tampered(acts: str, *statuses: int) -> Verdict:
    items = [replace(item, signed=True) for item in make_items(0)]
    plan = build_plan(items, [parse_fault("tamper", acts)], seed=1)
    return judge(plan, answered(plan, 200, *statuses))


@pytest.mark.parametrize("status", [200, 302, 500])
def test_a_handler_that_accepts_what_was_tampered_with_fails(status: int) -> None:
    for acts, name in (("body", "tampering-refused"), ("signature", "tampering-refused"), ("stale", "stale-refused")):
        verdict = tampered(acts, status)
        assert holds(verdict)[name] is False
        assert not verdict.holds
        assert holds(tampered(acts, 401))[name] is True
        assert tampered(acts, 401).holds
    assert holds(tampered("all", 401, 400, 403, 409)) | {"stale-refused": True, "tampering-refused": True} == holds(
        tampered("all", 401, 400, 403, 409)
    )


def test_answers_do_not_prove_side_effects() -> None:
    plan = twice()
    verdict = judge(plan, answered(plan, 200, 200))
    assert "cannot be seen from answers" in verdict.caveat
    same = next(check for check in verdict.checks if check.name == "duplicates-same-answer")
    assert "cannot be seen from answers" in same.evidence


@pytest.mark.parametrize(
    ("expect", "answers", "good"),
    [
        ("2xx", [204, 200], False),
        ("200", [200, 204], False),
        ("200,409", [200, 200], True),
        ("409", [409, 409], True),
        ("any", [500, 500], True),
        ("any", [200, Outcome.RESET], False),
        ("5XX", [503, 503], True),
    ],
)
def test_expectations(expect: str, answers: list[int | Outcome], good: bool) -> None:
    plan = twice()
    verdict = judge(plan, answered(plan, *answers), expect=expect)
    assert verdict.holds is good, verdict.checks
    assert f"expect-{expect.lower()}" in holds(verdict)


@pytest.mark.parametrize("text", ["", "2", "abc", "200,", "600", "2xxx", "٢xx"])
def test_bad_expectations(text: str) -> None:
    with pytest.raises(UsageError):
        parse_expect(text)


def test_a_refused_copy_that_was_asked_for_is_accepted() -> None:
    plan = twice()
    verdict = judge(plan, answered(plan, 200, 409), expect="200,409")
    assert holds(verdict)["duplicates-accepted"] is True
    assert holds(verdict)["duplicates-same-answer"] is False
    assert verdict.deliveries[0].word == "differs"


def test_not_everything_sent() -> None:
    plan = build_plan(make_items(0, 1, 2), seed=1)
    verdict = judge(plan, answered(plan, 200))
    check = verdict.checks[0]
    assert (check.name, check.holds) == ("all-sent", False)
    assert check.evidence == "1 of 3 sent; the others: not sent"
    nothing = judge(plan, [])
    assert holds(nothing)["expect-2xx"] is None
    assert not nothing.holds


def test_order() -> None:
    plan = build_plan(make_items(0, 1), [parse_fault("reorder", "reverse")], seed=1)
    fine = judge(plan, answered(plan, 200, 200))
    assert holds(fine)["order"] is True
    wrong = judge(plan, answered(plan, 200, 500))
    order = next(check for check in wrong.checks if check.name == "order")
    assert order.holds is False
    assert "out of order with delivery 11" in order.evidence
    down = judge(plan, answered(plan, 500, 500))
    assert holds(down)["order"] is None


def test_order_cannot_be_told_when_others_fail_too() -> None:
    items = make_items(0, 1, 2)
    plan = build_plan(items, [parse_fault("reorder", "swap")], seed=1)
    assert [a.delivery_id for a in plan.attempts] == [11, 10, 12]
    assert holds(judge(plan, answered(plan, 200, 500, 500)))["order"] is None
    assert holds(judge(plan, answered(plan, 200, 500, 200)))["order"] is False


def test_json_round_trip_is_exact_and_stable() -> None:
    plan = twice()
    verdict = judge(plan, answered(plan, 200, 409))
    text = json.dumps(verdict.as_json())
    assert verdict_from_json(json.loads(text)) == verdict
    assert json.dumps(judge(plan, list(reversed(answered(plan, 200, 409)))).as_json()) == text


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        (b"ok", b"ok", True),
        (b"ok", b"already done", False),
        (b'{"request_id":"a1"}', b'{"request_id":"b2"}', True),
        (b'{"createdAt":"x"}', b'{"createdAt":"y"}', True),
        (b'{"format":"x"}', b'{"format":"y"}', False),
        (b'{"paid":1}', b'{"paid":2}', False),
        (b"at 2026-01-02T03:04:05Z", b"at 2026-01-02T03:04:06Z", True),
        (b"8f14e45f-ceea-467f-a9f4-1f2a3b4c5d6e", b"00000000-0000-0000-0000-000000000000", True),
        (b"1795000000.1", b"1795000001.22", True),
        (b'{"count":1}', b'{"count":2}', False),
        (b'{"took_ms":1.5}', b'{"took_ms":2e3}', True),
    ],
)
def test_ids_and_times_are_ignored(first: bytes, second: bytes, same: bool) -> None:
    plan = twice()
    one, two = answered(plan, (200, first), (200, second))
    assert same_answer(one, two) is same


def test_words_are_the_fixed_set() -> None:
    words = {verdicts.LOOKS_SAFE, verdicts.DIFFERS, verdicts.REFUSED, verdicts.FAILED, verdicts.NOT_TESTED}
    assert words == {"looks safe", "differs", "refused", "failed", "not tested"}
