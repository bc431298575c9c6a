"""What providers send again, when, and when they give up."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.factories import make_attempt
from webhook_inspector.core.attempt import Attempt, Outcome, classify_failure
from webhook_inspector.core.clock import NS_PER_S
from webhook_inspector.core.headers import Headers
from webhook_inspector.errors import UsageError
from webhook_inspector.providers.load import builtin
from webhook_inspector.providers.model import Provider, RetryPolicy
from webhook_inspector.replay.retry_after import parse_retry_after
from webhook_inspector.replay.retrying import (
    Retries,
    last_tries,
    retried,
    retries_of,
    retry_label,
    with_delivered,
)
from webhook_inspector.replay.verdict import Check, Verdict

_CHECK = Check("all-sent", True, "")


def ended(status: int | None, *headers: tuple[str, str], outcome: Outcome = Outcome.RESPONDED) -> Attempt:
    return replace(
        make_attempt(1),
        outcome=outcome,
        status=status,
        failure=classify_failure(outcome, status),
        response_headers=Headers.from_text(headers),
    )


def of(speed: float | None = 1.0, **fields: object) -> Retries:
    policy = RetryPolicy(automatic=True, **fields)  # type: ignore[arg-type]  # any of its fields
    return retries_of(Provider(name="x", title="X", retry=policy), speed)


def schedule(retries: Retries, status: int = 500) -> list[float]:
    """Delays in ms of all tries when everything fails at once."""
    delays: list[float] = []
    while (again := retries.after(ended(status), len(delays), sum(delays))) is not None:
        delays.append(again.delay_ms)
    return delays


def test_the_documented_distances_are_kept_and_shortened() -> None:
    svix = retries_of(builtin()["svix"], 1.0)
    seconds = [5, 300, 1800, 7200, 18000, 36000, 36000]
    assert schedule(svix) == [each * 1000 for each in seconds]
    fast = retries_of(builtin()["svix"], 3600)
    assert schedule(fast) == pytest.approx([each / 3.6 for each in seconds])
    assert schedule(retries_of(builtin()["svix"], None)) == [0.0] * 7
    assert "7 times within 1 d 3 h" in svix.sentence
    assert "here 27.6 s" in fast.sentence


def test_what_is_only_documented_in_part_is_assumed_and_says_so() -> None:
    shopify = retries_of(builtin()["shopify"], 1.0)
    delays = schedule(shopify)
    assert len(delays) == 8
    assert sum(delays) == pytest.approx(14_400_000, rel=0.001)
    assert delays == sorted(delays)
    assert "assumed" in shopify.sentence
    stripe = schedule(retries_of(builtin()["stripe"], 1.0))
    assert sum(stripe) <= 259_200_000
    assert stripe[:3] == [60_000, 120_000, 240_000]


def test_who_does_not_send_again_says_so() -> None:
    github = retries_of(builtin()["github"], 1.0)
    assert schedule(github) == []
    assert "does not send again by itself" in github.sentence
    with pytest.raises(UsageError, match="not documented"):
        of()


@pytest.mark.parametrize(
    ("attempt", "again"),
    [
        (ended(200), False),
        (ended(204), False),
        (ended(500), True),
        (ended(404), True),  # most providers send again after any answer but 2xx
        (ended(302), True),
        (ended(None, outcome=Outcome.TIMED_OUT), True),
        (ended(None, outcome=Outcome.REFUSED), True),
        (ended(None, outcome=Outcome.RESET), True),
        (ended(None, outcome=Outcome.CANCELLED), False),
        (ended(None, outcome=Outcome.NOT_SENT), False),
    ],
)
def test_what_counts_as_failed(attempt: Attempt, *, again: bool) -> None:
    assert (of(delays=(1.0,)).after(attempt, 0, 0) is not None) is again


def test_answers_that_end_the_retries() -> None:
    permanent = of(delays=(1.0, 1.0), final=("permanent", "503"))
    assert permanent.after(ended(404), 0, 0) is None
    assert permanent.after(ended(503), 0, 0) is None
    assert permanent.after(ended(429), 0, 0) is not None
    slack = retries_of(builtin()["slack"], 1.0)
    assert slack.after(ended(500, ("X-Slack-No-Retry", "1")), 0, 0) is None
    assert slack.after(ended(500), 0, 0) is not None


def test_slack_counts_its_retries_and_gives_a_reason() -> None:
    slack = retries_of(builtin()["slack"], 60)
    first = slack.after(ended(500), 0, 0)
    assert first is not None
    assert (first.number, first.delay_ms) == (1, 0)
    assert first.headers == (("X-Slack-Retry-Num", "1"), ("X-Slack-Retry-Reason", "http_error"))
    second = slack.after(ended(None, outcome=Outcome.TIMED_OUT), 1, 0)
    assert second is not None
    assert second.delay_ms == pytest.approx(1000)
    assert second.headers[1] == ("X-Slack-Retry-Reason", "http_timeout")


def test_an_answer_that_asks_for_more_time_gets_it() -> None:
    retries = of(delays=(1.0, 60.0))
    asked = ended(503, ("Retry-After", "7"))
    assert [again.delay_ms for n in range(2) if (again := retries.after(asked, n, 0))] == [7000, 60_000]
    # On the run's scale, like the rest of the schedule.
    assert of(speed=10.0, delays=(1.0,)).after(asked, 0, 0) is not None
    assert of(delays=(1.0,), within=5.0).after(asked, 0, 0) is None


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0.0),
        (" 120 ", 120.0),
        ("Wed, 18 Nov 2026 11:07:40 GMT", 60.0),
        ("Wed, 18 Nov 2026 11:00:00 GMT", 0.0),
        ("Wed, 18 Nov 2026 11:07:40 -0000", 60.0),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("", None),
        (None, None),
        ("99999999999999999999", None),
        ("Wed, 99 Nov 2026 11:07:40 GMT", None),
    ],
)
def test_retry_after(value: str | None, seconds: float | None) -> None:
    assert parse_retry_after(value, 1_795_000_000 * NS_PER_S) == seconds


@given(st.text())
def test_any_retry_after_is_read_or_left(value: str) -> None:
    found = parse_retry_after(value, 0)
    assert found is None or found >= 0


@given(
    st.integers(1, 200),
    st.floats(1, 10**7),
    st.one_of(st.none(), st.floats(0.01, 10**6)),
)
def test_any_policy_ends_within_its_time(count: int, within: float, speed: float | None) -> None:
    delays = schedule(of(speed=speed, max_retries=count, within=within))
    assert len(delays) <= count
    assert all(math.isfinite(delay) and delay >= 0 for delay in delays)
    assert sum(delays) <= within * 1000 / (speed or 1) * 1.01
    assert delays == sorted(delays)


def test_every_provider_has_a_schedule_or_says_that_it_is_not_known() -> None:
    known = 0
    for provider in builtin().values():
        try:
            retries = retries_of(provider, 1000.0)
        except UsageError as error:
            assert provider.title in error.message
            continue
        known += 1
        assert provider.title in retries.sentence
        assert len(schedule(retries)) <= len(retries.delays_s)
    assert known > 40


def test_tries_of_one_send_are_told_by_their_labels() -> None:
    first = replace(ended(500), n=2, labels=("duplicate",))
    again = replace(ended(500), n=7, labels=("duplicate", retry_label(1, 2)))
    last = replace(ended(200), n=9, labels=("duplicate", retry_label(2, 2)))
    other = replace(ended(200), n=1)
    assert [retried(one) for one in (first, again, last, other)] == [None, 2, 2, None]
    assert [(one.n, one.status) for one in last_tries([last, other, again, first])] == [(1, 200), (2, 200)]
    told = with_delivered(Verdict(holds=True, checks=(_CHECK,)), [first, again, last, other], of(delays=(1.0,)))
    assert told.holds
    assert told.checks[1].evidence == "everything arrived, 1 after at most 2 more tries, as X sends"
    lost = with_delivered(Verdict(holds=True, checks=(_CHECK,)), [first, again, other], of(delays=(1.0,)))
    assert not lost.holds
    assert "500 at the last of 2 tries" in lost.checks[1].evidence
