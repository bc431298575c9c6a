"""What a body view takes and gives. Text in here is as received: making it safe is the screen's duty."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, overload

from webhook_inspector.core.request import Request


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a line that is drawn in one style."""

    start: int
    """Index of its first character in `Line.text`."""
    end: int
    """Index after its last character."""
    kind: str
    """`key`, `string`, `number`, `constant`, `punctuation`, `note` or `plain`."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a body as it is shown. Long lines are whole: the screen cuts them."""

    text: str
    """Without its indentation and without a line end."""
    spans: tuple[Span, ...] = ()
    """In order, not overlapping; characters outside every span are plain."""
    indent: int = 0
    """Levels of indentation, to be drawn before the text."""
    fold_end: int | None = None
    """Index of the last line of the foldable block that starts here; None when none does."""
    path: str | None = None
    """Where the value of this line stands, for example `$.data.items[0].id`; None when it has no place."""
    value_kind: str | None = None
    """`string`, `number`, `boolean`, `null`, `object`, `array`, `file`, ...; None when the line holds no value."""
    size: int | None = None
    """Members or elements of the object or array that starts (or stands) here."""
    hint: str = ""
    """What a value means, for example the date of an epoch number; not part of the body."""


class Lines(Sequence[Line]):
    """Lines made when they are asked for."""

    def __len__(self) -> int:
        raise NotImplementedError

    def line(self, index: int) -> Line:
        """The line of an index from 0; IndexError beyond the end."""
        raise NotImplementedError

    def value(self, index: int) -> str:
        """The value of a line as text to copy: strings decoded, all else as sent."""
        return self.line(index).text

    def source(self, index: int) -> str:
        """The value of a line exactly as sent."""
        return self.value(index)

    @overload
    def __getitem__(self, index: int) -> Line: ...
    @overload
    def __getitem__(self, index: slice) -> list[Line]: ...
    def __getitem__(self, index: int | slice) -> Line | list[Line]:
        if isinstance(index, slice):
            return [self.line(at) for at in range(*index.indices(len(self)))]
        size = len(self)
        if index < 0:
            index += size
        if not 0 <= index < size:
            raise IndexError(index)
        return self.line(index)


class FixedLines(Lines):
    """Lines that are already made.

    Args:
        lines: The lines.
        values: For some lines, the text to copy when it is not the line's text.
    """

    def __init__(self, lines: Sequence[Line], values: dict[int, str] | None = None) -> None:
        self._lines = lines
        self._values = values or {}

    def __len__(self) -> int:
        return len(self._lines)

    def line(self, index: int) -> Line:
        """The line of an index."""
        return self._lines[index]

    def value(self, index: int) -> str:
        """The value of a line as text to copy."""
        return self._values.get(index, self._lines[index].text)


@dataclass(frozen=True, slots=True)
class BodyText:
    """A body as lines."""

    view: str
    """Name of the view that made it."""
    lines: Lines
    note: str = ""
    """What the reader must know, as sentences: compression undone, what is not valid and where, what was cut."""
    total_bytes: int = 0
    """Size of the body as received."""
    truncated: bool = False
    """Whether the end of the body is not in the lines."""

    def value_at(self, index: int) -> str:
        """The value of a line as text to copy: JSON strings decoded, numbers, objects and arrays as sent."""
        return self.lines.value(index)

    def source_at(self, index: int) -> str:
        """The value of a line exactly as sent, for example a JSON string with its quotes and escapes."""
        return self.lines.source(index)


@dataclass(frozen=True, slots=True)
class Content:
    """A body made ready for a view."""

    request: Request
    data: bytes
    """The body with its content encoding undone where that is possible, at most `limit` bytes of it."""
    media_type: str
    """In lower case, without parameters; empty when the sender named none."""
    charset: str
    """As declared, in lower case; empty when the sender named none."""
    limit: int
    """Bytes that a view shows."""
    cut: bool = False
    """Whether the body is longer than `data`."""
    opaque: bool = False
    """Whether the content encoding could not be undone, so that only the bytes can be shown."""


class CannotShowError(Exception):
    """A view cannot show this body; the message says why and where, in one sentence."""


class BodyView(Protocol):
    """A way to show a body: one file in `bodies/view/` with a `VIEW`."""

    name: str
    title: str

    def priority(self, content: Content) -> int:
        """How well this view fits: 0 not at all, 10 always possible, 50 by its looks, 90 by its declared type."""

    def render(self, content: Content) -> BodyText:
        """The body as lines.

        Raises:
            CannotShowError: It is not what this view shows.
        """
