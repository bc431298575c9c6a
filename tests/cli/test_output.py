"""Stdout: safe, exact, flushed, quiet when the reader leaves."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import webhook_inspector
from tests.cli.support import has_raw_control
from tests.support.patience import PATIENCE_S
from webhook_inspector.cli.output import Output, OutputClosedError, Styled, json_line
from webhook_inspector.errors import UsageError

ROOT = Path(webhook_inspector.__file__).parents[1]


class Terminal(io.TextIOWrapper):
    def isatty(self) -> bool:
        return True


def terminal(monkeypatch: pytest.MonkeyPatch, encoding: str = "utf-8") -> io.BytesIO:
    buffer = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", Terminal(buffer, encoding=encoding))
    return buffer


@given(
    st.text(max_size=60) | st.text(st.characters(categories=["Cc", "Cf", "Cs", "Co", "Zl", "Zp", "Mn"]), max_size=30)
)
@settings(max_examples=100)
def test_json_is_safe_and_means_the_same(text: str) -> None:
    line = json_line({"a": text, text: [text]})
    assert json.loads(line) == {"a": text, text: [text]}
    for char in line:
        assert unicodedata.category(char)[0] != "C"
        assert unicodedata.category(char) not in {"Zl", "Zp"}
    line.encode("utf-8")


def test_json_keeps_readable_text_readable() -> None:
    assert json_line({"a": "é漢✓"}) == '{"a":"é漢✓"}'


@given(st.lists(st.text(st.characters(), max_size=20), max_size=4))
@settings(max_examples=100)
@example(["\u2427\u245f"])
def test_lines_are_safe(pieces: list[str]) -> None:
    buffer = io.BytesIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdout", io.TextIOWrapper(buffer, encoding="utf-8"))
        out = Output({})
        out.line(*pieces, Styled("x", "ok"))
        data = buffer.getvalue()
    assert data.count(b"\n") == 1
    assert not has_raw_control(data)


def test_colour_only_on_a_terminal_that_wants_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.name", "posix")
    for env, coloured in (({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True), ({"TERM": "dumb"}, False)):
        buffer = terminal(monkeypatch)
        Output(env).line(Styled("ok", "ok"), " \x1b[31mfake")
        expected = b"\x1b[32mok\x1b[0m" if coloured else b"ok"
        assert buffer.getvalue() == expected + " ␛[31mfake\n".encode()


def test_glyphs_become_words_where_the_encoding_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    buffer = terminal(monkeypatch, "ascii")
    Output({"NO_COLOR": "1"}).line("✓ é → …")
    Output({"NO_COLOR": "1"}).line("▁▂▃▄▅▆▇")
    assert buffer.getvalue() == b"ok ? -> ...\n_.-=+*#\n"


@pytest.mark.parametrize("data", [b"a\x1b[2J", b"\xff", b"\x00", "\u202e".encode(), b"\xc2\x9b", b"a\rb"])
def test_raw_bytes_that_a_terminal_obeys_are_refused_there(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    buffer = terminal(monkeypatch)
    with pytest.raises(UsageError, match="> FILE"):
        Output({}).raw(data, what="body")
    assert buffer.getvalue() == b""


def test_raw_bytes_are_exact(monkeypatch: pytest.MonkeyPatch) -> None:
    buffer = terminal(monkeypatch)
    Output({}).raw("é\t漢\n".encode(), what="body")
    assert buffer.getvalue() == "é\t漢\n".encode()
    buffer = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(buffer, encoding="ascii"))
    every = bytes(range(256))
    Output({}).raw(every, what="body")
    assert buffer.getvalue() == every


def test_a_closed_pipe_ends_quietly() -> None:
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-m", "webhook_inspector", "completion", "bash"]
    done = subprocess.run(command, stdout=write, stderr=subprocess.PIPE, cwd=ROOT, check=False, timeout=PATIENCE_S)
    os.close(write)
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_write_after_the_reader_left_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w", encoding="utf-8") as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        out = Output({})
        with pytest.raises(OutputClosedError):
            out.line("x")
        out.line("nothing happens any more")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["config", "show"]])
def test_a_full_disk_is_one_sentence(arguments: list[str]) -> None:
    command = [sys.executable, "-m", "webhook_inspector", *arguments]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, cwd=ROOT, check=False, timeout=PATIENCE_S)
    assert done.returncode == 3
    assert done.stderr == b"webhook-inspector: stdout cannot be written (No space left on device).\n"
