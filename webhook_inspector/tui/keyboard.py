"""The keys as they are now: the table of `keys.py`, and what `[keys]` of the configuration puts in their place."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from textual.binding import Binding
from textual.dom import DOMNode
from textual.keys import Keys, _character_to_key

from webhook_inspector import tui
from webhook_inspector.config.model import Config
from webhook_inspector.config.reader import nearest
from webhook_inspector.core.display import show
from webhook_inspector.engine.app_options import KeyRow
from webhook_inspector.errors import ConfigError
from webhook_inspector.tui.keys import GROUPS, KEYS, Key

RESERVED: Mapping[str, str] = {
    "enter": "it accepts, everywhere",
    "escape": "it goes one step back, everywhere",
    "ctrl+c": "it copies a selection, and twice it quits",
    "ctrl+m": "terminals cannot tell it from Enter",
    "ctrl+i": "terminals cannot tell it from Tab",
}
"""Keys that keep their meaning, and why."""
FIXED = frozenset({"open", "back", "interrupt"})
"""Ids whose keys stay: without them nobody finds out of a text field."""

_NAMED = frozenset(key.value for key in Keys if "+" not in key.value and not key.value.startswith("<"))
_CHARS: Mapping[str, str] = {_character_to_key(char): char for char in map(chr, range(0x21, 0x7F))}
"""Textual's name of each sign to the sign."""
_FORM = re.compile(r"((?:ctrl|alt|shift)\+)*(.+)", re.DOTALL)
_LABELS: Mapping[str, str] = {
    "enter": "⏎", "escape": "esc", "tab": "⇥", "shift+tab": "⇧⇥", "up": "↑", "down": "↓", "left": "←", "right": "→",
    "pagedown": "PgDn", "pageup": "PgUp",
}  # fmt: skip


class Keyboard:
    """What each key is called, and pressed by, once the changes are made.

    Args:
        changes: Id of `KEYS` to Textual's names of the keys in its place. Checked by `keyboard_of`.
    """

    def __init__(self, changes: Mapping[str, Sequence[str]] = MappingProxyType({})) -> None:
        self._changes = {key_id: tuple(keys) for key_id, keys in changes.items()}
        self._now = {
            old: self._changes[key.id][0]
            for key in KEYS.values()
            if key.id in self._changes
            for old in key.keys.split(",")
        }
        self.words: Mapping[str, str] = {
            key.label.split(" ")[0]: self.label(key.id).split(" ")[0]
            for key in KEYS.values()
            if key.id in self._changes
        }
        """The name of a changed key to that of the one in its place, for sentences that name a key."""

    @property
    def keymap(self) -> dict[str, str]:
        """For `App.set_keymap`."""
        return {key_id: ",".join(keys) for key_id, keys in self._changes.items()}

    def keys(self, key_id: str) -> tuple[str, ...]:
        """Textual's names of the keys of an id."""
        return self._changes.get(key_id) or tuple(KEYS[key_id].keys.split(","))

    def label(self, key_id: str) -> str:
        """How the keys of an id are drawn."""
        changed = self._changes.get(key_id)
        return KEYS[key_id].label if changed is None else " ".join(label_of_key(key) for key in changed)

    def pressed(self, key: str) -> str:
        """The key that does now what this one does in the table."""
        return self._now.get(key, key)

    def rows(self) -> list[KeyRow]:
        """The whole table, for the command line."""
        return [
            KeyRow(key.id, tuple(map(written_key, self.keys(key.id))), key.does, GROUPS[key.group],
                   changed=key.id in self._changes)
            for key in KEYS.values()
        ]  # fmt: skip


def label_of_key(key: str) -> str:
    """How a key is drawn: `^x`, `|`, `PgDn`."""
    if key in _LABELS:
        return _LABELS[key]
    if key.startswith("ctrl+"):
        return "^" + label_of_key(key.removeprefix("ctrl+"))
    return written_key(key)


def written_key(key: str) -> str:
    """A key as it is written in a configuration: `x`, `|`, `ctrl+p`, `pagedown`."""
    return _CHARS.get(key, key)


def key_named(written: str) -> str | None:
    """Textual's name of a key that somebody wrote: `|`, `ctrl+n`, `f2`, `pagedown`; None when there is none."""
    found = _FORM.fullmatch(written)
    if found is None:
        return None
    base = found[2]
    modifiers = written[: len(written) - len(base)]
    if len(base) == 1:
        if not base.isprintable() or base.isspace() or (modifiers and not base.isalnum()):
            return None
        return modifiers + (base.lower() if "ctrl+" in modifiers else _character_to_key(base))
    base = base.lower()
    if base not in _NAMED and base not in _CHARS:
        return None
    return modifiers + base


def keyboard_of(config: Config) -> Keyboard:
    """The keyboard that a configuration asks for.

    Raises:
        ConfigError: An id or a key is not known, is reserved, or has another meaning already.
    """
    where = "the configuration" if config.path is None else show(str(config.path))
    changes: dict[str, list[str]] = {}
    for key_id, written in config.app.keys.items():
        place = f"{where}: keys.{show(key_id, 60)}"
        if key_id not in KEYS:
            raise ConfigError(f"{place} is no key of the app, {_near(key_id)} `webhook-inspector keys` lists all.")
        if key_id in FIXED:
            raise ConfigError(f"{place} cannot be changed: {show(KEYS[key_id].label, 20)} does the same everywhere.")
        changes[key_id] = [_checked(place, each) for each in written]
    _no_clash(where, changes)
    return Keyboard(changes)


def _near(key_id: str) -> str:
    close = nearest(key_id, KEYS)
    return close if close.startswith("did") else "and none is named like it:"


def _checked(place: str, written: str) -> str:
    key = key_named(written)
    if key is None:
        raise ConfigError(
            f'{place}: "{show(written, 40)}" is no key: write a character, or a name such as "ctrl+n" or "pagedown".'
        )
    if key in RESERVED:
        raise ConfigError(f'{place}: "{show(written, 40)}" is reserved, {RESERVED[key]}: choose another key.')
    return key


def _no_clash(where: str, changes: Mapping[str, Sequence[str]]) -> None:
    """A key has one meaning: refuse a table in which it has two."""
    owners: dict[str, Key] = {}
    # Those that were not changed come first, so that a sentence is about what the user wrote.
    for key in sorted(KEYS.values(), key=lambda one: one.id in changes):
        for name in changes.get(key.id, key.keys.split(",")):
            other = owners.setdefault(name, key)
            if other is not key:
                raise ConfigError(
                    f'{where}: keys.{key.id}: "{written_key(name)}" is the key of {other.id} ({other.does}): choose '
                    f"another, or give {other.id} another one too."
                )
    taken = letters() if any(KEYS[key_id].everywhere for key_id in changes) else {}
    for key_id, names in changes.items():
        for name in names:
            if KEYS[key_id].everywhere and name in taken:
                raise ConfigError(
                    f'{where}: keys.{key_id}: "{written_key(name)}" is a letter of a dialog ({taken[name]}), and '
                    f"{key_id} works there too: choose another key."
                )


def letters() -> dict[str, str]:
    """The keys that dialogs give a meaning of their own, and the words for it."""
    found: dict[str, str] = {}
    for node in nodes():
        for binding in node.__dict__.get("BINDINGS", ()):
            if isinstance(binding, Binding) and binding.id not in KEYS:
                for name in binding.key.split(","):
                    found.setdefault(name, binding.description)
    return found


def nodes() -> Iterator[type[DOMNode]]:
    """Every screen and widget of ours. Imports them all."""
    for info in pkgutil.walk_packages(tui.__path__, tui.__name__ + "."):
        module = importlib.import_module(info.name)
        for value in vars(module).values():
            if isinstance(value, type) and issubclass(value, DOMNode) and value.__module__ == module.__name__:
                yield value


def list_keys(config: Config) -> list[KeyRow]:
    """The keys of the app under a configuration, for the command line."""
    return keyboard_of(config).rows()
