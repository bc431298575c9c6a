from __future__ import annotations

import base64
import re

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.factories import make_request
from tests.support.shared import shared_path
from webhook_inspector.bodies import BodyText, render
from webhook_inspector.core.multipart import boundary_of, disposition, read_multipart

BODY = (
    b"--xyz\r\n"
    b'Content-Disposition: form-data; name="note"\r\n'
    b"\r\n"
    b"hello\r\nworld\r\n"
    b"--xyz\r\n"
    b'Content-Disposition: form-data; name="event"\r\n'
    b"Content-Type: application/json\r\n"
    b"\r\n"
    b'{"a":[1]}\r\n'
    b"--xyz\r\n"
    b'Content-Disposition: form-data; name="file"; filename="a.png"\r\n'
    b"Content-Type: image/png\r\n"
    b"\r\n"
    b"\x89PNG\r\n\x1a\n\x00\x00" + bytes(20) + b"\r\n"
    b"--xyz--\r\n"
)


def show(body: bytes, content_type: str = "multipart/form-data; boundary=xyz") -> BodyText:
    return render(make_request(body, headers=[("Content-Type", content_type)]))


def test_parts_with_headers_sizes_and_names() -> None:
    body = show(BODY)
    assert body.view == "multipart"
    assert body.note == ""
    assert [("  " * line.indent) + line.text for line in body.lines] == [
        "note  12 B",
        '  Content-Disposition: form-data; name="note"',
        "  hello",
        "  world",
        "event  9 B",
        '  Content-Disposition: form-data; name="event"',
        "  Content-Type: application/json",
        "  {",
        '    "a": [',
        "      1",
        "    ]",
        "  }",
        'file  30 B, file "a.png"',
        '  Content-Disposition: form-data; name="file"; filename="a.png"',
        "  Content-Type: image/png",
        "  89 50 4e 47 0d 0a 1a 0a 00 00 00 00 00 00 00 00 …",
    ]
    assert [line.fold_end for line in body.lines if line.indent == 0] == [3, 11, 15]
    assert body.lines[12].value_kind == "file"
    assert body.value_at(0) == "hello\r\nworld"
    assert body.lines[9].path == "$.event.a[0]"


def test_odd_bodies_are_read_and_named() -> None:
    assert "not closed" in show(BODY.removesuffix(b"--xyz--\r\n")).note
    assert "before the first part" in show(b"preamble\r\n" + BODY).note
    assert "after the last part" in show(BODY + b"epilogue").note
    assert show(BODY.replace(b"\r\n", b"\n")).view == "multipart"
    assert show(BODY, "multipart/form-data").view == "multipart"
    wrong = show(BODY, "multipart/form-data; boundary=other")
    assert wrong.view == "hex"
    assert "boundary does not occur" in wrong.note
    assert "no empty line" in show(b"--xyz\r\nabc\r\n--xyz--").note


def test_a_delimiter_counts_only_at_the_start_of_a_line() -> None:
    body = b'--xyz\r\nContent-Disposition: form-data; name="a"\r\n\r\nno --xyz here\r\n--xyzz\r\n--xyz--\r\n'
    parts = read_multipart(body, b"xyz").parts
    assert [part.data for part in parts] == [b"no --xyz here\r\n--xyzz"]


def test_transfer_encodings_are_undone_for_the_view() -> None:
    head = b'--xyz\r\nContent-Disposition: form-data; name="a"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
    body = show(head + base64.b64encode(b"hello") + b"\r\n--xyz--")
    assert body.lines[-1].text == "hello"
    assert show(head + b"not base64!\r\n--xyz--").lines[-1].text == "not base64!"


def test_parameters() -> None:
    assert disposition('form-data; name="a;b"; filename="x\\"y.txt"') == {"name": "a;b", "filename": 'x"y.txt'}
    assert disposition("form-data; name=a; filename=\"x\"; filename*=utf-8''%C3%BC%20.txt")["filename"] == "ü .txt"
    assert disposition("form-data; filename*=nope''%41")["filename"] == "%41"
    assert boundary_of('multipart/mixed; boundary="a b"; x=1', b"") == b"a b"
    assert boundary_of("multipart/mixed", b"no") is None


@given(
    st.lists(st.sampled_from([b"--xyz", b"--", b"\r\n", b"\n", b"\r\n\r\n", b"a", b": b", b"name=", b" "]), max_size=25)
)
@settings(max_examples=100, deadline=None)
def test_no_bytes_raise(pieces: list[bytes]) -> None:
    body = b"".join(pieces)
    found = read_multipart(body, b"xyz")
    assert all(part.data in body for part in found.parts)
    shown = show(body)
    for index, line in enumerate(shown.lines):
        assert "\n" not in line.text
        shown.value_at(index)


def test_corpus() -> None:
    for path in sorted(shared_path("corpora/registry/python-multipart").glob("*.yaml")):
        expected = path.read_text(encoding="utf-8")
        if "error:" in expected or path.stem == "single_field_blocks":
            continue
        boundary = re.search(r"boundary: (.*)", expected)
        assert boundary
        parts = read_multipart(path.with_suffix(".http").read_bytes(), boundary[1].strip().encode()).parts
        blocks = re.findall(r"data: !!binary (?:\"([^\"]*)\"|\|\n((?:\s+[A-Za-z0-9+/=]+\n?)+))", expected)
        wanted = [base64.b64decode("".join((quoted or block).split())) for quoted, block in blocks]
        assert [part.decoded() for part in parts] == wanted, path.stem
