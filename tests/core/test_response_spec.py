"""What senders are answered."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhook_inspector.core.response_spec import ResponseSpec, parse_response


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        ("204", ResponseSpec(204)),
        ("200:ok: yes", ResponseSpec(200, "ok: yes")),
        ("503 first 3", ResponseSpec(503, None, "first", 3)),
        ("429 every 5 retry-after 2:slow down", ResponseSpec(429, "slow down", "every", 5, 0, 2)),
        ("500 rate 0.2", ResponseSpec(500, None, "rate", 0.2)),
        ("200 after 3s", ResponseSpec(200, None, None, 0, 3)),
        ("200 drip 3s:slow", ResponseSpec(200, "slow", drip_s=3)),
        ("hang every 2", ResponseSpec(None, None, "every", 2, ending="hang")),
        ("reset", ResponseSpec(None, ending="reset")),
        ("302 header Location=/x header X-A=1:no", ResponseSpec(302, "no", headers=(("Location", "/x"), ("X-A", "1")))),
        ("503 first 1 after 0.5s retry-after 10", ResponseSpec(503, None, "first", 1, 0.5, 10)),
    ],
)
def test_forms(text: str, spec: ResponseSpec) -> None:
    assert parse_response(text) == spec


REFUSED = [
    *("", "ok", "199", "600", "2000", "503 first", "503 first 0", "503 first 1.5", "500 rate 2", "500 rate 0"),
    *("200 drip 9999s", "200 header X=a b", "200 header X", "hanging", "200 header X=\r\ny"),
    *("200 after 9999s", "503  first 3", "٢٠٠"),
]


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_none(text: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 (the text itself is the message)
        parse_response(text)
    assert str(caught.value) == text


def test_when_it_holds() -> None:
    def held(text: str, count: int = 10) -> list[int]:
        spec = parse_response(text)
        return [number for number in range(1, count + 1) if spec.holds(number)]

    assert held("503 first 3") == [1, 2, 3]
    assert held("503 every 4") == [4, 8]
    assert held("200") == list(range(1, 11))
    assert held("500 rate 1") == list(range(1, 11))
    assert held("500 rate 0.3", 1000) == held("500 rate 0.3", 1000)
    assert 200 < len(held("500 rate 0.3", 1000)) < 400


@given(st.text(max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        spec = parse_response(text)
    except ValueError:
        return
    assert spec.ending in {"hang", "reset"} if spec.status is None else 200 <= spec.status <= 599
