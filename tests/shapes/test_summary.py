"""Summaries: however deliveries are cut and merged, the result is the same, and it stays small."""

from __future__ import annotations

import json
import random
import time
import tracemalloc
from collections.abc import Sequence
from typing import Any

import pytest
from genson import SchemaBuilder
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.shared import shared_path
from webhook_inspector.core.jsondoc import JsonInvalidError, load_json
from webhook_inspector.shapes.summary import Place, Summary, add, dump, load, merge, merged, places, settled
from webhook_inspector.shapes.summary.merging import MAX_PLACES
from webhook_inspector.shapes.summary.place import MAX_MEMBERS, MAX_VARIANTS

keys = st.sampled_from(["a", "b", "type", "object", "id", "0123456789abcdef0", "evt_1234567890Ab", "ünï", ""])
texts = st.sampled_from(["", "x", "section", "2026-11-21T10:00:00Z", "evt_1234567890Ab", "x" * 70]) | st.text(
    max_size=8
)
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts
documents = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4), max_leaves=12
)


def summary_of(docs: Sequence[Any], start: int = 1) -> Summary:
    made = Summary()
    for number, document in enumerate(docs, start):
        add(made, document, number, [("content-type", "application/json")])
    return made


def copy(summary: Summary) -> Summary:
    return load(dump(summary))


@given(st.lists(documents, max_size=8), st.integers(0, 8), st.integers(0, 8))
@settings(max_examples=200)
def test_merging_is_associative_and_commutative_and_equals_one_pass(docs: list[Any], one: int, two: int) -> None:
    one, two = sorted((min(one, len(docs)), min(two, len(docs))))
    parts = [summary_of(docs[:one]), summary_of(docs[one:two], one + 1), summary_of(docs[two:], two + 1)]
    whole = dump(summary_of(docs))
    first = copy(parts[0])
    merge(first, copy(parts[1]))
    merge(first, copy(parts[2]))
    second = copy(parts[1])
    merge(second, copy(parts[2]))
    backwards = copy(parts[0])
    merge(second, backwards)
    assert dump(first) == dump(second) == whole
    assert dump(merged([Summary(), copy(first)])) == whole


@given(st.lists(documents, max_size=6))
def test_it_is_the_same_after_it_was_written_and_read(docs: list[Any]) -> None:
    made = summary_of(docs)
    assert dump(load(dump(made))) == dump(made)


def test_limits_hold_in_any_order() -> None:
    """Many keys, many kinds, many values: whatever is cut where, the same is given up."""
    dice = random.Random(1)
    docs: list[Any] = [
        {
            **{f"k{dice.randrange(700)}": {"v": dice.randrange(100), "t": [1, "x"]} for _ in range(150)},
            "list": [{"type": f"kind{dice.randrange(70)}", "n": {"m": 1}} for _ in range(30)],
            "map": {f"evt_{dice.randrange(10**12):012d}": {"x": dice.choice([1, "a", None])} for _ in range(9)},
            "text": dice.choice(["a", "b" * 65, str(dice.random())]),
        }
        for _ in range(12)
    ]
    whole = dump(summary_of(docs))
    for cut in (1, 5, 9):
        left, right = summary_of(docs[:cut]), summary_of(docs[cut:], cut + 1)
        merge(right, left)
        assert dump(right) == whole
    root = load(whole).root
    assert root.closed
    assert root.members == {}
    listed = root.rest
    assert listed is not None
    assert listed.variants is None
    assert MAX_VARIANTS < 70
    assert MAX_MEMBERS < 700


def test_too_many_places_are_given_up_from_below() -> None:
    def wide(number: int) -> dict[str, Any]:
        return {f"a{n}": {f"b{m}{number % 3}": {"c": 1} for m in range(30)} for n in range(100)}

    docs = [wide(number) for number in range(6)]
    one_pass = summary_of(docs)
    whole = dump(one_pass)
    assert sum(1 for _ in places(one_pass.root)) <= MAX_PLACES
    assert one_pass.root.members["a0"].folded
    halves = [summary_of(docs[:2]), summary_of(docs[2:], 3)]
    merge(halves[1], halves[0])
    assert dump(halves[1]) == whole


def test_what_is_counted() -> None:
    made = settled(
        summary_of(
            [
                {"id": "evt_1234567890Ab", "n": 1, "f": 2.0, "on": True, "tags": [], "who": {"name": "x"}},
                {"id": "evt_1234567890Ac", "n": 2.5, "f": -3, "on": None, "tags": ["a", "b"]},
            ]
        )
    )
    found = dict(places(made.root))
    assert list(found) == ["$", "$.f", "$.id", "$.n", "$.on", "$.tags", "$.tags[]", "$.who", "$.who.name"]
    assert found["$"].types() == {"object": 2}
    assert found["$.n"].types() == {"integer": 1, "number": 1}
    assert found["$.f"].types() == {"integer": 2}
    assert (found["$.f"].low, found["$.f"].high) == (-3, 2)
    assert found["$.on"].types() == {"null": 1, "boolean": 1}
    assert found["$.id"].formats == {"prefixed-id(evt)": 2}
    assert (found["$.tags"].fewest, found["$.tags"].most) == (0, 2)
    assert found["$.tags[]"].values == {'"a': 1, '"b': 1}
    assert (found["$.tags[]"].n, found["$.tags[]"].d) == (2, 1)
    assert (found["$.who"].n, found["$.who"].first, found["$.who"].last) == (1, 1, 1)
    assert dict(places(made.headers))["$.content-type"].n == 2


def test_volatile_places_are_told_from_states() -> None:
    docs = [{"id": f"evt_{n:012d}Ab", "status": "open" if n % 2 else "closed"} for n in range(200)]
    found = dict(places(settled(summary_of(docs)).root))
    assert found["$.id"].is_volatile()
    assert 150 < found["$.id"].distinct() < 270
    assert not found["$.status"].is_volatile()


def test_elements_of_several_kinds_are_kept_apart() -> None:
    doc = {"blocks": [{"type": "section", "text": "x"}, {"type": "image", "url": "u"}, {"plain": 1}, 5]}
    found = dict(places(settled(summary_of([doc])).root))
    assert "$.blocks[type=section].text" in found
    assert "$.blocks[type=image].url" in found
    assert found["$.blocks[]"].types() == {"integer": 1, "object": 1}


@pytest.mark.parametrize(
    "document",
    [
        {str(n): n for n in range(30_000)},
        [0] * 100_000,
        [{"a": n} for n in range(50_000)],
        {f"key{n}": {"x": n} for n in range(50_000)},
    ],
    ids=["data-members", "elements", "many-objects", "many-members"],
)
def test_large_payloads_stay_small_and_quick(document: Any) -> None:
    tracemalloc.start()
    started = time.monotonic()
    made = summary_of([document])
    data = dump(made)
    spent = time.monotonic() - started
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(data) < 100_000
    assert peak < 64 * 2**20
    assert spent < 30, "with tracemalloc, on a busy machine"


def test_deep_payloads() -> None:
    deep: Any = 1
    for _ in range(400):
        deep = {"a": [deep]}
    made = summary_of([deep])
    assert sum(1 for _ in places(made.root)) < 200
    assert dump(load(dump(made))) == dump(made)
    with pytest.raises(JsonInvalidError):
        load_json("[" * 100_000 + "]" * 100_000)


def test_hostile_documents() -> None:
    files = [
        *shared_path("corpora/own/json").rglob("*.json"),
        *shared_path("corpora/fetched/JSONTestSuite").rglob("*.json"),
    ]
    assert len(files) > 200
    made = Summary()
    for number, file in enumerate(sorted(files), 1):
        try:
            add(made, load_json(file.read_bytes()), number)
        except JsonInvalidError:
            continue
    assert dump(load(dump(made))) == dump(made)


@pytest.mark.parametrize("data", [b"", b"x", b"x\x9c", b"\x78\x9c\x03\x00\x00\x00\x00\x01"])
def test_damaged_summaries_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="damaged"):
        load(data)


@given(st.lists(st.dictionaries(st.sampled_from("abc"), documents, max_size=3), min_size=1, max_size=5))
@settings(max_examples=50)
def test_genson_sees_the_same_members(docs: list[Any]) -> None:
    builder = SchemaBuilder()
    for document in docs:
        builder.add_object(document)
    schema = builder.to_schema()
    root = settled(summary_of(docs)).root
    names = set(schema.get("properties", {}))
    assert set(root.members) == names
    always = {key for key, place in root.members.items() if place.n == root.objects}
    assert always == set(schema.get("required", []))


def test_a_place_is_an_empty_place() -> None:
    assert Place().types() == {}
    assert json.loads(json.dumps(Place().distinct())) == 0
