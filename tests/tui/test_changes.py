"""Notes, pins, deleting with undo, ranges of marks and saved filters, as keys drive them and a reader sees them."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.support.patience import PATIENCE_S
from tests.support.running_app import event, running
from webhook_inspector.engine.deleting import Deleted
from webhook_inspector.tui.widgets import delivery_list

FIVE = [event(n) for n in range(1, 6)]


def marks(rows: list[str]) -> list[str]:
    """The mark column of the rows of the list."""
    return [row[1:2] for row in rows[3:8]]


async def test_a_note_is_written_changed_and_taken_away(tmp_path: Path) -> None:
    async with running(tmp_path, FIVE) as app:
        await app.press("m", *"ask Jan", "enter")
        assert "Noted on #5" in app.rows[-2]
        assert marks(app.rows) == [" ", " ", " ", " ", '"']
        assert '" ask Jan' in app.rows[5]
        await app.press("m")
        assert "ask Jan" in app.rows[-2]
        await app.press("end", *" why", "enter")
        assert app.inspector.record(5).facts.note == "ask Jan why"
        await app.press("m", "escape")
        assert app.inspector.record(5).facts.note == "ask Jan why"
        await app.press("m", "delete", "enter")
        assert "No note any more on #5" in app.rows[-2]
        assert app.inspector.record(5).facts.note is None
        assert marks(app.rows)[-1] == " "


@pytest.mark.parametrize("size", [(60, 18), (80, 24), (120, 36)])
async def test_hostile_notes_are_drawn_harmlessly(tmp_path: Path, size: tuple[int, int]) -> None:
    async with running(tmp_path, FIVE, size=size) as app:
        plain = len(app.rows)
        for number, note in ((5, "\x1b[31mred\x07\nsecond\u202eline\t" + "wide 日本 " * 80), (4, "\ud800\0")):
            app.inspector.annotating.note(number, note)
        app.log.list.forget_all()
        await app.press("k", "j", "enter")
        assert "red" in app.text
        for char in ("\x1b", "\x07", "\u202e", "\0", "\t"):
            assert char not in app.text
        assert len(app.rows) == plain
        await app.press("escape")
        for keys in (("m",), ("escape", "k", "m")):
            await app.press(*keys)
            assert "note on #" in app.text
            for char in ("\x1b", "\x07", "\u202e", "\0", "\t", "\ud800"):
                assert char not in app.text
        await app.press("enter")
        assert app.inspector.record(4).facts.note is not None


async def test_a_row_is_pinned_and_unpinned(tmp_path: Path) -> None:
    async with running(tmp_path, FIVE) as app:
        await app.press("p")
        assert "Pinned #5" in app.rows[-2]
        assert marks(app.rows)[-1] == "*"
        assert "* pinned" in app.text
        await app.press("k", "k", "space", "v", "p")
        assert "Pinned 2 deliveries" in app.rows[-2]
        assert list(app.inspector.ids("pinned:yes")) == [3, 4, 5]
        await app.press("escape")
        assert marks(app.rows) == [" ", " ", "*", "*", "*"]
        await app.press("p")
        assert "Unpinned #4" in app.rows[-2]
        assert list(app.inspector.ids("pinned:yes")) == [3, 5]


async def test_a_range_is_marked_from_the_last_mark(tmp_path: Path) -> None:
    async with running(tmp_path, FIVE) as app:
        await app.press("g", "space", "G", "v")
        assert app.log.list.marked == [1, 2, 3, 4, 5]
        await app.press("escape", "g", "j", "v")
        assert app.log.list.marked == [2]
        await app.press("j", "j", "v")
        assert app.log.list.marked == [2, 3, 4]
        assert marks(app.rows) == [" ", "•", "•", "•", " "]


async def test_what_is_deleted_comes_back_level_by_level(tmp_path: Path) -> None:
    async with running(tmp_path, FIVE) as app:
        await app.press("g", "j", "x")
        assert "Deleted #2   u undo" in app.rows[-2]
        assert app.log.list.current == 3
        assert "4 deliveries" in app.rows[0]
        await app.press("space", "v", "x")
        assert "Deleted 2 deliveries   u undo" in app.rows[-2]
        assert list(app.log.list.ids) == [1, 5]
        assert app.log.list.marked == []
        await app.press("u")
        assert "Brought back 2 deliveries   u undo brings back more" in app.rows[-2]
        assert list(app.log.list.ids) == [1, 3, 4, 5]
        assert app.log.list.current == 3
        await app.press("u")
        assert "Brought back #2" in app.rows[-2]
        assert list(app.log.list.ids) == [1, 2, 3, 4, 5]
        await app.press("u")
        assert "Nothing to bring back" in app.rows[-2]
        assert "5 deliveries" in app.rows[0]


async def test_the_last_one_can_be_deleted_and_brought_back(tmp_path: Path) -> None:
    async with running(tmp_path, FIVE[:1]) as app:
        await app.press("x")
        assert app.log.has_class("-empty")
        await app.press("u")
        assert not app.log.has_class("-empty")
        assert "Brought back #1" in app.rows[-2]
        assert "invoice.paid" in app.text


async def test_a_second_key_is_meant_for_the_next_row_while_the_first_delivery_is_being_deleted(tmp_path: Path) -> None:
    async with running(tmp_path, FIVE) as app:
        free, real = threading.Event(), app.inspector.deleting.delete

        def slow(ids: Sequence[int]) -> Deleted:
            free.wait(PATIENCE_S)
            return real(ids)

        app.inspector.deleting.delete = slow  # type: ignore[method-assign]
        await app.pilot.press("g", "x", "x")
        free.set()
        await app.until(lambda: app.inspector.count() == 3)
        await app.quiet()
        assert list(app.log.list.ids) == [3, 4, 5]


async def test_the_filter_holds_for_what_comes_back(tmp_path: Path) -> None:
    rows = [event(1), event(2, "charge.failed"), event(3)]
    async with running(tmp_path, rows) as app:
        await app.press("g", "j", "x")
        app.log.filter_with("type:invoice.*")
        await app.quiet()
        await app.press("u")
        assert "Brought back #2   the filter hides it" in app.rows[-2]
        assert list(app.log.list.ids) == [1, 3]
        app.log.filter_with("paid")
        await app.quiet()
        await app.press("g", "x", "u")
        assert list(app.log.list.ids) == [1, 3]


async def test_what_a_killed_app_deleted_is_told_and_comes_back(tmp_path: Path) -> None:
    async with running(tmp_path, FIVE) as app:
        await app.press("x", "x")
        app.inspector.deleting.finish = lambda: None  # type: ignore[method-assign]  # as if it were killed
    async with running(tmp_path) as app:
        assert "1 deleted delivery of a session that did not end can come back   u undo" in app.text
        assert list(app.log.list.ids) == [1, 2, 3]
        await app.press("u", "u")
        assert list(app.log.list.ids) == [1, 2, 3, 4, 5]


async def test_a_filter_is_saved_offered_and_used(tmp_path: Path) -> None:
    rows = [event(1), event(2, "charge.failed"), event(3)]
    async with running(tmp_path, rows) as app:
        app.log.filter_with("type:charge.*")
        await app.quiet()
        await app.press("ctrl+p", *"save this", "enter")
        assert "save as @" in app.rows[-2]
        await app.press(*"failing", "enter")
        assert "@failing stands for type:charge.*" in app.rows[-2]
        await app.press("escape", "f", "@", "f")
        assert "@failing" in app.text
        await app.press("tab", "enter")
        assert list(app.log.list.ids) == [2]
        assert app.log.filter_line.text == "@failing"
        await app.press("plus")
        assert app.log.filter_line.text == "@failing type:charge.failed"
        await app.press("ctrl+p", *"forget the saved", "enter")
        assert "Forgot @failing" in app.rows[-2]


async def test_the_arrow_up_finds_filters_of_before(tmp_path: Path) -> None:
    async with running(tmp_path, FIVE) as app:
        await app.press("f", *"n", "enter", "f", "ctrl+u", *"paid", "enter")
        await app.press("escape", "f")
        await app.press("up", "enter")
        assert app.log.filter_line.text == "paid"


@pytest.mark.parametrize("few", [0, 64])
async def test_many_rows_go_and_come_as_few_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, few: int) -> None:
    monkeypatch.setattr(delivery_list, "FEW", few)
    async with running(tmp_path, [event(n) for n in range(1, 13)]) as app:
        rows = app.log.list
        rows.move_to(6)
        rows.take_out([2, 5, 6, 12, 99])
        assert list(rows.ids) == [1, 3, 4, 7, 8, 9, 10, 11]
        assert rows.current == 7
        rows.move_to(11)
        rows.take_out([11])
        assert rows.current == 10
        rows.put_back([5, 6, 7, 12])
        assert list(rows.ids) == [1, 3, 4, 5, 6, 7, 8, 9, 10, 12]
        assert rows.current == 5
        rows.take_out(list(rows.ids))
        assert rows.current == 0
        rows.put_back([3])
        assert (rows.current, list(rows.ids)) == (3, [3])
