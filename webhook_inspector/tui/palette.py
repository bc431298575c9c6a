"""What can be done on a screen, taken from its bindings: for the command palette and for `?`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast
from weakref import WeakKeyDictionary

from textual.app import App
from textual.binding import Binding
from textual.dom import DOMNode
from textual.screen import Screen
from textual.theme import BUILTIN_THEMES

from webhook_inspector.tui.keyboard import Keyboard
from webhook_inspector.tui.keys import KEYS
from webhook_inspector.tui.safe import Line, Piece, fit
from webhook_inspector.tui.theme import THEMES, short_name

if TYPE_CHECKING:
    from webhook_inspector.tui.app import InspectorApp


@dataclass(frozen=True, slots=True)
class Command:
    """Something the user can do now."""

    words: str
    """Verb first."""
    label: str
    """Its key, or nothing."""
    run: Callable[[], Any]
    """Does it; a coroutine function or a plain one."""
    theme: str = ""
    """Name of the theme it uses, which is shown while it is the selected one."""


@dataclass(frozen=True, slots=True)
class Bound:
    """A binding where it stands."""

    binding: Binding
    node: DOMNode


def bound(screen: Screen[Any]) -> list[Bound]:
    """The bindings of ours that are active on a screen, each meaning once, nearest first."""
    found: dict[str, Bound] = {}
    for active in screen.active_bindings.values():
        binding = active.binding
        if not active.enabled or not binding.description or binding.id is None or binding.system:
            continue  # every binding of ours has an id; those of Textual's widgets have none
        found.setdefault(binding.id, Bound(binding, active.node))
    return list(found.values())


def label_of(binding: Binding, keyboard: Keyboard) -> str:
    """How a key is drawn."""
    if binding.id is not None and binding.id in KEYS:
        return keyboard.label(binding.id)
    return binding.key_display or binding.key


def commands(screen: Screen[Any]) -> list[Command]:
    """Everything that can be done on a screen: its keys, what it offers beside them, then the themes."""
    app = screen.app

    def runner(item: Bound) -> Callable[[], Any]:
        return lambda: app.run_action(item.binding.action, default_namespace=item.node)

    made = [
        Command(_verb(item.binding.description), label_of(item.binding, keyboard_in(app)), runner(item))
        for item in bound(screen)
        if not _moves(item.binding)
    ]
    extra: Callable[[], list[Command]] = getattr(screen, "extra_commands", list)
    looks = [
        Command(f"Use the {short_name(name)} colours", "", _themer(app, name), name)
        for name in (*(theme.name for theme in THEMES), *sorted(BUILTIN_THEMES))
    ]
    return made + extra() + looks


def keyboard_in(app: App[Any]) -> Keyboard:
    """The keys of an app as they are now."""
    found: Keyboard = getattr(app, "keyboard", None) or Keyboard()
    return found


def _moves(binding: Binding) -> bool:
    key = KEYS.get(binding.id or "")
    return (key is not None and (key.group == "move" or key.id == "commands")) or binding.action == "digit"


def _themer(app: App[Any], name: str) -> Callable[[], None]:
    def use() -> None:
        cast("InspectorApp", app).use_theme(name, keep=True)

    return use


def _verb(words: str) -> str:
    return words[:1].upper() + words[1:]


def score(words: str, typed: str) -> float:
    """How well a command fits what was typed: 0 not at all; word starts count more than letters in order."""
    low, wanted = words.lower(), typed.lower().split()
    if not wanted:
        return 1.0
    total = 0.0
    for part in wanted:
        at = low.find(part)
        if at < 0:
            total += _letters(low, part)
            if _letters(low, part) == 0:
                return 0.0
        else:
            total += 3.0 if at == 0 else 2.0 if low[at - 1] == " " else 1.0
    return total / len(wanted)


def _letters(low: str, part: str) -> float:
    if len(part) < 3:
        return 0.0
    at = -1
    for char in part:
        at = low.find(char, at + 1)
        if at < 0:
            return 0.0
    return 0.2


_RECENT: WeakKeyDictionary[App[Any], list[str]] = WeakKeyDictionary()


def used(app: App[Any], command: Command) -> None:
    """Remember that a command was used: the most recent one stands first next time."""
    recent = _RECENT.setdefault(app, [])
    if command.words in recent:
        recent.remove(command.words)
    recent.insert(0, command.words)


def matching(app: App[Any], known: Sequence[Command], typed: str) -> list[Command]:
    """The commands that fit, the best first, then the most recent, then in their order."""
    recent = _RECENT.get(app, [])
    rated = [
        (-score(f"{command.words} {command.label}", typed), _place(recent, command.words), index, command)
        for index, command in enumerate(known)
    ]
    return [command for rate, _, _, command in sorted(rated, key=lambda one: one[:3]) if rate < 0]


def _place(recent: Sequence[str], words: str) -> int:
    return recent.index(words) if words in recent else len(recent)


def command_line(command: Command, typed: str, width: int) -> Line:
    """A command as a row: words with what was typed marked, its key at the right."""
    key = Line.of(("key", command.label), " ")
    room = max(8, width - key.width - 2)
    words = fit(command.words, room)
    pieces: list[Piece] = [Piece(" ")]
    low = words.lower()
    marks = [False] * len(words)
    for part in typed.lower().split():
        at = low.find(part)
        if at >= 0:
            marks[at : at + len(part)] = [True] * len(part)
    start = 0
    for index in range(1, len(words) + 1):
        if index == len(words) or marks[index] != marks[start]:
            pieces.append(Piece(words[start:index], "accent" if marks[start] else "text"))
            start = index
    return Line((*pieces, *key.pieces))
