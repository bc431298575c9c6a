from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.factories import make_request
from tests.support.shared import shared_path
from webhook_inspector.bodies import BodyText, render
from webhook_inspector.bodies.json_index import BLOCK, MAX_DEPTH, index_json

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5),
    max_leaves=40,
)


def shown(text: str) -> list[str]:
    return ["  " * line.indent + line.text for line in render(make_request(text.encode())).lines]


def at(body: BodyText, path: str) -> int:
    return next(index for index, line in enumerate(body.lines) if line.path == path)


def test_pretty_form_keeps_what_was_sent() -> None:
    lines = shown('{"b":1.0,"a":[1e400,{},[ ]],"b":"\\u00e9\\/","big":123456789012345678901234567890}')
    assert lines == [
        "{",
        '  "b": 1.0,',
        '  "a": [',
        "    1e400,",
        "    {},",
        "    []",
        "  ],",
        '  "b": "\\u00e9\\/",',
        '  "big": 123456789012345678901234567890',
        "}",
    ]


def test_folds_paths_kinds_and_sizes() -> None:
    body = render(make_request(b'{"data":{"items":[{"id":"x"},{"id":"y"}]},"a b":null,"n":false}'))
    data = body.lines[at(body, "$.data")]
    assert (data.value_kind, data.size, data.fold_end, data.indent) == ("object", 1, 10, 1)
    items = body.lines[at(body, "$.data.items")]
    assert (items.value_kind, items.size, body.lines[items.fold_end or 0].text) == ("array", 2, "]")
    assert body.value_at(at(body, "$.data.items[1].id")) == "y"
    assert body.source_at(at(body, "$.data.items[1].id")) == '"y"'
    assert body.value_at(at(body, "$.data.items[1]")) == '{"id":"y"}'
    assert body.lines[at(body, '$["a b"]')].value_kind == "null"
    assert body.lines[at(body, "$.n")].value_kind == "boolean"
    assert body.lines[0].fold_end == len(body.lines) - 1


def test_spans_are_kinds_of_tokens() -> None:
    line = render(make_request(b'{"id" :"evt",\n"n":-1e5}')).lines[1]
    assert line.text == '"id": "evt",'
    assert [(line.text[s.start : s.end], s.kind) for s in line.spans] == [
        ('"id"', "key"),
        (":", "punctuation"),
        ('"evt"', "string"),
        (",", "punctuation"),
    ]


@pytest.mark.parametrize(
    ("number", "hint"),
    [
        ("1763647331", "2025-11-20T14:02:11Z"),
        ("1763647331402", "2025-11-20T14:02:11.402Z"),
        ("4102444800", ""),
        ("1763647331.5", ""),
        ("176364733", ""),
    ],
)
def test_numbers_that_look_like_times_get_a_hint(number: str, hint: str) -> None:
    assert render(make_request(f'{{"t":{number}}}'.encode())).lines[1].hint == hint


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (b'{"a":', "line 1, column 6: expected a value, found the end"),
        (b'{"a":1,}', "line 1, column 8: expected a key in double quotes"),
        (b"[1 2]", "line 1, column 4: expected ',' or ']'"),
        (b'{"a":[}', "line 1, column 7: expected a value"),
        (b"{}\n{}", "line 2, column 1: text after the end"),
        (b"[1]]", "line 1, column 4: text after the end"),
        (b"{'a':1}", "line 1, column 2: expected a key"),
        (b"[NaN]", "line 1, column 2: expected a value"),
        (b'{"a" 1}', "line 1, column 2: expected a key"),
    ],
)
def test_invalid_json_is_shown_as_text_and_the_place_is_named(body: bytes, place: str) -> None:
    result = render(make_request(body))
    assert result.view == "text"
    assert place in result.note


@pytest.mark.parametrize(
    "value",
    [
        r'"\x"', r'"\u12G4"', r'"\u12', '"\t"', '"a', "1.", ".5", "+1", "01", "-", "1e", "1e+", "0x1", "tru", "nulll",
        "1 2", "[,1]", "[1,]", "{,}", '{"a"}', '{"a":1 "b":2}', "{1:2}", '{"a":1]', "[1}", "}", "]", ",", ":", '"a":1',
        "[1],",
    ],
)  # fmt: skip
def test_what_is_not_json(value: str) -> None:
    for text in (value, f"[{value}]", f'{{"k":{value}}}', f" {value} "):
        try:
            json.loads(text)
        except ValueError:
            headers = [("Content-Type", "application/json")]
            assert render(make_request(text.encode(), headers=headers)).view != "json", text


def test_deep_nesting_is_shown_as_text() -> None:
    ok = b"[" * MAX_DEPTH + b"]" * MAX_DEPTH
    assert render(make_request(ok)).view == "json"
    for hostile in (b"[" * 100_000 + b"]" * 100_000, b'{"a":' * 100_000 + b"1" + b"}" * 100_000, b"[" * 100_000):
        body = render(make_request(hostile))
        assert body.view == "text"
        assert "nested deeper" in body.note


def test_a_cut_body_shows_its_beginning() -> None:
    text = json.dumps({"list": [{"id": index, "text": "wörter"} for index in range(100)]}, ensure_ascii=False)
    data = text.encode()
    for limit in range(60, 200):
        body = render(make_request(data), limit=limit)
        assert body.view == "json", (limit, body.note)
        assert body.truncated
        assert body.total_bytes == len(data)
        assert body.lines[0].fold_end == len(body.lines) - 1
        [line.text for line in body.lines]


def test_lines_beyond_the_limit_are_left_out() -> None:
    index = index_json("[" + "1," * 5000 + "1]", max_lines=1000)
    assert index.truncated
    assert 1000 <= len(index.ends) < 1000 + BLOCK
    assert index.closes[0] == len(index.ends) - 1


@given(VALUES, st.sampled_from([None, 0, 1, 3]), st.booleans())
@settings(max_examples=100, deadline=None)
def test_lines_hold_the_document(value: Any, indent: int | None, ascii_only: bool) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    body = render(make_request(text.encode("utf-8", "surrogatepass"), headers=[("Content-Type", "application/json")]))
    if any(0xD800 <= ord(char) < 0xE000 for char in text):
        return
    assert body.view == "json"
    assert json.loads("\n".join(line.text for line in body.lines)) == json.loads(text)
    assert json.loads(body.source_at(0)) == json.loads(text)


@given(VALUES)
@settings(max_examples=60, deadline=None)
def test_values_and_folds_agree_with_a_parser(value: Any) -> None:
    body = render(make_request(json.dumps(value).encode()))

    def walk(node: Any, line: int) -> int:
        assert json.loads(body.source_at(line)) == node
        shown_line = body.lines[line]
        if isinstance(node, str):
            assert body.value_at(line) == node
        if isinstance(node, (dict, list)):
            assert shown_line.size == len(node)
        if not isinstance(node, (dict, list)) or not node:
            assert shown_line.fold_end is None
            return line
        end = shown_line.fold_end
        assert end is not None
        at_line = line + 1
        for child in node.values() if isinstance(node, dict) else node:
            at_line = walk(child, at_line) + 1
        assert at_line == end
        assert json.loads(body.source_at(end)) == node
        return end

    assert walk(value, 0) == len(body.lines) - 1


def test_paths_across_blocks() -> None:
    value = {"list": [{"n": [index, {"deep": index}]} for index in range(400)]}
    body = render(make_request(json.dumps(value).encode()))
    for index in (0, 57, 399):
        found = at(body, f"$.list[{index}].n[1].deep")
        assert body.value_at(found) == str(index)
    again = render(make_request(json.dumps(value).encode()))
    assert again.lines[len(again.lines) - 5].path == "$.list[399].n[1]"


def _suite() -> list[Path]:
    return sorted(shared_path("corpora/fetched/JSONTestSuite").rglob("*.json"))


def test_json_test_suite() -> None:
    for path in _suite():
        body = render(make_request(path.read_bytes()))
        [body.value_at(index) + body.source_at(index) for index in range(min(len(body.lines), 40))]
        if path.name.startswith("y_"):
            assert body.view == "json", path.name
        if path.name.startswith("n_"):
            assert body.view != "json", path.name
            assert body.note, path.name
