"""`y`: a small keyboard of what can be copied, to the clipboard or to a file, and the last copy as plain text.

What leaves is the original text or bytes, never the form that is shown.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar
from weakref import WeakKeyDictionary

from textual import events
from textual.app import App, ComposeResult, SuspendNotSupported
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen

from webhook_inspector.adapters.clipboard import copy
from webhook_inspector.core import display
from webhook_inspector.core.units import plural, size
from webhook_inspector.errors import InspectorError
from webhook_inspector.tui.base import InspectorScreen, KeyLine, Row
from webhook_inspector.tui.keys import bind
from webhook_inspector.tui.safe import Line, clean, lines_of, owner
from webhook_inspector.tui.widgets.rows import Rows

_PLAIN_TEXT_LIMIT = 400_000
"""Characters that `y y` prints; a longer text is better read from a file."""


@dataclass(frozen=True, slots=True)
class CopyEntry:
    """One thing that can be copied."""

    letter: str
    label: str
    """In the menu: `curl`."""
    what: str
    """In sentences: `curl command`."""
    make: Callable[[], str | bytes]
    """Called in a worker thread; may raise InspectorError."""
    suffix: str = ".txt"
    """Of the file that `f` writes."""


@dataclass(frozen=True, slots=True)
class Copied:
    """What was copied last."""

    what: str
    text: str


_LAST: WeakKeyDictionary[App[Any], Copied] = WeakKeyDictionary()


def last_copy(app: App[Any]) -> Copied | None:
    """What was copied last in this app, or None."""
    return _LAST.get(app)


def control_count(text: str) -> int:
    """Characters that a terminal would act on rather than show; line ends and tabs do not count."""
    return sum(shown != char and char not in "\n\t\r" for char in text for shown in (display.one_line(char),))


def copy_menu(screen: InspectorScreen, entries: Sequence[CopyEntry], *, name: str) -> None:
    """Ask what to copy, do it in a worker, and say in the screen's status line what was tried.

    Args:
        screen: Where `y` was pressed.
        entries: What can be copied here; `f` and `y` are taken.
        name: Begin of the names of files, for example `delivery-42`.
    """

    def chosen(choice: tuple[str, bool] | None) -> None:
        if choice is None:
            return
        letter, to_file = choice
        if letter == "y":
            show_plain(screen)
            return
        entry = next(entry for entry in entries if entry.letter == letter)
        screen.app.run_worker(
            lambda: _perform(screen, entry, to_file=to_file, name=name),
            thread=True,
            group="copy",
            description="copy",
        )

    screen.app.push_screen(CopyMenu(entries), chosen)


def copy_now(screen: InspectorScreen, entry: CopyEntry) -> None:
    """Copy one thing without asking."""
    screen.app.run_worker(
        lambda: _perform(screen, entry, to_file=False, name=""), thread=True, group="copy", description="copy"
    )


def _perform(screen: InspectorScreen, entry: CopyEntry, *, to_file: bool, name: str) -> None:
    app = screen.app
    try:
        made = entry.make()
    except InspectorError as error:
        line = Line.of(("bad", "✗ "), clean(error.message))
    else:
        line = _to_file(entry, made, name) if to_file else _to_clipboard(app, entry, made)
    with suppress(RuntimeError):  # the app may have ended meanwhile
        app.call_from_thread(screen.say, line)


def _to_clipboard(app: App[Any], entry: CopyEntry, made: str | bytes) -> Line:
    if isinstance(made, bytes):
        try:
            made = made.decode("utf-8")
        except UnicodeDecodeError:
            return Line.of(
                ("warn", "! "), f"Not sent: the {entry.what} is not UTF-8 text, {size(len(made))}  ·  ",
                ("key", f"y f {entry.letter}"), " writes it to a file as it is",
            )  # fmt: skip
    _LAST[app] = Copied(entry.what, made)
    report = copy(
        made, os.environ, what=entry.what, osc52=lambda text: app.call_from_thread(app.copy_to_clipboard, text)
    )
    return Line.of(report.sentence)


def _to_file(entry: CopyEntry, made: str | bytes, name: str) -> Line:
    data = made if isinstance(made, bytes) else made.encode("utf-8", "surrogateescape")
    folder = Path()
    try:
        folder = Path.cwd()
        path = write_new(folder, f"{name}-{entry.what.replace(' ', '-')}", entry.suffix, data)
    except OSError as error:
        reason = clean(os.strerror(error.errno) if error.errno else "unknown reason")
        return Line.of(("bad", "✗ "), f"The {entry.what} was not written to {clean(folder)}: {reason}")
    return Line.of(f"Wrote the {entry.what}, {size(len(data))}, to {clean(path.name)} in {clean(folder)}")


def write_new(folder: Path, stem: str, suffix: str, data: bytes) -> Path:
    """Write a file that only the user can read, under the first free name: `stem.json`, `stem-2.json`, ...

    Raises:
        OSError: It cannot be written there.
    """
    for number in range(1, 10_000):
        path = folder / f"{stem}{'' if number == 1 else f'-{number}'}{suffix}"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        try:
            handle = os.open(path, flags, 0o600)
        except FileExistsError:
            continue
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        return path
    raise FileExistsError(17, "too many files of that name", str(folder / stem))


class CopyMenu(ModalScreen[tuple[str, bool] | None]):
    """One row over the key line: a letter beside everything that can be copied."""

    CSS = """
    CopyMenu { background: transparent; align: left bottom; }
    CopyMenu KeyLine { dock: bottom; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("back", "cancel", "copy nothing"),
        Binding("f", "file", "to a file", show=False, id="copy_file"),
    ]

    def __init__(self, entries: Sequence[CopyEntry]) -> None:
        super().__init__()
        self._entries = {entry.letter: entry for entry in entries}
        self._to_file = False
        self._warned = False

    def compose(self) -> ComposeResult:
        """The row."""
        yield _MenuLine(self._hints())

    def _hints(self) -> list[str | tuple[str, str, str]]:
        hints: list[str | tuple[str, str, str]] = [
            (letter, entry.label, f"screen.choose('{letter}')") for letter, entry in self._entries.items()
        ]
        if not self._to_file:
            hints.append(("f", "to a file", "screen.file"))
            hints.append(("y", "show last", "screen.choose('y')"))
        return [*hints, ("esc", "", "screen.cancel")]

    def on_key(self, event: events.Key) -> None:
        """A letter chooses; any other letter does nothing."""
        letter = event.character or ""
        if (letter in self._entries and (letter == "v" or not self._warned)) or (letter == "y" and not self._to_file):
            event.stop()
            self.action_choose(letter)

    def action_choose(self, letter: str) -> None:
        """Copy this; a value that a terminal would act on when pasted is asked for twice."""
        if letter == "v" and not self._to_file and not self._warned:
            made = self._entries[letter].make()
            hidden = control_count(made) if isinstance(made, str) else 0
            if hidden:
                self._warned = True
                line = self.query_one(_MenuLine)
                line.title = f"! {plural(hidden, 'control character')} in it, copied as they are"
                line.set_hints([("v", "copy it", "screen.choose('v')"), ("esc", "", "screen.cancel")])
                return
        if letter in self._entries or letter == "y":
            self.dismiss((letter, self._to_file))

    def action_file(self) -> None:
        """The next letter is written to a file."""
        self._to_file = True
        line = self.query_one(_MenuLine)
        line.title = "to a file"
        line.set_hints(self._hints())

    def action_cancel(self) -> None:
        """Copy nothing."""
        self.dismiss(None)

    def on_click(self, event: events.Click) -> None:
        """A click beside the row closes it."""
        if event.widget is self:
            self.dismiss(None)


class _MenuLine(KeyLine):
    title = "copy"

    def line(self, width: int) -> Line:
        """The title, then the letters."""
        head = Line.of(("strong", f" {self.title} "))
        return head + super().line(width - head.width)


class PlainTextScreen(InspectorScreen):
    """A text, line by line, where the terminal cannot be left for a moment."""

    TITLE_WORDS = "Plain text"
    BINDINGS: ClassVar[list[BindingType]] = [bind("open", "back", "close")]

    def __init__(self, what: str, text: str) -> None:
        super().__init__()
        self._what = what
        self._text = text

    def compose(self) -> ComposeResult:
        """Title, text, keys."""
        yield Row(lambda _: Line.of(("strong", f" The {self._what} "), ("dim", "as plain text")), ground="raised")
        yield Rows(
            [Line.of(" ") + line for line in lines_of(display.many_lines(self._text[:_PLAIN_TEXT_LIMIT]))], cursor=False
        )
        yield KeyLine([("esc", "back", "screen.back")])


def show_plain(screen: InspectorScreen) -> None:
    """Show the last copy as plain text outside the app, where the terminal itself can select it; any key returns."""
    app = owner(screen)
    copied = last_copy(app)
    if copied is None:
        screen.say("Nothing was copied yet")
        return
    try:
        with app.suspend():
            print_plain(copied)
    except SuspendNotSupported:
        app.push_screen(PlainTextScreen(copied.what, copied.text))


def print_plain(copied: Copied) -> None:
    """Print a copy with its control characters made visible, and wait for `⏎`. The app must be suspended."""
    out, source = sys.__stdout__, sys.__stdin__
    if out is None or source is None:
        return
    hidden = control_count(copied.text)
    note = f" ({plural(hidden, 'control character')} shown in visible form)" if hidden else ""
    out.write(f"--- {clean(copied.what)}{note}\n")
    out.write("\n".join(display.many_lines(copied.text[:_PLAIN_TEXT_LIMIT])))
    out.write("\n--- press Enter to return to Webhook Inspector ")
    out.flush()
    source.readline()
