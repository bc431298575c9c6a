"""Looking into JSON never surprises."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.shared import shared_path
from webhook_inspector.core.jsondoc import JsonInvalidError, load_json, pointer


@given(st.binary(max_size=300))
def test_arbitrary_bytes_give_a_value_or_one_error(data: bytes) -> None:
    try:
        load_json(data)
    except JsonInvalidError as error:
        assert str(error)


def test_deep_huge_and_odd_documents() -> None:
    with pytest.raises(JsonInvalidError, match="nested deeper"):
        load_json("[" * 100_000)
    assert load_json("9" * 5000) == float("inf")
    assert load_json('"' + "[" * 1000 + '"') == "[" * 1000
    with pytest.raises(JsonInvalidError, match="NaN"):
        load_json("[NaN]")
    assert load_json("\ufeff{}") == {}
    assert load_json("[1]".encode("utf-16")) == [1]


def test_pointers() -> None:
    document = {"a": [{"b/c": 1}], "": 2}
    assert pointer(document, "/a/0/b~1c") == 1
    assert pointer(document, "/a/7") is None
    assert pointer(document, "/a/x") is None
    assert pointer(document, "") is document


def test_the_parsing_suite_never_raises_anything_else() -> None:
    for path in sorted(shared_path("corpora/fetched/JSONTestSuite/test_parsing").glob("*.json")):
        try:
            load_json(path.read_bytes())
        except JsonInvalidError:
            assert not path.name.startswith("y_")
