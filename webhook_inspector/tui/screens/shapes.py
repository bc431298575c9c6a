"""The shapes of an event type over time, and what tells each one from the one before."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType

from webhook_inspector.core.clock import NS_PER_S
from webhook_inspector.core.units import plural
from webhook_inspector.engine.shape_views import Change, DriftReport
from webhook_inspector.engine.shapes import IGNORED, USED, Structure
from webhook_inspector.errors import InspectorError
from webhook_inspector.shapes.drift import Drift
from webhook_inspector.tui.base import InspectorScreen, KeyLine, Row, StatusLine
from webhook_inspector.tui.keys import bind, binds
from webhook_inspector.tui.safe import Line, clean, fit, fit_middle, fit_right, spread
from webhook_inspector.tui.widgets.rows import Rows

_BARS = " ▁▂▃▄▅▆▇"
_ROLES = {"breaking": "bad", "risky": "warn", "additive": "ok"}
_MARKS = {
    "vanished": "−", "optional_vanished": "−", "appeared": "+", "alias": "+", "variant_added": "+", "enum_added": "+",
    "enum_removed": "−",
}  # fmt: skip
_HEAD = 2
"""Lines above the changes."""
MOST = 200
"""Structures that are listed, the newest; more say only that no two deliveries are alike."""


class ShapesScreen(InspectorScreen):
    """Shapes and their differences.

    Args:
        event_type: Whose.
        filter_log: Shows what a filter finds in the log.
    """

    TITLE_WORDS = "Shapes"
    CSS = """
    ShapesScreen #shapes { height: 3; }
    ShapesScreen.-zoom #between { display: none; }
    ShapesScreen.-zoom #shapes { display: none; }
    ShapesScreen.-zoom.-above #shapes { display: block; height: 1fr; max-height: 100%; }
    ShapesScreen.-zoom.-above #differences { display: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        *binds("diff", "replay", "known", "path_role", "zoom"),
        bind("half_down", "scroll(8)", "scroll the differences"),
        bind("half_up", "scroll(-8)", "scroll the differences back"),
    ]

    def __init__(self, event_type: str, filter_log: Callable[[str], None]) -> None:
        super().__init__()
        self._type = event_type
        self._filter_log = filter_log
        self._shapes: list[Structure] = []
        self._hidden = 0
        self._report: DriftReport | None = None
        self._roles: dict[str, str] = {}
        self._said = "reading …"

    def compose(self) -> ComposeResult:
        """Title, columns, shapes, differences, status, keys."""
        yield Row(self._title, ground="raised", id="title")
        yield Row()
        yield Row(self._head)
        yield Rows(id="shapes")
        yield Row(self._between, id="between")
        yield Rows(id="differences")
        yield StatusLine(self._why)
        yield KeyLine([
            ("open", "its deliveries"), ("diff", "diff two"), ("replay", "replay one of each"), "known", "path_role",
            "help", "back",
        ])  # fmt: skip

    def on_mount(self) -> None:
        """Read them in a worker."""
        self.query_one("#shapes", Rows).focus()
        self._load()

    def on_resize(self) -> None:
        """The columns depend on the width."""
        self._draw()

    @work(thread=True, exclusive=True, group="shapes", description="shapes")
    def _load(self) -> None:
        try:
            found = self.inspector_app.inspector.shapes.structures(self._type, 60)
        except InspectorError as error:
            self.call_later(self.say, ("bad", "✗ "), clean(error.message))
            return
        self.call_later(self._loaded, found)

    def _loaded(self, found: list[Structure]) -> None:
        self._shapes, self._hidden = found[-MOST:], max(0, len(found) - MOST)
        self._draw()
        rows = self.query_one("#shapes", Rows)
        rows.move_to(len(self._shapes) - 1)
        self._compare(rows.cursor)

    # Drawing

    def _title(self, width: int) -> Line:
        count = sum(shape.deliveries for shape in self._shapes)
        days = (self._shapes[-1].last_ns - self._shapes[0].first_ns) // (86_400 * NS_PER_S) + 1 if self._shapes else 0
        words = (
            f"{plural(len(self._shapes), 'shape')} in {plural(days, 'day')}, {plural(count, 'delivery', 'deliveries')} "
        )
        return spread(Line.of(("strong", " Shapes  "), clean(self._type, 60)), Line.of(("dim", words)), width)

    def _room(self, width: int) -> int:
        return max(8, min(60, width - 52))

    def _head(self, width: int) -> Line:
        room = self._room(width - 2)  # as the rows: beside the edge of the selection and the scrollbar
        start = _day(self._shapes[0].first_ns) if self._shapes else ""
        end = _day(max(shape.last_ns for shape in self._shapes)) if self._shapes else ""
        axis = fit(start, room - len(end)) + end if room > len(start) + len(end) else fit(start, room)
        return Line.of(
            ("dim", f"  {fit('SHAPE', 6)}{fit(axis, room)}  {fit_right('COUNT', 7)}  {fit('FIRST SEEN', 14)}  FROM")
        )

    def _line(self, place: int, shape: Structure, width: int) -> Line:
        room = self._room(width)
        first = ("warn", "  first") if place == 0 and not self._hidden else ("dim", "")
        return Line.of(
            f" S{fit(str(place + 1 + self._hidden), 5)}",
            ("accent", _bars(shape, room)),
            "  ",
            fit_right(f"{shape.deliveries}", 7),
            "  ",
            ("dim", fit(_moment(shape.first_ns), 14)),
            ("dim", f"  #{shape.first_id}"),
            first,
        ).cut(width)

    def _draw(self) -> None:
        width = self.size.width - 2
        rows = self.query_one("#shapes", Rows)
        if not self.has_class("-zoom"):
            rows.styles.height = max(3, min(len(self._shapes) + 1, self.size.height * 2 // 5))
        rows.set_lines([self._line(place, shape, width) for place, shape in enumerate(self._shapes)])
        for row in self.query(Row):
            row.refresh()
        self._draw_differences()

    def _between(self, width: int) -> Line:
        at = self._at()
        if not self._shapes:
            return Line.of(("dim", f" {self._said}"))
        if at == 0:
            return Line.of(("strong", " S1"), ("dim", "   the first; choose a later one to see what changed"))
        before, after = self._shapes[at - 1], self._shapes[at]
        names = f" S{at + self._hidden} → S{at + 1 + self._hidden}"
        words = f"   {after.deliveries} of the new shape since #{after.first_id}, {before.deliveries} of the old"
        return Line.of(("strong", names), ("dim", words)).cut(width)

    def _draw_differences(self) -> None:
        """Two lines above the changes, one of them for each, and remarks below."""
        rows = self.query_one("#differences", Rows)
        report, width = self._report, self.size.width - 3
        if report is None:
            rows.set_lines([])
            return
        path_room = _path_room(width)
        head = Line.of(("dim", f"   {fit('PATH', path_room)}  {fit('BEFORE', _value_room(width))}  AFTER"))
        lines = [Line(), head]
        lines += [_difference(change.drift, self._roles.get(change.drift.path, ""), width) for change in report.changes]
        count = len(lines)
        if not report.changes:
            lines.append(Line.of(("dim", "  = nothing but what was marked as known, or presence by chance")))
        if any(report.versions):
            old, new = report.versions
            words = f"The version changed from {clean(old) or 'none'} to {clean(new) or 'none'}"
            lines += [Line(), Line.of(("warn", "! "), words)]
        rows.set_lines(lines, fixed=[0, 1, *range(count, len(lines))])

    def _why(self, width: int) -> Line:
        """What the chosen change means, at rest."""
        rows = self.query_one("#differences", Rows)
        at = rows.cursor - _HEAD
        if self._report is None or not 0 <= at < len(self._report.changes):
            return Line()
        one = self._report.changes[at].drift
        words = f" {one.why}" + (f"; {one.needs} more deliveries would confirm it" if one.needs else "")
        return Line.of(("dim", words)).cut(width)

    @on(Rows.Moved, "#differences")
    def _other_change(self, event: Rows.Moved) -> None:
        event.stop()
        self.query_one(StatusLine).refresh()

    def _change(self) -> Change | None:
        """The chosen change, when the differences have the focus."""
        rows = self.query_one("#differences", Rows)
        if self._report is None or self.focused is not rows or not 0 <= rows.cursor - _HEAD < len(self._report.changes):
            return None
        return self._report.changes[rows.cursor - _HEAD]

    # Choosing

    def _at(self) -> int:
        return min(self.query_one("#shapes", Rows).cursor, max(0, len(self._shapes) - 1))

    @on(Rows.Moved, "#shapes")
    def _moved(self, event: Rows.Moved) -> None:
        event.stop()
        self._compare(self._at())

    def _compare(self, at: int) -> None:
        self._report = None
        self._draw_below()
        if 0 < at < len(self._shapes):
            self._look(self._shapes[at - 1].digest, self._shapes[at].digest)

    def _draw_below(self) -> None:
        self.query_one("#between", Row).refresh()
        self.query_one(StatusLine).refresh()
        self._draw_differences()

    @work(thread=True, exclusive=True, group="differences", description="differences")
    def _look(self, before: str, after: str) -> None:
        shapes = self.inspector_app.inspector.shapes
        try:
            report = shapes.between_structures(self._type, before, after)
            roles = {one.drift.path: shapes.role(self._type, one.drift.path) for one in report.changes}
        except InspectorError as error:
            self.call_later(self.say, ("bad", "✗ "), clean(error.message))
            return
        self.call_later(self._looked, after, report, roles)

    def _looked(self, after: str, report: DriftReport, roles: dict[str, str]) -> None:
        if self.is_attached and self._shapes and self._shapes[self._at()].digest == after:
            self._report, self._roles = report, roles
            self._draw_below()

    # Acting

    def on_rows_chosen(self, event: Rows.Chosen) -> None:
        """Show its deliveries in the log."""
        event.stop()
        if event.rows.id == "shapes" and event.index < len(self._shapes):
            self._filter_log(f"shape:{self._shapes[event.index].digest}")
            self.dismiss(None)

    def action_diff(self) -> None:
        """The last delivery of the shape before against the first of this one."""
        at = self._at()
        if at > 0:
            self.inspector_app.open_screen("diff", self._shapes[at - 1].last_id, self._shapes[at].first_id)
        else:
            self.say("The first shape has none before it")

    def action_replay(self) -> None:
        """Plan a replay of one delivery of each shape."""
        if self._shapes:
            self.inspector_app.open_screen("replay", [shape.last_id for shape in self._shapes])

    def action_known(self) -> None:
        """Accept the chosen change, or all that are shown: it is not reported again."""
        if self._report is None or not self._report.changes:
            self.say("Nothing to mark as known here")
            return
        chosen = self._change()
        try:
            count = self.inspector_app.inspector.shapes.acknowledge([chosen] if chosen else self._report.changes)
        except InspectorError as error:
            self.say(("bad", "✗ "), clean(error.message))
            return
        self.say(f"Marked {plural(count, 'change')} as known")
        self._compare(self._at())

    def action_path_role(self) -> None:
        """What the user's code does with the path of the chosen change: used, ignored, undecided, in turn."""
        chosen = self._change()
        if chosen is None:
            self.say("Choose a change first: ⇥ goes to them")
            return
        path = chosen.drift.path
        role = {"": USED, USED: IGNORED, IGNORED: ""}[self._roles.get(path, "")]
        try:
            self.inspector_app.inspector.shapes.set_role(self._type, path, role)
        except InspectorError as error:
            self.say(("bad", "✗ "), clean(error.message))
            return
        words = {USED: "Your code uses ", IGNORED: "Your code ignores ", "": "Undecided: "}[role]
        self.say(words, clean(path, 80))
        at = self._at()
        self._look(self._shapes[at - 1].digest, self._shapes[at].digest)

    def action_zoom(self) -> None:
        """The shapes or their differences alone."""
        rows = self.query_one("#shapes", Rows)
        self.set_class(rows.has_focus, "-above")
        super().action_zoom()
        rows.styles.height = None
        self._draw()

    def action_scroll(self, rows: int) -> None:
        """Scroll the differences."""
        view = self.query_one("#differences", Rows)
        view.scroll_to(y=view.scroll_offset.y + rows, animate=False)


def _bars(shape: Structure, room: int) -> str:
    """How many came when, in a width."""
    cells = [0] * room
    for bucket, count in shape.counts.items():
        cells[min(room - 1, bucket * room // 60)] += count
    most = max(cells, default=0) or 1
    return "".join(_BARS[0] if not count else _BARS[max(1, round(count / most * (len(_BARS) - 1)))] for count in cells)


def _difference(one: Drift, decided: str, width: int) -> Line:
    mark = _MARKS.get(one.kind, "~")
    role = _ROLES[one.severity]
    room = _value_room(width)
    sure = "" if one.confidence == "confirmed" else f" {one.confidence}"
    line = Line.of(
        " ",
        (role, mark),
        " ",
        fit(fit_middle(clean(one.path), _path_room(width)), _path_room(width)),
        "  ",
        ("dim", fit(clean(one.before), room)),
        "  ",
        fit(clean(one.after), room),
        "  ",
        (role, one.severity),
        ("accent", f" {decided}" if decided else ""),
        ("dim", sure),
    )
    return line.cut(width)


_WIDEST = 130
"""Cells that a change keeps to on a wide screen, so that its row stays one."""


def _path_room(width: int) -> int:
    return max(20, min(_WIDEST, width) - 2 * _value_room(width) - (28 if width >= 100 else 20))


def _value_room(width: int) -> int:
    return 22 if width >= 100 else 15


def _day(ns: int) -> str:
    return time.strftime("%d %b", time.localtime(ns // NS_PER_S))


def _moment(ns: int) -> str:
    return time.strftime("%d %b %H:%M", time.localtime(ns // NS_PER_S))


SCREEN = ShapesScreen
