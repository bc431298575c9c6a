"""Headers keep what was sent."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from webhook_inspector.core.headers import Headers, decode_header

PAIRS = st.lists(st.tuples(st.binary(min_size=1, max_size=10), st.binary(max_size=10)), max_size=8)


@given(PAIRS)
def test_bytes_order_case_and_repeats_are_kept(pairs: list[tuple[bytes, bytes]]) -> None:
    headers = Headers(tuple(pairs))
    assert list(headers) == pairs
    assert len(headers.text_pairs()) == len(pairs)


def test_look_up_ignores_case_and_takes_the_first() -> None:
    headers = Headers.from_text([("X-Sig", "one"), ("x-sig", "two")])
    assert headers.get("X-SIG") == "one"
    assert headers.get_all("x-sig") == ["one", "two"]
    assert headers.get("absent") is None


def test_values_that_are_not_utf8_read_as_latin1() -> None:
    assert decode_header(b"caf\xe9") == "café"
    assert decode_header("café".encode()) == "café"


def test_replacing_keeps_the_place_and_drops_repeats() -> None:
    headers = Headers.from_text([("A", "1"), ("B", "2"), ("a", "3")]).replaced("a", "9")
    assert headers.text_pairs() == [["A", "9"], ["B", "2"]]
    assert Headers().replaced("N", "v").text_pairs() == [["N", "v"]]
    assert headers.without(["b"]).text_pairs() == [["A", "9"]]
