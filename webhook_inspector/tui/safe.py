"""The one door for text onto the screen.

A captured string may hold terminal control functions and text that looks like markup. Everything that is shown goes
through here: control characters become visible by character class (`core.display`), and what comes out is a `Line` of
plain segments or a `Content`, never a string that a widget would read as markup. Text widgets of Textual are taken
from this module only. Copying, exporting and replaying use the original bytes, never what is shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NewType

from rich.cells import cell_len, set_cell_size
from textual.app import App
from textual.content import Content
from textual.message_pump import MessagePump
from textual.widgets import Input, Static

from webhook_inspector.core import display

Safe = NewType("Safe", str)
"""Text without any control function; made by `clean` only."""

MAX_CELLS = 2000
"""A line is cut here, with a mark: nobody reads further, and terminals are slow to."""

_HIDDEN = re.compile(
    r"([\x00-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff"
    r"\U000e0000-\U000e007f]+)"
)
_ACTION = re.compile(r"[a-z_]+(\.[a-z_]+)?(\((('[A-Za-z0-9_.+-]*'|-?\d+)(, ?)?)*\))?")


def clean(value: object, limit: int | None = None) -> Safe:
    r"""A value as one safe line.

    Args:
        value: Text, bytes (shown as UTF-8, other bytes as `\xNN`) or anything with a `str`.
        limit: At most this many characters, cut at the end with `…`.
    """
    if isinstance(value, bytes):
        value = value[: MAX_CELLS * 4].decode("utf-8", "backslashreplace")
    text = str(value)
    if limit is not None:
        return Safe(display.show(text, limit))
    return Safe(display.one_line(text))


def content(value: object) -> Content:
    """A value as content that is never read as markup."""
    return Content(clean(value))


def cells(text: str) -> int:
    """The width of a text in terminal cells."""
    return len(text) if text.isascii() else cell_len(text)


def fit(text: str, width: int) -> Safe:
    """Text cut with `…` or padded with spaces to exactly `width` cells."""
    text = clean(text)
    length = cells(text)
    if length == width:
        return Safe(text)
    if length < width:
        return Safe(text + " " * (width - length))
    return Safe(set_cell_size(text, width - 1) + "…") if width > 0 else Safe("")


def fit_right(text: str, width: int) -> Safe:
    """As `fit`, set to the right: for numbers."""
    text = clean(text)
    length = cells(text)
    return Safe(" " * (width - length) + text) if length <= width else fit(text, width)


def fit_middle(text: str, width: int) -> Safe:
    """Text cut in the middle so that both ends stay, padded to exactly `width` cells."""
    text = clean(text)
    if cells(text) <= width or width < 5:
        return fit(text, width)
    tail = (width - 1) // 2
    head = width - 1 - tail
    end = text[-tail:]
    while cells(end) > tail:
        end = end[1:]
    return Safe(set_cell_size(text, head) + "…" + " " * (tail - cells(end)) + end)


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of safe text in one role of the palette (`theme.ROLES`).

    Args:
        text: Shown text; made safe here whatever it was.
        role: What the text is: `text`, `dim`, `ok`, `bad`, ... The palette decides on colour and weight.
        action: Textual action run on a click, written by us (never taken from a delivery).
        captured: Not ours: it is drawn as it is where the app's own signs are drawn in ASCII.
    """

    text: str
    role: str = "text"
    action: str | None = None
    captured: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", clean(self.text))
        if self.action is not None and not _ACTION.fullmatch(self.action):
            raise ValueError(f"not an action of ours: {clean(self.action, 60)}")

    def part(self, start: int, end: int | None, role: str | None = None) -> Piece:
        """The characters from `start` to `end`, in the same role or another."""
        return Piece(self.text[start:end], role or self.role, self.action, self.captured)


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the screen: pieces from left to right."""

    pieces: tuple[Piece, ...] = ()

    @classmethod
    def of(cls, *parts: Piece | Line | tuple[str, str] | str) -> Line:
        """A line of parts: `Piece`, another line, (role, text) or plain text."""
        pieces: list[Piece] = []
        for part in parts:
            if isinstance(part, Line):
                pieces.extend(part.pieces)
            elif isinstance(part, Piece):
                pieces.append(part)
            elif isinstance(part, tuple):
                pieces.append(Piece(part[1], part[0]))
            else:
                pieces.append(Piece(part))
        return cls(tuple(pieces))

    @classmethod
    def captured(cls, text: str, role: str = "text") -> Line:
        """Captured text; what stands for a control character has the role `escaped`, apart from the same words."""
        if text.isascii() and text.isprintable():
            return cls((Piece(text, role, captured=True),))
        return cls(tuple(_captured(text, role)))

    @property
    def text(self) -> Safe:
        """The words of the line."""
        return Safe("".join(piece.text for piece in self.pieces))

    @property
    def width(self) -> int:
        """Cells."""
        return sum(cells(piece.text) for piece in self.pieces)

    def __add__(self, other: Line) -> Line:
        return Line(self.pieces + other.pieces)

    def recolour(self, role: str) -> Line:
        """The same words, all in one role."""
        return Line(tuple(Piece(piece.text, role, piece.action, piece.captured) for piece in self.pieces))

    def cut(self, width: int) -> Line:
        """At most `width` cells, the last of them `…` when something was cut."""
        if self.width <= width:
            return self
        kept: list[Piece] = []
        room = width - 1
        for piece in self.pieces:
            length = cells(piece.text)
            if length > room:
                if room >= 0:
                    kept.append(Piece(set_cell_size(piece.text, room), piece.role, piece.action, piece.captured))
                    kept.append(Piece("…", piece.role, piece.action))
                break
            kept.append(piece)
            room -= length
        return Line(tuple(kept))

    def pad(self, width: int, role: str = "text") -> Line:
        """Exactly `width` cells: cut or filled with spaces."""
        line = self.cut(width)
        gap = width - line.width
        return Line((*line.pieces, Piece(" " * gap, role))) if gap > 0 else line


def spread(left: Line, right: Line, width: int) -> Line:
    """`left` at the left edge and `right` at the right edge of `width` cells; the left one is cut first."""
    right = right.cut(width)
    room = width - right.width
    return left.cut(max(0, room - 1)).pad(room) + right


def _captured(text: str, role: str) -> Iterator[Piece]:
    for index, part in enumerate(_HIDDEN.split(text)):
        if part:
            yield Piece(part, "escaped") if index % 2 else Piece(part, role, captured=True)


def toast(app: App[Any], message: object, *, title: str = "", bad: bool = False) -> None:
    """A toast, for things that happened elsewhere only. Own actions speak in the status line."""
    app.notify(
        clean(message, 200),
        title=clean(title, 60),
        severity="error" if bad else "information",
        markup=False,
    )


class PlainLabel(Static):
    """A label that never reads markup.

    Args:
        value: Shown text, made safe.
    """

    def __init__(
        self,
        value: object = "",
        *,
        id: str | None = None,  # noqa: A002 (Textual's name)
        classes: str | None = None,
    ) -> None:
        super().__init__(content(value), id=id, classes=classes, markup=False)

    def show(self, *values: object) -> None:
        """Replace the text; several values become lines."""
        self.update(Content("\n").join([content(value) for value in values]))


class PlainInput(Input):
    """A one-row text field. What is typed or pasted is made visible before it is kept: its value is safe to show."""

    DEFAULT_CSS = """
    PlainInput, PlainInput:focus {
        border: none;
        height: 1;
        padding: 0;
        background: $surface;
        color: $foreground;
    }
    """

    def __init__(
        self,
        value: str = "",
        *,
        placeholder: str = "",
        password: bool = False,
        id: str | None = None,  # noqa: A002 (Textual's name)
        classes: str | None = None,
    ) -> None:
        super().__init__(
            clean(value),
            placeholder=clean(placeholder),
            password=password,
            id=id,
            classes=classes,
            select_on_focus=False,
            compact=True,
        )

    def validate_value(self, value: str) -> str:
        """Control characters of a paste become visible forms."""
        return clean(value)

    def action_copy(self) -> None:
        """Copy the selection; the clear text of a password field is never put on a clipboard."""
        if not self.password:
            super().action_copy()


def lines_of(values: Iterable[object], role: str = "text") -> list[Line]:
    """One line for each value."""
    return [Line.of((role, clean(value))) for value in values]


def owner(node: MessagePump) -> App[object]:
    """The app of a node, typed."""
    return node.app
