"""A third column on a wide screen: one tab of the delivery under the cursor, whatever the detail beside it shows."""

from __future__ import annotations

from textual.app import ComposeResult

from webhook_inspector.tui.base import Row
from webhook_inspector.tui.safe import Line
from webhook_inspector.tui.tabs import tabs
from webhook_inspector.tui.widgets.detail import Detail
from webhook_inspector.tui.widgets.line_view import LineView


class Pinned(Detail):
    """The column."""

    def compose(self) -> ComposeResult:
        """The tab's name, a rule, the document."""
        yield Row(self._name_line)
        yield Row(lambda width: Line.of(" ", ("line", "─" * (width - 2))))
        yield LineView(id="pinned-lines")

    def _name_line(self, _width: int) -> Line:
        tab = next(tab for tab in tabs() if tab.number == self.tab)
        badge = tab.badge(self.record) if self.record is not None else Line()
        return Line.of(" ", ("strong", tab.title), " ", badge)
