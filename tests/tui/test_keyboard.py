"""Other keys: `[keys]` of the configuration, from the file to the screen."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.running_app import event, running
from webhook_inspector.config.load import load
from webhook_inspector.config.model import AppConfig, Config
from webhook_inspector.core.display import one_line
from webhook_inspector.errors import ConfigError
from webhook_inspector.tui.keyboard import FIXED, Keyboard, key_named, keyboard_of, label_of_key, written_key
from webhook_inspector.tui.keys import KEYS
from webhook_inspector.tui.screens.replay import ReplayScreen

THREE = [event(1), event(2, "charge.failed"), event(3)]


def config(**keys: tuple[str, ...]) -> Config:
    return Config(path=Path("/x/c.toml"), log=Path("/x/log.db"), app=AppConfig(keys=keys))


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"repaly": ("x",)}, ["keys.repaly is no key of the app", "did you mean replay?"]),
        ({"\x1b[2J": ("x",)}, ["keys.␛[2J", "`webhook-inspector keys` lists all"]),
        ({"replay": ("d",)}, ['"d" is the key of diff', "give diff another one too"]),
        ({"replay": ("X", "d")}, ['"d" is the key of diff']),
        ({"replay": ("Y",), "diff": ("Y",)}, ['"Y" is the key of replay']),
        ({"replay": ("enter",)}, ['"enter" is reserved', "accepts"]),
        ({"replay": ("Escape",)}, ["is reserved"]),
        ({"replay": ("ctrl+C",)}, ["is reserved", "quits"]),
        ({"replay": ("ctrl+m",)}, ["Enter"]),
        ({"back": ("b",)}, ["keys.back cannot be changed", "esc"]),
        ({"replay": ("hyper",)}, ['"hyper" is no key']),
        ({"replay": ("ctrl+",)}, ["is no key"]),
        ({"replay": ("\u202e",)}, ["<U+202E>", "is no key"]),
        ({"up": ("0",)}, ['"0" is a letter of a dialog', "up works there too"]),
    ],
)
def test_a_wrong_key_is_one_sentence(keys: dict[str, tuple[str, ...]], words: list[str]) -> None:
    with pytest.raises(ConfigError) as caught:
        keyboard_of(config(**keys))
    assert caught.value.message.startswith("/x/c.toml: keys.")
    assert caught.value.message.isprintable()
    for word in words:
        assert word in caught.value.message


def test_a_key_is_free_once_its_owner_has_another() -> None:
    keyboard = keyboard_of(config(replay=("d",), diff=("ctrl+r", "F2")))
    assert keyboard.keymap == {"replay": "d", "diff": "ctrl+r,f2"}
    assert keyboard.label("diff") == "^r f2"
    assert keyboard.pressed("r") == "d"
    assert keyboard.pressed("d") == "ctrl+r"
    assert keyboard.pressed("q") == "q"
    assert keyboard.words == {"r": "d", "d": "^r"}


def test_without_changes_it_is_the_table() -> None:
    keyboard = keyboard_of(Config(path=None, log=Path("/x")))
    assert keyboard.keymap == {}
    assert all(keyboard.label(key.id) == key.label for key in KEYS.values())
    rows = {row.id: row for row in keyboard.rows()}
    assert set(rows) == set(KEYS)
    assert rows["down"].keys == ("j", "down")
    assert not any(row.changed for row in rows.values())


def test_every_key_of_the_table_can_be_written_and_read_again() -> None:
    for key in KEYS.values():
        for name in key.keys.split(","):
            assert key_named(written_key(name)) == name
            assert label_of_key(name)


@given(st.sampled_from(sorted(set(KEYS) - FIXED)) | st.text(max_size=5), st.lists(st.text(max_size=6), min_size=1))
@settings(max_examples=200, deadline=None)
def test_whatever_is_written_the_table_stays_one_meaning_a_key(key_id: str, written: list[str]) -> None:
    try:
        keyboard = keyboard_of(config(**{key_id: tuple(written)}))
    except ConfigError as error:
        assert one_line(error.message) == error.message
        return
    seen: dict[str, str] = {}
    for key in KEYS.values():
        for name in keyboard.keys(key.id):
            assert seen.setdefault(name, key.id) == key.id
    assert not {"enter", "escape", "ctrl+c"} & set(keyboard.keys(key_id))


def test_the_file_takes_a_key_or_several(tmp_path: Path) -> None:
    (tmp_path / "webhook-inspector.toml").write_text('[keys]\nreplay = "x"\ndown = ["down", "ctrl+n"]\n')
    assert load(None, {}, tmp_path).app.keys == {"replay": ("x",), "down": ("down", "ctrl+n")}
    for wrong in ("replay = 1", "replay = []", 'replay = ""', "replay = [1]"):
        (tmp_path / "webhook-inspector.toml").write_text(f"[keys]\n{wrong}\n")
        with pytest.raises(ConfigError, match=r"keys\.replay"):
            load(None, {}, tmp_path)


async def test_the_key_line_the_help_and_the_palette_show_the_new_keys(tmp_path: Path) -> None:
    settings = AppConfig(keys={"replay": ("X",), "follow": ("ctrl+f",), "tab_3": ("f3",), "copy": ("Y",)})
    async with running(tmp_path, THREE, settings=settings) as app:
        assert "X replay" in app.rows[-1]
        assert " r replay" not in app.rows[-1]
        await app.press("k", "space")
        assert "X replay them" in app.rows[-2]
        await app.press("escape")
        await app.press("r")
        assert len(app.app.screen_stack) == 2
        await app.press("f3")
        assert app.log.detail.tab == 3
        await app.press("question_mark", *"replay:")
        assert "X        replay: plan first" in app.text
        await app.press("escape", "ctrl+p", *"replay: plan")
        assert any(" X" in row.partition("Replay: plan first")[2] for row in app.rows)
        await app.press("escape", "X")
        assert isinstance(app.app.screen, ReplayScreen)
        assert "Y copy" in app.rows[-1] or "Y" in app.rows[-1]


async def test_a_click_on_a_hint_presses_the_key_in_its_place(tmp_path: Path) -> None:
    async with running(tmp_path, THREE, settings=AppConfig(keys={"replay": ("X",)})) as app:
        at = app.rows[-1].index("X replay")
        await app.pilot.click("KeyLine", offset=(at, 0))
        await app.quiet()
        assert isinstance(app.app.screen, ReplayScreen)


async def test_letters_of_dialogs_keep_their_names(tmp_path: Path) -> None:
    async with running(tmp_path, THREE, settings=AppConfig(keys={"try_secret": ("f9",)})) as app:
        await app.press("r")
        assert "t change" in app.text
        assert "f9" not in app.text


def test_an_unchanged_keyboard_presses_what_it_is_asked() -> None:
    assert Keyboard().pressed("r") == "r"
    assert Keyboard().words == {}
