"""A key has one meaning everywhere."""

from __future__ import annotations

import pytest
from textual.binding import Binding

from webhook_inspector.core.registry import discover
from webhook_inspector.tui import screens
from webhook_inspector.tui.app import screen_class
from webhook_inspector.tui.base import InspectorScreen
from webhook_inspector.tui.keyboard import nodes
from webhook_inspector.tui.keys import GROUPS, KEYS, bind, described
from webhook_inspector.tui.tabs import tabs

DIALOGS = {
    "Steppers",
    "ReplayScreen",
    "SamplesScreen",
    "CheckScreen",
    "ExportScreen",
    "CopyMenu",
    "FilterLine",
    "PromptLine",
    "CommandsScreen",
    "HelpScreen",
    "DiffScreen",
    "ResultScreen",
    "SourcesScreen",
    "TunnelScreen",
}
"""Small keyboards of their own: a letter there is drawn beside what it sets."""


def test_no_key_has_two_meanings() -> None:
    seen: dict[str, str] = {}
    for key in KEYS.values():
        for name in key.keys.split(","):
            assert seen.setdefault(name, key.id) == key.id
        assert key.group in GROUPS
        assert key.does
        assert key.hint


def test_every_view_binds_keys_by_their_meaning() -> None:
    for node in nodes():
        for binding in node.__dict__.get("BINDINGS", ()):
            assert isinstance(binding, Binding)
            if binding.id is not None and binding.id in KEYS:
                assert binding.key == KEYS[binding.id].keys, node
            else:
                assert node.__name__ in DIALOGS, (node, binding)


def test_the_folder_is_the_registry_of_screens() -> None:
    found = discover(screens, "SCREEN")
    assert {"log", "replay", "result", "diff", "help"} <= set(found)
    for name, screen in found.items():
        assert screen is screen_class(name)
        assert issubclass(screen, InspectorScreen)
        assert screen.TITLE_WORDS


def test_the_folder_is_the_registry_of_tabs() -> None:
    assert [(tab.number, tab.title) for tab in tabs()] == [
        (1, "Body"),
        (2, "Headers"),
        (3, "Signature"),
        (4, "Shape"),
        (5, "Runs"),
        (6, "Raw"),
    ]


def test_help_is_written_from_the_table() -> None:
    made = described([bind("replay"), bind("down"), bind("down"), Binding("x", "nothing", "not ours")])
    assert made == [("Move", [("j ↓", "down")]), ("Act", [("r", "replay: plan first, then send")])]


def test_an_unknown_meaning_is_a_fault() -> None:
    with pytest.raises(KeyError):
        bind("nothing")
