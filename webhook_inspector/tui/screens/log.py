"""The log: the list of deliveries, the filter over it, and the detail of the one under the cursor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.strip import Strip
from textual.widget import Widget

from webhook_inspector.core import units
from webhook_inspector.tui.base import Hint, KeyLine, Row, StatusLine
from webhook_inspector.tui.keys import bind, binds
from webhook_inspector.tui.log.actions import LogActions
from webhook_inspector.tui.log.changes import LogChanges
from webhook_inspector.tui.log.first_run import FirstRun
from webhook_inspector.tui.log.head import lead_line
from webhook_inspector.tui.log.layout import LogLayout
from webhook_inspector.tui.palette import Command
from webhook_inspector.tui.safe import Line, Piece, clean, spread
from webhook_inspector.tui.theme import palette_of
from webhook_inspector.tui.widgets.delivery_list import DeliveryList
from webhook_inspector.tui.widgets.detail import Detail, stand
from webhook_inspector.tui.widgets.filter_line import FilterLine
from webhook_inspector.tui.widgets.line_view import LineView
from webhook_inspector.tui.widgets.pinned import Pinned
from webhook_inspector.tui.widgets.prompt_line import PromptLine
from webhook_inspector.tui.widgets.rows import Rows
from webhook_inspector.tui.widgets.welcome import Welcome

_LIST = ("open", "replay", "repeat", "diff", "copy", "signature", "problem", "mark", "filter", "search", "help")
_DETAIL = ("back", "search", "copy", "replay", "repeat", "diff", "signature", "next_delivery", "wrap", "zoom", "help")
_FILTER = (
    ("⏎", "keep", "screen.press('enter')"),
    ("esc", "undo", "screen.press('escape')"),
    ("⇥", "complete", "screen.press('tab')"),
    ("↑↓", "choose", "screen.press('down')"),
)
_EMPTY: Sequence[Hint] = (
    ("open", "choose"),
    ("1-6", "choose", "screen.help"),
    ("copy", "copy address"),
    "commands",
    "quit",
    "help",
)
_EMPTY_AND_DEAF: Sequence[Hint] = ("open", "commands", "quit", "help")
"""Nothing was captured, and nothing listens."""


class Divider(Widget):
    """The one line between two panes, upright or lying."""

    DEFAULT_CSS = "Divider { width: 1; height: 1fr; }"

    def render_line(self, y: int) -> Strip:  # noqa: ARG002 (Textual's name; all rows are alike)
        """Textual's line API."""
        width = self.size.width
        return palette_of(self.app).strip(Line.of(("line", "│" if width == 1 else "─" * width)), width)


class LogScreen(LogChanges, LogActions, LogLayout, FirstRun):
    """Home."""

    TITLE_WORDS = "Log"
    TELLS_TROUBLE = True
    DEFAULT_CSS = """
    LogScreen #panes { height: 1fr; }
    LogScreen #left { width: 58; height: 1fr; }
    LogScreen #list { height: 1fr; }
    LogScreen #right { width: 1fr; max-width: 112; height: 1fr; }
    LogScreen #completions { layer: popup; dock: top; width: 84; height: auto; margin: 2 0 0 2; display: none; }
    LogScreen #welcome { display: none; }
    LogScreen #third, LogScreen #between { display: none; }
    LogScreen #third { width: 2fr; max-width: 112; height: 1fr; }
    LogScreen.-narrow #completions { margin: 1 0 0 0; width: 100%; }
    LogScreen.-three #third, LogScreen.-three #between { display: block; }
    LogScreen.-three #right { width: 3fr; }
    LogScreen.-stacked #panes { layout: vertical; }
    LogScreen.-stacked #left { width: 1fr; height: 2fr; }
    LogScreen.-stacked Divider { width: 1fr; height: 1; }
    LogScreen.-stacked #right { width: 1fr; height: 3fr; }
    LogScreen.-stacked #between { display: none; }
    LogScreen.-list Divider, LogScreen.-list #right { display: none; }
    LogScreen.-list #left { width: 1fr; }
    LogScreen.-list.-open #left { display: none; }
    LogScreen.-list.-open #right { display: block; }
    LogScreen.-zoom Divider, LogScreen.-zoom #between, LogScreen.-zoom.-open #left { display: none; }
    LogScreen.-zoom #left { width: 1fr; }
    LogScreen.-zoom #right, LogScreen.-zoom #third { display: none; }
    LogScreen.-zoom.-open #right, LogScreen.-zoom.-open.-third #third { display: block; width: 1fr; max-width: 100%; }
    LogScreen.-zoom.-open.-third #right { display: none; }
    LogScreen.-empty #panes { display: none; }
    LogScreen.-empty #welcome { display: block; }
    LogScreen.-asking StatusLine { display: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        *(bind(f"tab_{number}", f"tab({number})") for number in range(1, 7)),
        bind("tab_prev", "tab_step(-1)"),
        bind("tab_next", "tab_step(1)"),
        bind("next_delivery", "step_delivery(1)"),
        bind("prev_delivery", "step_delivery(-1)"),
        bind("next_pane", "other_pane(1)"),
        bind("prev_pane", "other_pane(-1)"),
        *binds("filter", "filter_to", "filter_out", "search", "search_next", "search_prev", "problem", "follow"),
        *binds("signature", "zoom", "layout", "copy", "replay", "repeat", "diff", "diff_with", "try_secret"),
        *binds("quit", "check", "export", "open_file", "fail_next", "fail_none"),
        *binds("note", "pin", "delete", "undo"),
    ]

    def compose(self) -> ComposeResult:
        """Header, filter, panes, status, keys."""
        yield Row(self.header_line, id="views")
        yield FilterLine(self._lead, id="filter")
        with Horizontal(id="panes"):
            with Vertical(id="left"):
                deliveries = DeliveryList(self.inspector.summaries, self.inspector.clock.wall_ns, id="list")
                yield Row(deliveries.heading, id="columns")
                yield deliveries
            yield Divider()
            with Vertical(id="right"):
                yield Detail(self.inspector, id="detail")
            yield Divider(id="between")
            yield Pinned(self.inspector, id="third")
        listening = self.inspector.listening
        yield Welcome(listening.shown if listening is not None and listening.url else "", id="welcome")
        yield StatusLine(self._resting)
        yield PromptLine(id="prompt")
        yield KeyLine(_LIST)
        yield Rows(id="completions", ground="raised")

    def on_mount(self) -> None:
        """Read the log."""
        popup = self.query_one("#completions", Rows)
        popup.can_focus = False
        self.filter_line.attach(popup)
        self.list.focus()
        self.first_page()
        self.tell_left_behind()
        self.call_after_refresh(self.inspector_app.painted)

    def on_resize(self) -> None:
        """Choose the layout."""
        self.fit_panes()
        self.fit_welcome()
        self.call_after_refresh(self.repaint_lines)

    def show_welcome(self, *, empty: bool) -> None:
        """The first screen, and its keys."""
        super().show_welcome(empty=empty)
        self._hints()

    def extra_commands(self) -> list[Command]:
        """What the command palette offers beside the keys."""
        return [
            Command("Send a sample", "", lambda: self.inspector_app.open_screen("samples")),
            Command("Tell a story", "", lambda: self.inspector_app.open_screen("samples", "story")),
            Command("Import a file", "", self.import_file),
            *super().extra_commands(),
        ]

    def action_tab(self, number: int) -> None:
        """A tab of the detail; on the first screen, a choice."""
        if self.has_class("-empty"):
            self.choose_step(number)
        else:
            super().action_tab(number)

    # The list and the detail

    @on(DeliveryList.Moved)
    def _moved(self, event: DeliveryList.Moved) -> None:
        event.stop()
        self.detail.show(self.list.summary(event.id) if event.id else None)
        self.show_third()
        self.repaint_lines()

    @on(DeliveryList.Opened)
    def _opened(self, event: DeliveryList.Opened) -> None:
        event.stop()
        self.open_detail()

    @on(DeliveryList.Changed)
    @on(LineView.Moved)
    @on(Detail.Shown)
    def _lines_changed(self) -> None:
        self.repaint_lines()

    @on(LineView.Searched)
    def _searched(self, event: LineView.Searched) -> None:
        event.stop()
        self.say(event.line)

    def on_descendant_focus(self) -> None:
        """Other keys for another pane."""
        if self.in_detail:
            self.list.stop_following()
            self.add_class("-open")
            self.set_class(self.in_third, "-third")
        elif self.list.has_focus:
            self.remove_class("-open")
        self._hints()
        self.repaint_lines()

    # Lines

    def _hints(self) -> None:
        hints: Sequence[Hint]
        if self.filter_line.editing:
            hints = _FILTER
        elif self.has_class("-empty"):
            hints = _EMPTY if len(self.welcome.steps) > 1 else _EMPTY_AND_DEAF
        else:
            hints = _DETAIL if self.in_detail else _LIST
        self.query_one(KeyLine).set_hints(hints)

    def repaint_lines(self) -> None:
        """The lines around the panes say something else now."""
        news = Line()
        if self.list.unseen:
            arrived = Piece(f"{units.count(self.list.unseen)} new ", "warn")
            news = Line((arrived, Piece("F", "key", "screen.follow"), Piece(" follow", "dim", "screen.follow")))
        elif self.list.following and self.list.ids:
            news = Line((Piece("following", "dim", "screen.follow"),))
        self.filter_line.tell(shown=len(self.list.ids), total=self.total, looking=self.looking, news=news)
        for selector in ("#views", "#columns", "StatusLine"):
            self.query_one(selector, Row).again()

    def _lead(self) -> Line:
        return lead_line(self.inspector, self.forward_ok, self.trouble) if self.narrow else Line()

    def _resting(self, width: int) -> Line:
        if self.has_class("-empty"):
            return Line()
        about = self.view.about() if self.in_detail else Line()
        left = self._left_words()
        if not self.list.ids:
            return left
        if not self.one_pane and not self.has_class("-zoom"):
            if self.has_class("-stacked"):
                return Line.of(" ", about) if about.width else left
            room = self.query_one("#left").size.width
            return left.pad(room) + Line.of(("line", "│"), " ", about)
        if self.in_detail:
            return Line.of(" ", about)
        summary = self.list.summary(self.list.current)
        if summary is None:
            return left
        if summary.note and not left.width:
            left = Line.of(" ", ("accent", '" ')) + Line.captured(" ".join(summary.note.split())[:200])
        right = Line.of(("dim", f"#{summary.id}  {units.size(summary.body_size)} "))
        return spread(left if left.width else Line.of(" ", stand(summary)), right, width)

    def _left_words(self) -> Line:
        if self.trouble is not None:
            return Line.of(" ", ("bad", "✗ not kept: "), clean(self.trouble))
        marked = len(self.list.marked)
        if marked:
            keys = (("key", "r"), ("dim", " replay them   "), ("key", "esc"), ("dim", " unmark"))
            return Line.of(" ", ("accent", "• "), units.count(marked), ("dim", " marked   "), *keys)
        if not self.list.ids and self.total:
            nothing = Line.of(" ", ("warn", f"0 of {units.count(self.total)} match   "))
            if self.near is not None:
                take = "screen.take_near"
                nothing = nothing + Line.of("did you mean ", Piece(clean(self.near, 60), "accent", take), "?   ")
            return nothing + Line.of(("key", "esc"), ("dim", " clear the filter"))
        problems = Line() if self.narrow else self._problem_words()
        return problems if problems.width else self._step_words()

    def _step_words(self) -> Line:
        """The boxes of a first session, where nothing else is to be said."""
        beside = not (self.one_pane or self.has_class("-zoom") or self.has_class("-stacked"))
        room = self.query_one("#left").size.width if beside else self.size.width
        steps = self.steps.line(room - 2)
        return Line.of(" ", steps) if steps.width else steps

    def _problem_words(self) -> Line:
        signatures, answers = self.problems
        words = Line()
        for number, word in ((signatures, "signature"), (answers, "app error")):
            if number:
                words = words + Line.of(" ", ("bad", "✗ "), units.plural(number, word), "  ")
        return words + Line.of(" ", Piece("!", "key", "screen.problem"), ("dim", " next")) if words.width else words


SCREEN = LogScreen
