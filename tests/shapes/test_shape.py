from __future__ import annotations

import json
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.factories import make_request
from webhook_inspector.core.payload import FORM
from webhook_inspector.shapes import digest_of, infer
from webhook_inspector.shapes.shape import MAX_KEYS

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=30,
)


def digest(value: Any) -> str:
    return infer(value).digest()


def test_paths_types_and_formats() -> None:
    shape = infer({"id": "evt_1PqX7a2eZvKYlo2C", "items": [{"n": 1}, {"n": None, "x": 2.5}], "empty": []})
    found = {path: dict(node.types) for path, node in shape.paths()}
    assert found == {
        "$": {"object": 1},
        "$.empty": {"array": 1},
        "$.id": {"string": 1},
        "$.items": {"array": 1},
        "$.items[]": {"object": 2},
        "$.items[].n": {"null": 1, "integer": 1},
        "$.items[].x": {"number": 1},
    }
    assert shape.root.members["id"].formats == {"prefixed-id(evt)": 1}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"a": 1, "b": "x"}, {"b": "y", "a": 2}),
        ({"a": [1, 2, 3]}, {"a": [9]}),
        ({"price": 2}, {"price": 2.5}),
        ({"n": [{"a": 1}, {"b": 2}]}, {"n": [{"b": 1, "a": 3}]}),
        ({"users": {"U0123456789": {"n": 1}}}, {"users": {"U9876543210": {"n": 1}, "U1111111110": {"n": 2}}}),
    ],
)
def test_values_do_not_count(first: Any, second: Any) -> None:
    assert digest(first) == digest(second)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"a": 1}, {"a": "1"}),
        ({"a": 1}, {"a": None}),
        ({"a": 1}, {"a": True}),
        ({"a": 1}, {"b": 1}),
        ({"a": {}}, {"a": []}),
        ({"a": [1]}, {"a": [1, "x"]}),
        ({"a.b": 1}, {"a": {"b": 1}}),
        ({"[]": 1}, [1]),
    ],
)
def test_structure_counts(first: Any, second: Any) -> None:
    assert digest(first) != digest(second)


def test_large_maps_are_closed() -> None:
    large = {f"name{'x' * (n % 7)}{chr(97 + n % 26)}{chr(97 + n // 26)}": {"v": n} for n in range(MAX_KEYS + 50)}
    shape = infer({"m": large})
    assert [path for path, _ in shape.paths()] == ["$", "$.m", "$.m{*}", "$.m{*}.v"]


def test_bodies() -> None:
    headers = [("Content-Type", FORM)]
    first = digest_of(make_request(b"a=1&b=2", headers=headers))
    assert first is not None
    assert first == digest_of(make_request(b"b=3&a=4", headers=headers))
    assert digest_of(make_request(b"", headers=[])) is None
    assert digest_of(make_request(b"plain", headers=[])) is None
    assert digest_of(make_request(b"[" * 100_000)) is None


def test_a_million_keys_and_any_depth() -> None:
    deep: Any = 1
    for _ in range(50_000):
        deep = [deep]
    assert infer(deep).root.types == {"array": 1}
    wide = infer({f"k{n}": n for n in range(200_000)})
    assert wide.truncated or wide.root.values is not None


@given(VALUES, st.randoms(use_true_random=False))
@settings(max_examples=100, deadline=None)
def test_digest_ignores_order_and_spelling(value: Any, rng: random.Random) -> None:
    def shuffled(each: Any) -> Any:
        if isinstance(each, dict):
            keys = list(each)
            rng.shuffle(keys)
            return {key: shuffled(each[key]) for key in keys}
        if isinstance(each, list):
            return [shuffled(inner) for inner in each] + [shuffled(inner) for inner in each[:1]]
        return each

    assert digest(json.loads(json.dumps(shuffled(value)))) == digest(value)
