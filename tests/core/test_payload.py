from __future__ import annotations

import gzip

from tests.support.factories import make_request
from webhook_inspector.core.jsondoc import MAX_DEPTH, JsonInvalidError, load_json
from webhook_inspector.core.paths import path_text, pattern_text, pointer_text
from webhook_inspector.core.payload import FORM, payload_of


def test_json_and_forms_are_documents() -> None:
    assert payload_of(make_request(b'{"a":1}')).document == {"a": 1}
    assert payload_of(make_request(b'[{"a":1}]', headers=[])).document == [{"a": 1}]
    form = make_request(b"a=1&a=2&b=x+y%C3%BC&payload=%7B%22t%22%3A1%7D&&c", headers=[("Content-Type", FORM)])
    assert payload_of(form).document == {"a": ["1", "2"], "b": "x yü", "payload": {"t": 1}, "c": ""}
    assert payload_of(form).kind == "form"


def test_compressed_bodies_are_looked_into() -> None:
    request = make_request(gzip.compress(b'{"a":1}'), headers=[("Content-Encoding", "gzip")])
    assert payload_of(request).document == {"a": 1}
    bomb = make_request(gzip.compress(bytes(60_000_000)), headers=[("Content-Encoding", "gzip")])
    assert payload_of(bomb).kind == "text"


def test_all_else_is_text_or_empty() -> None:
    assert payload_of(make_request(b"")).kind == "empty"
    assert payload_of(make_request(b"{", headers=[])).kind == "text"
    assert payload_of(make_request(b"\x00\xff")).structured is False


def test_depth_is_judged_outside_strings() -> None:
    assert load_json("[" * MAX_DEPTH + "]" * MAX_DEPTH)
    quoted = '["' + "[" * 2000 + '\\"' + "{" * 2000 + '\\\\"]'
    assert load_json(quoted)
    wide = "[" + ",".join(["[[]]"] * 1000) + "]"
    assert len(load_json(wide)) == 1000
    for text in ("[" * 501 + "]" * 501, "[" * 100_000, '{"a":' * 600 + "1" + "}" * 600):
        try:
            load_json(text)
        except JsonInvalidError:
            continue
        raise AssertionError(text[:20])
    assert load_json("9" * 5000) == float("9" * 5000)


def test_paths() -> None:
    steps = ("data", 0, "a b", "x~/y")
    assert path_text(steps) == '$.data[0]["a b"]["x~/y"]'
    assert pattern_text(steps) == '$.data[]["a b"]["x~/y"]'
    assert pointer_text(steps) == "/data/0/a b/x~0~1y"
