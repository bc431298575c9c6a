"""The table says what the run said, and nothing of a run that failed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.torture.results import FILE_VARIABLE, record, write
from tests.torture.rows import ROWS
from tests.torture.table import read, table


@pytest.fixture
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "results.jsonl"
    monkeypatch.setenv(FILE_VARIABLE, str(path))
    return path


def test_records_of_a_row_become_one_line(results: Path) -> None:
    record("D1", kills=200, longest_s=0.5, system="ext4")
    record("D1", kills=15, longest_s=1.25, system="ext4")
    record("D1", caught=True)
    record("S1", kills=3)
    head, _, first, second = table(read(results)).splitlines()
    assert head.startswith("| row |")
    assert first == f"| D1 | {ROWS['D1']} | 215 kills, longest: 1.25 s, system: ext4 | caught |"
    assert second.endswith("| 3 kills |  |")


def test_a_variant_that_was_once_not_caught_is_told(results: Path) -> None:
    with pytest.raises(AssertionError, match="the broken variant of D1 was not caught"):
        record("D1", caught=False)
    write({"row": "D1", "caught": False, "figures": {}})
    record("D1", caught=True)
    assert "**not caught**" in table(read(results))


def test_what_was_skipped_is_told(results: Path) -> None:
    write({"skipped": "tests/x.py::y", "reason": "no strace"})
    assert table(read(results)).endswith("Skipped: tests/x.py::y: no strace.")


def test_a_failed_run_gives_no_table(results: Path) -> None:
    record("D1", kills=1)
    write({"failed": "tests/x.py::y"})
    with pytest.raises(ValueError, match="y failed"):
        table(read(results))


def test_nothing_is_written_where_no_file_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(FILE_VARIABLE, raising=False)
    record("D1", kills=1)
