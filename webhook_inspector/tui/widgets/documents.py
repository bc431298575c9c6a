"""What a line view shows: bodies as lines, and lines that were already made."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from webhook_inspector.adapters.highlight import highlight
from webhook_inspector.bodies import BodyText
from webhook_inspector.bodies.api import Span
from webhook_inspector.core import units
from webhook_inspector.tui.safe import MAX_CELLS, Line, Piece, clean

ROLES = {
    "key": "name",
    "string": "string",
    "number": "number",
    "constant": "number",
    "punctuation": "dim",
    "note": "dim",
    "plain": "text",
}
"""Role of each kind of span."""


class Document(Protocol):
    """Lines made when they are asked for."""

    @property
    def wraps(self) -> bool:
        """Whether its long lines are wrapped unless the user says otherwise: sentences are, data is not."""

    def __len__(self) -> int:
        """How many lines there are."""

    def line(self, index: int, *, folded: bool) -> Line:
        """A line as it is drawn, cut at `MAX_CELLS`; `folded`: the block that starts here is closed."""

    def indent(self, index: int) -> int:
        """Cells before the line."""

    def plain(self, index: int) -> str:
        """The line as text, for searching."""

    def fold_end(self, index: int) -> int | None:
        """Last line of the block that starts here."""

    def about(self, index: int) -> Line:
        """Path, kind and keys of the value of a line, for the last line of the pane."""

    def hint(self, index: int) -> str:
        """What the value means, drawn at the right."""

    def value(self, index: int) -> str | None:
        """What `y v` copies: the value of a line as received."""

    def path(self, index: int) -> str | None:
        """What `y p` copies: where the value stands."""


class FixedDocument:
    """Lines that were already made.

    Args:
        lines: What is drawn.
        values: What to copy for a line, by index; else its words.
        about: What the last line of the pane says of a line, by index.
        folds: First to last line of blocks that can be folded.
    """

    wraps = True

    def __init__(
        self,
        lines: Sequence[Line],
        *,
        values: dict[int, str] | None = None,
        about: dict[int, Line] | None = None,
        folds: dict[int, int] | None = None,
    ) -> None:
        self.lines = lines
        self._values = values or {}
        self._about = about or {}
        self._folds = folds or {}

    def __len__(self) -> int:
        return len(self.lines)

    def line(self, index: int, *, folded: bool) -> Line:
        """The line."""
        line = self.lines[index]
        return line + Line.of(("dim", " …")) if folded else line

    def indent(self, _index: int) -> int:
        """None."""
        return 0

    def plain(self, index: int) -> str:
        """Its words."""
        return self.lines[index].text

    def fold_end(self, index: int) -> int | None:
        """Last line of the block."""
        return self._folds.get(index)

    def about(self, index: int) -> Line:
        """What was given."""
        return self._about.get(index, Line())

    def hint(self, _index: int) -> str:
        """None."""
        return ""

    def value(self, index: int) -> str | None:
        """What was given, else the words."""
        return self._values.get(index, self.lines[index].text.strip())

    def path(self, _index: int) -> str | None:
        """None."""
        return None


class BodyDocument:
    """A body as a view made it.

    Args:
        body: Lines as received; they become safe here.
        notes: Sentences shown above the first line.
        language: Colours the lines that the view itself did not (`adapters.highlight`); None leaves them plain.
    """

    wraps = False

    def __init__(self, body: BodyText, notes: Sequence[str] = (), *, language: str | None = None) -> None:
        self.body = body
        self._language = language
        sentences = [*notes, *([body.note] if body.note else [])]
        self._notes = [Line.of(("warn", "! "), ("dim", note)) for note in sentences]
        if self._notes:
            self._notes.append(Line())

    def __len__(self) -> int:
        return len(self._notes) + len(self.body.lines)

    def line(self, index: int, *, folded: bool) -> Line:
        """The line with its spans in their roles."""
        at = index - len(self._notes)
        if at < 0:
            return self._notes[index]
        source = self.body.lines[at]
        text, rest = source.text[:MAX_CELLS], len(source.text) - MAX_CELLS
        pieces: list[Piece] = []
        done = 0
        for span in source.spans or self._coloured(text):
            if span.start >= len(text):
                break
            if span.start > done:
                pieces.extend(Line.captured(text[done : span.start]).pieces)
            pieces.extend(Line.captured(text[span.start : span.end], ROLES.get(span.kind, "text")).pieces)
            done = span.end
        pieces.extend(Line.captured(text[done:]).pieces)
        if rest > 0:
            pieces.append(Piece(f" … {units.count(rest)} more characters", "warn"))
        if folded and source.fold_end is not None:
            pieces.extend(self._folded(at, source.fold_end, source.size).pieces)
        return Line(tuple(pieces))

    def _coloured(self, text: str) -> list[Span]:
        if self._language is None:
            return []
        return [Span(*span) for span in highlight([text], self._language)[0]]

    def _folded(self, at: int, end: int, size: int | None) -> Line:
        last = self.body.lines[end].text[:4]
        word = "key" if last.startswith("}") else "element"
        inside = units.plural(size, word) if size is not None else units.plural(end - at - 1, "line")
        return Line.of(("dim", f" {inside} "), ("dim", last) if last[:1] in "}])" else ("dim", "…"))

    def indent(self, index: int) -> int:
        """Two cells a level."""
        at = index - len(self._notes)
        return 0 if at < 0 else 2 * self.body.lines[at].indent

    def plain(self, index: int) -> str:
        """The line as received."""
        at = index - len(self._notes)
        return self._notes[index].text if at < 0 else self.body.lines[at].text

    def fold_end(self, index: int) -> int | None:
        """Last line of the block."""
        at = index - len(self._notes)
        end = None if at < 0 else self.body.lines[at].fold_end
        return None if end is None else end + len(self._notes)

    def about(self, index: int) -> Line:
        """Path, kind and keys of the value."""
        at = index - len(self._notes)
        if at < 0:
            return Line()
        source = self.body.lines[at]
        if source.path is None:
            return Line()
        parts = [Line.captured(source.path.removeprefix("$."), "text")]
        if source.value_kind:
            size = f", {units.count(source.size)}" if source.size is not None else ""
            parts.append(Line.of(("dim", source.value_kind + size)))
        if source.value_kind not in {None, "object", "array"}:
            parts.append(Line.of(("key", "y v"), ("dim", " copy")))
            parts.append(Line.of(("key", "+"), ("dim", " filter to it")))
        result = parts[0]
        for part in parts[1:]:
            result = result + Line.of(("dim", " · ")) + part
        return result

    def hint(self, index: int) -> str:
        """What the value means."""
        at = index - len(self._notes)
        return "" if at < 0 else self.body.lines[at].hint

    def value(self, index: int) -> str | None:
        """The value as received."""
        at = index - len(self._notes)
        return None if at < 0 else self.body.value_at(at)

    def path(self, index: int) -> str | None:
        """Where it stands."""
        at = index - len(self._notes)
        return None if at < 0 else self.body.lines[at].path


@dataclass(frozen=True, slots=True)
class _Part:
    start: int
    document: Document


class JoinedDocument:
    """Documents one after another, for example the head of a request and its body."""

    def __init__(self, *documents: Document, wraps: bool = False) -> None:
        self.wraps = wraps
        self._parts: list[_Part] = []
        start = 0
        for document in documents:
            if len(document):
                self._parts.append(_Part(start, document))
                start += len(document)
        self._length = start

    def _at(self, index: int) -> tuple[Document, int, int]:
        part = self._parts[bisect_right(self._parts, index, key=lambda part: part.start) - 1]
        return part.document, index - part.start, part.start

    def __len__(self) -> int:
        return self._length

    def line(self, index: int, *, folded: bool) -> Line:
        """The line of its part."""
        document, at, _ = self._at(index)
        return document.line(at, folded=folded)

    def indent(self, index: int) -> int:
        """Of its part."""
        document, at, _ = self._at(index)
        return document.indent(at)

    def plain(self, index: int) -> str:
        """Of its part."""
        document, at, _ = self._at(index)
        return document.plain(at)

    def fold_end(self, index: int) -> int | None:
        """Of its part."""
        document, at, start = self._at(index)
        end = document.fold_end(at)
        return None if end is None else end + start

    def about(self, index: int) -> Line:
        """Of its part."""
        document, at, _ = self._at(index)
        return document.about(at)

    def hint(self, index: int) -> str:
        """Of its part."""
        document, at, _ = self._at(index)
        return document.hint(at)

    def value(self, index: int) -> str | None:
        """Of its part."""
        document, at, _ = self._at(index)
        return document.value(at)

    def path(self, index: int) -> str | None:
        """Of its part."""
        document, at, _ = self._at(index)
        return document.path(at)


class RawDocument:
    """Bytes as lines of text, split at LF; every other control character is visible.

    Args:
        data: As received.
        role: Role of the text.
    """

    wraps = True

    def __init__(self, data: bytes, role: str = "text") -> None:
        self._data = data
        self._role = role
        ends = _newlines(data)
        if data and not data.endswith(b"\n"):
            ends.append(len(data))
        self._ends = ends

    def __len__(self) -> int:
        return len(self._ends)

    def _bytes(self, index: int) -> bytes:
        start = self._ends[index - 1] + 1 if index else 0
        return self._data[start : self._ends[index]]

    def line(self, index: int, *, folded: bool) -> Line:  # noqa: ARG002 (nothing folds here)
        """The line, cut."""
        data = self._bytes(index)
        text = _text(data[: MAX_CELLS * 4])
        rest = len(text) - MAX_CELLS if len(data) <= MAX_CELLS * 4 else len(data) - MAX_CELLS
        line = Line.captured(text[:MAX_CELLS], self._role)
        return line + Line.of(("warn", f" … {units.count(rest)} more")) if rest > 0 else line

    def indent(self, _index: int) -> int:
        """None."""
        return 0

    def plain(self, index: int) -> str:
        """As text."""
        return _text(self._bytes(index))

    def fold_end(self, _index: int) -> int | None:
        """None."""
        return None

    def about(self, index: int) -> Line:
        """Where the line is."""
        start = self._ends[index - 1] + 1 if index else 0
        return Line.of(
            ("dim", f"line {units.count(index + 1)} of {units.count(len(self))} · byte {units.count(start)}")
        )

    def hint(self, _index: int) -> str:
        """None."""
        return ""

    def value(self, index: int) -> str | None:
        """The line."""
        return self.plain(index)

    def path(self, _index: int) -> str | None:
        """None."""
        return None


def _newlines(data: bytes) -> list[int]:
    found: list[int] = []
    at = data.find(b"\n")
    while at >= 0:
        found.append(at)
        at = data.find(b"\n", at + 1)
    return found


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("utf-8", "backslashreplace")


def sentences(*lines: str) -> FixedDocument:
    """A document of plain sentences: empty and waiting states."""
    return FixedDocument([Line.of(("dim", clean(line))) for line in lines])
