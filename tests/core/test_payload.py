from __future__ import annotations

import gzip
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

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


def test_multipart_fields_and_files_are_a_document() -> None:
    body = (
        b'--B\r\nContent-Disposition: form-data; name="data"\r\n\r\n{"n":1}\r\n'
        b'--B\r\nContent-Disposition: form-data; name="tag"\r\n\r\nx\r\n'
        b'--B\r\nContent-Disposition: form-data; name="tag"\r\n\r\ny\r\n'
        b'--B\r\nContent-Disposition: form-data; name="f"; filename="a.pdf"\r\nContent-Type: application/pdf\r\n\r\n'
        b"\xff\r\n--B--\r\n"
    )
    payload = payload_of(make_request(body, headers=[("Content-Type", "multipart/form-data; boundary=B")]))
    assert payload.kind == "multipart"
    file = {"filename": "a.pdf", "content_type": "application/pdf", "size": 1, "sha256": sha256(b"\xff").hexdigest()}
    assert payload.document == {"data": {"n": 1}, "tag": ["x", "y"], "f": file}
    broken = make_request(b"no parts", headers=[("Content-Type", "multipart/form-data; boundary=B")])
    assert payload_of(broken).kind == "text"


def test_xml_is_a_document() -> None:
    xml = b'<?xml version="1.0"?><a:order id="7"><line>x</line><line n="1">y<b/></line><empty/></a:order>'
    assert payload_of(make_request(xml, headers=[("Content-Type", "text/xml")])).document == {
        "a:order": {"@id": "7", "line": ["x", {"@n": "1", "b": "", "#text": "y"}], "empty": ""}
    }


HOSTILE_XML = [
    b'<!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;&b;">]><a>&c;</a>',
    b'<!DOCTYPE a SYSTEM "file:///etc/hostname"><a/>',
    b"<a>" * 100_000,
    b"<a>" * 500 + b"</a>" * 500,
    b"<r>" + b"<a/>" * 200_000 + b"</r>",
    b"<a b='1' b='2'/>",
    b"<a>\xff</a>",
    b'<?xml version="1.0" encoding="no-such"?><a/>',
    b"<a>\x00</a>",
]


@pytest.mark.parametrize("xml", HOSTILE_XML)
def test_xml_that_is_not_looked_into_is_text(xml: bytes) -> None:
    assert payload_of(make_request(xml, headers=[("Content-Type", "application/xml")])).kind == "text"


@given(st.binary(max_size=200))
def test_no_bytes_raise(body: bytes) -> None:
    for kind in ("text/xml", "multipart/form-data; boundary=B", FORM, "application/json"):
        assert payload_of(make_request(b"<a>" + body, headers=[("Content-Type", kind)])).kind
        assert payload_of(make_request(b"--B\n\n" + body, headers=[("Content-Type", kind)])).kind


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
