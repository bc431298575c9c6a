"""How panes stand at each width, what `|` and `z` do about it, and what of it is remembered."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.running_app import Running, event, running
from webhook_inspector.adapters.app_memory import AppMemory
from webhook_inspector.tui.log.layout import LAYOUTS, width_class

ROWS = [event(1), event(2, "charge.failed"), event(3, extra={"a": 1})]


def panes(app: Running) -> set[str]:
    """The panes that can be seen."""
    found = {"list": app.log.list, "detail": app.log.detail, "third": app.log.third}
    return {name for name, widget in found.items() if widget.is_on_screen and widget.region.area and visible(widget)}


def visible(widget: object) -> bool:
    return all(node.display for node in widget.ancestors_with_self if hasattr(node, "display"))  # type: ignore[attr-defined]


def test_classes_of_width() -> None:
    assert [width_class(columns) for columns in (60, 99, 100, 169, 170, 400)] == [
        "narrow",
        "narrow",
        "wide",
        "wide",
        "widest",
        "widest",
    ]
    for layouts in LAYOUTS.values():
        assert len({layout.name for layout in layouts}) == len(layouts)


@pytest.mark.parametrize(
    ("size", "seen"),
    [
        ((60, 16), [{"list"}, {"list", "detail"}]),
        ((99, 24), [{"list"}, {"list", "detail"}]),
        ((100, 30), [{"list", "detail"}, {"list", "detail"}, {"list"}]),
        ((169, 40), [{"list", "detail"}, {"list", "detail"}, {"list"}]),
        (
            (170, 40),
            [
                {"list", "detail", "third"},
                {"list", "detail", "third"},
                {"list", "detail"},
                {"list", "detail"},
                {"list"},
            ],
        ),
    ],
)
async def test_one_key_goes_through_the_layouts_of_a_width(
    tmp_path: Path, size: tuple[int, int], seen: list[set[str]]
) -> None:
    async with running(tmp_path, ROWS, size=size) as app:
        for wanted in [*seen, seen[0]]:
            assert panes(app) == wanted
            widest = max(widget.region.width for widget in (app.log.detail, app.log.third))
            assert widest <= 112
            await app.press("vertical_line")
            assert "| another" in app.rows[-2]
            assert len(app.rows) == size[1]
            assert "? keys" in app.rows[-1]


async def test_the_third_column_follows_the_cursor_and_says_what_it_is_pinned_to(tmp_path: Path) -> None:
    async with running(tmp_path, ROWS, size=(200, 40)) as app:
        assert "│ Signature" in app.rows[2]
        assert "Nothing to check" in app.text
        await app.press("3", "1", "vertical_line")
        assert "│ Shape Δ" in app.rows[2]
        assert "2 changes since #1" in app.text
        await app.press("k")
        assert "The first charge.failed of this source" in app.text
        assert '"id": "evt_2"' in app.text
        assert app.log.list.region.width == 58
        assert app.log.detail.region.width > app.log.third.region.width > 50


async def test_tab_goes_round_the_panes(tmp_path: Path) -> None:
    async with running(tmp_path, ROWS, size=(200, 40)) as app:
        log = app.log
        order = [log.detail.view, log.third.view, log.list]
        for view in order:
            await app.press("tab")
            assert log.focused is view
        for view in [log.third.view, log.detail.view, log.list]:
            await app.press("shift+tab")
            assert log.focused is view
        await app.press("tab", "tab", "vertical_line", "vertical_line")
        assert log.focused is log.detail.view  # the third column is gone


async def test_a_pane_of_three_is_zoomed(tmp_path: Path) -> None:
    async with running(tmp_path, ROWS, size=(200, 40)) as app:
        for keys, alone in ((("z",), "list"), (("tab",), "detail"), (("tab",), "third")):
            await app.press(*keys)
            assert panes(app) == {alone}
            assert "│" not in "".join(app.rows[2:-3])
        await app.press("z")
        assert panes(app) == {"list", "detail", "third"}


async def test_one_pane_on_a_wide_screen_opens_over_the_list(tmp_path: Path) -> None:
    memory = AppMemory(None)
    memory.keep_layout("wide", "list")
    async with running(tmp_path, ROWS, memory=memory) as app:
        assert panes(app) == {"list"}
        assert len(app.rows[2]) <= 111
        await app.press("enter")
        assert panes(app) == {"detail"}
        await app.press("J", "escape")
        assert panes(app) == {"list"}
        await app.press("exclamation_mark", "4")
        assert panes(app) == {"detail"}
        await app.press("q")
        assert panes(app) == {"list"}


async def test_the_choice_is_remembered_for_its_width(tmp_path: Path) -> None:
    path = tmp_path / "state" / "app.json"
    async with running(tmp_path, ROWS, memory=AppMemory(path)) as app:
        await app.press("vertical_line")
        await app.pilot.resize_terminal(180, 40)
        await app.quiet()
        assert panes(app) == {"list", "detail", "third"}
        await app.press("vertical_line")
        await app.pilot.resize_terminal(120, 36)
        await app.quiet()
        assert app.log.has_class("-stacked")
    assert AppMemory(path).read().layouts == {"wide": "stacked", "widest": "shape"}
    second = tmp_path / "second"
    second.mkdir()
    async with running(second, ROWS, memory=AppMemory(path)) as app:
        assert app.log.has_class("-stacked")
        assert app.log.detail.region.y > app.log.list.region.y


@pytest.mark.parametrize("name", ["", "gone", "shape", "\0"])
async def test_a_layout_that_is_not_of_this_width_is_the_usual_one(tmp_path: Path, name: str) -> None:
    memory = AppMemory(None)
    memory.keep_layout("wide", name)
    async with running(tmp_path, ROWS, memory=memory) as app:
        assert panes(app) == {"list", "detail"}
        assert not app.log.has_class("-stacked")


async def test_the_secret_is_tried_in_the_column_that_shows_the_signature(tmp_path: Path) -> None:
    async with running(tmp_path, ROWS, size=(200, 40)) as app:
        await app.press("t")
        assert "secret" in app.rows[-2]
        await app.press(*"whsec", "enter")
        await app.shows("With the pasted secret")
        assert '"id": "evt_3"' in app.text  # the body stands beside it as before


async def test_zoom_in_the_other_views(tmp_path: Path) -> None:
    async with running(tmp_path, ROWS) as app:
        await app.press("d")
        before = app.app.screen.query_one("#changes").region.height
        await app.press("z")
        assert app.app.screen.query_one("#changes").region.height == before + 5
        await app.press("escape", "S", "z")
        assert "PATH" not in app.text
        assert app.app.screen.query_one("#shapes").region.height > 20
        await app.press("z", "tab", "z")
        assert "PATH" in app.text
        assert not any(row.startswith(" S1") for row in app.rows)
        await app.press("z")
        assert any(row[1:].startswith(" S1") for row in app.rows)
