"""The tries of an event as they came, beside what the provider documents."""

from __future__ import annotations

from tests.support.factories import T0_NS
from webhook_inspector.core.clock import NS_PER_S
from webhook_inspector.providers.load import builtin
from webhook_inspector.replay.observed import Try, observed


def tries(*after_s: float, answered: int | None = 503, app_ms: float | None = None) -> list[Try]:
    return [Try(n, T0_NS + int(after * NS_PER_S), answered, app_ms) for n, after in enumerate(after_s, 1)]


def test_each_try_stands_beside_what_is_documented() -> None:
    lines = observed(tries(0, 5.2, 305), builtin()["svix"]).lines()
    assert lines[0].split() == ["#1", "first", "answered", "503"]
    assert "+5.2 s" in lines[1]
    assert "documented +5 s" in lines[1]
    assert "+5 m" in lines[2]
    assert "documented +5 m" in lines[2]
    assert "7 times within 1 d 3 h" in lines[3]


def test_one_try_that_was_accepted_says_nothing() -> None:
    assert observed(tries(0, answered=200), builtin()["svix"]).lines() == []
    assert observed(tries(0, answered=200), None).lines() == []
    assert observed(tries(0), None).lines() == []


def test_one_try_that_failed_says_when_to_expect_the_next() -> None:
    assert "at most 3 times" in " ".join(observed(tries(0), builtin()["slack"]).lines())
    assert "does not send again by itself" in " ".join(observed(tries(0, answered=None), builtin()["github"]).lines())


def test_an_app_that_is_too_slow_for_its_provider_is_told() -> None:
    slow = observed(tries(0, answered=200, app_ms=4200), builtin()["slack"])
    assert slow.lines() == [
        "Your app took 4.2 s, and this provider waits 3 s: it would send again; answer first, work afterwards."
    ]
    assert observed(tries(0, answered=200, app_ms=2900), builtin()["slack"]).lines() == []


def test_more_tries_than_are_documented() -> None:
    found = observed(tries(*range(12)), builtin()["slack"])
    assert len(found.gaps_ms) == 11
    assert len([line for line in found.lines() if "documented" in line]) == 3
