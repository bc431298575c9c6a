"""Figures of the rows, as lines of JSON in the file that `TORTURE_RESULTS` names."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

FILE_VARIABLE = "TORTURE_RESULTS"


def record(row: str, *, caught: bool | None = None, **figures: float | str) -> None:
    """Note what a test of a row measured, at its end; nothing is written where no file is named.

    Over the records of a row whole numbers are added up, of fractions the largest is kept, of texts each once. An
    underscore in a name is shown as a space: `record("D1", kills=200, acknowledged=41728, lost=0)`.

    Args:
        row: As in `tests.torture.rows`.
        caught: Whether the test failed on the broken variant, from the test that runs it.
        figures: What was counted (int) or measured (float; its unit belongs into the name).

    Raises:
        AssertionError: The broken variant was not caught.
    """
    assert caught is not False, f"the broken variant of {row} was not caught"
    write({"row": row, "caught": caught, "figures": figures})


def write(line: Mapping[str, Any]) -> None:
    """One line, in one system call: workers share the file."""
    path = os.environ.get(FILE_VARIABLE)
    if path is None:
        return
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(handle, json.dumps(line).encode() + b"\n")
    finally:
        os.close(handle)
