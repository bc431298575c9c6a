"""Reference data that lies beside a developer's checkout; tests that use it skip where it is absent."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

SHARED = Path(__file__).resolve().parents[2].parent / "shared"


def shared_path(relative: str) -> Path:
    """A file of the reference data; skips the test when it is not there."""
    path = SHARED / relative
    if not path.exists():
        pytest.skip("the reference data is not here")
    return path


def shared_json(relative: str) -> Any:
    return json.loads(shared_path(relative).read_text(encoding="utf-8"))


def shared_jsonl(relative: str) -> list[Any]:
    lines = shared_path(relative).read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines if line.strip()]
