"""The keys that move, the same in every widget that has rows."""

from __future__ import annotations

from textual.scroll_view import ScrollView


class Moves(ScrollView, inherit_bindings=False):
    """Actions of the moving keys. A widget with rows says how to step and how many rows it has."""

    def _step(self, rows: int) -> None:
        """Move by so many rows, up when negative; beyond an end is the end."""
        raise NotImplementedError

    @property
    def _extent(self) -> int:
        """How many rows there are."""
        raise NotImplementedError

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
