from __future__ import annotations

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhook_inspector.adapters.app_memory import MAX_BYTES, AppMemory, Remembered


def test_what_is_kept_is_there_in_the_next_run(tmp_path: Path) -> None:
    path = tmp_path / "state" / "app.json"
    AppMemory(path).keep_theme("inspector-light")
    AppMemory(path).keep_layout("wide", "stacked")
    AppMemory(path).keep_layout("narrow", "list")
    assert AppMemory(path).read() == Remembered("inspector-light", {"wide": "stacked", "narrow": "list"})
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert list(path.parent.iterdir()) == [path]


def test_without_a_file_it_is_kept_for_this_run() -> None:
    memory = AppMemory(None)
    memory.keep_theme("x")
    memory.keep_layout("wide", "list")
    assert memory.read() == Remembered("x", {"wide": "list"})
    assert AppMemory(None).read() == Remembered()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        "\0",
        '{"format": "other", "version": 1}',
        '{"format": "webhook-inspector-app", "version": 2, "theme": "x"}',
        "[" * 100_000,
        '{"format": "webhook-inspector-app", "version": 1, "theme": "' + "x" * MAX_BYTES + '"}',
    ],
)
def test_a_file_that_is_something_else_counts_as_none_and_is_replaced(tmp_path: Path, text: str) -> None:
    path = tmp_path / "app.json"
    path.write_text(text)
    assert AppMemory(path).read() == Remembered()
    AppMemory(path).keep_theme("inspector-dark")
    assert AppMemory(path).read().theme == "inspector-dark"


def test_parts_of_another_kind_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "app.json"
    path.write_text('{"format": "webhook-inspector-app", "version": 1, "theme": 7, "layouts": {"a": 1, "b": "c"}}')
    assert AppMemory(path).read() == Remembered(None, {"b": "c"})
    path.write_text('{"format": "webhook-inspector-app", "version": 1, "layouts": [1]}')
    assert AppMemory(path).read() == Remembered()


@given(st.binary(max_size=200))
def test_any_bytes_are_read_as_something(data: bytes) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "app.json")
        path.write_bytes(data)
        assert isinstance(AppMemory(path).read(), Remembered)


def test_a_place_that_cannot_be_written_is_left(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    memory = AppMemory(tmp_path / "file" / "app.json")
    memory.keep_theme("inspector-light")
    assert memory.read() == Remembered()
    folder = tmp_path / "folder.json"
    folder.mkdir()
    AppMemory(folder).keep_theme("x")
    assert folder.is_dir()
