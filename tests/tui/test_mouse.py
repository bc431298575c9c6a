"""The mouse: what is clicked, what is selected, and what ctrl+c then copies."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.events import MouseScrollUp
from textual.widget import Widget

from tests.support.handler import handler
from tests.support.running_app import Running, event, imported, running
from tests.tui.test_result_screen import picky, run_of
from webhook_inspector.tui.replay_form import ReplayForm
from webhook_inspector.tui.screens.result import ResultScreen

ROWS = [event(1), event(2, "charge.failed"), event(3, name="two words, evt_77/a.b-c")]


@pytest.fixture(autouse=True)
def no_clipboards(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TMUX", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)


async def drag(app: Running, widget: Widget | str, start: tuple[int, int], end: tuple[int, int]) -> str | None:
    await app.pilot.mouse_down(widget, offset=start)
    await app.pilot.hover(widget, offset=end)
    await app.pilot.mouse_up(widget, offset=end)
    await app.pilot.pause()
    return app.app.screen.get_selected_text()


def where(app: Running, words: str, *, after: int = 0) -> tuple[int, int]:
    """Column and row of some words on the screen."""
    for y, row in enumerate(app.rows):
        x = row.find(words, after)
        if x >= 0:
            return x, y
    raise AssertionError(f"no {words!r}:\n{app.text}")


async def test_a_drag_over_the_list_selects_text_and_opens_nothing(tmp_path: Path) -> None:
    async with running(tmp_path, ROWS, size=(80, 24)) as app:
        current = app.log.list.current
        x, _ = where(app, "charge.failed")
        assert await drag(app, "#list", (x, 1), (x + 5, 1)) == "charge"
        assert app.log.list.current == current
        assert not app.log.has_class("-open")
        await app.press("ctrl+c")
        await app.until(lambda: app.app.clipboard == "charge")
        assert app.app.screen.get_selected_text() is None


async def test_rows_are_copied_without_their_edge(tmp_path: Path) -> None:
    async with running(tmp_path, ROWS, size=(80, 24)) as app:
        app.log.list.stop_following()
        selected = await drag(app, "#list", (0, 0), (40, 1)) or ""
        first, second = selected.split("\n")
        assert first.strip().startswith(app.rows[2].strip()[:8])
        assert "invoice.paid" in first
        assert "charge" in second
        assert "▌" not in selected


async def test_two_clicks_open_a_row_and_select_no_text(tmp_path: Path) -> None:
    async with running(tmp_path, ROWS) as app:
        await app.pilot.click("#list", offset=(20, 0), times=2)
        await app.quiet()
        assert app.log.list.current == 1
        assert app.log.detail.view.has_focus
        assert app.log.get_selected_text() is None


@pytest.mark.parametrize(
    ("words", "selected"),
    [("evt_77", "evt_77/a.b-c"), ("two", "two"), ("name", "name"), (": ", ":"), ("evt_3", "evt_3")],
)
async def test_two_clicks_select_a_word(tmp_path: Path, words: str, selected: str) -> None:
    async with running(tmp_path, ROWS) as app:
        x, y = where(app, words, after=60)
        view = app.log.detail.view
        await app.pilot.click(view, offset=(x - view.region.x, y - view.region.y), times=2)
        await app.pilot.pause()
        assert app.log.get_selected_text() == selected
        await app.press("ctrl+c")
        await app.until(lambda: app.app.clipboard == selected)


async def test_three_clicks_select_a_line_and_wide_letters_count_as_they_are_drawn(tmp_path: Path) -> None:
    body = '{"id":"evt_1","name":"漢字 Zoë last"}'.encode()
    async with running(tmp_path, [imported(body)]) as app:
        view = app.log.detail.view
        row = next(row for row in range(9) if "name" in (view._drawn_row(row) or view._drawn_row(0)).text)  # type: ignore[union-attr]
        drawn = view._drawn_row(row)
        assert drawn is not None
        column = drawn.width - len('last"') + 1
        await app.pilot.click(view, offset=(column, row), times=2)
        await app.pilot.pause()
        assert app.log.get_selected_text() == "last"
        await app.pilot.click(view, offset=(column, row), times=3)
        await app.pilot.pause()
        assert app.log.get_selected_text() == '  "name": "漢字 Zoë last"'


async def test_a_drag_selects_in_lists_of_other_views(tmp_path: Path) -> None:
    async with running(tmp_path, ROWS) as app:
        await app.press("d")
        x, y = where(app, "data" if "data" in app.text else "name")
        changes = app.app.screen.query_one("#changes")
        assert await drag(app, changes, (x, y - changes.region.y), (x + 4, y - changes.region.y)) in {"data", "name"}
        await app.press("escape", "question_mark")
        x, y = where(app, "replay: plan")
        keys = app.app.screen.query_one("#keys")
        assert await drag(app, keys, (x, y - keys.region.y), (x + 5, y - keys.region.y)) == "replay"


async def test_fold_marks_tabs_heads_and_hints_are_clicked(tmp_path: Path) -> None:
    async with running(tmp_path, [event(1, more={"a": 1})]) as app:
        x, y = where(app, '▾ "more"')
        await app.pilot.click(offset=(x, y))
        await app.quiet()
        assert '"more": { 1 key }' in app.text.replace("▸ ", "").replace("▾ ", "")
        await app.pilot.click(offset=(x, y))
        await app.quiet()
        assert '"a": 1' in app.text
        x, y = where(app, "3 Signature")
        await app.pilot.click(offset=(x + 4, y))
        await app.quiet()
        assert app.log.detail.tab == 3
        x, y = where(app, "TIME")
        await app.pilot.click(offset=(x, y))
        await app.quiet()
        assert "AGE" in app.rows[2]
        await app.press("escape")
        await app.pilot.click(offset=(app.rows[-1].index("f filter"), len(app.rows) - 1))
        await app.quiet()
        assert editing(app)
        await app.pilot.click(offset=(app.rows[-1].index("esc"), len(app.rows) - 1))
        await app.quiet()
        assert not editing(app)
        await app.pilot.click(offset=(1, 1))
        await app.quiet()
        assert editing(app)


async def test_the_wheel_scrolls_without_moving_the_cursor(tmp_path: Path) -> None:
    async with running(tmp_path, [event(number) for number in range(1, 60)], size=(80, 24)) as app:
        top = app.log.list.scroll_offset.y
        app.log.list._on_mouse_scroll_up(_wheel(app.log.list))
        await app.quiet()
        assert app.log.list.scroll_offset.y < top
        assert app.log.list.current == 59


def editing(app: Running) -> bool:
    return app.log.filter_line.editing


def _wheel(widget: Widget) -> MouseScrollUp:
    return MouseScrollUp(widget, 1, 1, 0, -1, 0, False, False, False)


async def test_a_mark_of_the_timeline_tells_what_it_stands_for(tmp_path: Path) -> None:
    async with running(tmp_path, ROWS) as app:
        await app.press("g", "space", "space", "r", "2")
        x, y = where(app, "○")
        await app.pilot.click(offset=(x, y))
        await app.quiet()
        assert "Send " in app.rows[-2]
        assert "copy 2" in app.rows[-2]
        assert "captured at" in app.rows[-2]


async def test_a_mark_of_a_result_goes_to_its_delivery(tmp_path: Path) -> None:
    async with running(tmp_path, ROWS) as app:
        with handler(picky) as target:
            result = run_of(app.inspector, target.url, [1, 2, 3], ReplayForm(7))
        app.app.push_screen(ResultScreen(result))
        await app.quiet()
        screen = app.app.screen
        assert isinstance(screen, ResultScreen)
        assert screen.chosen() == 1
        row = next(row for row in app.rows if "B #2" in row)
        await app.pilot.click(offset=(row.index("200"), app.rows.index(row)))
        await app.quiet()
        assert screen.chosen() == 2
        assert "Send 2" in app.rows[-2]
        assert app.rows[-2].endswith("200")


@pytest.mark.parametrize("times", [2, 3])
async def test_clicks_beside_everything_select_nothing(tmp_path: Path, times: int) -> None:
    async with running(tmp_path, ROWS, size=(200, 40)) as app:
        await app.pilot.click(offset=(150, 30), times=times)
        await app.pilot.click("#views", offset=(80, 0), times=times)
        await app.pilot.click("#panes", offset=(60, 5), times=times)
        await app.pilot.pause()
        assert app.log.get_selected_text() is None


async def test_a_click_beside_everything_clears_what_was_selected(tmp_path: Path) -> None:
    async with running(tmp_path, ROWS) as app:
        assert await drag(app, app.log.detail.view, (5, 1), (12, 1))
        await app.pilot.click("#list", offset=(5, 20))
        await app.quiet()
        assert app.log.get_selected_text() is None
