"""Plans: the same seed gives the same plan, nothing is lost, and no faults change nothing."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.factories import T0_NS
from webhook_inspector.core.clock import NS_PER_MS
from webhook_inspector.errors import UsageError
from webhook_inspector.replay import planfile, preview
from webhook_inspector.replay.acts import MUST_BE_REFUSED
from webhook_inspector.replay.faults.api import Fault, kinds, parse_fault
from webhook_inspector.replay.plan import MAX_SEED, Plan, PlanItem, build_plan

SPECS = [(name, spec) for name, kind in kinds().items() for spec in kind.examples]


def make_items(*offsets_ms: float) -> list[PlanItem]:
    return [
        PlanItem(
            10 + index,
            T0_NS + int(offset * NS_PER_MS),
            f"#{10 + index} a.b",
            f"type.{index % 3}",
            signed=index % 2 == 0,
        )
        for index, offset in enumerate(offsets_ms)
    ]


offsets = st.lists(st.floats(-1e6, 1e7), min_size=1, max_size=30)
fault_lists = st.lists(st.sampled_from(SPECS), max_size=5).map(lambda specs: [parse_fault(*spec) for spec in specs])
seeds = st.integers(-MAX_SEED, MAX_SEED)
speeds = st.none() | st.sampled_from([0.5, 1.0, 2.0, 100.0])


def ids(plan: Plan) -> list[int]:
    return [attempt.delivery_id for attempt in plan.attempts]


@settings(max_examples=100, deadline=None)
@given(offsets, fault_lists, seeds, speeds, st.integers(1, 3), st.none() | st.floats(0.1, 1000))
def test_plan_properties(
    at: list[float], faults: list[Fault], seed: int, speed: float | None, times: int, rate: float | None
) -> None:
    items = make_items(*at)
    drops = any(fault.name == "drop" for fault in faults)
    try:
        plan = build_plan(items, faults, seed=seed, speed=speed, times=times, rate=rate)
    except UsageError as error:
        assert drops
        assert "every send is dropped" in error.message
        return
    again = build_plan(items, list(reversed(faults)), seed=seed, speed=speed, times=times, rate=rate)
    different = {fault.name for fault in faults}
    if len(different) == len(faults):
        assert plan == again, "the order of the options must not matter"
    assert plan == build_plan(items, faults, seed=seed, speed=speed, times=times, rate=rate)
    assert [attempt.n for attempt in plan.attempts] == list(range(1, len(plan.attempts) + 1))
    times_ms = [attempt.at_ms for attempt in plan.attempts]
    assert times_ms == sorted(times_ms)
    assert all(at_ms >= 0 for at_ms in times_ms)
    sent = Counter(ids(plan))
    assert set(sent) <= {item.delivery_id for item in items}
    if drops:
        whole = build_plan(items, [f for f in faults if f.name == "duplicate"], seed=seed, speed=speed, times=times)
        kept = [a for a in plan.attempts if a.act not in MUST_BE_REFUSED and "again" not in a.labels]
        told = sum(int(note.split()[0]) for note in plan.notes if "dropped" in note)
        assert len(kept) + told == len(whole.attempts), "what does not leave is told"
    else:
        assert set(sent) == {item.delivery_id for item in items}
        assert all(count >= times for count in sent.values())
    for delivery_id, count in sent.items():
        copies = [attempt.copy for attempt in plan.attempts if attempt.delivery_id == delivery_id]
        assert copies == list(range(1, count + 1))
    for attempt in plan.attempts:
        first = "original" if attempt.copy == 1 else "duplicate"
        assert attempt.labels[0] == (attempt.act if attempt.act in MUST_BE_REFUSED else first)
    assert planfile.load(planfile.dump(plan), "x").attempts == plan.attempts
    assert plan.describe()


@given(offsets)
def test_no_fault_is_the_identity(at: list[float]) -> None:
    items = make_items(*sorted(at))
    plan = build_plan(items, seed=1)
    start = items[0].received_ns
    assert ids(plan) == [item.delivery_id for item in items]
    assert [attempt.labels for attempt in plan.attempts] == [("original",)] * len(items)
    for attempt, item in zip(plan.attempts, items, strict=True):
        assert attempt.at_ms == pytest.approx((item.received_ns - start) / NS_PER_MS, abs=0.01)
        assert attempt.captured_ms == attempt.at_ms


@given(seeds, st.integers(2, 20), st.sampled_from(["shuffle", "reverse", "swap", "2", "5"]))
def test_reorder_keeps_the_times_and_changes_the_order(seed: int, count: int, spec: str) -> None:
    items = make_items(*range(0, count * 100, 100))
    plain = build_plan(items, seed=seed)
    plan = build_plan(items, [parse_fault("reorder", spec)], seed=seed)
    assert [a.at_ms for a in plan.attempts] == [a.at_ms for a in plain.attempts]
    assert sorted(ids(plan)) == ids(plain)
    assert ids(plan) != ids(plain)
    if spec.isdigit():
        places = {delivery_id: place for place, delivery_id in enumerate(ids(plain))}
        assert all(abs(places[delivery_id] - place) < int(spec) for place, delivery_id in enumerate(ids(plan)))


@given(
    seeds, st.integers(2, 8), st.sampled_from(["shuffle", "reverse", "swap"]), st.sampled_from(["later=2s", "times=3"])
)
def test_reorder_among_copies_changes_who_comes_first(seed: int, count: int, spec: str, copies: str) -> None:
    items = make_items(*range(0, count * 100, 100))
    plan = build_plan(items, [parse_fault("duplicate", copies), parse_fault("reorder", spec)], seed=seed)
    assert preview.swapped_count(plan) > 0
    if spec == "swap":
        assert preview.swapped_count(plan) == count // 2


def test_a_window_that_holds_only_copies_still_changes_something() -> None:
    items = make_items(0, 1000)
    faults = [parse_fault("duplicate", "times=3"), parse_fault("reorder", "2")]
    plan = build_plan(items, faults, seed=1)
    assert ids(plan) == [10, 10, 11, 10, 11, 11]


def test_reorder_by_type_keeps_each_type_together() -> None:
    kinds_of = ["a", "b", "a", "c"]
    items = [replace(item, event_type=kind) for item, kind in zip(make_items(0, 100, 200, 300), kinds_of, strict=True)]
    assert ids(build_plan(items, [parse_fault("reorder", "by-type")], seed=1)) == [13, 11, 10, 12]
    assert ids(build_plan(items, [parse_fault("reorder", "by-type=b, x")], seed=1)) == [11, 10, 12, 13]


def test_a_burst_waits_for_its_last_send() -> None:
    plan = build_plan(make_items(0, 100, 200, 300, 400), [parse_fault("burst", "2")], seed=1)
    assert [attempt.at_ms for attempt in plan.attempts] == [100, 100, 300, 300, 400]
    assert ids(plan) == [10, 11, 12, 13, 14]
    assert plan.concurrency == 2


def test_reorder_works_when_everything_is_sent_at_once() -> None:
    items = make_items(0, 100, 200, 300)
    plan = build_plan(items, [parse_fault("reorder", "reverse")], seed=1, speed=None)
    assert ids(plan) == [13, 12, 11, 10]
    assert {attempt.at_ms for attempt in plan.attempts} == {0.0}


@given(seeds)
def test_another_fault_does_not_shift_the_numbers_of_a_fault(seed: int) -> None:
    items = make_items(0, 1000, 2000, 3000)
    delay = parse_fault("delay", "0-500ms")
    alone = build_plan(items, [delay], seed=seed)
    # Copies one hour later leave the first copies where the delay alone had put them.
    both = build_plan(items, [parse_fault("duplicate", "1:later=1h"), delay], seed=seed)
    first = {a.delivery_id: a.at_ms for a in both.attempts if a.copy == 1}
    assert first == {a.delivery_id: a.at_ms for a in alone.attempts}


def test_another_delivery_does_not_shift_the_numbers_of_a_delivery() -> None:
    delay = parse_fault("delay", "0-500ms")
    short = build_plan(make_items(0, 1000), [delay], seed=5)
    long = build_plan(make_items(0, 1000, 2000), [delay], seed=5)
    assert {a.delivery_id: a.at_ms for a in short.attempts}.items() <= {
        a.delivery_id: a.at_ms for a in long.attempts
    }.items()


def test_seeds_differ() -> None:
    items = make_items(*range(0, 2000, 100))
    plans = {tuple(ids(build_plan(items, [parse_fault("reorder", "shuffle")], seed=seed))) for seed in range(20)}
    assert len(plans) > 15


def test_a_plan_is_the_same_on_every_machine() -> None:
    # Pinned: a saved seed must mean the same plan in later versions and on other systems.
    items = make_items(0, 100, 200, 300)
    faults = [parse_fault("duplicate", "0.5:later=1s"), parse_fault("delay", "0-1s"), parse_fault("reorder", "3")]
    plan = build_plan(items, faults, seed=7)
    assert [(a.delivery_id, a.copy, a.at_ms) for a in plan.attempts] == PINNED


PINNED: list[tuple[int, int, float]] = [
    (10, 1, 232.248),
    (13, 1, 319.143),
    (11, 1, 376.242),
    (12, 1, 784.106),
    (12, 2, 1891.643),
    (13, 2, 2121.355),
]


def test_duplicate_copies() -> None:
    items = make_items(0, 100)
    plan = build_plan(items, [parse_fault("duplicate", "times=3:later=2s")], seed=1)
    at = [(a.delivery_id, a.copy, a.at_ms) for a in plan.attempts]
    assert at == [(10, 1, 0), (11, 1, 100), (10, 2, 2000), (11, 2, 2100), (10, 3, 4000), (11, 3, 4100)]
    at_once = build_plan(items, [parse_fault("duplicate", "times=5:concurrent")], seed=1)
    assert at_once.concurrency == 5
    assert all("concurrent" in a.labels for a in at_once.attempts)
    assert ids(build_plan(items, [parse_fault("duplicate", "0")], seed=1)) == [10, 11]
    assert len(build_plan(items, [parse_fault("duplicate", "50%")], seed=1, times=2).attempts) >= 4


def test_speed_and_rate() -> None:
    items = make_items(0, 100, 200)
    assert [a.at_ms for a in build_plan(items, seed=1, speed=2).attempts] == [0, 50, 100]
    assert [a.at_ms for a in build_plan(items, seed=1, speed=None, rate=10).attempts] == [0, 100, 200]
    assert build_plan(items, seed=1, speed=None).speed == "asap"
    limited = build_plan(items, seed=1, times=2, rate=5)
    assert [a.at_ms for a in limited.attempts] == [0, 200, 400, 600, 800, 1000]


def test_delay_distributions_stay_in_range() -> None:
    items = make_items(*([0] * 200))
    uniform = build_plan(items, [parse_fault("delay", "1-2s")], seed=1)
    assert all(1000 <= a.at_ms <= 2000 for a in uniform.attempts)
    exp = [a.at_ms for a in build_plan(items, [parse_fault("delay", "exp:300ms")], seed=1).attempts]
    assert 200 < sum(exp) / len(exp) < 400
    normal = [a.at_ms for a in build_plan(items, [parse_fault("delay", "normal:500ms,100ms")], seed=1).attempts]
    assert 470 < sum(normal) / len(normal) < 530


def test_a_clock_that_went_back_is_named() -> None:
    plan = build_plan(make_items(0, 500, 200, 300), seed=1)
    assert [a.at_ms for a in plan.attempts] == [0, 500, 500, 600]
    assert "earlier time" in plan.notes[0]


def test_a_long_plan_says_so() -> None:
    plan = build_plan(make_items(0, 3 * 24 * 3600 * 1000), seed=1)
    assert "3 d" in plan.notes[0]


@pytest.mark.parametrize(
    ("name", "spec"),
    [
        ("duplicate", "1.5"),
        ("duplicate", "often"),
        ("duplicate", "times=0"),
        ("duplicate", "times=99999999999999"),
        ("duplicate", "1:later=2s:concurrent"),
        ("duplicate", ""),
        ("delay", "5"),
        ("delay", "-5s"),
        ("delay", "3s-1s"),
        ("delay", "normal:5s"),
        ("delay", "exp:"),
        ("delay", "9999d"),
        ("delay", "999999h"),
        ("delay", "٣s"),
        ("jitter", "0"),
        ("jitter", ""),
        ("reorder", "1"),
        ("reorder", "random"),
        ("reorder", "99999999999"),
        ("drop\x1b[2J", "1"),
    ],
)
def test_bad_specs_are_one_sentence(name: str, spec: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_fault(name, spec)
    assert caught.value.message.isprintable()
    assert caught.value.message.endswith(".")


@pytest.mark.parametrize(
    "options", [{"speed": 0.0}, {"times": 0}, {"concurrency": 0}, {"rate": 0.0}, {"speed": float("nan")}]
)
def test_numbers_out_of_range_are_refused(options: dict[str, float]) -> None:
    with pytest.raises(UsageError):
        build_plan(make_items(0), seed=1, **options)  # type: ignore[arg-type]  # wrong on purpose


def test_nothing_and_too_much_are_refused() -> None:
    with pytest.raises(UsageError, match="at least one"):
        build_plan([], seed=1)
    with pytest.raises(UsageError, match="seed"):
        build_plan(make_items(0), seed=2**63)
    with pytest.raises(UsageError, match="twice"):
        build_plan([*make_items(0), *make_items(0)], seed=1)
    with pytest.raises(UsageError, match="fewer"):
        build_plan(make_items(0, 1), seed=1, times=600_000)


@pytest.mark.parametrize(("name", "spec"), SPECS)
def test_examples_read_back(name: str, spec: str) -> None:
    fault = parse_fault(name, spec)
    assert parse_fault(name, fault.spec) == fault
    assert fault.help
