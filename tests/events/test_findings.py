"""What is worth a look is said; what is quiet or small is not."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from webhook_inspector.core.clock import NS_PER_S
from webhook_inspector.events import findings
from webhook_inspector.events.counted import Answers, Counted, Shaped, Span
from webhook_inspector.events.findings import Finding
from webhook_inspector.events.series import Kind, build

MINUTE = 60 * NS_PER_S
SPAN = Span(0, MINUTE, 60)
HOSTILE = "\x1b[31m[/]\n\u202e"


def said(one: Finding) -> str:
    return f"{findings.mark(one)} {findings.subject(one)}: {findings.words(one, lambda ns: f'{ns // MINUTE}m')}"


def counted(sig: str | None, number: int, source: str = "shop") -> Counted:
    return Counted(0, source, "paid", sig, number, 0, 0, 0)


def live(bucket: int, *times: float, live: bool = True) -> Answers:
    return Answers(bucket, "shop", "paid", live, times)


def test_a_source_none_of_whose_signatures_holds_is_told_with_the_one_reason() -> None:
    series = build(SPAN, [counted("invalid", 9), counted("valid", 4, "git"), counted("invalid", 9, "git")], [], [])
    (found,) = findings.signatures(series, lambda _: [("invalid", "wrong_secret")] * 5)
    assert said(found) == "✗ shop: 9 of 9 signatures fail for one reason: wrong secret"
    assert findings.signatures(series, lambda _: [("invalid", "wrong_secret"), ("invalid", "url_mismatch_host")]) == []
    series = build(SPAN, [counted("no_secret", 3)], [], [])
    (found,) = findings.signatures(series, lambda _: [("no_secret", "no_secret")])
    assert said(found) == "✗ shop: 3 of 3 signatures could not be checked: no secret is set"


def test_few_or_mixed_or_unsigned_is_no_finding() -> None:
    for some in (
        [counted("invalid", 2)],
        [counted("invalid", 9), counted("valid", 1)],
        [counted("invalid", 5), counted("stale", 5)],
        [counted(None, 50)],
        [counted("unsupported", 50)],
    ):
        assert findings.signatures(build(SPAN, some, [], []), lambda _: [("invalid", "wrong_secret")]) == []
    series = build(SPAN, [counted("invalid", 9)], [], [])
    rest = Kind(None, None, deliveries=1, signatures=Counter(valid=1))
    unknown = replace(series, kinds=(*series.kinds, rest))
    assert findings.signatures(unknown, lambda _: [("invalid", "wrong_secret")]) == []


def test_slow_for_some_minutes_is_told_with_its_time() -> None:
    usual = [live(n, 10.0, 11.0, 12.0) for n in range(30)]
    slow = [live(n, 300.0, 330.0) for n in (40, 41, 42)]
    (found,) = findings.slow(SPAN, usual + slow)
    assert said(found) == "! shop paid: answers were 27 times slower (300 ms) for 3 min from 40m"
    assert (found.about, found.from_ns, found.to_ns) == (6, 40 * MINUTE, 43 * MINUTE)


def test_slow_replays_single_outliers_and_slight_changes_are_no_finding() -> None:
    usual = [live(n, 10.0, 11.0, 12.0) for n in range(30)]
    assert findings.slow(SPAN, [*usual, *(live(n, 900.0, 900.0, 900.0, live=False) for n in range(40, 43))]) == []
    assert findings.slow(SPAN, [*usual, live(40, 900.0)]) == []
    assert findings.slow(SPAN, [*usual, *(live(n, 31.0, 36.0, 40.0) for n in range(40, 43))]) == []
    assert (
        findings.slow(SPAN, [*(live(n, 10.0) for n in range(5)), *(live(n, 900.0, 900.0) for n in range(6, 10))]) == []
    )
    assert findings.slow(SPAN, [live(n, 900.0, 950.0) for n in range(60)]) == []


@given(st.lists(st.floats(5, 14.9), min_size=1, max_size=120))
def test_steady_answers_are_never_slow(times: list[float]) -> None:
    assert findings.slow(SPAN, [live(n % 60, ms) for n, ms in enumerate(times)]) == []


def test_a_new_shape_is_told_once_a_type_and_the_rest_of_the_log_is_asked() -> None:
    shaped = [
        Shaped("shop", "paid", "old", 90, 1, 0, False),
        Shaped("shop", "paid", "new", 4, 70, 5 * MINUTE, True),
        Shaped("shop", "paid", "newer", 2, 80, 6 * MINUTE, True),
        Shaped("shop", "made", "known", 2, 75, 6 * MINUTE, True),
    ]
    asked: list[str] = []

    def had_before(one: Shaped) -> bool:
        asked.append(one.shape)
        return one.shape == "known"

    (found,) = findings.new_shapes(shaped, 0, had_before)
    assert said(found) == "Δ shop paid: new shape since 6m"
    assert asked == ["newer", "known"]
    assert findings.new_shapes(shaped, 7 * MINUTE, had_before) == []


def test_a_notable_share_of_failures_is_told() -> None:
    def kind(sent: int, failed: int) -> Kind:
        return Kind("shop", "paid", deliveries=sent, sent=sent, failed=failed)

    assert [said(one) for one in findings.failing([kind(96, 12)])] == ["✗ shop paid: 12 of 96 were not answered 2xx"]
    assert findings.failing([kind(2, 2), kind(96, 9), kind(0, 0), kind(1000, 99)]) == []
    assert findings.failing([Kind(None, None, sent=9, failed=9)]) == []


def test_what_waits_for_longer_than_a_moment_is_told() -> None:
    rows = [("http://127.0.0.1:3000", 3, 5, 9, 10 * MINUTE)]
    (found,) = findings.waiting(rows, 12 * MINUTE)
    assert said(found) == "! http://127.0.0.1:3000: 3 deliveries wait to be sent on, the oldest since 10m"
    assert findings.waiting(rows, 11 * MINUTE - 1) == []


def test_names_of_senders_are_safe_to_show() -> None:
    (found,) = findings.failing([Kind(HOSTILE, HOSTILE, sent=9, failed=9)])
    assert "\x1b" not in said(found)
    assert "\u202e" not in said(found)
    assert "\n" not in said(found)
