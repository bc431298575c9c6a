"""Nothing that drives a terminal survives; nothing that can be read is hidden."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from tests.support.shared import shared_json
from webhook_inspector.core import display


def _is_control(char: str) -> bool:
    return unicodedata.category(char) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


@given(st.text(alphabet=st.characters(codec=None), max_size=200))
def test_no_control_character_is_left(text: str) -> None:
    assert not any(_is_control(char) for char in display.one_line(text))


@given(st.text(alphabet=st.characters(codec=None), max_size=200))
def test_lines_hold_no_line_ends(text: str) -> None:
    for line in display.many_lines(text):
        assert not any(_is_control(char) for char in line)


def test_controls_are_shown_not_deleted() -> None:
    assert display.one_line("a\x1b[31mb\x00\x7f\x9b\u202e\ud800\n") == "a␛[31mb␀␡<U+009B><U+202E><U+D800>␊"


def test_plain_text_is_left_alone() -> None:
    for text in ("hello", "[/red] [@click=app.quit]x[/]", "naïve café", "日本語", "emoji 🎉"):
        assert display.one_line(text) == text


def test_show_cuts_with_a_mark() -> None:
    assert display.show(b"x" * 500, limit=10) == "xxxxxxxxx…"
    assert display.show(b"\xff\x1b", limit=50) == "\\xff␛"


def test_marks_do_not_pile_up() -> None:
    assert display.one_line("e" + "\u0301" * 50) == "e" + "\u0301" * 3


def test_every_known_attack_is_made_harmless() -> None:
    for item in shared_json("corpora/own/terminal/attacks.json")["items"]:
        for line in display.many_lines(item["text"]):
            assert not any(_is_control(char) for char in line), item["id"]
