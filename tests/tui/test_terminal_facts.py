"""What the app makes of a terminal: colours, ASCII, the ground it tells, and where it cannot be shown at all."""

from __future__ import annotations

import os
import select
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual._xterm_parser import XTermParser
from textual.constants import ESCAPE_DELAY
from textual.events import Key
from textual.keys import _character_to_key

from tests.support.patience import PATIENCE_S
from tests.support.pty_app import PtyApp
from webhook_inspector.errors import ConfigError
from webhook_inspector.tui import theme
from webhook_inspector.tui.ground import Ground, Question, asked, is_light
from webhook_inspector.tui.late_answer import WATCHED_S, LateAnswer
from webhook_inspector.tui.terminal import draws_ascii

needs_pty = pytest.mark.skipif(sys.platform == "win32", reason="no pseudo terminals there")
TRUE = {"COLORTERM": "truecolor"}
THERE = {made.name for made in theme.THEMES} | {"nord"}


@pytest.mark.parametrize(
    ("answer", "light"),
    [
        (b"\x1b]11;rgb:ffff/ffff/ffff\x1b\\\x1b[?62;4c", True),
        (b"\x1b]11;rgb:fb/fb/f9\x07", True),
        (b"\x1b]11;rgba:1414/1616/1b1b/ffff\x1b\\", False),
        (b"\x1b]11;rgb:0/0/0\x07", False),
        (b"keys typed early\x1b]11;rgb:0000/2b2b/3636\x07", False),
        (b"\x1b[?1;2c", None),
        (b"\x1b]11;?\x07", None),
        (b"", None),
    ],
)
def test_the_answer_of_a_terminal(answer: bytes, light: bool | None) -> None:
    assert is_light(answer) is light


@given(st.binary(max_size=60))
def test_garbage_is_no_answer(data: bytes) -> None:
    assert is_light(data) in {None, True, False}
    assert is_light(b"\x1b]11;rgb:" + data.replace(b"/", b"")) is None


@contextmanager
def terminal(play: Callable[[bytes], bytes]) -> Iterator[int]:
    """The inner side of a pseudo terminal whose outer side answers a question."""
    import pty

    outer, inner = pty.openpty()

    def answer() -> None:
        said = play(os.read(outer, 100))
        if said:
            os.write(outer, said)

    thread = threading.Thread(target=answer)
    thread.start()
    try:
        yield inner
    finally:
        thread.join(PATIENCE_S)
        os.close(outer)
        os.close(inner)


@needs_pty
@pytest.mark.parametrize("said", [b"\x1b]11;rgb:ffff/ffff/ffff\x1b\\\x1b[?62c", b"\x1b[?1;2c", b"", b"\xff\x00" * 9])
def test_the_question_leaves_the_terminal_as_it_was(said: bytes) -> None:
    import termios

    questions: list[bytes] = []

    def play(question: bytes) -> bytes:
        questions.append(question)
        return said

    with terminal(play) as inner:
        before = termios.tcgetattr(inner)
        with Question(inner, inner, PATIENCE_S if said.endswith(b"c") else 0.3) as question:
            assert not termios.tcgetattr(inner)[3] & termios.ECHO, "an answer is not shown"
            answer = question.hear()
            assert termios.tcgetattr(inner) == before
            assert question.hear() == answer, "it is heard once"
        assert termios.tcgetattr(inner) == before
    assert questions == [b"\x1b]11;?\x1b\\\x1b[c"]
    assert answer.startswith(said[:1])
    assert is_light(answer) is (True if b"ffff" in said else None)


def test_what_is_no_terminal_is_not_asked(tmp_path: Path) -> None:
    with (tmp_path / "file").open("w+b") as file, pytest.raises(OSError, match="ioctl"):
        Question(file.fileno(), file.fileno())
    with asked({"SSH_TTY": "/dev/pts/1"}) as question:
        assert question is None


@needs_pty
def test_what_came_while_the_app_was_loaded_is_heard_when_the_time_is_over() -> None:
    come = threading.Event()

    def play(question: bytes) -> bytes:
        come.set()
        return b"\x1b]11;rgb:ffff/ffff/ffff\x1b\\\x1b[?62c"

    with terminal(play) as inner, Question(inner, inner, limit_s=0.0) as question:
        assert come.wait(PATIENCE_S)
        assert select.select([inner], [], [], PATIENCE_S)[0]
        assert question.ground() == Ground(light=True)


@needs_pty
def test_a_fault_while_loading_gives_the_terminal_back() -> None:
    import termios

    with terminal(lambda _: b"") as inner:
        before = termios.tcgetattr(inner)
        with pytest.raises(RuntimeError), Question(inner, inner):
            raise RuntimeError
        assert termios.tcgetattr(inner) == before


@needs_pty
def test_after_a_fault_no_answer_is_left_for_the_shell() -> None:
    with terminal(lambda _: b"\x1b[?62c") as inner:
        with pytest.raises(RuntimeError), Question(inner, inner, PATIENCE_S):
            raise RuntimeError
        assert not select.select([inner], [], [], 0)[0]


@pytest.mark.parametrize(
    ("wanted", "env", "encoding", "plain"),
    [
        (None, {}, "utf-8", False),
        (None, {}, "UTF8", False),
        (None, {}, "iso8859-1", True),
        (None, {}, "ascii", True),
        (None, {"LANG": "C"}, "utf-8", True),
        (None, {"LC_ALL": "POSIX", "LANG": "en_US.UTF-8"}, "utf-8", True),
        (None, {"LANG": "C.UTF-8"}, "utf-8", False),
        (False, {"LANG": "C"}, "ascii", False),
        (True, {}, "utf-8", True),
    ],
)
def test_when_ascii_is_drawn(wanted: bool | None, env: dict[str, str], encoding: str, plain: bool) -> None:
    assert draws_ascii(wanted, env, encoding) is plain


@pytest.mark.parametrize(
    ("wanted", "remembered", "env", "light", "found"),
    [
        (None, None, TRUE, None, theme.DARK_NAME),
        (None, None, TRUE, True, theme.LIGHT_NAME),
        (None, None, TRUE, False, theme.DARK_NAME),
        (None, None, {"TERM": "xterm"}, True, theme.ANSI_NAME),
        (None, None, {**TRUE, "NO_COLOR": "1"}, True, theme.ANSI_NAME),
        ("contrast", theme.LIGHT_NAME, TRUE, True, theme.CONTRAST_NAME),
        ("nord", None, TRUE, None, "nord"),
        (None, theme.LIGHT_NAME, TRUE, None, theme.LIGHT_NAME),
        (None, theme.LIGHT_NAME, {**TRUE, "NO_COLOR": ""}, None, theme.ANSI_NAME),
        (None, "gone", TRUE, None, theme.DARK_NAME),
        (None, "light", {"TERM": "xterm"}, None, theme.LIGHT_NAME),
    ],
)
def test_the_first_theme(
    wanted: str | None, remembered: str | None, env: dict[str, str], light: bool | None, found: str
) -> None:
    assert theme.first_theme(wanted, remembered, env, THERE, light=light) == found


def test_a_theme_that_there_is_not_is_one_sentence() -> None:
    for name in (None, "dark", "nord", "contrast"):
        theme.check_theme(name)
    with pytest.raises(ConfigError, match=r"no theme ligth, did you mean light\?"):
        theme.check_theme("ligth")


def start(tmp_path: Path, *arguments: str, env: dict[str, str] | None = None) -> PtyApp:
    home = {"HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path / "state"), **(env or {})}
    return PtyApp(["-m", "webhook_inspector", "--log", str(tmp_path / "x.db"), "--no-listen", *arguments], env=home)


@needs_pty
def test_a_dumb_terminal_gets_one_line(tmp_path: Path) -> None:
    with start(tmp_path, env={"TERM": "dumb"}) as app:
        assert app.wait() == 2
        assert app.output.count(b"\n") == 1
        assert b"\x1b" not in app.output
        assert b"`webhook-inspector listen`" in app.output


@needs_pty
def test_the_cursor_is_shown_when_asked_for_and_the_mouse_left_alone(tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text('[app]\ncursor = "visible"\nmouse = false\nascii = true\n')
    with start(tmp_path, "--config", str(tmp_path / "c.toml")) as app:
        app.until("This log is empty")
        output = bytes(app.output)
        assert output.rindex(b"\x1b[?25h") > output.rindex(b"\x1b[?25l")
        assert b"\x1b[?1000h" not in output
        assert output.isascii()
        app.press("q")
        assert app.wait() == 0
        assert app.restored


@needs_pty
@pytest.mark.parametrize(("ground", "back"), [(b"ffff/ffff/ffff", b"48;2;251;251;249"), (b"0/0/0", b"48;2;20;22;27")])
def test_the_theme_follows_the_ground(tmp_path: Path, ground: bytes, back: bytes) -> None:
    with start(tmp_path) as app:
        app.press(b"\x1b]11;rgb:" + ground + b"\x1b\\\x1b[?62;4c")  # before it is asked for: as soon as can be
        app.until("This log is empty")
        assert back in app.output
        app.press("q")
        assert app.wait() == 0


@needs_pty
def test_an_answer_that_comes_too_late_presses_no_key(tmp_path: Path) -> None:
    with start(tmp_path) as app:
        app.until("This log is empty")
        app.press(b"\x1b]11;rgb:ffff/ffff/ffff\x1b\\\x1b[?62;4;22c", 0.5)
        assert b"not listening" in app.output
        for words in (b"Keys", b"filter", b"deliver to"):  # what `?`, `f` and `4` would have opened
            assert words not in app.output.rpartition(b"This log is empty")[2]
        app.press("q")
        assert app.wait() == 0


def keys_of(data: str) -> list[Key]:
    """What Textual makes of an input."""
    import time

    parser = XTermParser()
    made = list(parser.feed(data))
    time.sleep(ESCAPE_DELAY + 0.02)  # the parser takes a lone escape for a key after this
    return [each for each in [*made, *parser.tick()] if isinstance(each, Key)]


@pytest.mark.parametrize(
    ("data", "left"),
    [
        ("\x1b]11;rgb:ffff/ffff/ffff\x1b\\\x1b[?62;4c", ""),
        ("\x1b]11;rgb:ff/ff/ff\x07", ""),
        ("\x1b]11;rgb:ffff/ffff/ffff\x1b\\jk\x1b[?1;2cr", "jkr"),
        ("\x1b[?62;1;2;4;6;9;15;16;17;18;21;22;28c", ""),
        ("jkr]1x[?x^", "jkr]1x[?x"),
        ("q]11;rgz", "q]11;rgz"),
    ],
)
def test_what_is_no_answer_goes_on_in_its_order(data: str, left: str) -> None:
    late = LateAnswer(lambda: 0.0)
    assert "".join(key.character or "" for event in keys_of(data) for key in late.pass_on(event)) == left


@given(st.text(st.sampled_from("^]1;rgb:/f[?c\\jx")))
def test_after_a_moment_every_key_goes_on(text: str) -> None:
    clock = iter([0.0])
    late = LateAnswer(lambda: next(clock, WATCHED_S + 1))
    keys = [Key(_character_to_key(char), char) for char in text]
    assert [each for key in keys for each in late.pass_on(key)] == keys


@needs_pty
def test_wrong_settings_are_one_sentence_before_the_screen(tmp_path: Path) -> None:
    for text, words in (
        ('[app]\ntheme = "drak"', "did you mean dark?"),
        ('[app]\ncursor = "blink"', 'must be "hidden" or "visible"'),
        ('[app]\nascii = "yes"', "must be true or false"),
        ('[keys]\nreplay = "d"', "is the key of diff"),
    ):
        (tmp_path / "c.toml").write_text(text)
        with start(tmp_path, "--config", str(tmp_path / "c.toml")) as app:
            assert app.wait() == 2
            assert words.encode() in app.output.replace(b"\r\n", b" ")
            assert b"\x1b[?1049h" not in app.output
            assert app.restored
