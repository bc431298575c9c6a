"""The search on machines without sockets: it names what is wrong, and nothing smaller does."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.zoo import RIGHT, STORY, WRONG, Event, Machine, step
from webhook_inspector.errors import UsageError
from webhook_inspector.replay.convergence import PROPERTIES, Counterexample, Observation, Search, Trial
from webhook_inspector.replay.convergence.model import CUT_BODY, LOST_ANSWER, is_valid, reference, wrong
from webhook_inspector.replay.convergence.plans import from_plan, to_plan
from webhook_inspector.replay.convergence.trials import every, smaller, trials
from webhook_inspector.replay.plan import PlanItem, build_plan

IDS = list(range(1, len(STORY) + 1))
BUDGET = 400


def run(machine: Machine, events: Sequence[tuple[Event, str]]) -> list[int | None]:
    """Events in flight together: their steps take turns, which is the worst that can happen."""
    statuses: list[int | None] = [None] * len(events)
    works = {}
    for index, (event, act) in enumerate(events):
        if act != CUT_BODY:  # half a body is no event
            works[index] = machine.work(event)
    while works:
        for index in list(works):
            status = step(works[index])
            gone = events[index][1] == LOST_ANSWER
            if status is not None or (gone and machine.aborts):
                statuses[index] = None if gone else status
                del works[index]
    return statuses


def observing(make: type[Machine], events: Sequence[Event] = STORY) -> object:
    def observe(trial: Trial) -> Observation:
        machine = make()
        statuses: list[int | None] = []
        accepted: set[int] = set()
        for group in trial.groups:
            said = run(machine, [(events[send.delivery - 1], send.act) for send in group])
            statuses += said
            accepted |= {send.delivery for send, status in zip(group, said, strict=True) if status == 200}
        for _ in range(3):
            for number in trial.deliveries:
                if number not in accepted and run(machine, [(events[number - 1], "send")]) == [200]:
                    accepted.add(number)
        state = json.dumps(machine.state, sort_keys=True)
        return Observation(state, tuple(statuses), frozenset(accepted))

    return observe


def search(make: type[Machine], ids: Sequence[int] = IDS, budget: int = BUDGET) -> Search:
    return Search(ids, observing(make), budget=budget, seed=1)  # type: ignore[arg-type]  # a callable


def brute_force(make: type[Machine], kind: str, longest: int = 4) -> int | None:
    """The length of the shortest trial that breaks a property, of all there are; None when none does."""
    observe = observing(make)
    for length in range(2, longest + 1):
        for trial in every(kind, IDS, length):
            wanted = observe(reference(trial.deliveries))  # type: ignore[operator]  # as above
            if wrong(trial, observe(trial), wanted) is not None:  # type: ignore[operator]
                return length
    return None


@pytest.mark.parametrize("make", RIGHT, ids=lambda make: make.__name__)
def test_right_ones_pass(make: type[Machine]) -> None:
    found = search(make)
    assert found.reference_is_stable()
    for kind in PROPERTIES:
        result = found.check(kind, BUDGET // 4)
        assert result.holds is True, result
        assert result.trials >= 5
    assert found.passes <= BUDGET + 20


@pytest.mark.parametrize("make", WRONG, ids=lambda make: make.__name__)
@pytest.mark.parametrize("kind", PROPERTIES)
def test_wrong_ones_are_named_with_the_smallest_sequence(make: type[Machine], kind: str) -> None:
    found = search(make)
    assert found.reference_is_stable()
    result = found.check(kind, BUDGET)
    smallest = brute_force(make, kind)
    named, length = WRONG[make]
    assert result.holds is (smallest is None)
    if kind in named:
        assert smallest == length
    if smallest is not None:
        example = result.counterexample
        assert isinstance(example, Counterexample)
        assert len(example.trial) == smallest, example.trial
        assert example.stable
        assert is_valid(example.trial)


def test_a_search_that_does_not_shrink_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webhook_inspector.replay.convergence.search.smaller", lambda _: iter(()))
    monkeypatch.setattr(Search, "_shorter", lambda *_: iter(()))
    lengths = []
    for make, (named, length) in WRONG.items():
        result = search(make).check(min(named), BUDGET)
        assert result.counterexample is not None
        lengths.append(len(result.counterexample.trial) > length)
    assert any(lengths)


def test_a_state_that_changes_by_itself_cannot_be_compared() -> None:
    count = iter(range(100))

    def observe(trial: Trial) -> Observation:
        return Observation(str(next(count)), (200,) * len(trial), frozenset(IDS))

    shaky = Search(IDS, observe, budget=10, seed=1)
    assert not shaky.reference_is_stable()


def test_a_race_that_shows_sometimes_is_flaky() -> None:
    turns = iter([True, True, False] * 100)

    def observe(trial: Trial) -> Observation:
        racy = trial.kind == "concurrent" and next(turns)
        return Observation("2" if racy else "1", (200,) * len(trial), frozenset(trial.deliveries))

    result = Search([1], observe, budget=50, seed=1).check("concurrent", 50)
    assert result.holds is False
    assert result.counterexample is not None
    assert not result.counterexample.stable
    assert 0 < result.counterexample.broken < result.counterexample.tried


@settings(max_examples=60)
@given(
    ids=st.lists(st.integers(1, 99), min_size=1, max_size=6, unique=True),
    seed=st.integers(0, 9),
    kind=st.sampled_from([*PROPERTIES]),
)
def test_trials_are_valid_and_the_same_for_a_seed(ids: list[int], seed: int, kind: str) -> None:
    ids = sorted(ids)
    made = [trial for trial, _ in zip(trials(kind, ids, seed), range(60), strict=False)]
    again = [trial for trial, _ in zip(trials(kind, ids, seed), range(60), strict=False)]
    assert made == again
    assert len(set(made)) == len(made)
    for trial in made:
        assert is_valid(trial)
        assert set(trial.deliveries) <= set(ids)
        for less in smaller(trial):
            assert is_valid(less)
            assert len(less) < len(trial)


def test_the_budget_is_kept() -> None:
    for budget in (1, 5, 40):
        found = search(RIGHT[0], budget=budget)
        results = [found.check(kind, budget) for kind in PROPERTIES]
        assert found.passes <= budget + 10
        assert any(result.trials for result in results)


@given(st.integers(0, 10_000))
def test_a_plan_of_a_trial_gives_the_trial_again(seed: int) -> None:
    items = [PlanItem(number, number, "x") for number in (1, 2, 3)]
    for kind in PROPERTIES:
        for trial in itertools.islice(trials(kind, (1, 2, 3), seed), 6):
            assert from_plan(to_plan(trial, items, seed)) == trial


def test_other_plans_are_no_trials() -> None:
    with pytest.raises(UsageError, match="does not come from a check"):
        from_plan(build_plan([PlanItem(1, 1, "x")], seed=1))
