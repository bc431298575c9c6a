"""Keys that come in a burst go where the ones before them lead, and never where the keyboard was."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from textual import events
from textual.keys import _character_to_key

from tests.support.running_app import Running, event, running
from webhook_inspector.tui import in_turn
from webhook_inspector.tui.in_turn import InTurn
from webhook_inspector.tui.safe import PlainInput

THREE = [event(1), event(2, "charge.failed"), event(3)]


def burst(app: Running, text: str) -> None:
    """Type all of it at once, as a slow line delivers it."""
    names = {"\r": "enter", "\x1b": "escape"}
    for char in text:
        name = names.get(char) or _character_to_key(char)
        app.app.post_message(events.Key(name, char if char.isprintable() else None))


async def test_the_words_of_a_filter_are_no_commands(tmp_path: Path) -> None:
    async with running(tmp_path, THREE) as app:
        burst(app, "fxqzpe")
        await app.quiet()
        assert app.app.focused is app.log.query_one("#filter-field")
        assert app.log.query_one("#filter-field", PlainInput).value == "xqzpe"
        assert not app.log.has_class("-zoom")
        burst(app, "\x1bftype:charge.failed\rj")
        await app.quiet()
        assert app.log.filter_line.text == "type:charge.failed"
        assert list(app.log.list.ids) == [2]
    assert app.app.crash is None


async def test_a_burst_that_is_handed_on_at_once_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def at_once(self: InTurn, event: events.Event) -> None:
        await self._hand_on(event)

    monkeypatch.setattr(InTurn, "take", at_once)
    async with running(tmp_path, THREE) as app:
        burst(app, "fzpe")
        await app.quiet()
        fields = app.app.screen.query(PlainInput)
        assert not any(field.value == "zpe" for field in fields)


async def test_a_note_is_written_in_one_go(tmp_path: Path) -> None:
    async with running(tmp_path, THREE) as app:
        burst(app, "mdelete it, quit\rk")
        await app.until(lambda: app.inspector.record(3).facts.note == "delete it, quit")
        assert len(app.log.list.ids) == 3
        assert app.log.list.current == 2


async def test_a_screen_that_opens_gets_the_keys_behind_its_own(tmp_path: Path) -> None:
    async with running(tmp_path, THREE) as app:
        burst(app, "?replay")
        await app.quiet()
        assert app.app.screen.query_one(PlainInput).value == "replay"
        burst(app, "\x1br")
        await app.quiet()
        assert len(app.app.screen_stack) == 3
        burst(app, "q4")
        await app.quiet()
        assert app.app.screen is app.log
        assert app.log.detail.shown.tab == 4


async def test_a_paste_waits_for_the_field_it_is_for(tmp_path: Path) -> None:
    async with running(tmp_path, THREE) as app:
        burst(app, "f")
        app.app.post_message(events.Paste("id:evt_2"))
        burst(app, "\r")
        await app.quiet()
        assert app.log.filter_line.text == "id:evt_2"


async def test_a_key_that_is_lost_holds_up_nothing_for_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def lose(self: InTurn, node: Any, then: Any) -> None:
        """The widget that had the key is gone, and what followed it with it."""

    monkeypatch.setattr(InTurn, "_follow", lose)
    monkeypatch.setattr(in_turn, "LONGEST_S", 0.01)
    async with running(tmp_path, THREE) as app:
        burst(app, "kkz")
        await app.until(lambda: app.log.list.current == 1 and app.log.has_class("-zoom"))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(typed=st.text(alphabet="abcdefghijklmnopqrstuvwxyzXGJ ?:/-*1", max_size=30))
async def test_whatever_is_typed_in_one_go_stands_in_the_field(
    typed: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    async with running(tmp_path_factory.mktemp("app"), THREE) as app:
        burst(app, "f" + typed)
        await app.quiet()
        assert app.log.query_one("#filter-field", PlainInput).value == typed


async def test_the_first_delivery_does_not_take_the_keyboard_from_a_filter(tmp_path: Path) -> None:
    async with running(tmp_path, listen=True) as app:
        app.log.show_welcome(empty=False)  # it comes, and `f` before the next picture
        app.log.filter_line.edit()
        await app.quiet()
        assert app.app.focused is app.log.query_one("#filter-field")
