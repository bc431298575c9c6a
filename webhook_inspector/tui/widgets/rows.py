"""A scrolling list of lines, with a cursor or without."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip

from webhook_inspector.tui.keys import MOVES, binds
from webhook_inspector.tui.safe import Line, Piece
from webhook_inspector.tui.selecting import Selectable
from webhook_inspector.tui.theme import palette_of


class Rows(Selectable, can_focus=True, inherit_bindings=False):
    """A scrolling list of lines, with a cursor or without. For lists of up to some thousand rows that are known.

    Args:
        cursor: Whether a row is selected and moved by `j` and `k`; without, the keys scroll.
        ground: `ground`, or `raised` for what lies over the screen.
    """

    DEFAULT_CSS = "Rows { height: 1fr; scrollbar-size: 1 1; overflow-x: hidden; }"
    BINDINGS: ClassVar[list[BindingType]] = [*binds(*MOVES, "open")]

    cursor: reactive[int] = reactive(0, repaint=False)

    class Moved(Message):
        """The cursor is on another row."""

        def __init__(self, rows: Rows, index: int) -> None:
            super().__init__()
            self.rows = rows
            self.index = index

        @property
        def control(self) -> Rows:
            """The list."""
            return self.rows

    class Chosen(Moved):
        """`⏎` or a click on the selected row."""

    def __init__(
        self,
        lines: Sequence[Line] = (),
        *,
        cursor: bool = True,
        ground: str = "ground",
        id: str | None = None,  # noqa: A002 (Textual's name)
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._lines: Sequence[Line] = lines
        self._has_cursor = cursor
        self._ground = ground
        self.GUTTER = 1 if cursor else 0
        self.edge = 0
        """Cells left of the selection's edge."""
        self._fixed: frozenset[int] = frozenset()

    @property
    def lines(self) -> Sequence[Line]:
        """What is shown."""
        return self._lines

    def set_lines(self, lines: Sequence[Line], *, fixed: Sequence[int] = (), keep: bool = True) -> None:
        """Show other lines.

        Args:
            lines: The rows.
            fixed: Rows that the cursor steps over: headings, blanks.
            keep: Keep cursor and scroll where they are, as far as they exist.
        """
        self._lines = lines
        self._fixed = frozenset(fixed)
        self.virtual_size = Size(self.size.width, len(lines))
        wanted = min(self.cursor, max(0, len(lines) - 1)) if keep else 0
        self.set_reactive(Rows.cursor, self._free(wanted, 1))
        if not keep:
            self.scroll_to(y=0, animate=False)
        self.refresh()

    def on_mount(self) -> None:
        """Know the height from the start."""
        self.virtual_size = Size(self.size.width, len(self._lines))
        self.set_reactive(Rows.cursor, self._free(self.cursor, 1))

    def on_resize(self) -> None:
        """Keep the selected row on the screen."""
        self.virtual_size = Size(self.size.width, len(self._lines))
        self._reveal()

    def on_focus(self) -> None:
        """Brighten the edge."""
        self.refresh_line(self.cursor)

    def on_blur(self) -> None:
        """Dim the edge."""
        self.refresh_line(self.cursor)

    def render_line(self, y: int) -> Strip:
        """Textual's line API."""
        palette = palette_of(self.app)
        index = y + self.scroll_offset.y
        width = self.size.width
        if index >= len(self._lines):
            return palette.blank(width, self._ground)
        chosen = self._has_cursor and index == self.cursor and index not in self._fixed
        line = self._drawn_row(index) or Line()
        row = self._row_strip(line, index, max(0, width - self.edge), "selected" if chosen else self._ground)
        return Strip.join([palette.blank(self.edge), row]) if self.edge else row

    def _drawn_row(self, row: int) -> Line | None:
        if not 0 <= row < len(self._lines):
            return None
        # One cell is kept for the scrollbar, so that nothing moves when it comes.
        line = self._lines[row].cut(max(1, self.size.width - 1 - self.GUTTER - self.edge))
        if not self._has_cursor:
            return line
        chosen = row == self.cursor and row not in self._fixed
        return Line((Piece("▌" if chosen else " ", "accent" if self.has_focus else "dim"), *line.pieces))

    def move_to(self, index: int, direction: int = 1) -> None:
        """Put the cursor on a row, or on the next free one in a direction."""
        index = self._free(max(0, min(index, len(self._lines) - 1)), direction)
        if index != self.cursor:
            self.cursor = index

    def watch_cursor(self, before: int, now: int) -> None:
        """Repaint two rows and tell the screen."""
        self.refresh_line(before)
        self.refresh_line(now)
        self._reveal()
        self.post_message(self.Moved(self, now))

    def _free(self, index: int, direction: int) -> int:
        step = 1 if direction >= 0 else -1
        for way in (step, -step):
            at = index
            while 0 <= at < len(self._lines):
                if at not in self._fixed:
                    return at
                at += way
        return max(0, index)

    def _reveal(self) -> None:
        if self._has_cursor and self.size.height:
            self.place_cursor()
            # Context above: the first free row shows its headings too.
            top = 0 if self._free(0, 1) == self.cursor else self.cursor
            self.scroll_to_region(Region(0, top, 1, self.cursor - top + 1), animate=False, force=True, immediate=True)

    def _step(self, rows: int) -> None:
        if self._has_cursor:
            self.move_to(self.cursor + rows, rows)
        else:
            self.scroll_to(y=self.scroll_offset.y + rows, animate=False)

    @property
    def _extent(self) -> int:
        return len(self._lines)

    @property
    def _cursor_row(self) -> int | None:
        return self.cursor if self._has_cursor and self._lines else None

    @property
    def _cursor_column(self) -> int:
        return self.edge

    def action_open(self) -> None:
        """Accept the selected row."""
        if self._has_cursor and self._lines:
            self.post_message(self.Chosen(self, self.cursor))

    def on_click(self, event: events.Click) -> None:
        """A click selects; on the selected row it accepts. Where nothing is accepted, two clicks select a word."""
        if (event.chain < 2 or not self._has_cursor) and self.selects(event):
            return
        if event.chain > 1:
            event.prevent_default()  # Textual would select everything
        index = event.y + self.scroll_offset.y
        if not self._has_cursor or index >= len(self._lines) or index in self._fixed:
            return
        if index == self.cursor:
            self.action_open()
        else:
            self.move_to(index)
