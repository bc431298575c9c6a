"""Every format writes the same bytes as before: `python -m tests.export.golden` writes them again."""

from __future__ import annotations

import pytest

from tests.export.golden import FOLDER, made, path_of
from webhook_inspector.export.api import formats


@pytest.mark.parametrize("name", formats())
def test_bytes_are_as_before(name: str) -> None:
    assert made(name) == path_of(name).read_bytes(), "run `python -m tests.export.golden` and look at the difference"


def test_no_file_is_left_over() -> None:
    assert set(FOLDER.iterdir()) == {path_of(name) for name in formats()}


@pytest.mark.parametrize("name", formats())
def test_nothing_secret_is_in_them(name: str) -> None:
    assert b"abcdef123456" not in made(name)
