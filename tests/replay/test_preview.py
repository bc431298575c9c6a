"""The timeline's data: letters, order, swapped pairs, lanes, axis."""

from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.replay.test_plan import make_items
from webhook_inspector.replay import preview
from webhook_inspector.replay.durations import spoken_ms
from webhook_inspector.replay.faults.api import parse_fault
from webhook_inspector.replay.plan import Plan, PlanItem, PlannedAttempt, build_plan


def drawn_plan() -> Plan:
    """The plan of the sketch: A and C twice, B so late that C passes it."""
    sends = [
        (1, 0.0, 0.0, 1),
        (3, 1300.0, 1300.0, 1),
        (3, 1800.0, 1300.0, 2),
        (1, 2000.0, 0.0, 2),
        (2, 3100.0, 700.0, 1),
    ]
    attempts = tuple(
        PlannedAttempt(n, delivery_id, at, captured, copy, ("original" if copy == 1 else "duplicate",))
        for n, (delivery_id, at, captured, copy) in enumerate(sends, 1)
    )
    items = tuple(PlanItem(i, 0, f"#{i} {kind}", kind) for i, kind in ((1, "a.created"), (2, "b.paid"), (3, "c.ok")))
    return Plan(seed=0x7F3A, attempts=attempts, faults=("delay 0-2.5s",), concurrency=2, items=items)


def test_the_sketch() -> None:
    plan = drawn_plan()
    assert preview.captured_order(plan) == ("A", "B", "C")
    assert preview.replay_order(plan) == ("A", "C", "C′", "A′", "B")
    assert preview.counts(plan) == (
        "5 requests",
        "3.1 s",
        "at most 2 at once",
        "2 duplicates with the same delivery id",
        "1 pair swapped",
    )
    assert preview.swapped_sentence(plan) == "C now before B"
    assert preview.swapped_pairs(plan) == ((3, 2),)
    lanes = preview.lanes(plan)
    assert lanes.kind == "delivery"
    assert [(lane.letter, lane.label, lane.remark) for lane in lanes.lanes] == [
        ("A", "#1 a.created", "×2"),
        ("B", "#2 b.paid", "late 2.4 s"),
        ("C", "#3 c.ok", "×2, now before B"),
    ]
    assert [(mark.n, mark.at_ms, mark.copy) for mark in lanes.lanes[0].marks] == [(1, 0.0, 1), (4, 2000.0, 2)]
    assert preview.axis_ticks(preview.duration_ms(plan)) == (0, 1000, 2000, 3000, 4000)
    assert "replay order    A  C  C′  A′  B" in plan.describe()
    assert preview.density(plan, 4) == (1, 1, 2, 1)


def test_many_deliveries_become_types_then_density() -> None:
    by_type = preview.lanes(build_plan(make_items(*range(9)), seed=1, times=2))
    assert by_type.kind == "type"
    assert {(lane.label, lane.remark) for lane in by_type.lanes} == {
        ("type.0", "×6"),
        ("type.1", "×6"),
        ("type.2", "×6"),
    }
    items = [PlanItem(i, i, f"#{i}", f"type.{i}") for i in range(20)]
    assert preview.lanes(build_plan(items, seed=1)).kind == "density"


def test_letters_and_copies() -> None:
    assert [preview.letter(i) for i in (0, 25, 26, 51, 52, 701, 702)] == ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA"]
    assert [preview.copy_name("A", copy) for copy in range(1, 6)] == ["A", "A′", "A″", "A‴", "A·5"]


@given(st.permutations(range(8)))
def test_swapped_pairs_against_brute_force(order: list[int]) -> None:
    attempts = tuple(PlannedAttempt(n, i, float(n), float(i), 1, ("original",)) for n, i in enumerate(order, 1))
    plan = Plan(seed=0, attempts=attempts)
    expected = {(a, b) for a, b in itertools.combinations(order, 2) if a > b}
    assert set(preview.swapped_pairs(plan)) == expected
    assert preview.swapped_count(plan) == len(expected)
    assert bool(preview.swapped_sentence(plan)) == bool(expected)


def test_a_big_plan_is_quick_to_count() -> None:
    order = list(range(20_000))
    random.Random(1).shuffle(order)
    attempts = tuple(PlannedAttempt(n, i, float(n), float(i), 1, ("original",)) for n, i in enumerate(order, 1))
    plan = Plan(seed=0, attempts=attempts)
    assert 90_000_000 < preview.swapped_count(plan) < 110_000_000
    assert len(preview.swapped_pairs(plan, limit=50)) == 50
    assert preview.lanes(plan).kind == "density"
    assert sum(preview.density(plan, 60)) == 20_000


@given(st.floats(0, 1e10), st.integers(2, 12))
def test_axis_covers_the_run_with_few_round_steps(length_ms: float, most: int) -> None:
    ticks = preview.axis_ticks(length_ms, most)
    assert ticks[0] == 0
    assert ticks[-1] >= length_ms
    assert len(ticks) <= most + 1
    assert f"{ticks[1]:e}"[0] in "125"


def test_describe_names_faults_and_notes() -> None:
    plan = build_plan(make_items(0, 500, 100), [parse_fault("jitter", "10ms")], seed=4)
    text = plan.describe()
    assert "jitter 10ms" in text
    assert "seed 4" in text
    assert "earlier time" in text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0 s"),
        (0.6, "1 ms"),
        (12.4, "12 ms"),
        (999.7, "1 s"),
        (3100, "3.1 s"),
        (60_000, "1 m"),
        (125_000, "2 m 5 s"),
        (12_000_000, "3 h 20 m"),
        (187_200_000, "2 d 4 h"),
    ],
)
def test_spoken_durations(value: float, text: str) -> None:
    assert spoken_ms(value) == text


def test_one_swapped_pair_in_a_big_plan_is_found_quickly() -> None:
    order = list(range(50_000))
    order[-1], order[-2] = order[-2], order[-1]
    attempts = tuple(PlannedAttempt(n, i, float(n), float(i), 1, ("original",)) for n, i in enumerate(order, 1))
    plan = Plan(seed=0, attempts=attempts)
    assert preview.swapped_pairs(plan) == ((49_999, 49_998),)
    assert preview.swapped_sentence(plan).endswith(" now before " + preview.letter(49_998))
