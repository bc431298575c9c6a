"""The place that differs."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from webhook_inspector.core.verification import Verification, VerificationStatus
from webhook_inspector.signing.difference import CONTEXT, SHOWN, Difference, difference


def between(here: bytes | None, signed: bytes | None) -> Difference | None:
    return difference(Verification(VerificationStatus.INVALID, signed_content=here, matching_content=signed))


def test_an_added_newline() -> None:
    found = between(b'1.{"a":1}\n', b'1.{"a":1}')
    assert found is not None
    assert (found.at, found.before, found.signed, found.here, found.after) == (9, b'1.{"a":1}', b"", b"\n", b"")
    assert (found.signed_bytes, found.here_bytes, found.more) == (9, 10, False)


def test_one_byte_in_the_middle_and_many_places() -> None:
    found = between(b"x" * 40 + b"A" + b"y" * 40, b"x" * 40 + b"B" + b"y" * 40)
    assert found is not None
    assert (found.at, found.signed, found.here) == (40, b"B", b"A")
    assert (found.before, found.after) == (b"x" * CONTEXT, b"y" * CONTEXT)
    many = between(b'{"a": 1, "b": 2, "c": 3, "d": 4, "e": 5}', b'{"a":1,"b":2,"c":3,"d":4,"e":5}')
    assert many is not None
    assert (many.before, many.here[:1], many.more, many.after) == (b'{"a":', b" ", True, b"")


def test_nothing_to_show() -> None:
    assert between(b"a", b"a") is None
    assert between(None, b"a") is None
    assert between(b"a", None) is None


@given(st.binary(max_size=60), st.binary(max_size=60))
def test_what_is_shown_stands_there(here: bytes, signed: bytes) -> None:
    found = between(here, signed)
    if here == signed:
        assert found is None
        return
    assert found is not None
    start = found.at
    assert here[:start] == signed[:start]
    assert found.signed == signed[start : start + len(found.signed)]
    assert found.here == here[start : start + len(found.here)]
    assert found.signed != found.here
    assert len(found.signed) <= SHOWN
    if not found.more:
        assert len(here) - len(found.here) == len(signed) - len(found.signed)
