"""Plan files: read back equal, refused in one sentence that names the place."""

from __future__ import annotations

import copy
import json
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.replay.test_plan import fault_lists, make_items, offsets
from webhook_inspector.errors import InputError
from webhook_inspector.replay import planfile
from webhook_inspector.replay.faults.api import Fault, parse_fault
from webhook_inspector.replay.plan import PlanItem, build_plan


def sample() -> bytes:
    faults = [parse_fault("duplicate", "1:later=2s"), parse_fault("reorder", "reverse")]
    return planfile.dump(build_plan(make_items(0, 100, 50), faults, seed=7))


@settings(max_examples=50, deadline=None)
@given(offsets, fault_lists, st.integers(-(2**62), 2**62), st.text(max_size=20))
def test_round_trip(at: list[float], faults: list[Fault], seed: int, label: str) -> None:
    items = [*make_items(*at), PlanItem(9999, 0, label, None)]
    plan = build_plan(items, faults, seed=seed)
    data = planfile.dump(plan)
    assert planfile.load(data, "p.json") == plan
    assert planfile.dump(planfile.load(data, "p.json")) == data


def test_lone_surrogates_and_control_characters_survive_as_ascii() -> None:
    plan = build_plan([PlanItem(1, 0, "\ud800\x1b[2J\u202e", None)], seed=1)
    data = planfile.dump(plan)
    assert data.isascii()
    assert b"\x1b" not in data
    assert planfile.load(data, "p.json") == plan


def changed(*path: str | int, to: Any) -> bytes:
    document = json.loads(sample())
    place = document
    for part in path[:-1]:
        place = place[part]
    if to is ...:
        del place[path[-1]]
    else:
        place[path[-1]] = to
    return json.dumps(document).encode()


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "not a plan"),
        (b"\xff\xfe", "not a plan"),
        (b"[]", "format"),
        (b"{}", "format"),
        (b"[" * 100_000, "deeper"),
        (changed("format", to="har"), "format"),
        (changed("version", to=2), "version 2"),
        (changed("version", to="1"), "version 1"),
        (changed("version", to=True), "version True"),
        (changed("seed", to=1.5), "seed must be a whole number"),
        (changed("seed", to=2**70), "seed"),
        (changed("seed", to=...), "seed is missing"),
        (changed("speed", to=1), "speed must be text"),
        (changed("concurrency", to=0), "concurrency"),
        (changed("concurrency", to=10**9), "concurrency"),
        (changed("extra", to=1), "extra is not part"),
        (changed("faults", to=[1]), "faults[0]"),
        (changed("deliveries", to={}), "deliveries must be a list"),
        (changed("deliveries", 1, to=7), "deliveries[1] must be an object"),
        (changed("deliveries", 1, "id", to="x"), "deliveries[1].id"),
        (changed("deliveries", 1, "id", to=10), "each delivery once"),
        (changed("deliveries", 0, "label", to=None), "deliveries[0].label"),
        (changed("deliveries", 0, "event_type", to=3), "deliveries[0].event_type"),
        (changed("attempts", to=[]), "at least one send"),
        (changed("attempts", 2, "n", to=9), "attempts[2].n must be 3"),
        (changed("attempts", 2, "at_ms", to=-1), "attempts[2].at_ms"),
        (changed("attempts", 0, "at_ms", to=5000), "attempts[1].at_ms must not be before"),
        (changed("attempts", 2, "at_ms", to=1e300), "attempts[2].at_ms"),
        (changed("attempts", 2, "delivery", to=77), "names 77"),
        (changed("attempts", 2, "copy", to=7), "attempts[2].copy"),
        (changed("attempts", 2, "labels", to="duplicate"), "attempts[2].labels"),
        (changed("attempts", 2, "\x1b[2J", to=1), "is not part"),
        (sample().replace(b'"at_ms": 0.0', b'"at_ms": NaN'), "not a plan"),
        (sample().replace(b'"at_ms": 0.0', b'"at_ms": 1e999'), "at_ms"),
        (sample()[:200], "not a plan"),
    ],
)
def test_bad_plans_are_one_sentence_that_names_the_place(data: bytes, says: str) -> None:
    with pytest.raises(InputError) as caught:
        planfile.load(data, "plans/p\x1b.json")
    message = caught.value.message
    assert says in message
    assert "plans/p␛.json" in message
    assert message.isprintable()
    assert message.endswith(".")


def test_mutated_files_are_read_or_refused() -> None:
    rng = random.Random(1)
    data = sample()
    for _ in range(1500):
        mutated = bytearray(copy.copy(data))
        for _ in range(rng.randrange(1, 4)):
            mutated[rng.randrange(len(mutated))] = rng.randrange(256)
        if rng.random() < 0.2:
            del mutated[rng.randrange(len(mutated)) :]
        try:
            plan = planfile.load(bytes(mutated), "p.json")
        except InputError as error:
            assert error.message.isprintable()
        else:
            assert planfile.load(planfile.dump(plan), "p.json") == plan
            assert plan.describe()
