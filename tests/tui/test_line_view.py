"""The windowed viewer: folding, wrapping, searching, whatever the lines are."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from textual.app import App, ComposeResult

from tests.support.factories import make_request
from tests.support.screen import screen_text, settle
from webhook_inspector.bodies import render
from webhook_inspector.tui import theme
from webhook_inspector.tui.safe import Line
from webhook_inspector.tui.widgets.documents import BodyDocument, FixedDocument, JoinedDocument, RawDocument
from webhook_inspector.tui.widgets.line_view import LineView
from webhook_inspector.tui.widgets.wrapping import part, wrap_at


class Shelf(App[None]):
    def __init__(self, document: Any) -> None:
        super().__init__()
        self.document = document
        for made in theme.THEMES:
            self.register_theme(made)
        self.theme = theme.DARK_NAME

    def compose(self) -> ComposeResult:
        yield LineView()

    def on_mount(self) -> None:
        self.view.focus()
        self.view.set_document(self.document)

    @property
    def view(self) -> LineView:
        return self.query_one(LineView)


def body(text: str) -> BodyDocument:
    return BodyDocument(render(make_request(text.encode())))


NESTED = '{"a":{"b":[1,2,3],"c":null},"d":"x","e":{"f":1}}'


async def test_blocks_close_and_open() -> None:
    app = Shelf(body(NESTED))
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.pause()
        opened = screen_text(app)
        assert opened[1].strip() == '▾ "a": {'
        await pilot.press("j", "h")
        closed = screen_text(app)
        assert '▸ "a": { 2 keys }' in closed[1]
        assert closed[2].strip() == '"d": "x",'
        await pilot.press("j", "j", "enter")
        assert '▸ "e": { 1 key }' in screen_text(app)[3]
        await pilot.press("g", "h")
        assert "3 keys" in screen_text(app)[0]
        assert screen_text(app)[1] == ""
        await pilot.press("l", "j", "l")
        assert '▾ "a": {' in screen_text(app)[1]


async def test_a_match_inside_a_closed_block_opens_it() -> None:
    app = Shelf(body(NESTED))
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.press("h")
        app.view.search("null")
        await settle(pilot)
        assert '"c": null' in screen_text(app)[app.view.cursor]
        assert app.view.document.path(app.view.cursor) == "$.a.c"


async def test_left_on_a_plain_line_goes_to_the_block_around_it() -> None:
    app = Shelf(body(NESTED))
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.press("j", "j", "j", "h")
        assert app.view.cursor == 2
        await pilot.press("h", "h")
        assert app.view.cursor == 1


async def test_search_goes_round_and_says_when_nothing_is_there() -> None:
    app = Shelf(FixedDocument([Line.of(f"line {n % 10}") for n in range(50)]))
    async with app.run_test(size=(60, 12)) as pilot:
        app.view.search("LINE 7")
        await settle(pilot)
        assert app.view.cursor == 7
        for wanted in (17, 27, 37, 47, 7):
            await pilot.press("n")
            await settle(pilot)
            assert app.view.cursor == wanted
        await pilot.press("N")
        await settle(pilot)
        assert app.view.cursor == 47
        app.view.search("absent")
        await settle(pilot)
        assert app.view.cursor == 47


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(1, 30)), max_size=12), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_rows_and_lines_agree_whatever_is_closed(blocks: list[tuple[int, int]], rng: random.Random) -> None:
    total = 100
    folds = {start: min(start + length, total - 1) for start, length in blocks}
    view = LineView()
    view._document = FixedDocument([Line.of(str(n)) for n in range(total)], folds=folds)
    view._wrap_asked = True  # not wrapped
    view._shut = {start for start in folds if rng.random() < 0.6}
    view._lay_out()
    # A block that starts inside a closed one is hidden with it; what it holds beyond stays visible.
    hidden: set[int] = set()
    covered = -1
    for start in sorted(view._shut):
        if start > covered:
            hidden.update(range(start + 1, folds[start] + 1))
            covered = folds[start]
    visible = [line for line in range(total) if line not in hidden]
    assert view._rows == len(visible)
    assert [view._line_of(row) for row in range(len(visible))] == visible
    assert [view._row_of(line) for line in visible] == list(range(len(visible)))


@given(st.text(min_size=0, max_size=300), st.integers(12, 80))
@settings(max_examples=100, deadline=None)
def test_wrapping_loses_nothing(text: str, room: int) -> None:
    line = Line.captured(text)
    starts = wrap_at(line.text, room)
    assert starts == sorted(set(starts))
    rows = [part(line, start, end) for start, end in zip(starts, [*starts[1:], None], strict=True)]
    assert "".join(row.text for row in rows) == line.text


async def test_long_lines_are_wrapped_on_demand_and_cut_at_a_limit() -> None:
    app = Shelf(body('{"long":"' + "x" * 5000 + '"}'))
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.pause()
        assert screen_text(app)[1].endswith("…")
        await pilot.press("w")
        text = screen_text(app)
        assert sum("xxxx" in row for row in text) > 10
        await pilot.press("G")
        assert any("more characters" in row for row in screen_text(app))


async def test_notes_stand_above_the_body() -> None:
    app = Shelf(body('{"a": 1'))
    async with app.run_test(size=(80, 20)) as pilot:
        await pilot.pause()
        assert screen_text(app)[0].startswith("▌  ! ")


@pytest.mark.parametrize("data", [b"", b"\n", b"a", b"a\nb", b"a\r\nb\r\n", b"\xff\xfe\n\x00", b"\n\n\n"])
def test_raw_lines_are_the_bytes(data: bytes) -> None:
    document = RawDocument(data)
    lines = [document._bytes(n) for n in range(len(document))]
    assert b"\n".join(lines) + (b"\n" if data.endswith(b"\n") else b"") == data
    for n in range(len(document)):
        assert document.line(n, folded=False).text.isprintable()
        assert document.about(n).width


def test_joined_documents_are_one_after_another() -> None:
    first, second = FixedDocument([Line.of("a"), Line.of("b")], folds={0: 1}), body(NESTED)
    joined = JoinedDocument(first, FixedDocument([]), second)
    assert len(joined) == 2 + len(second)
    assert joined.plain(1) == "b"
    assert joined.fold_end(0) == 1
    assert joined.fold_end(2) == 2 + (second.fold_end(0) or 0)
    assert joined.path(4) == second.path(2)
    assert joined.value(4) == second.value(2)


async def test_a_large_body_opens_at_once(tmp_path: Path) -> None:
    text = "[" + ",".join(f'{{"n":{n},"s":"value {n}"}}' for n in range(60_000)) + "]"
    app = Shelf(body(text))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("G")
        assert app.view.cursor == len(app.document) - 1
        await pilot.press("g", "h")
        assert "60 000 elements" in screen_text(app)[0]
