"""Deliveries over time, held against counting one by one."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from webhook_inspector.core.clock import NS_PER_S
from webhook_inspector.events import series as module
from webhook_inspector.events.counted import Answers, Counted, Shaped, Span
from webhook_inspector.events.series import Series, bars, build, span_over, span_until, step_words
from webhook_inspector.events.statistics import BARS, spread

NS = st.integers(-(2**62), 2**62)
SPAN = Span(0, NS_PER_S, 4)
COUNTED = st.builds(
    Counted,
    st.integers(-1, 4),
    st.sampled_from(["shop", "git"]),
    st.sampled_from([None, "a", "b"]),
    st.sampled_from([None, "valid", "invalid", "no_secret"]),
    st.integers(1, 50),
    st.integers(0, 3),
    st.integers(0, 3),
    st.integers(0, 3),
)
ANSWERS = st.builds(
    Answers, st.integers(-1, 4), st.just("shop"), st.just("a"), st.booleans(),
    st.lists(st.floats(0, 1e6), min_size=1, max_size=5),
)  # fmt: skip


@given(NS, st.integers(1, 10**6), st.integers(1, 100))
def test_steps_up_to_now_end_with_the_one_that_now_is_in(now: int, step_s: int, buckets: int) -> None:
    span = span_until(now, step_s, buckets)
    assert span.buckets == buckets
    assert span.start_of(buckets - 1) <= now < span.end_ns
    assert span.start_ns % (step_s * NS_PER_S) == 0


@given(NS, st.integers(0, 2**62), st.integers(2, 100))
def test_steps_over_everything_hold_its_ends_and_are_few(first: int, length: int, buckets: int) -> None:
    span = span_over(first, first + length, buckets)
    assert span.start_ns <= first < span.start_of(1)
    assert span.start_of(span.buckets - 1) <= first + length < span.end_ns
    assert 1 <= span.buckets <= buckets


def test_bars_stand_still_while_time_goes_on() -> None:
    one, other = span_over(0, 3590 * NS_PER_S, 60), span_over(0, 3599 * NS_PER_S, 60)
    assert one.step_ns == other.step_ns == 60 * NS_PER_S
    assert span_until(600 * NS_PER_S, 10, 60) == span_until(609 * NS_PER_S, 10, 60)


@given(st.lists(COUNTED), st.lists(ANSWERS))
def test_everything_is_counted_once(counted: list[Counted], answers: list[Answers]) -> None:
    made = build(SPAN, counted, answers, [])
    inside = [one for one in counted if 0 <= one.bucket < 4]
    assert [one.arrivals for one in made.buckets] == [
        sum(one.deliveries for one in inside if one.bucket == n) for n in range(4)
    ]
    assert made.deliveries == sum(kind.deliveries for kind in made.kinds) == sum(one.deliveries for one in inside)
    assert made.failures == sum(kind.failed for kind in made.kinds)
    assert made.sent == sum(kind.sent for kind in made.kinds)
    by_kind: Counter[tuple[str | None, str | None]] = Counter()
    for one in inside:
        by_kind[one.source, one.event_type] += one.deliveries if one.sig == "invalid" else 0
    assert {(one.source, one.event_type): one.bad_signatures for one in made.kinds} == dict(by_kind)
    sizes = [one.deliveries for one in made.kinds]
    assert sizes == sorted(sizes, reverse=True)
    for n, bucket in enumerate(made.buckets):
        expected = spread(ms for one in answers if one.bucket == n for ms in one.times)
        assert (bucket.p50, bucket.p95) == ((None, None) if expected is None else (expected.p50, expected.p95))
    assert made.latency_ms == spread(ms for one in answers if 0 <= one.bucket < 4 for ms in one.times)
    peak = made.peak
    assert (peak is None) == (not inside)
    assert peak is None or peak.arrivals == max(one.arrivals for one in made.buckets)


def test_shapes_are_counted_by_kind() -> None:
    counted = [Counted(0, "shop", name, None, 1, 0, 0, 0) for name in ("a", "b")]
    shaped = [Shaped("shop", name, digest, 1, 1, 0, False) for name, digest in (("a", "1"), ("a", "2"), ("gone", "3"))]
    assert {one.event_type: one.shapes for one in build(SPAN, counted, [], shaped).kinds} == {"a": 2, "b": 0}


def test_more_kinds_than_the_most_are_one_row() -> None:
    counted = [Counted(0, "shop", f"t{n}", None, 1, 0, 0, 0) for n in range(module.MAX_KINDS + 5)]
    made: Series = build(SPAN, counted, [], [])
    assert len(made.kinds) == module.MAX_KINDS + 1
    assert (made.kinds[-1].source, made.kinds[-1].deliveries) == (None, 5)


@given(st.lists(st.none() | st.floats(0, 1e9)))
def test_bars_are_as_many_as_values_and_never_full(values: list[float | None]) -> None:
    made = bars(values)
    assert len(made) == len(values)
    assert set(made) <= set(BARS[:6]) | {" "}
    for value, bar in zip(values, made, strict=True):
        assert (bar == " ") == (not value)
        assert value is None or value < max(one or 0 for one in values) or not value or bar == "▆"


def test_lengths_are_said_in_the_largest_whole_unit() -> None:
    seconds = (10, 60, 90, 1800, 3 * 3600, 86_400, 7 * 86_400)
    words = ["10 s", "1 min", "90 s", "30 min", "3 h", "1 day", "7 days"]
    assert [step_words(one * NS_PER_S) for one in seconds] == words
