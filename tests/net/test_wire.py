"""The reading beside the parser: where each request begins and ends, however the bytes are cut."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.net.vectors import CHUNKED, GOOD, HEAD
from webhook_inspector.net.wire import WireTee


def tee(keep: int = 1 << 20, max_head: int = 1 << 20) -> WireTee:
    return WireTee(keep, max_head)


def chunked(*chunks: bytes) -> bytes:
    body = b"".join(b"%x;e=1\r\n" % len(chunk) + chunk + b"\r\n" for chunk in chunks)
    return CHUNKED + body + b"0\r\nX-T: v\r\n\r\n"


REQUESTS = st.one_of(
    st.binary(max_size=40).map(lambda body: HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body),
    st.lists(st.binary(min_size=1, max_size=20), max_size=4).map(lambda chunks: chunked(*chunks)),
    st.just(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
)


@settings(max_examples=100, deadline=None)
@given(requests=st.lists(REQUESTS, max_size=5), data=st.data())
def test_requests_come_out_as_they_went_in_however_they_are_cut(requests: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(requests)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    reader = tee()
    for start, stop in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        reader.feed(stream[start:stop])
    assert reader.finished == reader.complete == len(requests)
    assert [reader.pop() for _ in requests] == requests
    assert not reader.pending


def test_what_is_not_whole_is_pending() -> None:
    reader = tee()
    reader.feed(GOOD + b"POST /half")
    assert (reader.complete, reader.pending, reader.in_head) == (1, True, True)
    assert reader.take_all() == [GOOD, b"POST /half"]
    assert not reader.pending


def test_only_so_much_of_a_request_is_held() -> None:
    reader = tee(keep=100)
    reader.feed(HEAD + b"Content-Length: 1000\r\n\r\n")
    for _ in range(10):
        reader.feed(b"x" * 100)
    assert reader.finished == 1
    assert len(reader.pop()) == 100


def test_after_an_incomplete_request_is_popped_nothing_more_is_held() -> None:
    reader = tee()
    reader.feed(HEAD + b"Content-Length: 10\r\n\r\nabc")
    assert reader.pop().endswith(b"abc")
    reader.feed(b"defghij" + GOOD)
    assert reader.take_all() == []


def test_framing_that_cannot_be_followed_belongs_to_one_request() -> None:
    for raw in (
        HEAD + b"Content-Length: 1x\r\n\r\n" + GOOD,
        CHUNKED + b"ZZ\r\n" + GOOD,
        b"CONNECT a:1 HTTP/1.1\r\nHost: x\r\n\r\n" + GOOD,
    ):
        reader = tee()
        reader.feed(raw)
        assert reader.take_all() == [raw]


def test_a_head_beyond_the_limit_is_noticed() -> None:
    reader = tee(max_head=1000)
    for _ in range(100):
        reader.feed(b"X-Header: aaaaaaaa\r\n")
    assert reader.head_too_large


def test_a_chunk_line_without_end_is_bounded() -> None:
    reader = tee(keep=1000)
    reader.feed(CHUNKED)
    for _ in range(100):
        reader.feed(b"1" * 1000)
    assert len(reader.take_all()[0]) == 1000


@settings(max_examples=100, deadline=None)
@given(
    head=st.sampled_from([HEAD, b"\r\n" + HEAD, b"CONNECT a:1 HTTP/1.1\r\nHost: x\r\n", b"POST / HTTP/1.1\r\n"]),
    framing=st.sampled_from([b"", b"Content-Length: %d\r\n", b"content-length:%d\r\nContent-Length: 7\r\n"])
    | st.sampled_from([b"Content-Length: +%d\r\n", b"Transfer-Encoding: chunked\r\nContent-Length: %d\r\n"]),
    body=st.binary(max_size=90),
    keep=st.sampled_from([110, 1 << 20]),
    max_head=st.sampled_from([10, 1 << 20]),
)
def test_one_request_in_one_read_is_followed_as_if_it_came_byte_by_byte(
    head: bytes, framing: bytes, body: bytes, keep: int, max_head: int
) -> None:
    raw = head + (framing % len(body) if b"%d" in framing else framing) + b"\r\n" + body
    whole, parted = tee(keep, max_head), tee(keep, max_head)
    whole.feed(raw)
    for n in range(len(raw)):
        parted.feed(raw[n : n + 1])
    for reader in (whole, parted):
        assert reader.finished == reader.complete
    seen = [(reader.finished, reader.pending, reader.head_too_large, reader.take_all()) for reader in (whole, parted)]
    assert seen[0] == seen[1]
