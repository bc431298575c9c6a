"""Every promise of the README names its proof, every proof that is named exists, and the limits are named too."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.architecture.readme import README

TEXT = README.read_text(encoding="utf-8")
TESTS = README.parent / "tests"


def rows(title: str, column: str) -> list[str]:
    """The last cells of the table in a section, whose last column has this name."""
    section = TEXT.partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    cells = [line.strip("| ").rpartition(" | ")[2] for line in section.splitlines() if line.startswith("| ")]
    assert cells[0] == column
    return [cell for cell in cells[1:] if set(cell) != {"-"}]


PROMISES = rows("What it promises", "proof")
THREATS = rows("Security", "proof in `tests/`")


def row_names(cell: str) -> Iterator[str]:
    """`rows D4 to D6, S1` as D4, D5, D6, S1."""
    for letter, first, last in re.findall(r"\b([A-Z])(\d+)(?: to [A-Z](\d+))?", cell):
        yield from (f"{letter}{number}" for number in range(int(first), int(last or first) + 1))


def problems(cell: str) -> list[str]:
    """What a cell names that is not there."""
    named = [path.removeprefix("tests/") for path in re.findall(r"`([\w/*.]+(?:\.py|/))`", cell)]
    found = [path for name in named for path in TESTS.glob(name + "**/test_*.py" if name.endswith("/") else name)]
    text = "".join(path.read_text(encoding="utf-8") for path in found)
    missing = [name for name in named if not list(TESTS.glob(name))]
    missing += [name for name in row_names(cell) if f'record("{name}"' not in text]
    return missing if named else ["a test"]


@pytest.mark.parametrize("cell", [*PROMISES, *THREATS])
def test_the_proof_that_is_named_exists(cell: str) -> None:
    assert problems(cell) == []


@pytest.mark.parametrize(
    ("cell", "missing"),
    [
        ("`tests/torture/test_x_exports.py`: rows X3 to X6", ["X6"]),
        ("`tests/net/`: row D4", ["D4"]),
        ("`tests/net/test_gone.py`", ["net/test_gone.py"]),
        ("`torture/test_q*.py`", ["torture/test_q*.py"]),
        ("as everybody knows", ["a test"]),
    ],
)
def test_a_proof_that_is_not_there_is_seen(cell: str, missing: list[str]) -> None:
    assert problems(cell) == missing


@pytest.mark.parametrize(
    "limit",
    [
        "Trailers and chunk extensions",
        "A body of 100 MiB takes",
        "The log is not encrypted",
    ],
)
def test_what_does_not_hold_is_said(limit: str) -> None:
    assert limit in " ".join(TEXT.split())
