from __future__ import annotations

import shlex
from dataclasses import replace

import click
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webhook_inspector.cli.main import build
from webhook_inspector.replay import preview
from webhook_inspector.replay.plan import PlanItem, build_plan
from webhook_inspector.tui import replay_form
from webhook_inspector.tui.replay_form import FIELDS, PRESETS, ReplayForm, hint, preset_of, with_preset

forms = st.builds(
    ReplayForm,
    seed=st.integers(1, 9999),
    copies=st.integers(1, 12),
    apart=st.sampled_from([value for _, value in replay_form.APART]),
    delay=st.sampled_from([value for _, value in replay_form.DELAY]),
    jitter=st.sampled_from([value for _, value in replay_form.JITTER]),
    order=st.sampled_from([value for _, value in replay_form.ORDER]),
    speed=st.sampled_from([value for _, value in replay_form.SPEED]),
    in_flight=st.sampled_from([value for _, value in replay_form.IN_FLIGHT]),
    tamper=st.sampled_from([None, "all"]),
    signing=st.sampled_from([value for _, value in replay_form.SIGNING]),
)


@settings(max_examples=60)
@given(form=forms, steps=st.lists(st.tuples(st.integers(0, 7), st.sampled_from([-1, 1])), max_size=20))
def test_every_form_plans_and_every_step_keeps_it_so(form: ReplayForm, steps: list[tuple[int, int]]) -> None:
    for index, step in steps:
        form = FIELDS[index].changed(form, step)
    options = form.options()
    items = [PlanItem(number, number * 10**9, "", None) for number in (1, 2, 3)]
    plan = build_plan(
        items, options.faults(), seed=form.seed, speed=options.speed, times=options.times,
        concurrency=options.concurrency,
    )  # fmt: skip
    assert len(plan.attempts) == 3 * form.copies
    assert all(field.words(form) for field in FIELDS)
    assert all(isinstance(hint(field, form), str) for field in FIELDS)


@settings(max_examples=60)
@given(form=forms)
def test_the_command_line_takes_what_is_copied(form: ReplayForm) -> None:
    words = shlex.split(form.command([1, 2], "http://localhost:3000/a b"))
    assert words[:2] == ["webhook-inspector", "replay"]
    group = build()
    replay = group.get_command(click.Context(group), "replay")
    assert replay is not None
    context = replay.make_context("replay", words[2:])
    given_options = context.params
    assert given_options.get("to", given_options.get("target")) == "http://localhost:3000/a b"


@pytest.mark.parametrize("letter", [letter for letter, _, _ in PRESETS])
def test_a_preset_is_known_again(letter: str) -> None:
    form = ReplayForm(seed=7, copies=9, jitter="1s", signing="stale")
    made = with_preset(form, letter)
    assert preset_of(made) == letter
    assert (made.seed, made.signing) == (7, "stale")
    assert preset_of(replace(made, jitter="1s")) is None


@settings(max_examples=60)
@given(seed=st.integers(1, 9999), gap_ms=st.integers(1, 10_000))
def test_chaos_always_has_copies_late_ones_and_swapped_ones(seed: int, gap_ms: int) -> None:
    options = with_preset(ReplayForm(seed=seed), "c").options()
    items = [PlanItem(number, number * gap_ms * 10**6, "", None) for number in (1, 2, 3)]
    plan = build_plan(items, options.faults(), seed=seed, speed=options.speed, times=options.times)
    assert sorted(attempt.delivery_id for attempt in plan.attempts) == [1, 1, 2, 2, 3, 3]
    assert max(attempt.at_ms - attempt.captured_ms for attempt in plan.attempts) >= 500
    assert preview.swapped_count(plan) > 0


def test_steppers_stop_at_their_ends() -> None:
    form = ReplayForm(seed=1)
    for field in FIELDS:
        low = high = form
        for _ in range(1200 if field.name == "copies" else 12):
            low, high = field.changed(low, -1), field.changed(high, 1)
        assert field.changed(high, 1) == high
        assert field.changed(low, -1) == low
    assert form == ReplayForm(seed=1)


def test_the_seed_matters_only_for_random_choices() -> None:
    assert not ReplayForm(seed=1, order="swap", delay="2s").random()
    assert "--seed 1" in ReplayForm(seed=1, order="shuffle").command([1], "http://x")
    assert "--seed" not in ReplayForm(seed=1).command([1], "http://x")
