"""Fewer bytes draw the same screen: a terminal emulator is the judge."""

from __future__ import annotations

import pyte
from hypothesis import example, given
from hypothesis import strategies as st

from webhook_inspector.tui.lean import Lean

COLOR = st.one_of(
    st.sampled_from(["39", "49", "31", "42", "97", "104"]),
    st.builds("{};5;{}".format, st.sampled_from(["38", "48"]), st.integers(0, 255)),
    st.builds("{};2;{};{};{}".format, st.sampled_from(["38", "48"]), *(st.integers(0, 255),) * 3),
)
WORD = st.one_of(st.sampled_from(["0", "", "1", "3", "4", "7", "9"]), COLOR)
PIECE = st.one_of(
    st.builds("\x1b[{}m".format, st.lists(WORD, max_size=4).map(";".join)),
    st.text(st.sampled_from("ab ─✓\r\n"), max_size=5),
    st.builds("\x1b[{};{}H".format, st.integers(1, 6), st.integers(1, 20)),
    # What is not known to it: an underline off, a mode, an erased line, a colour of the underline.
    st.sampled_from(["\x1b[24m", "\x1b[?25l", "\x1b[K", "\x1b[2J", "\x1b[58;5;1m", "\x1b[22;23m"]),
)


def screen(writes: list[str]) -> list[list[object]]:
    """Every cell with its look, after these writes."""
    shown = pyte.Screen(20, 6)
    stream = pyte.Stream(shown)
    for text in writes:
        stream.feed(text)
    return [[_seen(shown.buffer[y][x]) for x in range(20)] for y in range(6)]


def _seen(cell: pyte.screens.Char) -> object:
    """A cell without what nobody sees of a blank."""
    marked = cell.underscore or cell.reverse or cell.strikethrough
    return cell if cell.data != " " or marked else (cell.bg,)


@example(["a", "\x1b[6;1H\n\x1b[1;1H"])
@given(st.lists(st.lists(PIECE, max_size=12).map("".join), max_size=6))
def test_the_screen_is_the_same(writes: list[str]) -> None:
    lean = Lean()
    assert screen([lean(text) for text in writes]) == screen(writes)


def test_what_is_set_is_not_set_again() -> None:
    lean = Lean()
    grey = "\x1b[38;2;139;147;163;48;2;20;22;27m"
    first = lean(f"{grey}one\x1b[0m{grey} two\x1b[0m\x1b[1;38;2;1;2;3;48;2;20;22;27m three\x1b[0m")
    assert first == "\x1b[0;38;2;139;147;163;48;2;20;22;27mone two\x1b[1;38;2;1;2;3m three\x1b[0m"


def test_a_write_leaves_the_colours_that_it_was_meant_to_leave() -> None:
    lean = Lean()
    assert lean("\x1b[31mred") == "\x1b[0;31mred"
    assert lean("still") == "still"
    assert lean("\x1b[0m") == "\x1b[39m"
    assert lean("plain") == "plain"
