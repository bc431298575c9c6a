"""Percentiles, shares, rates and bars, held against slower ways to the same answer."""

from __future__ import annotations

import statistics
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from webhook_inspector.core.clock import NS_PER_S
from webhook_inspector.events.counted import Seen
from webhook_inspector.events.statistics import (
    BARS,
    Spread,
    Tally,
    bucketed,
    most_within,
    nearest_rank,
    rank_in_runs,
    rate_per_minute,
    share,
    sparkline,
    spread,
    spread_of_runs,
)

NUMBERS = st.lists(st.integers(-1000, 1000) | st.floats(-1e6, 1e6), min_size=1, max_size=300)
TIMES = st.lists(st.integers(0, 400), min_size=1, max_size=60).map(sorted)
COUNTS = st.lists(st.integers(0, 10**6), max_size=24)


def seen(number: int, **other: Any) -> Seen:
    plain = Seen(
        number, "shop", "paid", None, number * NS_PER_S, 100,
        refused=False, sig=None, duplicate=False, retry=False, late=False, drift=False,
        sent=False, last_status=None, last_outcome=None,
    )  # fmt: skip
    return plain._replace(**other)


@given(NUMBERS, st.integers(1, 100))
def test_a_percentile_is_the_smallest_value_that_enough_do_not_exceed(numbers: list[float], percent: int) -> None:
    found = nearest_rank(sorted(numbers), percent)
    fitting = [one for one in numbers if 100 * sum(other <= one for other in numbers) >= percent * len(numbers)]
    assert found == min(fitting)


@given(NUMBERS)
def test_the_median_is_that_of_the_standard_library(numbers: list[float]) -> None:
    found = spread(numbers)
    assert found is not None
    assert found.p50 == statistics.median_low(numbers)
    assert found.max == max(numbers)
    assert found.p50 <= found.p95 <= found.p99 <= found.max
    assert found.count == len(numbers)


@given(st.lists(NUMBERS, min_size=1, max_size=8), st.integers(1, 100))
def test_a_percentile_of_runs_is_that_of_all_their_numbers(runs: list[list[float]], percent: int) -> None:
    everything = [one for run in runs for one in run]
    assert rank_in_runs([sorted(run) for run in runs], percent) == nearest_rank(sorted(everything), percent)
    assert spread_of_runs([*(sorted(run) for run in runs), []]) == spread(everything)


def test_no_runs_have_no_spread() -> None:
    assert spread_of_runs([]) is spread_of_runs([[], []]) is None


def test_known_percentiles() -> None:
    assert spread(range(100, 0, -1)) == Spread(100, 50, 95, 99, 100)
    assert spread([7.5]) == Spread(1, 7.5, 7.5, 7.5, 7.5)
    assert spread([]) is None


def test_shares_and_rates_without_a_whole_are_unknown() -> None:
    assert share(0, 0) is None
    assert share(1, 4) == 0.25
    assert rate_per_minute(1, 0) is None
    assert rate_per_minute(2, 60 * NS_PER_S) == 1
    assert rate_per_minute(121, 60 * NS_PER_S) == 120


@given(TIMES, st.integers(1, 100))
def test_the_busiest_window_is_the_busiest(times: list[int], window: int) -> None:
    assert most_within(times, window) == max(sum(a <= b < a + window for b in times) for a in times)


@given(TIMES, st.integers(1, 24))
@example([5], 16)
def test_every_delivery_is_in_one_bucket_in_order(times: list[int], buckets: int) -> None:
    counts = bucketed(times, (times[0], times[-1]), buckets)
    assert len(counts) == buckets
    assert sum(counts) == len(times)
    assert counts[0] > 0
    for middle in range(times[0], times[-1] + 1, 37):
        before = bucketed([time for time in times if time <= middle], (times[0], times[-1]), buckets)
        assert all(part <= whole for part, whole in zip(before, counts, strict=True))


@given(COUNTS)
def test_bars_grow_with_the_counts_and_are_empty_only_for_nothing(counts: list[int]) -> None:
    bars = sparkline(counts)
    heights = [BARS.find(bar) for bar in bars]
    assert len(bars) == len(counts)
    assert [height == -1 for height in heights] == [count == 0 for count in counts]
    assert all(
        heights[a] <= heights[b] for a in range(len(counts)) for b in range(len(counts)) if counts[a] <= counts[b]
    )
    if any(counts):
        assert bars[counts.index(max(counts))] == "▇"


def test_known_bars() -> None:
    assert sparkline([0, 1, 4, 7]) == " ▁▄▇"
    assert sparkline([]) == ""


def test_nothing_counted_has_no_statistics() -> None:
    with pytest.raises(ValueError, match="nothing"):
        Tally().statistics((0, 0), 8)


def test_one_delivery() -> None:
    tally = Tally()
    tally.add(seen(3))
    one = tally.statistics((3 * NS_PER_S, 3 * NS_PER_S), 4)
    assert (one.deliveries, one.per_minute, one.busiest_minute, one.buckets) == (1, None, 1, (1, 0, 0, 0))
    assert (one.failed_share, one.bad_signature_share, one.latency_ms) == (None, None, None)
    assert one.body_size == Spread(1, 100, 100, 100, 100)


def test_what_is_counted() -> None:
    tally = Tally()
    for one in (
        seen(0, sig="valid", sent=True, last_status=204, last_outcome="responded"),
        seen(10, sig="invalid", sent=True, last_status=302, last_outcome="responded", duplicate=True, retry=True),
        seen(20, sig="stale", sent=True, last_outcome="timed_out", late=True),
        seen(30, sig="no_secret", drift=True),
        seen(90, sig=None, refused=True, last_status=None, body_size=5000),
    ):
        tally.add(one)
    found = tally.statistics((0, 90 * NS_PER_S), 3)
    assert found.signatures == {"valid": 1, "invalid": 1, "stale": 1, "no_secret": 1}
    assert found.bad_signature_share == pytest.approx(2 / 3)
    assert found.sent == 3
    assert found.failed_share == pytest.approx(2 / 3)
    assert (found.duplicates, found.retries, found.late, found.drift, found.refused) == (1, 1, 1, 1, 1)
    assert (found.busiest_minute, found.buckets) == (4, (4, 0, 1))
    assert found.per_minute == pytest.approx(4 / 1.5)
    assert (found.body_size.p50, found.body_size.max) == (100, 5000)


@given(
    st.lists(st.tuples(st.integers(0, 500), st.booleans(), st.sampled_from([None, 200, 500])), min_size=2), st.data()
)
def test_merged_tallies_are_the_tally_of_all(rows: list[tuple[int, bool, int | None]], data: st.DataObject) -> None:
    ones = [seen(at, late=late, sent=True, last_status=status, sig="valid") for at, late, status in rows]
    cut = data.draw(st.integers(1, len(ones) - 1))
    whole, left, right = Tally(), Tally(), Tally()
    for index, one in enumerate(ones):
        for tally in (whole, left if index < cut else right):
            tally.add(one)
            tally.latencies.append(float(index))
    left.merge(right)
    span = (min(whole.received), max(whole.received))
    assert left.statistics(span, 8) == whole.statistics(span, 8)
