"""A windowed viewer of lines: any size opens at once, because only the lines in sight are made.

Folding, a line cursor, search. The cursor is a line of the document; closed blocks are kept as ranges, so a million
lines cost nothing until they are drawn.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections.abc import Iterator
from typing import ClassVar

from textual import events, work
from textual.binding import BindingType
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip

from webhook_inspector.tui.keys import MOVES, bind, binds
from webhook_inspector.tui.safe import Line, Piece, cells, clean
from webhook_inspector.tui.selecting import Selectable
from webhook_inspector.tui.theme import palette_of
from webhook_inspector.tui.widgets.documents import Document, FixedDocument
from webhook_inspector.tui.widgets.wrapping import hanging, part, wrap_at

GUTTER = 3
"""Cells before a line at no indent: the edge and the fold mark."""
WRAP_LIMIT = 5000
"""Lines; a longer document is not wrapped, because each line would have to be measured."""
_SEARCH_SLICE = 2000
"""Lines searched before the screen gets its turn."""


class LineView(Selectable, can_focus=True, inherit_bindings=False):
    """Shows a `Document`."""

    GUTTER = GUTTER

    DEFAULT_CSS = "LineView { height: 1fr; scrollbar-size: 1 1; overflow-x: hidden; overflow-y: scroll; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        *binds(*MOVES, "search_next", "search_prev", "wrap"),
        bind("left", "fold", "fold; again: the block around it"),
        bind("right", "unfold", "unfold; again: everything in it"),
        bind("open", "open", "fold or unfold; in Raw: text or hex"),
    ]

    class Moved(Message):
        """The cursor is on another line."""

    class Searched(Message):
        """A search ended: the sentence for the status line."""

        def __init__(self, line: Line) -> None:
            super().__init__()
            self.line = line

    class Toggled(Message):
        """`⏎` on a line that does not fold."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 (Textual's name)
        super().__init__(id=id)
        self._document: Document = FixedDocument([])
        self._shut: set[int] = set()
        self._starts: list[int] = []
        self._hidden: list[int] = []
        self._wrapped: list[tuple[int, int]] | None = None
        self._cursor = 0
        self._pattern = ""
        self._wrap_asked = False
        self._width = 0
        self._painted: dict[int, tuple[Line, str] | None] = {}
        """What each row of the screen shows, and on which ground; None: a part of it is selected."""

    @property
    def wrap(self) -> bool:
        """Whether long lines are wrapped."""
        return self._wrap_asked != self._document.wraps and len(self._document) <= WRAP_LIMIT

    @property
    def document(self) -> Document:
        """What is shown."""
        return self._document

    @property
    def cursor(self) -> int:
        """The line under the cursor."""
        return self._cursor

    @property
    def pattern(self) -> str:
        """What was searched last."""
        return self._pattern

    def set_document(self, document: Document, *, cursor: int = 0) -> None:
        """Show another document from its top, or from a line."""
        self._document = document
        self._shut.clear()
        self._cursor = max(0, min(cursor, len(document) - 1))
        self._lay_out()
        if cursor == 0:
            self.scroll_to(y=0, animate=False, force=True)
        self._reveal()
        self._repaint_changed()
        self.post_message(self.Moved())

    def about(self) -> Line:
        """What the last line of the pane says of the line under the cursor."""
        return self._document.about(self._cursor) if len(self._document) else Line()

    # Rows and lines: closed blocks hide lines, wrapping repeats them

    def _lay_out(self) -> None:
        self._starts, self._hidden = [], []
        gone, covered = 0, -1
        for start in sorted(self._shut):
            end = self._document.fold_end(start)
            if start <= covered or end is None:
                continue
            gone += end - start
            covered = end
            self._starts.append(start)
            self._hidden.append(gone)
        self._wrapped = None
        if self.wrap:
            self._wrapped = list(self._wrap_rows())
        self.set_height(self._rows)

    @property
    def _rows(self) -> int:
        if self._wrapped is not None:
            return len(self._wrapped)
        return len(self._document) - (self._hidden[-1] if self._hidden else 0)

    @property
    def _room(self) -> int:
        """Cells of a line; the last one is the scrollbar's."""
        return max(10, self.size.width - 1)

    def _wrap_rows(self) -> Iterator[tuple[int, int]]:
        line = 0
        while line < len(self._document):
            folded = line in self._shut
            drawn = self._document.line(line, folded=folded)
            for start in wrap_at(drawn.text, self._room - GUTTER - self._document.indent(line)):
                yield line, start
            end = self._document.fold_end(line) if folded else None
            line = (line if end is None else end) + 1

    def _line_of(self, row: int) -> int:
        if self._wrapped is not None:
            return self._wrapped[row][0]
        # The rows of the closed blocks: each start less what the blocks before it hide.
        at = bisect_right(range(len(self._starts)), row, key=lambda i: self._starts[i] - self._before(i) + 1)
        return row + self._before(at)

    def _row_of(self, line: int) -> int:
        if self._wrapped is not None:
            return bisect_right(self._wrapped, (line, -1))
        at = bisect_right(self._starts, line)
        if at and line <= (self._document.fold_end(self._starts[at - 1]) or 0):
            return self._starts[at - 1] - self._before(at - 1)
        return line - self._before(at)

    def _before(self, block: int) -> int:
        return self._hidden[block - 1] if block else 0

    # Drawing

    def render_line(self, y: int) -> Strip:
        """Textual's line API."""
        palette = palette_of(self.app)
        width = self.size.width
        row = y + self.scroll_offset.y
        drawn, ground = self._look(row)
        self._painted[y] = drawn, ground
        if row >= self._rows:
            return palette.blank(width)
        if self.text_selection is not None and self.text_selection.get_span(row) is not None:
            self._painted[y] = None
        return self._row_strip(drawn, row, width, ground)

    def _look(self, row: int) -> tuple[Line, str]:
        if row >= self._rows:
            return Line(), "ground"
        line = self._line_of(row)
        return self._drawn(line, row), "selected" if line == self._cursor and self.has_focus else "ground"

    def _repaint_changed(self) -> None:
        """Repaint only rows that show something else now: payloads of one type are alike, and a line is 100 bytes."""
        top, width = self.scroll_offset.y, self.size.width
        for y in range(self.size.height):
            if self._painted.get(y) != self._look(y + top):
                self.refresh(Region(0, y, width, 1))

    def _drawn_row(self, row: int) -> Line | None:
        return self._drawn(self._line_of(row), row) if 0 <= row < self._rows else None

    def _drawn(self, index: int, row: int) -> Line:
        document = self._document
        folded = index in self._shut
        indent = document.indent(index)
        room = self._room - GUTTER - indent
        line = self._highlight(document.line(index, folded=folded))
        first = True
        if self._wrapped is not None:
            start = self._wrapped[row][1]
            following = self._wrapped[row + 1] if row + 1 < len(self._wrapped) else (index + 1, 0)
            first = start == 0
            hang = hanging(line.text) if not first else 0
            end = following[1] if following[0] == index else None
            if end is not None and line.text[end - 1 : end] == " ":
                end -= 1
            line = Line.of(" " * hang, part(line, start, end))
        line = line.cut(room)
        foldable = first and document.fold_end(index) is not None
        mark = ("▸ " if folded else "▾ ") if foldable else "  "
        edge = Piece("▌" if index == self._cursor and self.has_focus else " ", "accent")
        hint = clean(document.hint(index)) if first else ""
        if hint and line.width + cells(hint) + 3 <= room:
            line = line.pad(room - cells(hint)) + Line.of(("dim", hint))
        return Line((edge, Piece(" " * indent), Piece(mark, "dim"))) + line

    def _highlight(self, line: Line) -> Line:
        pattern = self._pattern
        if not pattern or pattern not in line.text.casefold():
            return line
        pieces: list[Piece] = []
        for piece in line.pieces:
            text, low = piece.text, piece.text.casefold()
            done = 0
            at = low.find(pattern) if len(low) == len(text) else -1
            while at >= 0:
                pieces += [piece.part(done, at), piece.part(at, at + len(pattern), "match")]
                done = at + len(pattern)
                at = low.find(pattern, done)
            pieces.append(piece.part(done, None))
        return Line(tuple(pieces))

    # The cursor

    def move_to(self, line: int) -> None:
        """Put the cursor on a line; closed blocks around it are opened."""
        opened = [start for start in self._shut if start < line <= (self._document.fold_end(start) or -1)]
        if opened:
            self._shut.difference_update(opened)
            self._lay_out()
            self.refresh()
        self._put(line)

    def _put(self, line: int) -> None:
        line = max(0, min(line, len(self._document) - 1))
        if line == self._cursor:
            return
        before, self._cursor = self._cursor, line
        for each in (before, line):
            self.refresh_lines(self._row_of(each), 1 if self._wrapped is None else 40)
        self._reveal()
        self.post_message(self.Moved())

    def _reveal(self) -> None:
        height = self.size.height
        if not height or not len(self._document):
            return
        row, top = self._row_of(self._cursor), self.scroll_offset.y
        if row < top:
            self.scroll_to(y=row, animate=False, force=True)
        elif row >= top + height:
            self.scroll_to(y=row - height + 1, animate=False, force=True)
        self.place_cursor()

    def _step(self, rows: int) -> None:
        if not len(self._document):
            return
        row = max(0, min(self._row_of(self._cursor) + rows, self._rows - 1))
        if self._wrapped is not None:
            line = self._line_of(row)
            while line == self._cursor and 0 < row < self._rows - 1:
                row += 1 if rows > 0 else -1
                line = self._line_of(row)
        self._put(self._line_of(row))

    def on_mount(self) -> None:
        """Know the size from the start."""
        self._lay_out()

    def on_resize(self) -> None:
        """Lay out again where the width matters, and keep the cursor in sight."""
        if self.wrap and self.size.width != self._width:
            self._lay_out()
        self._width = self.size.width
        self.set_height(self._rows)
        self._reveal()
        self.refresh()

    def on_focus(self) -> None:
        """Show the cursor."""
        self.refresh()

    def on_blur(self) -> None:
        """Hide the cursor."""
        self.refresh()

    # Keys and mouse

    @property
    def _extent(self) -> int:
        return self._rows

    @property
    def _cursor_row(self) -> int | None:
        return self._row_of(self._cursor) if len(self._document) else None

    def action_fold(self) -> None:
        """Close the block that starts here; on any other line, go to the block around it."""
        at = self._cursor
        if self._document.fold_end(at) is not None and at not in self._shut:
            self._fold(at, closed=True)
            return
        parent = self._around(at)
        if parent is not None:
            self._put(parent)

    def action_unfold(self) -> None:
        """Open the block that starts here; an open one: step into it."""
        at = self._cursor
        if at in self._shut:
            self._fold(at, closed=False)
        elif self._document.fold_end(at) is not None:
            self._step(1)

    def action_open(self) -> None:
        """Open or close the block that starts here."""
        at = self._cursor
        if len(self._document) and self._document.fold_end(at) is not None:
            self._fold(at, closed=at not in self._shut)
        else:
            self.post_message(self.Toggled())

    def action_wrap(self) -> None:
        """Wrap long lines, or cut them."""
        if not self.wrap and len(self._document) > WRAP_LIMIT:
            self.post_message(self.Searched(Line.of(f"Not wrapped: more than {WRAP_LIMIT} lines")))
            return
        self._wrap_asked = not self._wrap_asked
        self._lay_out()
        self._reveal()
        self.refresh()
        self.post_message(self.Searched(Line.of("Long lines are wrapped" if self.wrap else "Long lines are cut")))

    def on_click(self, event: events.Click) -> None:
        """A click selects a line; on a fold mark it folds; two select a word, three the whole line."""
        if self.selects(event):
            return
        row = event.y + self.scroll_offset.y
        if row >= self._rows:
            return
        line = self._line_of(row)
        self._put(line)
        indent = self._document.indent(line)
        if indent + 1 <= event.x <= indent + 2 and self._document.fold_end(line) is not None:
            self._fold(line, closed=line not in self._shut)

    def _fold(self, line: int, *, closed: bool) -> None:
        if closed:
            self._shut.add(line)
        else:
            self._shut.discard(line)
        self._lay_out()
        self._reveal()
        self.refresh()

    def _around(self, line: int) -> int | None:
        for above in range(line - 1, max(-1, line - 5000), -1):
            end = self._document.fold_end(above)
            if end is not None and end >= line:
                return above
        return None

    # Search

    def search(self, pattern: str, *, backwards: bool = False) -> None:
        """Look for text from the cursor on, in any case of letters; the result comes as `Searched`."""
        self._pattern = pattern.casefold()
        self.refresh()
        if self._pattern:
            self._find(self._pattern, backwards=backwards, here=True)

    def action_search_next(self) -> None:
        """To the next match."""
        if self._pattern:
            self._find(self._pattern, backwards=False, here=False)

    def action_search_prev(self) -> None:
        """To the match before."""
        if self._pattern:
            self._find(self._pattern, backwards=True, here=False)

    @work(exclusive=True, group="search", description="search")
    async def _find(self, pattern: str, *, backwards: bool, here: bool) -> None:
        document, start = self._document, self._cursor
        total = len(document)
        step = -1 if backwards else 1
        for done in range(0 if here else 1, total + 1):
            at = (start + step * done) % total
            if pattern in document.plain(at).casefold():
                self.move_to(at)
                wrapped = (at < start) if not backwards else (at > start)
                if wrapped:
                    self.post_message(self.Searched(Line.of("Went on from the other end")))
                return
            if done % _SEARCH_SLICE == _SEARCH_SLICE - 1:
                await asyncio.sleep(0)
                if document is not self._document:
                    return
        self.post_message(self.Searched(Line.of(("bad", "Not found "), ("text", clean(pattern, 60)))))
