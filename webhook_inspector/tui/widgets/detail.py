"""The detail of one delivery: three lines that say what it is, tabs, and the document of the current tab.

The head follows the cursor at once, from what the list knows; the document follows after a moment, made in a worker
thread, and only when it is still wanted.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.timer import Timer
from textual.worker import get_current_worker

from webhook_inspector.config.problems import place_of
from webhook_inspector.core import units
from webhook_inspector.core.clock import NS_PER_MS, NS_PER_S
from webhook_inspector.core.delivery import Record, Summary
from webhook_inspector.core.marks import SIGNATURE_MARKS
from webhook_inspector.core.verification import VerificationStatus
from webhook_inspector.engine.inspector import Inspector
from webhook_inspector.errors import InspectorError
from webhook_inspector.tui.base import Row
from webhook_inspector.tui.safe import Line, Piece, clean, spread
from webhook_inspector.tui.tabs import tabs
from webhook_inspector.tui.tabs.api import Tab
from webhook_inspector.tui.widgets import list_rows
from webhook_inspector.tui.widgets.documents import Document, sentences
from webhook_inspector.tui.widgets.line_view import LineView

DELAY_S = 0.08
"""Holding `j` must not make thirty documents a second."""
PATIENCE_S = 0.4
"""But while arrivals are followed, a document is shown this often."""

_SIGNATURE_WORDS = {
    VerificationStatus.VALID: "signature",
    VerificationStatus.INVALID: "signature",
    VerificationStatus.STALE: "signature too old",
    VerificationStatus.MISSING: "no signature",
    VerificationStatus.MALFORMED: "signature unreadable",
    VerificationStatus.NO_SECRET: "no secret set",
    VerificationStatus.UNSUPPORTED: "scheme not checked",
    VerificationStatus.UNSIGNED: "not signed",
}


def stand(summary: Summary) -> Line:
    """How it stands, in words beside the glyphs: `✗ signature  ·  app 500  ·  Δ new shape`."""
    if summary.refused is not None:
        return Line.of(("bad", "✗ refused "), ("text", f"{summary.refused}"))
    sign, role = SIGNATURE_MARKS[summary.sig]
    parts = [Line.of((role, f"{sign} "), (role if role != "ok" else "text", _SIGNATURE_WORDS[summary.sig]))]
    answer, answer_role = list_rows.answer_of(summary)
    if summary.attempts or summary.last_outcome:
        word = {"err": "no connection", "t/o": "timed out", "…": "waiting", "—": "not sent"}.get(answer, answer)
        parts.append(Line.of(("dim", "app "), (answer_role, word)))
    if summary.retry_of is not None:
        parts.append(Line.of(("warn", f"×2 retry of #{summary.retry_of}")))
    elif summary.duplicate_of is not None:
        parts.append(Line.of(("warn", f"×2 duplicate of #{summary.duplicate_of}")))
    if summary.late:
        parts.append(Line.of(("warn", "‹ came late")))
    if summary.drift:
        parts.append(Line.of(("warn", "Δ new shape")))
    result = parts[0]
    for part in parts[1:]:
        result = result + Line.of(("dim", "  ·  ")) + part
    return result


def moment(ns: int) -> str:
    """Local time with milliseconds, and the day when it is not today's clock that matters: `18 Nov 14:02:11.402`."""
    try:
        local = time.localtime(ns // NS_PER_S)
        return time.strftime("%d %b %H:%M:%S", local).lstrip("0") + f".{ns % NS_PER_S // NS_PER_MS:03d}"
    except (OverflowError, OSError, ValueError):
        return "at an unknown time"


_BRIEF = 8
"""Letters of the names that are shortened last."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the pane is to show."""

    id: int
    tab: int
    flipped: bool = False


class Detail(Vertical):
    """The pane.

    Args:
        inspector: Where records come from.
    """

    DEFAULT_CSS = """
    Detail { width: 1fr; height: 1fr; }
    """

    class Ready(Message):
        """A worker made a document."""

        def __init__(self, wanted: Wanted, record: Record | None, document: Document) -> None:
            super().__init__()
            self.wanted = wanted
            self.record = record
            self.document = document

    class Shown(Message):
        """The document on the screen is that of the delivery under the cursor now."""

    def __init__(self, inspector: Inspector, *, id: str | None = None) -> None:  # noqa: A002 (Textual's name)
        super().__init__(id=id)
        self._inspector = inspector
        self._summary: Summary | None = None
        self._wanted = Wanted(0, 1)
        self._on_screen = Wanted(0, 0)
        self._timer: Timer | None = None
        self._asked_ns = 0
        self.record: Record | None = None
        """The record whose document is on the screen."""

    def compose(self) -> ComposeResult:
        """Head, tabs, document."""
        yield Row(self._title)
        yield Row(self._line)
        yield Row(self._stand)
        yield Row(self._written)
        yield Row(self._tabs)
        yield Row(self._rule)
        yield LineView(id="lines")

    @property
    def view(self) -> LineView:
        """The document's view."""
        return self.query_one(LineView)

    @property
    def shown(self) -> Wanted:
        """Whose document is on the screen."""
        return self._on_screen

    @property
    def tab(self) -> int:
        """Number of the current tab."""
        return self._wanted.tab

    def show(self, summary: Summary | None, *, at_once: bool = False) -> None:
        """Show another delivery, or none.

        Args:
            summary: What the list knows of it.
            at_once: Do not wait whether the cursor moves on.
        """
        self._summary = summary
        number = 0 if summary is None else summary.id
        if number != self._wanted.id:
            self._wanted = Wanted(number, self._wanted.tab)
        self._repaint()
        if self._wanted != self._on_screen:
            self._later(0 if at_once else DELAY_S)

    def again(self) -> None:
        """The facts of the delivery have changed: make its document again."""
        self._on_screen = Wanted(0, 0)
        self._later(DELAY_S)

    def open_tab(self, number: int) -> None:
        """Show another tab."""
        if number != self._wanted.tab and any(tab.number == number for tab in tabs()):
            self._wanted = Wanted(self._wanted.id, number)
            self._repaint()
            self._later(0)

    def step_tab(self, step: int) -> None:
        """The tab beside this one."""
        numbers = [tab.number for tab in tabs()]
        self.open_tab(numbers[(numbers.index(self._wanted.tab) + step) % len(numbers)])

    # Making the document

    def _later(self, delay: float) -> None:
        now = self._inspector.clock.monotonic_ns()
        if self._timer is None:
            self._asked_ns = now
        elif delay and now - self._asked_ns > PATIENCE_S * NS_PER_S:
            return  # the cursor does not rest: show what is under it when the timer fires
        else:
            self._timer.stop()
            self._timer = None
        if delay:
            self._timer = self.set_timer(delay, self._make)
        else:
            self._make()

    def _make(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        if self._wanted.id == 0:
            self.record = None
            self._on_screen = self._wanted
            self.view.set_document(sentences("", "  Nothing is selected."))
            return
        self._build(self._wanted)

    @work(thread=True, exclusive=True, group="detail", description="detail", exit_on_error=True)
    def _build(self, wanted: Wanted) -> None:
        worker = get_current_worker()
        record: Record | None = None
        try:
            record = self._inspector.record(wanted.id)
            if worker.is_cancelled:
                return
            tab = next(tab for tab in tabs() if tab.number == wanted.tab)
            document = tab.build(self._inspector, record, wanted.flipped)
        except InspectorError as error:
            document = sentences("", f"  {clean(error.message)}")
        except Exception as error:  # noqa: BLE001 (a tab that fails must not end the capture in the same process)
            name, place = type(error).__name__, place_of(error)
            document = sentences("", f"  This tab could not be made: {name} in {place}.", "  6 shows the raw bytes.")
        if not worker.is_cancelled:
            self.post_message(self.Ready(wanted, record, document))

    @on(Ready)
    def _ready(self, event: Ready) -> None:
        event.stop()
        if event.wanted != self._wanted:
            return
        same = self._on_screen == event.wanted or (self._on_screen.id, self._on_screen.tab) == (0, 0)
        keep = self.view.cursor if same and self.record and event.record and self._is(event.record) else 0
        self.record = event.record
        self._on_screen = event.wanted
        self.view.set_document(event.document, cursor=keep)
        self._repaint()
        self.post_message(self.Shown())

    def _is(self, record: Record) -> bool:
        return self.record is not None and self.record.delivery.id == record.delivery.id

    @on(LineView.Toggled)
    def _toggled(self, event: LineView.Toggled) -> None:
        event.stop()
        if self._wanted.tab in {1, 2, 6}:
            self._wanted = Wanted(self._wanted.id, self._wanted.tab, not self._wanted.flipped)
            self._later(0)

    # Drawing

    def _repaint(self) -> None:
        for row in self.query(Row):
            row.again()

    def _title(self, width: int) -> Line:
        summary = self._summary
        if summary is None:
            return Line()
        name = Line.of(" ") + Line.captured(list_rows.name_of(summary), "strong")
        return spread(name, Line.of(("dim", f"#{summary.id} ")), width)

    def _line(self, _width: int) -> Line:
        summary = self._summary
        if summary is None:
            return Line()
        target = clean(summary.target)
        parts = (
            f"{summary.method} ",
            target[:120],
            "  ·  ",
            units.size(summary.body_size),
            "  ·  ",
            moment(summary.received_ns),
        )
        return Line.of(" ", *(("dim", part) for part in parts))

    def _stand(self, _width: int) -> Line:
        return Line() if self._summary is None else Line.of(" ") + stand(self._summary)

    def _written(self, width: int) -> Line:
        """Pin and note, in the place of the empty row."""
        summary = self._summary
        if summary is None or not (summary.pinned or summary.note):
            return Line()
        words = Line.of(" ", ("accent", "* "), ("dim", "pinned  ")) if summary.pinned else Line.of(" ")
        if not summary.note:
            return words
        note = Line.captured(" ".join(summary.note.split())[: max(0, width)])
        return words + Line.of(("accent", '" ')) + note

    def _titles(self, width: int) -> tuple[list[tuple[Tab, Line]], int]:
        """The tabs in the fullest form that fits, and the gap between them."""
        record = self.record if self.record and self._wanted.id == self.record.delivery.id else None
        made: list[tuple[Tab, Line]] = []
        gap = 1
        for words, gap in (("title", 2), ("brief", 2), ("short", 2), ("tight", 2), ("tight", 1), ("number", 1)):
            made = [(tab, self._tab_words(tab, words, record)) for tab in tabs()]
            if sum(line.width + gap for _, line in made) - gap + 2 <= width:
                break
        return made, gap

    def _tab_words(self, tab: Tab, words: str, record: Record | None) -> Line:
        """A tab: its number, its name as far as there is room, and what is to be seen in it."""
        current = tab.number == self._wanted.tab
        action = f"screen.press('{tab.number}')"
        whole = words == "title" or (words == "brief" and len(tab.title) <= _BRIEF)
        name = "" if words == "number" and not current else tab.title if whole else tab.short
        line = Line((Piece(f"{tab.number}", "key" if current else "dim", action),))
        if name:
            line = line + Line((Piece(" " + name, "strong" if current else "dim", action),))
        badge = tab.badge(record) if record is not None else Line()
        return line + Line.of(" " if words in {"title", "brief", "short"} else "", badge) if badge.width else line

    def _tabs(self, width: int) -> Line:
        made, gap = self._titles(width)
        result = Line.of(" ")
        for index, (_, line) in enumerate(made):
            result = result + (Line.of(" " * gap, line) if index else line)
        return result

    def _rule(self, width: int) -> Line:
        start = 1
        made, gap = self._titles(width)
        for tab, line in made:
            if tab.number == self._wanted.tab:
                rest = max(0, width - start - line.width - 1)
                before = ("line", "─" * (start - 1))
                return Line.of(" ", before, ("accent", "━" * line.width), ("line", "─" * rest))
            start += line.width + gap
        return Line.of(" ", ("line", "─" * (width - 2)))
