"""The one door for text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from textual.app import App, ComposeResult

from tests.support.screen import screen_block
from tests.support.shared import shared_json
from webhook_inspector.tui import base, theme
from webhook_inspector.tui.safe import (
    Line,
    Piece,
    PlainInput,
    PlainLabel,
    cells,
    clean,
    fit,
    fit_middle,
    fit_right,
    spread,
    toast,
)
from webhook_inspector.tui.widgets.rows import Rows

HOSTILE = (
    "a [/] b",
    "[@click=app.bell]press[/]",
    "[bold",
    "\x1b]0;PWNED\x07",
    "\x9b31m",
    "\x00\x07\x0e\x7f",
    "\u202egnp.exe",
    "\ud800 lone",
    "a\u2028b",
    "\u0301\u0301\u0301\u0301\u0301",
    "❤️",
    "日本語",
)


def is_safe(text: str) -> bool:
    return not any(
        ord(c) < 32 or 0x7F <= ord(c) < 0xA0 or 0xD800 <= ord(c) < 0xE000 or c in "\u202e\u2028" for c in text
    )


@given(st.text(), st.integers(0, 60))
@settings(max_examples=100)
def test_fitting_is_exact_and_safe(text: str, width: int) -> None:
    for made in (fit(text, width), fit_right(text, width), fit_middle(text, width)):
        assert cells(made) == width
        assert is_safe(made)


@given(st.text(), st.text(), st.integers(1, 60))
@settings(max_examples=100)
def test_lines_are_cut_and_spread_to_the_cell(left: str, right: str, width: int) -> None:
    line = Line.of(("ok", left), ("bad", right))
    assert line.cut(width).width <= width
    assert line.pad(width).width == width
    assert spread(Line.of(left), Line.of(right), width).width == width
    assert is_safe(line.text)


def test_what_stands_for_a_control_is_told_from_the_same_words() -> None:
    line = Line.captured("a\x1bb <U+202E> \u202e")
    assert [(piece.text, piece.role) for piece in line.pieces] == [
        ("a", "text"),
        ("␛", "escaped"),
        ("b <U+202E> ", "text"),
        ("<U+202E>", "escaped"),
    ]


def test_both_ends_stay() -> None:
    assert fit_middle("customer.subscription.deleted", 15) == "custome…deleted"


@pytest.mark.parametrize("action", ["app.bell\n", "x(y", "[x]", "run('a[')", ""])
def test_an_action_that_is_not_ours_is_refused(action: str) -> None:
    with pytest.raises(ValueError, match="not an action"):
        Piece("x", action=action)


class Shelf(App[None]):
    def __init__(self, words: str) -> None:
        super().__init__()
        self.words = words
        for made in theme.THEMES:
            self.register_theme(made)
        self.theme = theme.DARK_NAME

    def compose(self) -> ComposeResult:
        yield PlainLabel(self.words)
        yield PlainInput(self.words, placeholder=self.words)
        yield base.Row(lambda _width: Line.of(("bad", self.words)))
        yield Rows([Line.captured(self.words)])

    def on_mount(self) -> None:
        toast(self, self.words, title=self.words)


@pytest.mark.parametrize("words", HOSTILE)
async def test_hostile_words_are_only_words(words: str) -> None:
    app = Shelf(words)
    async with app.run_test(size=(80, 24), notifications=True, tooltips=True) as pilot:
        await pilot.pause()
        shown = screen_block(app)
        assert is_safe(shown.replace("\n", ""))
        assert shown.count(clean(words)[:8].strip()) >= 3
        assert app.query_one(PlainInput).value == clean(words)


async def test_a_paste_becomes_visible() -> None:
    app = Shelf("")
    async with app.run_test() as pilot:
        field = app.query_one(PlainInput)
        field.focus()
        field.insert_text_at_cursor("x\x1b]52;c;AA\x07")
        await pilot.pause()
        assert field.value == "x␛]52;c;AA␇"


async def test_attack_corpus_is_only_words() -> None:
    items: list[Mapping[str, Any]] = shared_json("corpora/own/terminal/attacks.json")["items"]
    for item in items:
        assert is_safe(clean(item.get("text", "")))
        assert is_safe(Line.captured(item.get("text", "")).text)


@pytest.mark.parametrize(
    ("env", "name"),
    [
        ({"TERM": "xterm"}, theme.ANSI_NAME),
        ({"TERM": "xterm-256color"}, theme.DARK_NAME),
        ({"TERM": "xterm", "COLORTERM": "truecolor"}, theme.DARK_NAME),
        ({"TERM": "xterm-256color", "NO_COLOR": ""}, theme.ANSI_NAME),
        ({"TEXTUAL_COLOR_SYSTEM": "standard", "COLORTERM": "truecolor"}, theme.ANSI_NAME),
    ],
)
def test_few_colours_mean_the_terminals_own(env: dict[str, str], name: str) -> None:
    assert theme.default_theme(env) == name


def _luminance(color: str) -> float:
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("colors", [theme.DARK, theme.LIGHT, theme.CONTRAST])
def test_words_stand_out_from_their_ground(colors: theme.Colors) -> None:
    for ground in (colors.ground, colors.raised, colors.selected):
        for color in (colors.text, colors.dim, colors.accent, colors.ok, colors.bad, colors.warn, colors.name):
            low, high = sorted((_luminance(ground), _luminance(color)))
            assert (high + 0.05) / (low + 0.05) >= 3.7


def test_every_role_has_a_style_everywhere() -> None:
    for palette in (theme.Palette(theme.DARK), theme.Palette(None), theme.Palette(None, mono=True)):
        for role in theme.ROLES:
            for ground in theme.GROUNDS:
                assert palette.style(role, ground) is not None


@pytest.mark.parametrize("name", [theme.DARK_NAME, theme.ANSI_NAME, "nord", "textual-light", "ansi-dark"])
async def test_any_theme_can_be_used(name: str) -> None:
    app = Shelf("words")
    async with app.run_test() as pilot:
        app.theme = name
        await pilot.pause()
        assert "words" in screen_block(app)
