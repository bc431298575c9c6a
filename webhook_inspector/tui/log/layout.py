"""How the panes of the log stand: beside each other, over each other, or one at a time; remembered by width."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from webhook_inspector.tui.base import WIDE
from webhook_inspector.tui.log.parts import LogParts

WIDEST = 170
"""Columns from which there is room for a third column."""


@dataclass(frozen=True, slots=True)
class Layout:
    """One way in which the panes stand."""

    name: str
    """What is remembered; and the class of the screen, behind a dash, where the style sheet needs one."""
    words: str
    """For the status line."""
    pinned: int = 0
    """Number of the tab that a third column shows, whatever the detail shows; 0: there is none."""


_LIST = Layout("list", "One pane: ⏎ opens a delivery over the list")
_STACKED = Layout("stacked", "The detail stands under the list")
_SIDE = Layout("side", "The detail stands beside the list")
LAYOUTS: Mapping[str, Sequence[Layout]] = {
    "narrow": (_LIST, _STACKED),
    "wide": (_SIDE, _STACKED, _LIST),
    "widest": (
        Layout("signature", "A third column shows the signature", 3),
        Layout("shape", "A third column shows the shape", 4),
        _SIDE,
        _STACKED,
        _LIST,
    ),
}
"""What each class of width can be asked for, the usual one first."""


def width_class(columns: int) -> str:
    """The class of a width: `narrow`, `wide` from 100 columns, `widest` from 170."""
    return "narrow" if columns < WIDE else "wide" if columns < WIDEST else "widest"


class LogLayout(LogParts):
    """The part of the log's screen that arranges its panes."""

    _width = ""

    def fit_panes(self) -> None:
        """Take the layout that was last chosen for this class of width."""
        columns = self.app.size.width
        self.narrow = columns < WIDE
        width = width_class(columns)
        if width == self._width:
            return
        self._width = width
        wanted = self.inspector_app.memory.read().layouts.get(width)
        known = LAYOUTS[width]
        self._use(next((layout for layout in known if layout.name == wanted), known[0]))

    def _use(self, layout: Layout) -> None:
        self.layout_now = layout
        self.one_pane = layout is _LIST
        self.update_classes({"-list": layout is _LIST, "-stacked": layout is _STACKED, "-three": bool(layout.pinned)})
        if layout.pinned:
            self.third.open_tab(layout.pinned)
        elif self.in_third:
            self.detail.view.focus()
        self.show_third()

    def action_layout(self) -> None:
        """The next way to arrange the panes at this width."""
        if self.has_class("-empty"):
            return
        known = LAYOUTS[self._width]
        self.remove_class("-zoom")
        self._use(known[(known.index(self.layout_now) + 1) % len(known)])
        self.inspector_app.memory.keep_layout(self._width, self.layout_now.name)
        self.say(self.layout_now.words, "   ", ("key", "|"), ("dim", " another"))
        self.call_after_refresh(self.repaint_lines)

    def action_zoom(self) -> None:
        """The pane with the keyboard takes all the room, or gives it back."""
        self.toggle_class("-zoom")
        self.call_after_refresh(self.repaint_lines)

    def action_other_pane(self, step: int) -> None:
        """From pane to pane, and round."""
        if not self.list.ids:
            return
        panes = [self.list, self.detail.view, *([self.third.view] if self.layout_now.pinned else [])]
        at = 2 if self.in_third else 1 if self.in_detail else 0
        if at == 0 and step > 0:
            self.open_detail()
        else:
            wanted = panes[(at + step) % len(panes)]
            if wanted is self.list:
                self.close_detail()
            else:
                self.add_class("-open")
                wanted.focus()
