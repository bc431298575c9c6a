from __future__ import annotations

from pathlib import Path

import click
import pytest

from tests.support.replaying import app_over, inspecting, line
from tests.support.screen import screen_block, screen_text, settle
from webhook_inspector.cli.main import build
from webhook_inspector.core.registry import discover
from webhook_inspector.tui import palette, screens
from webhook_inspector.tui.screens.commands import CommandsScreen
from webhook_inspector.tui.screens.diff import DiffScreen
from webhook_inspector.tui.screens.help import COMMANDS, HelpScreen, help_rows, plain_command
from webhook_inspector.tui.screens.replay import ReplayScreen

LINES = [line(1), line(2)]


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_help_lists_the_keys_of_the_view(tmp_path: Path, size: tuple[int, int]) -> None:
    with inspecting(tmp_path, LINES) as inspector:
        app = app_over(inspector)
        async with app.run_test(size=size) as pilot:
            await settle(pilot)
            await pilot.press("question_mark")
            await settle(pilot)
            assert screen_text(app)[0].startswith(" Keys of Log")
            await pilot.press(*"replay")
            await settle(pilot)
            text = screen_block(app)
            assert "r        replay" in text
            assert ".        repeat" in text
            assert "follow" not in text
            await pilot.press(*"zzz")
            await settle(pilot)
            assert "no key of that name" in screen_block(app)
            await pilot.press("escape")
            await settle(pilot)
            assert not isinstance(app.screen, HelpScreen)


async def test_help_names_the_plain_command(tmp_path: Path) -> None:
    with inspecting(tmp_path, LINES) as inspector:
        app = app_over(inspector)
        async with app.run_test(size=(120, 60)) as pilot:
            await settle(pilot)
            await pilot.press("question_mark")
            await settle(pilot)
            text = screen_block(app)
            assert "webhook-inspector list, tail, show ID, verify ID" in text
            assert "Shift-drag" in text


def test_every_view_names_a_command_that_there_is() -> None:
    known = build().list_commands(click.Context(build()))
    for name in discover(screens, "SCREEN"):
        words = COMMANDS[name].removeprefix("webhook-inspector ").split()
        assert words[0].rstrip(",") in {*known, "--help"}, name


async def test_a_screen_may_name_its_own_command(tmp_path: Path) -> None:
    class Own(DiffScreen):
        PLAIN_COMMAND = "webhook-inspector own"

    assert plain_command(Own(1, 2)) == "webhook-inspector own"
    assert plain_command(DiffScreen(1, 2)) == "webhook-inspector diff A B"


async def test_help_has_every_letter_of_the_replay_dialog(tmp_path: Path) -> None:
    with inspecting(tmp_path, LINES) as inspector:
        app = app_over(inspector)
        async with app.run_test(size=(120, 36)) as pilot:
            await settle(pilot)
            screen = ReplayScreen([1])
            app.push_screen(screen)
            await settle(pilot)
            keys = {key for _, key, _ in help_rows(screen)}
            assert {"t", "n", "w", "a", "u", "o", "b", "l", "0–9", "←", "→", "y", "⏎", "esc"} <= keys
            assert not any("Scroll" in does for _, _, does in help_rows(screen))


async def test_a_command_is_found_by_typing_and_run(tmp_path: Path) -> None:
    with inspecting(tmp_path, LINES) as inspector:
        app = app_over(inspector)
        async with app.run_test(size=(120, 36)) as pilot:
            await settle(pilot)
            await pilot.press("ctrl+p")
            await settle(pilot)
            assert type(app.screen) is CommandsScreen
            await pilot.press(*"replay plan", "enter")
            await settle(pilot)
            opened: object = app.screen
            assert isinstance(opened, ReplayScreen)


async def test_colours_are_commands_and_the_last_one_stands_first(tmp_path: Path) -> None:
    with inspecting(tmp_path, LINES) as inspector:
        app = app_over(inspector)
        async with app.run_test(size=(80, 24)) as pilot:
            await settle(pilot)
            await pilot.press("colon", *"light", "enter")
            await settle(pilot)
            assert app.theme == "inspector-light"
            await pilot.press("ctrl+p")
            await settle(pilot)
            assert "▌ Use the light colours" in screen_text(app)[3]
            await pilot.press("down", "pagedown", "up", "pageup", "escape")
            await settle(pilot)
            assert not isinstance(app.screen, CommandsScreen)


async def test_nothing_writes_captured_data_unasked(tmp_path: Path) -> None:
    with inspecting(tmp_path, LINES) as inspector:
        app = app_over(inspector)
        async with app.run_test(size=(80, 24)) as pilot:
            await settle(pilot)
            known = [command.words.lower() for command in palette.commands(app.screen)]
            assert not any("screenshot" in words for words in known)
            assert any(words.startswith("replay") for words in known)


@pytest.mark.parametrize("typed", ["[/]", "[@click=app.quit]x", "\\", "\x1b[31m", "ü", " "])
async def test_anything_may_be_typed(tmp_path: Path, typed: str) -> None:
    with inspecting(tmp_path, LINES) as inspector:
        app = app_over(inspector)
        async with app.run_test(size=(80, 24), notifications=True, tooltips=True) as pilot:
            await settle(pilot)
            for made in (CommandsScreen(app.screen), HelpScreen(DiffScreen(1, 2))):
                app.push_screen(made)
                await settle(pilot)
                made.query_one("#typed").value = typed  # type: ignore[attr-defined]  # the field
                await settle(pilot)
                app.pop_screen()


@pytest.mark.parametrize(
    ("typed", "better", "worse"),
    [("rep", "Replay: plan", "Do not repeat"), ("plan", "Save the plan", "Unplanned"), ("rpl", "Replay", "x")],
)
def test_score(typed: str, better: str, worse: str) -> None:
    assert palette.score(better, typed) > palette.score(worse, typed)


def test_nothing_fits() -> None:
    assert palette.score("Replay", "zzz") == 0
    assert palette.score("Replay", "") == 1
