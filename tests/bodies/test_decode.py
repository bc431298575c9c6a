from __future__ import annotations

import gzip
import zlib
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.support.factories import make_request
from tests.support.shared import shared_json, shared_path
from webhook_inspector.bodies import render, views
from webhook_inspector.bodies.decode import declared_charset, decode_text, undo_encoding

RAW = zlib.compressobj(wbits=-15)
RAW_BODY = RAW.compress(b"hello") + RAW.flush()


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", gzip.compress(b"hello", mtime=0)),
        ("x-gzip", gzip.compress(b"hel", mtime=0) + gzip.compress(b"lo", mtime=0)),
        ("deflate", zlib.compress(b"hello")),
        ("deflate", RAW_BODY),
        ("gzip, deflate", zlib.compress(gzip.compress(b"hello", mtime=0))),
        ("identity", b"hello"),
    ],
)
def test_encodings_are_undone(encoding: str, body: bytes) -> None:
    assert undo_encoding(body, encoding, 1000).data == b"hello"


def test_damage_keeps_what_came_out() -> None:
    body = gzip.compress(bytes(range(256)) * 400)
    cut = undo_encoding(body[: len(body) // 2], "gzip", 1_000_000)
    assert "ends too early" in cut.note
    wrong_sum = undo_encoding(body[:-8] + bytes(8), "gzip", 1_000_000)
    assert "damaged" in wrong_sum.note
    assert wrong_sum.data.startswith(bytes(range(256)))
    trailing = undo_encoding(body + b"tail", "gzip", 1_000_000)
    assert "4 bytes after its end" in trailing.note
    none = undo_encoding(b"hello", "gzip", 1000)
    assert none.opaque
    assert none.data == b"hello"


def test_a_bomb_costs_no_more_than_the_limit() -> None:
    bomb = gzip.compress(bytes(50_000_000))
    result = undo_encoding(bomb, "gzip", 100_000)
    assert len(result.data) == 100_000
    assert result.cut
    twice = undo_encoding(gzip.compress(bomb), "gzip, gzip", 100_000)
    assert len(twice.data) <= 100_000
    many = undo_encoding(gzip.compress(b"", mtime=0) * 2000 + gzip.compress(b"x", mtime=0), "gzip", 100)
    assert "members" in many.note


def test_unknown_encodings_are_named_and_shown_as_bytes() -> None:
    body = render(
        make_request(b"\x0b\x02\x80{}", headers=[("Content-Type", "application/json"), ("Content-Encoding", "br")])
    )
    assert body.view == "hex"
    assert "Brotli" in body.note


def test_compressed_json_opens_as_json() -> None:
    headers = [("Content-Type", "application/json"), ("Content-Encoding", "gzip")]
    packed = gzip.compress(b'{"a":1}')
    body = render(make_request(packed, headers=headers))
    assert body.view == "json"
    assert "Decoded from gzip" in body.note
    assert body.total_bytes == len(packed)


@pytest.mark.parametrize(
    ("data", "charset", "text", "note"),
    [
        ("grün".encode(), "", "grün", ""),
        ("grün".encode("latin-1"), "", "grün", "Latin-1"),
        ("grün".encode("latin-1"), "iso-8859-1", "grün", "iso8859-1"),
        (b"\xef\xbb\xbfx", "", "x", "byte order mark"),
        ("{}x".encode("utf-16"), "", "{}x", "UTF-16"),
        ("{} ".encode("utf-16-le"), "", "{} ", "UTF-16-LE"),
        (b"abc", "no-such", "abc", "not known"),
        (b"abc", "hex", "abc", "not known"),
        (b"abc", "rot13", "abc", "not known"),
        (b"gr\xc3\xbcn", "us-ascii", "grün", "Not valid us-ascii"),
        ("äöüäöü".encode() + b"\xff", "", "äöüäöü\ufffd", "Not valid UTF-8 at byte 12"),
    ],
)
def test_text_is_always_read(data: bytes, charset: str, text: str, note: str) -> None:
    got, said = decode_text(data, charset)
    assert got == text
    assert note in said


def test_declared_charset() -> None:
    assert declared_charset('text/plain; Charset="UTF-8"; x=1') == "utf-8"
    assert declared_charset("text/plain;charset=") == ""


@given(
    st.binary(max_size=300), st.sampled_from(["", "gzip", "deflate", "gzip, br", "br", "x,y,z,w"]), st.text(max_size=20)
)
@settings(max_examples=100, deadline=None)
@example(b"\n=", "", "")
@example(b"a%0Ab=1&a%0D=2", "", "application/x-www-form-urlencoded")
def test_no_bytes_raise(data: bytes, encoding: str, content_type: str) -> None:
    request = make_request(data, headers=[("Content-Type", content_type), ("Content-Encoding", encoding)])
    for view in [None, *views(), "nonsense"]:
        body = render(request, view, limit=200)
        for index, line in enumerate(body.lines):
            assert isinstance(line.text, str)
            assert "\n" not in line.text
            body.value_at(index)
            body.source_at(index)


def test_compress_corpus(tmp_path: Path) -> None:
    entries = shared_json("corpora/own/compress/index.json")
    assert entries
    for path in sorted(shared_path("corpora/own/compress").iterdir()):
        name = {".gz": "gzip", ".deflate": "deflate", ".br": "br", ".zst": "zstd"}.get(path.suffix)
        if name:
            body = render(make_request(path.read_bytes(), headers=[("Content-Encoding", name)]), limit=1 << 20)
            assert body.note
