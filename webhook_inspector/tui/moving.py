"""The keys that move, and the terminal's cursor, the same in every widget that has rows."""

from __future__ import annotations

from typing import cast

from textual.geometry import Offset, Size
from textual.scroll_view import ScrollView
from textual.widget import Widget


class Steady(ScrollView, inherit_bindings=False):
    """A view whose number of rows may change at any time. Its style needs `overflow-y: scroll`."""

    def set_height(self, rows: int) -> None:
        """Tell the scrollbar how many rows there are, without laying out and repainting the screen.

        The scrollbar always has its column, so nothing moves when there are more rows than fit.
        """
        size = Size(self.size.width, max(rows, self.size.height))
        if size == self.virtual_size:
            return
        self.set_reactive(cast("type[Widget]", type(self)).virtual_size, size)
        if self.show_vertical_scrollbar:  # it is, once there is a layout
            self.vertical_scrollbar.window_virtual_size = size.height
        self.scroll_y = self.validate_scroll_y(self.scroll_y)


class Moves(Steady, inherit_bindings=False):
    """Actions of the moving keys. A widget with rows says how to step and how many rows it has."""

    def _step(self, rows: int) -> None:
        """Move by so many rows, up when negative; beyond an end is the end."""
        raise NotImplementedError

    @property
    def _extent(self) -> int:
        """How many rows there are."""
        raise NotImplementedError

    @property
    def _cursor_row(self) -> int | None:
        """The row of the content that is selected; None when nothing is."""
        raise NotImplementedError

    @property
    def _cursor_column(self) -> int:
        """Cells left of the selected row's edge."""
        return 0

    def place_cursor(self) -> None:
        """Put the terminal's own cursor on the selected row: braille displays follow it, though it is hidden."""
        row, region = self._cursor_row, self.region
        if row is None or not self.has_focus or not region.area:
            return
        y = max(region.y, min(region.y + row - self.scroll_offset.y, region.bottom - 1))
        self.app.cursor_position = Offset(region.x + self._cursor_column, y)

    def on_focus(self) -> None:
        """The cursor comes along."""
        self.call_after_refresh(self.place_cursor)

    def on_resize(self) -> None:
        """Rows stand elsewhere once the screen is laid out."""
        self.call_after_refresh(self.place_cursor)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Rows stand elsewhere."""
        super().watch_scroll_y(old_value, new_value)
        self.place_cursor()

    def action_down(self) -> None:
        """One row down."""
        self._step(1)

    def action_up(self) -> None:
        """One row up."""
        self._step(-1)

    def action_half_down(self) -> None:
        """Half a page down."""
        self._step(max(1, self.size.height // 2))

    def action_half_up(self) -> None:
        """Half a page up."""
        self._step(-max(1, self.size.height // 2))

    def action_page_down(self) -> None:
        """A page down."""
        self._step(max(1, self.size.height - 1))

    def action_page_up(self) -> None:
        """A page up."""
        self._step(-max(1, self.size.height - 1))

    def action_top(self) -> None:
        """To the first row."""
        self._step(-self._extent)

    def action_bottom(self) -> None:
        """To the last row."""
        self._step(self._extent)
