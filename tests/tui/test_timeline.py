from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.factories import T0_NS
from webhook_inspector.core.attempt import Attempt, Outcome
from webhook_inspector.core.clock import NS_PER_MS
from webhook_inspector.replay.faults.api import parse_fault
from webhook_inspector.replay.plan import Plan, PlanItem, build_plan
from webhook_inspector.tui.safe import cells
from webhook_inspector.tui.widgets.timeline import Progress, axis_for, draw

HOSTILE = "\x1b]0;title\x07[@click=app.quit]x[/]\u202e\ud800 [/oops]\n"


def plan_of(
    *gaps_ms: float, faults: tuple[tuple[str, str], ...] = (), times: int = 1, labels: tuple[str, ...] = ()
) -> Plan:
    names = labels or ("invoice.created", "invoice.paid", "charge.succeeded")
    items = [
        PlanItem(
            9861 + index, T0_NS + int(at * NS_PER_MS), f"#{9861 + index} {names[index % len(names)]}",
            names[index % len(names)],
        )
        for index, at in enumerate(gaps_ms)
    ]  # fmt: skip
    return build_plan(items, [parse_fault(*one) for one in faults], seed=7, times=times, concurrency=2)


def answered(plan: Plan, n: int, status: int | None = 200, *, outcome: Outcome = Outcome.RESPONDED) -> Attempt:
    send = plan.attempts[n - 1]
    return Attempt(
        n=n, delivery_id=send.delivery_id, run_id=1, labels=send.labels, url="http://localhost:3000/",
        planned_at_ms=send.at_ms, sent_at_ms=send.at_ms + 1, outcome=outcome, status=status, duration_ms=12.0,
    )  # fmt: skip


def picture(plan: Plan, width: int, progress: Progress | None = None) -> list[str]:
    lines = draw(plan, width, progress)
    assert all(cells(line.text) <= width for line in lines)
    return [line.text.rstrip() for line in lines]


@pytest.mark.parametrize(
    ("span", "width", "end", "step"),
    [
        (0, 60, 10, 2),
        (3_100, 66, 4_000, 1_000),
        (95, 66, 100, 20),
        (4_000, 66, 4_000, 1_000),
        (600_000, 70, 600_000, 100_000),
    ],
)
def test_axis_ends_on_a_tick_of_one_two_or_five(span: float, width: int, end: float, step: float) -> None:
    axis = axis_for(span, width)
    assert (axis.end_ms, axis.step_ms) == (end, step)
    assert axis.column(end) == axis.width - 1 < width


def test_preview_has_a_lane_a_delivery() -> None:
    rows = picture(plan_of(0, 1000, 1800), 120)
    assert rows[0].split() == ["0", "0.5s", "1s", "1.5s", "2s"]
    assert rows[2].startswith(" A #9861 invoice.created")
    assert [row.count("●") for row in rows[2:5]] == [1, 1, 1]
    assert rows[6].split() == ["sent", "as", "1", "A", "2", "B", "3", "C"]
    assert "● first copy" in rows[-1]


def test_copies_are_open_circles_side_by_side() -> None:
    rows = picture(plan_of(0, times=3), 120)
    assert "●○○" in rows[2]
    assert rows[2].endswith("×3")


def test_a_moved_send_trails_back_to_where_it_was_captured() -> None:
    rows = picture(plan_of(0, 1000, 2000, faults=(("delay", "2s"),)), 120)
    assert "┆╌" in rows[2]
    assert "╌▸●" in rows[2]
    assert rows[2].endswith("late 2 s")


def test_a_swapped_pair_is_named() -> None:
    rows = picture(plan_of(0, 1000, faults=(("reorder", "reverse"),)), 120)
    assert "now before A" in rows[3]
    assert "●╌" in rows[3]


def test_narrow_puts_labels_above_the_lanes() -> None:
    rows = picture(plan_of(0, 1000), 80)
    assert rows[2].startswith(" A #9861 invoice.created")
    assert "●" not in rows[2]
    assert "●" in rows[3]


def test_more_than_eight_deliveries_give_a_lane_a_type() -> None:
    rows = picture(plan_of(*range(0, 3000, 100)), 120)
    assert rows[2].startswith(" invoice.created")
    assert rows[2].endswith("×10")
    assert len(rows) == 6


def test_more_than_eight_types_give_one_strip() -> None:
    plan = plan_of(*range(0, 3000, 100), labels=tuple(f"type.{n}" for n in range(12)))
    rows = picture(plan, 120)
    assert rows[2].startswith(" 30 deliveries")
    assert rows[2].endswith("×30")


def test_a_thousand_at_one_instant_are_a_bar_that_never_fills_its_cell() -> None:
    rows = picture(plan_of(*([0] * 1000)), 120)
    assert "▆" in rows[2]
    assert "█" not in "".join(rows)


def test_answers_take_the_place_of_marks() -> None:
    plan = plan_of(0, 1000, 1800, times=2)
    attempts = {n: answered(plan, n) for n in (1, 2, 3)} | {5: answered(plan, 5, 500)}
    rows = picture(plan, 120, Progress(attempts, elapsed_ms=1500.0))
    assert "200 200" in rows[2]
    assert rows[2].endswith("2 of 2")
    assert "200 ○" in rows[3] or "200○" in rows[3]
    assert "500" in rows[4]
    assert rows[4].endswith("1 of 2  ✗ 1")


def test_waiting_grows_a_tail() -> None:
    plan = plan_of(0, 1000)
    begun = replace(answered(plan, 1), outcome=None, status=None, duration_ms=None)
    short = picture(plan, 120, Progress({1: begun}, elapsed_ms=200.0))[2].count("━")
    long = picture(plan, 120, Progress({1: begun}, elapsed_ms=900.0))[2].count("━")
    assert 0 < short < long


@pytest.mark.parametrize(
    ("outcome", "word"),
    [(Outcome.REFUSED, "err"), (Outcome.RESET, "err"), (Outcome.TIMED_OUT, "slow"), (Outcome.CANCELLED, "stop")],
)
def test_failures_are_words(outcome: Outcome, word: str) -> None:
    plan = plan_of(0)
    rows = picture(plan, 120, Progress({1: answered(plan, 1, None, outcome=outcome)}))
    assert word in rows[2]


def test_a_send_that_never_left_is_a_dash() -> None:
    plan = plan_of(0)
    attempt = replace(answered(plan, 1, None, outcome=Outcome.NOT_SENT), sent_at_ms=None)
    assert "–" in picture(plan, 120, Progress({1: attempt}))[2]


def test_answers_without_room_become_glyphs() -> None:
    plan = plan_of(0, times=40)
    attempts = {n: answered(plan, n, 500 if n == 40 else 200) for n in range(1, 41)}
    row = picture(plan, 80, Progress(attempts))[3]
    assert "200" in row


@pytest.mark.parametrize("width", [20, 60, 79, 80, 99, 100, 120, 200])
@pytest.mark.parametrize("count", [1, 2, 8, 9, 40])
def test_hostile_labels_stay_text_and_rows_fit(width: int, count: int) -> None:
    plan = plan_of(*range(0, count * 250, 250), labels=(HOSTILE, HOSTILE * 9), times=2, faults=(("jitter", "200ms"),))
    for progress in (None, Progress({1: answered(plan, 1)}, elapsed_ms=10.0)):
        for line in draw(plan, width, progress):
            assert line.width <= width
            assert "\x1b" not in line.text
            assert "\u202e" not in line.text


def test_an_empty_plan_says_so() -> None:
    assert picture(Plan(seed=1, attempts=()), 80) == [" Nothing is sent."]
