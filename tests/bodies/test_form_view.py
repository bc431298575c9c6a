from __future__ import annotations

from tests.support.factories import make_request
from webhook_inspector.bodies import BodyText, render
from webhook_inspector.core.payload import FORM


def form(body: bytes, content_type: str = FORM) -> BodyText:
    return render(make_request(body, headers=[("Content-Type", content_type)] if content_type else []))


def test_fields_are_decoded_in_order_with_repeats() -> None:
    body = form(b"b=2&a=x+y%21&b=3&empty=&c")
    assert body.view == "form"
    assert [line.text for line in body.lines] == ["b = 2", "a = x y!", "b = 3", "empty = ", "c = "]
    assert [line.path for line in body.lines] == ["$.b[0]", "$.a", "$.b[1]", "$.empty", "$.c"]
    assert body.value_at(1) == "x y!"
    line = body.lines[1]
    assert [(line.text[span.start : span.end], span.kind) for span in line.spans] == [
        ("a", "key"),
        ("=", "punctuation"),
        ("x y!", "string"),
    ]


def test_json_in_a_field_is_opened() -> None:
    body = form(b"token=t&payload=%7B%22type%22%3A%22x%22%2C%22n%22%3A%5B1%5D%7D&end=1")
    assert [("  " * line.indent) + line.text for line in body.lines] == [
        "token = t",
        "payload = JSON, 20 B",
        "  {",
        '    "type": "x",',
        '    "n": [',
        "      1",
        "    ]",
        "  }",
        "end = 1",
    ]
    assert body.lines[1].fold_end == 7
    assert body.lines[2].fold_end == 7
    assert body.lines[4].fold_end == 6
    assert body.lines[5].path == "$.payload.n[0]"
    assert body.value_at(1) == '{"type":"x","n":[1]}'
    assert body.value_at(3) == "x"
    assert body.source_at(3) == '"x"'


def test_further_lines_of_a_value_stand_beneath_it() -> None:
    body = form(b"text=one%0D%0Atwo&x=1")
    assert [(line.text, line.indent, line.fold_end) for line in body.lines] == [
        ("text = one", 0, 1),
        ("two", 1, None),
        ("x = 1", 0, None),
    ]
    assert body.value_at(1) == "one\r\ntwo"


def test_forms_are_recognised_by_their_looks() -> None:
    assert form(b"From=%2B15550001&To=%2B15550002", "").view == "form"
    assert form(b"hello world", "").view == "text"
    assert form(b"a = b & c", "").view == "text"
    assert "Not a form" in form(b"hello").note
    assert form(b"%ff=%zz").lines[0].text == "ÿ = %zz"


def test_many_fields_are_cut() -> None:
    body = form(b"&".join(b"k%d=1" % number for number in range(25_000)))
    assert body.truncated
    assert len(body.lines) == 20_000
