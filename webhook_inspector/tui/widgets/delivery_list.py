"""The list of deliveries: any number of rows, read from the log in pages as they come into sight.

Only numbers are held for all rows (eight bytes each). The cursor is tied to a delivery, not to a row: nothing that
arrives moves what is under it. Arrivals repaint nothing unless they come into sight.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, insort
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.message import Message
from textual.strip import Strip

from webhook_inspector.core.delivery import Summary
from webhook_inspector.errors import StoreError
from webhook_inspector.tui.keys import MOVES, bind, binds
from webhook_inspector.tui.safe import Line
from webhook_inspector.tui.selecting import Selectable
from webhook_inspector.tui.theme import palette_of
from webhook_inspector.tui.widgets import list_rows
from webhook_inspector.tui.widgets.list_rows import Columns

PAGE = 64
"""Rows read at once. A page took 0.13 ms from a log of a million (November 2026), so it is read where it is drawn."""
MOST_WIDTH = 110
"""Cells of a row: longer ones are hard to follow with the eye."""
KEPT = 4096
"""Summaries kept in memory."""
FEW = 64
"""Rows that are put in or taken out one by one, which moves what lies behind each; more are done at once."""

Fetch = Callable[[Sequence[int]], Sequence[Summary]]
"""Reads summaries by number; absent ones are left out."""


class DeliveryList(Selectable, can_focus=True, inherit_bindings=False):
    """A cursor over the numbers of deliveries, ascending, newest at the bottom.

    Args:
        fetch: Reads summaries by number.
        now_ns: The wall clock, nanoseconds since the epoch, for ages.
    """

    GUTTER = 1
    DEFAULT_CSS = "DeliveryList { scrollbar-size: 1 1; overflow-x: hidden; overflow-y: scroll; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        *binds(*MOVES, "follow", "mark", "mark_range", "age"),
        bind("open", "open", "open the detail"),
    ]

    class Moved(Message):
        """The cursor is on another delivery, or on none (0)."""

        def __init__(self, id: int) -> None:  # noqa: A002 (the field's name)
            super().__init__()
            self.id = id

    class Opened(Moved):
        """`⏎` or a click on the row under the cursor."""

    class Changed(Message):
        """Marks, following, or the number of unseen rows changed: what the lines around the list say about it."""

    def __init__(self, fetch: Fetch, now_ns: Callable[[], int], *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._fetch = fetch
        self._now_ns = now_ns
        self._ids: array[int] = array("q")
        self._known: OrderedDict[int, Summary] = OrderedDict()
        self._cursor = 0
        self._marks: dict[int, None] = {}
        self._columns = Columns.for_width(58)
        self._show_source = True
        self.following = True
        self.unseen = 0
        self.ages = False

    # What is shown

    @property
    def ids(self) -> array[int]:
        """All rows, ascending. Not to be changed."""
        return self._ids

    @property
    def current(self) -> int:
        """The delivery under the cursor; 0 when there is none."""
        return self._ids[self._cursor] if self._ids else 0

    @property
    def marked(self) -> list[int]:
        """The marked deliveries, ascending."""
        return sorted(self._marks)

    @property
    def chosen(self) -> list[int]:
        """What an action is about: the marked deliveries, else the one under the cursor."""
        return self.marked or ([self.current] if self._ids else [])

    def summary(self, delivery_id: int) -> Summary | None:
        """What is known of a delivery of the list; None when it is not there or the log cannot be read."""
        known = self._known.get(delivery_id)
        if known is None:
            row = bisect_left(self._ids, delivery_id)
            if row < len(self._ids) and self._ids[row] == delivery_id:
                self._load(row)
            known = self._known.get(delivery_id)
        else:
            self._known.move_to_end(delivery_id)
        return known

    def heading(self, _width: int) -> Line:
        """The names of the columns, for the row above."""
        return self._columns.heading(age=self.ages)

    # Changes of what is shown

    def set_ids(self, ids: array[int]) -> None:
        """Show other rows; the cursor stays on its delivery, or on the next older one that is left."""
        before = self.current
        self._ids = ids
        self.unseen = 0
        self._cursor = max(0, len(ids) - 1)
        if not self.following and before and ids:
            at = bisect_left(ids, before)
            self._cursor = at if at < len(ids) and ids[at] == before else max(0, at - 1)
        self._resize_rows()
        self._reveal(centre=True)
        self.refresh()
        if self.current != before:
            self.post_message(self.Moved(self.current))
        self.post_message(self.Changed())

    def add(self, ids: Iterable[int]) -> None:
        """Rows that arrived. Those already there are left alone; an older one is put in its place."""
        before = self.current
        fresh = 0
        inserted = False
        for delivery_id in ids:
            if not self._ids or delivery_id > self._ids[-1]:
                self._ids.append(delivery_id)
            elif self._ids[(at := bisect_left(self._ids, delivery_id))] == delivery_id:
                continue
            else:
                insort(self._ids, delivery_id)
                inserted = True
                if at <= self._cursor and len(self._ids) > 1:
                    self._cursor += 1
            fresh += 1
        if not fresh:
            return
        self._resize_rows()
        if self.following:
            old, self._cursor = self._cursor, len(self._ids) - 1
            self._repaint_row(old)
            self._repaint_row(self._cursor)
            self._reveal()
        else:
            self.unseen += fresh
        if inserted:
            self.refresh()
        self._repaint_rows(len(self._ids) - fresh, fresh)
        if self.current != before:
            self.post_message(self.Moved(self.current))
        self.post_message(self.Changed())

    def take_out(self, ids: Iterable[int]) -> None:
        """Rows that were deleted. The cursor goes to the row that takes their place, the next newer one."""
        gone = set(ids)
        before = self.current
        if len(gone) > FEW:
            self._ids = array("q", (number for number in self._ids if number not in gone))
        else:
            for number in gone:
                row = bisect_left(self._ids, number)
                if row < len(self._ids) and self._ids[row] == number:
                    del self._ids[row]
        self._cursor = max(0, min(bisect_left(self._ids, before), len(self._ids) - 1))
        for number in gone:
            self._marks.pop(number, None)
            self._known.pop(number, None)
        self._changed_under_the_cursor(before)

    def put_back(self, ids: Sequence[int]) -> None:
        """Rows that were brought back; the cursor goes to the oldest of them."""
        before = self.current
        self.stop_following()
        fresh = [number for number in ids if not self._has(number)]
        if len(fresh) > FEW:
            self._ids = array("q", sorted([*self._ids, *fresh]))
        else:
            for number in fresh:
                insort(self._ids, number)
        self._cursor = bisect_left(self._ids, min(ids))
        self._changed_under_the_cursor(before)

    def _has(self, delivery_id: int) -> bool:
        row = bisect_left(self._ids, delivery_id)
        return row < len(self._ids) and self._ids[row] == delivery_id

    def _changed_under_the_cursor(self, before: int) -> None:
        self._resize_rows()
        self._reveal()
        self.refresh()
        if self.current != before:
            self.post_message(self.Moved(self.current))
        self.post_message(self.Changed())

    def forget(self, ids: Iterable[int]) -> None:
        """What is known of these deliveries has changed: read them again when they are drawn."""
        top = self.scroll_offset.y
        bottom = min(len(self._ids), top + self.size.height)
        for delivery_id in ids:
            self._known.pop(delivery_id, None)
            row = bisect_left(self._ids, delivery_id)
            if top <= row < bottom and self._ids[row] == delivery_id:
                self.refresh_line(row)

    def forget_all(self) -> None:
        """Another process changed the log: read everything that is drawn again."""
        self._known.clear()
        self.refresh()

    def show_source(self, shown: bool) -> None:
        """Whether the source column tells anything."""
        if shown != self._show_source:
            self._show_source = shown
            self._lay_out()
            self.refresh()

    # The cursor

    def move_to(self, delivery_id: int) -> bool:
        """Put the cursor on a delivery, and stop following; False when it is not in the list."""
        row = bisect_left(self._ids, delivery_id)
        if row >= len(self._ids) or self._ids[row] != delivery_id:
            return False
        self.stop_following()
        self._move(row)
        return True

    def step(self, rows: int) -> None:
        """Move the cursor by some rows; moving up stops following."""
        if not self._ids:
            return
        if rows < 0:
            self.stop_following()
        self._move(max(0, min(self._cursor + rows, len(self._ids) - 1)))

    def stop_following(self) -> None:
        """Arrivals no longer move the cursor."""
        if self.following:
            self.following = False
            self.unseen = 0
            self.post_message(self.Changed())

    def problem_before(self, delivery_id: int | None) -> int | None:
        """The newest problem before a delivery (None: of all), looking at most 20 000 rows back."""
        end = len(self._ids) if delivery_id is None else bisect_left(self._ids, delivery_id)
        for start in range(end - PAGE, max(-PAGE, end - 20_000), -PAGE):
            page = self._ids[max(0, start) : max(0, start + PAGE)]
            for summary in reversed(self._read(page)):
                if list_rows.is_problem(summary):
                    return summary.id
        return None

    def _move(self, row: int) -> None:
        if row == self._cursor:
            return
        before, self._cursor = self._cursor, row
        self._repaint_row(before)
        self._repaint_row(row)
        self._reveal()
        self.post_message(self.Moved(self.current))

    def _reveal(self, *, centre: bool = False) -> None:
        height = self.size.height
        if height <= 0:
            return
        top = self.scroll_offset.y
        if self._cursor < top or self._cursor >= top + height:
            wanted = self._cursor - height // 2 if centre and not self.following else self._cursor
            top = wanted if self._cursor < top or (centre and not self.following) else self._cursor - height + 1
            self.scroll_to(y=max(0, top), animate=False, force=True)
        self.place_cursor()

    # Drawing

    def render_line(self, y: int) -> Strip:
        """Textual's line API."""
        palette = palette_of(self.app)
        width = self.size.width
        row = y + self.scroll_offset.y
        if row >= len(self._ids):
            return palette.blank(width)
        chosen = row == self._cursor
        ground = ("selected" if self.has_focus else "raised") if chosen else "ground"
        return self._row_strip(self._drawn_row(row) or Line(), row, width, ground)

    def _drawn_row(self, row: int) -> Line | None:
        if not 0 <= row < len(self._ids):
            return None
        delivery_id = self._ids[row]
        summary = self._known.get(delivery_id)
        if summary is None:
            self._load(row)
            summary = self._known.get(delivery_id)
        if summary is None:
            return Line.of(("dim", f"   #{delivery_id} cannot be read"))
        return list_rows.row(
            summary,
            self._columns,
            now_ns=self._now_ns() if self.ages else None,
            chosen=row == self._cursor,
            focused=self.has_focus,
            marked=delivery_id in self._marks,
        )

    def _load(self, row: int) -> None:
        start = row - row % PAGE
        page = self._ids[start : start + PAGE]
        for summary in self._read([number for number in page if number not in self._known]):
            self._known[summary.id] = summary
        while len(self._known) > KEPT:
            self._known.popitem(last=False)

    def _read(self, ids: Sequence[int]) -> Sequence[Summary]:
        try:
            return self._fetch(ids)
        except StoreError:
            return ()

    def _resize_rows(self) -> None:
        self.set_height(len(self._ids))

    def _repaint_row(self, row: int) -> None:
        self._repaint_rows(row, 1)

    def _repaint_rows(self, start: int, count: int) -> None:
        top = self.scroll_offset.y
        first, last = max(start, top), min(start + count, top + self.size.height)
        if first < last:
            self.refresh_lines(first, last - first)

    def _lay_out(self) -> None:
        # The last cell is the scrollbar's.
        width = min(MOST_WIDTH, self.size.width - 1)
        self._columns = Columns.for_width(width, source=self._show_source)
        self.post_message(self.Changed())

    def on_mount(self) -> None:
        """Know the size from the start."""
        self._resize_rows()

    def on_resize(self) -> None:
        """Choose the columns that fit and keep the cursor in sight."""
        self._lay_out()
        self._resize_rows()
        self._reveal()
        self.refresh()

    def on_focus(self) -> None:
        """Brighten the edge."""
        self._repaint_row(self._cursor)

    def on_blur(self) -> None:
        """Dim the edge."""
        self._repaint_row(self._cursor)

    # Keys and mouse

    def _step(self, rows: int) -> None:
        self.step(rows)

    @property
    def _extent(self) -> int:
        return len(self._ids)

    @property
    def _cursor_row(self) -> int | None:
        return self._cursor if self._ids else None

    def action_follow(self) -> None:
        """Follow the newest, or stop."""
        if self.following:
            self.stop_following()
            return
        self.following = True
        self.unseen = 0
        self.action_bottom()
        self._reveal()
        self.post_message(self.Changed())

    def action_open(self) -> None:
        """Open the delivery under the cursor."""
        if self._ids:
            self.post_message(self.Opened(self.current))

    def action_mark(self) -> None:
        """Mark or unmark, and step down."""
        if not self._ids:
            return
        current = self.current
        if current in self._marks:
            del self._marks[current]
        else:
            self._marks[current] = None
        self.stop_following()
        self._repaint_row(self._cursor)
        self.step(1)
        self.post_message(self.Changed())

    def action_mark_range(self) -> None:
        """Mark everything from the last mark to the cursor."""
        if not self._ids:
            return
        last = next(reversed(self._marks), self.current)
        at = min(bisect_left(self._ids, last), len(self._ids) - 1)
        first, end = sorted((at, self._cursor))
        for delivery_id in self._ids[first : end + 1]:
            self._marks.setdefault(delivery_id, None)
        self.stop_following()
        self._repaint_rows(first, end - first + 1)
        self.post_message(self.Changed())

    def clear_marks(self) -> bool:
        """Unmark everything; False when nothing was marked."""
        if not self._marks:
            return False
        self._marks.clear()
        self.refresh()
        self.post_message(self.Changed())
        return True

    def action_age(self) -> None:
        """Clock time or age."""
        self.ages = not self.ages
        self.refresh()
        self.post_message(self.Changed())

    def on_click(self, event: events.Click) -> None:
        """A click selects; on the row under the cursor it opens. A drag selects text."""
        if event.chain < 2 and self.selects(event):
            return
        event.prevent_default()
        row = event.y + self.scroll_offset.y
        if row >= len(self._ids):
            return
        self.stop_following()
        if row == self._cursor:
            self.action_open()
        else:
            self._move(row)
