"""Selecting text with the mouse in widgets that draw lines: dragging, a word by two clicks, a line by three.

Textual gives a drag in the cells of a strip that carries offsets; what is selected is the drawn text.
"""

from __future__ import annotations

import re

from textual import events
from textual.geometry import Offset
from textual.selection import Selection
from textual.strip import Strip

from webhook_inspector.tui.moving import Moves
from webhook_inspector.tui.safe import Line, cells
from webhook_inspector.tui.theme import palette_of
from webhook_inspector.tui.widgets.wrapping import part

SELECTED_ROWS = 5000
"""Rows that are copied at most."""
_WORD = re.compile(r"[\w.@:/+-]*[\w/]|\S")
"""A word of two clicks: ids, addresses and dotted names whole; quotes and commas around them not."""


class Selectable(Moves, inherit_bindings=False):
    """A widget of lines whose text can be selected."""

    ALLOW_SELECT = True
    GUTTER = 0
    """Characters at the start of a drawn line that are no text: the edge, a fold mark."""

    def _drawn_row(self, row: int) -> Line | None:
        """The line that is drawn in a row of the content; None below the last."""
        raise NotImplementedError

    def _row_strip(self, line: Line, row: int, width: int, ground: str) -> Strip:
        """A line as a strip that the mouse can select in, with what is selected of it."""
        palette = palette_of(self.app)
        selection = self.text_selection
        span = None if selection is None else selection.get_span(row)
        if span is not None:
            start, end = span[0], len(line.text) if span[1] < 0 else span[1]
            line = part(line, 0, start) + part(line, start, end).recolour("match") + part(line, end, None)
        return palette.strip(line, width, ground).apply_offsets(0, row)

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """The selected text as it is drawn, without gutter; at most `SELECTED_ROWS` rows."""
        first = 0 if selection.start is None else max(0, selection.start.y)
        last = self._extent - 1 if selection.end is None else min(selection.end.y, self._extent - 1)
        rows: list[str] = []
        for row in range(first, min(last + 1, first + SELECTED_ROWS)):
            span, line = selection.get_span(row), self._drawn_row(row)
            if span is None or line is None:
                continue
            text = line.text
            end = len(text) if span[1] < 0 else span[1]
            rows.append(text[max(span[0], self.GUTTER) : end].rstrip())
        return ("\n".join(rows), "\n") if rows else None

    def selection_updated(self, selection: Selection | None) -> None:  # noqa: ARG002 (what Textual calls)
        """Repaint while the mouse drags."""
        self.refresh()

    def selects(self, event: events.Click) -> bool:
        """Whether a click was part of selecting: the end of a drag, or the second or third of several."""
        if event.chain < 2:
            return self.text_selection is not None
        event.prevent_default()  # Textual would select everything
        row = event.y + self.scroll_offset.y
        line = self._drawn_row(row)
        if line is None:
            return True
        text = line.text
        at = _char_at(text, event.x - self._cursor_column)
        start, end = self.GUTTER, len(text.rstrip())
        if event.chain == 2:
            found = next((word for word in _WORD.finditer(text, self.GUTTER) if word.start() <= at < word.end()), None)
            if found is None:
                return True
            start, end = found.span()
        self.screen.selections = {self: Selection(Offset(start, row), Offset(end, row))}
        return True


def _char_at(text: str, cell: int) -> int:
    """The index of the character that stands in a cell."""
    if text.isascii():
        return cell
    done = 0
    for index, char in enumerate(text):
        done += cells(char)
        if done > cell:
            return index
    return len(text)
