"""Every view and its states as text, at 80x24, 120x36 and 200x50: what must be there, and that nothing is cut off."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from rich.cells import cell_len

from tests.support.screen import screen_text, settle
from tests.tui.scenarios import STATES, Stage, shown
from tests.tui.views_table import HEAD, LOOKS, SIZES, Look, Row
from webhook_inspector.tui.base import StatusLine
from webhook_inspector.tui.safe import Line
from webhook_inspector.tui.theme import Palette


@pytest.fixture
def cut_off(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Lines that a widget gave to be drawn in less room than they need: they lose their end without a mark."""
    found: list[str] = []
    drawn = Palette.strip

    def strip(self: Palette, line: Line, width: int, ground: str = "ground", *, skip: int = 0) -> object:
        if not skip and width and cell_len(line.text.rstrip()) > width:
            found.append(f"{line.text!r} in {width}")
        return drawn(self, line, width, ground, skip=skip)

    monkeypatch.setattr(Palette, "strip", strip)
    return found


def hidden(stage: Stage) -> Iterator[str]:
    """Rows of widgets whose end lies under a scrollbar."""
    for widget in stage.app.screen.query("*"):
        if not widget.display or not widget.show_vertical_scrollbar or not widget.region.width:
            continue
        room = widget.region.width - widget.scrollbar_size_vertical
        for y in range(widget.region.height):
            text = widget.render_line(y).text.rstrip()
            if cell_len(text) > room:
                yield f"{text!r} in {room}"


def missing(rows: list[str], wanted: tuple[Row, ...]) -> list[str]:
    """What is not where it must be."""
    lost = []
    for place, pattern in wanted:
        there = rows if place is None else [rows[place]]
        if not any(re.search(pattern, row) for row in there):
            lost.append(f"row {place}: {pattern}")
    return lost


def touching(rows: list[str], look: Look) -> list[str]:
    """Rows of a table in which a column runs into the one beside it."""
    top = next(number for number, row in enumerate(rows) if row.startswith(look.columns))
    end = rows[top].find("│")
    head = rows[top][: end if end > 0 else None]
    names = [(match[0], *match.span()) for match in re.finditer(r"[A-Z]{2,}( ✗| ON TO| SEEN)?", head)]
    bad = []
    for row in rows[top + 1 :]:
        if re.search(look.ends, row):
            break
        for name, start, stop in names:
            at = stop if name in look.right else start - 1
            if at < len(row) and row[at] not in " │▌":
                bad.append(f"{name} at {at} of {row!r}")
    return bad


def check(stage: Stage, state: str, size: str) -> list[str]:
    """What is wrong with a state at a size."""
    look, (width, height) = LOOKS[state], SIZES[size]
    rows = screen_text(stage.app)
    wanted = look.rows + look.at.get(size, ())
    if look.main and size != "narrow":
        wanted += ((0, HEAD),)
    wrong = missing(rows, wanted)
    strips = stage.app.screen._compositor.render_strips()
    wrong += [f"row {n} has {s.cell_length} cells" for n, s in enumerate(strips) if s.cell_length != width]
    if len(strips) != height:
        wrong.append(f"{len(strips)} rows")
    at = 0
    for key in look.keys:
        found = rows[-1].find(key, at)
        if found < 0:
            wrong.append(f"key {key!r} in {rows[-1]!r}")
        at = max(at, found)
    if look.columns:
        wrong += touching(rows, look)
    return wrong + list(hidden(stage))


@pytest.mark.parametrize("state", LOOKS)
async def test_a_view_as_text(state: str, tmp_path: Path, cut_off: list[str]) -> None:
    async with shown(replace(STATES[state], size=SIZES["narrow"]), tmp_path) as stage:
        for status in stage.app.screen.query(StatusLine):
            if status._timer is not None:
                status._timer.pause()  # what was said stays, however long the sizes take
        for name, size in SIZES.items():
            await stage.resize(size)
            cut_off.clear()  # what was drawn on the way to this size
            for widget in stage.app.screen.query("*"):
                widget.refresh()
            await settle(stage.pilot)
            wrong = check(stage, state, name) + cut_off
            assert not wrong, f"{name}\n" + "\n".join([*wrong, *screen_text(stage.app)])


async def test_a_terminal_that_is_too_small_says_so(tmp_path: Path) -> None:
    async with shown(STATES["too-small"], tmp_path) as stage:
        rows = screen_text(stage.app)
        assert rows[0] == "60×16 needed, now 52×14; capture goes on"
        assert not any(rows[1:])


def test_every_state_is_looked_at() -> None:
    assert {*STATES} - {*LOOKS} == {"too-small"}


async def test_text_under_a_scrollbar_and_text_without_room_are_caught(tmp_path: Path, cut_off: list[str]) -> None:
    from webhook_inspector.tui.widgets.rows import Rows

    async with shown(replace(STATES["export"], size=SIZES["narrow"]), tmp_path) as stage:
        formats = stage.app.screen.query_one("#formats", Rows)
        assert not list(hidden(stage))
        formats.GUTTER = 0  # room for the edge of the selection is forgotten
        assert list(hidden(stage))
        Palette(None).strip(Line.of("x" * 81), 80)
        assert cut_off
