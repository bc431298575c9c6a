"""A request in an editor: what is not touched comes back byte for byte."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.factories import make_request
from webhook_inspector.core.headers import Headers
from webhook_inspector.core.request import Request
from webhook_inspector.errors import UsageError
from webhook_inspector.replay.editing import as_text, read_edited

token = st.text(alphabet="abcXYZ019-_!", min_size=1)
value = st.binary(max_size=20).map(lambda raw: raw.replace(b"\r", b"").replace(b"\n", b"").replace(b"\0", b"").strip())
requests = st.builds(
    Request,
    method=st.sampled_from(["POST", "PUT", "get", "X-Y"]),
    target=st.text(alphabet="abc/?&=%20", max_size=20).map(lambda text: b"/" + text.encode()),
    headers=st.lists(st.tuples(token.map(str.encode), value), max_size=4).map(lambda pairs: Headers(tuple(pairs))),
    body=st.binary(max_size=60),
)


@given(requests)
def test_an_untouched_request_is_the_captured_one(request: Request) -> None:
    assert read_edited(as_text(request), request) is request
    # As an editor leaves it that ends every last line.
    assert read_edited(as_text(request) + b"\n", request).body.rstrip(b"\n") == request.body.rstrip(b"\n")


def test_everything_can_be_changed() -> None:
    request = make_request(b'{"a":1}')
    edited = read_edited(b"PUT /other?x=2\r\nX-New: 1\r\nX-New: 2\r\n\r\n" + b'{"a":2}\n', request)
    assert (edited.method, edited.target, edited.body) == ("PUT", b"/other?x=2", b'{"a":2}')
    assert edited.headers.text_pairs() == [["X-New", "1"], ["X-New", "2"]]
    assert request.body == b'{"a":1}'


def test_an_added_last_line_end_is_kept_where_there_was_one() -> None:
    request = make_request(b"a\n")
    assert read_edited(as_text(request).replace(b"a\n", b"b\n"), request).body == b"b\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"", "first line"),
        (b"POST\n\nx", "first line"),
        (b"POST hooks\n\nx", "first line"),
        (b"POST /a b\n\nx", "first line"),
        (b"POST /a\nnonsense\n\nx", "Line 2"),
        (b"POST /a\nA: 1\nB C: 2\n\nx", "Line 3"),
        (b"POST /a\nA: 1", "empty line"),
    ],
)
def test_what_cannot_be_read_is_refused(text: bytes, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        read_edited(text, make_request(b"x"))


@given(st.binary())
def test_any_file_is_read_or_refused(data: bytes) -> None:
    try:
        read_edited(data, make_request(b"x"))
    except UsageError:
        return
