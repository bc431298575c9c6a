from __future__ import annotations

import pytest

from webhook_inspector.core import units


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 KB"),
        (1_912, "1.9 KB"),
        (999_960, "1.0 MB"),
        (12_400_000, "12.4 MB"),
        (3_000_000_000, "3.0 GB"),
    ],
)
def test_size(number: int, text: str) -> None:
    assert units.size(number) == text


@pytest.mark.parametrize(
    ("ms", "text"),
    [
        (0, "0 ms"),
        (38.4, "38 ms"),
        (999.6, "1.0 s"),
        (2_400, "2.4 s"),
        (60_000, "1 min"),
        (185_000, "3 min 5 s"),
        (3_600_000, "1 h"),
        (7_800_000, "2 h 10 min"),
    ],
)
def test_duration(ms: float, text: str) -> None:
    assert units.duration(ms) == text


def test_counts_take_a_space_between_thousands() -> None:
    assert units.count(9871) == "9 871"
    assert units.plural(1, "copy", "copies") == "1 copy"
    assert units.plural(2, "copy", "copies") == "2 copies"
    assert units.plural(1200, "request") == "1 200 requests"
