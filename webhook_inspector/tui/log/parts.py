"""What the parts of the log's screen share: its widgets, typed, and which pane has the keyboard."""

from __future__ import annotations

from collections.abc import Callable

from textual.timer import Timer

from webhook_inspector.engine.inspector import Inspector
from webhook_inspector.tui.base import InspectorScreen
from webhook_inspector.tui.log.finding import Finder
from webhook_inspector.tui.log.first_steps import FirstSteps
from webhook_inspector.tui.log.head import Standing
from webhook_inspector.tui.widgets.delivery_list import DeliveryList
from webhook_inspector.tui.widgets.detail import Detail
from webhook_inspector.tui.widgets.filter_line import FilterLine
from webhook_inspector.tui.widgets.line_view import LineView
from webhook_inspector.tui.widgets.pinned import Pinned
from webhook_inspector.tui.widgets.prompt_line import Answer, PromptLine
from webhook_inspector.tui.widgets.welcome import Welcome


class LogParts(InspectorScreen):
    """State and widgets.

    Args:
        inspector: The engine.
    """

    def __init__(self, inspector: Inspector) -> None:
        super().__init__()
        self.inspector = inspector
        self.finder = Finder(inspector)
        self.total = 0
        """Deliveries in the log."""
        self.trouble: str | None = None
        """Why the log cannot keep deliveries at the moment."""
        self.forward_ok: bool | None = None
        """Whether the last live forward was answered 2xx."""
        self.narrow = False
        """No room for the header: what it says stands in the filter line."""
        self.one_pane = False
        """One pane at a time."""
        self._meanwhile: set[int] = set()
        self._searches = 0
        self._typing: Timer | None = None
        self._recounting: Timer | None = None
        self.near: str | None = None
        """When nothing matches: a filter that is written nearly like it, and matches."""
        self.steps = FirstSteps()
        """The boxes of a first session."""
        self.problems = (0, 0)
        """In what the filter shows: signatures that do not hold, and answers that are not 2xx."""

    @property
    def standing(self) -> Standing:
        """What the header says beside the addresses."""
        return Standing(self.total, self.forward_ok, self.trouble)

    @property
    def list(self) -> DeliveryList:
        """The list."""
        return self.query_one("#list", DeliveryList)

    @property
    def detail(self) -> Detail:
        """The detail."""
        return self.query_one("#detail", Detail)

    @property
    def filter_line(self) -> FilterLine:
        """The filter."""
        return self.query_one("#filter", FilterLine)

    @property
    def prompt(self) -> PromptLine:
        """The row that asks."""
        return self.query_one("#prompt", PromptLine)

    @property
    def welcome(self) -> Welcome:
        """The first screen."""
        return self.query_one("#welcome", Welcome)

    @property
    def third(self) -> Pinned:
        """The third column, which shows on a wide screen only."""
        return self.query_one("#third", Pinned)

    @property
    def in_detail(self) -> bool:
        """Whether the detail, or the column beside it, has the keyboard."""
        return self.detail.view.has_focus or self.in_third

    @property
    def in_third(self) -> bool:
        """Whether the third column has the keyboard."""
        return self.third.view.has_focus

    @property
    def view(self) -> LineView:
        """The lines that a key of the detail is about."""
        return self.third.view if self.in_third else self.detail.view

    def show_third(self) -> None:
        """Let the third column, where there is one, show what the detail is about."""
        if self.has_class("-three"):
            current = self.list.current
            self.third.show(self.list.summary(current) if current else None)

    def open_detail(self) -> None:
        """Give the detail the keyboard; on a narrow screen it covers the list."""
        if self.list.ids:
            self.add_class("-open")
            self.detail.view.focus()

    def close_detail(self) -> bool:
        """Give the list the keyboard; False when it has it."""
        if not self.has_class("-open"):
            return False
        self.remove_class("-open")
        self.list.focus()
        return True

    def focus_pane(self) -> None:
        """Give the keyboard back to the pane that shows."""
        if self.has_class("-empty"):
            self.welcome.focus()
        elif self.has_class("-open"):
            self.detail.view.focus()
        else:
            self.list.focus()

    def ask(
        self,
        label: str,
        answer: Answer,
        placeholder: str = "",
        *,
        typed: Callable[[str], None] | None = None,
        password: bool = False,
        value: str = "",
    ) -> None:
        """Ask for a line in the place of the status line; the pane gets the keyboard back afterwards."""

        def answered(text: str | None) -> None:
            self.remove_class("-asking")
            self.focus_pane()
            answer(text)

        self.add_class("-asking")
        self.prompt.ask(label, answered, placeholder=placeholder, typed=typed, password=password, value=value)

    def copy_address(self) -> None:
        """Copy where to send to."""
        raise NotImplementedError

    @property
    def looking(self) -> bool:
        """Whether a filter runs."""
        return self._searches > 0

    def repaint_lines(self) -> None:
        """The lines around the panes say something else now."""
        raise NotImplementedError

    def look_again(self) -> None:
        """The log holds something else now."""
        raise NotImplementedError

    def filter_with(self, text: str) -> None:
        """Filter by a text from elsewhere."""
        raise NotImplementedError

    def show_steps(self) -> None:
        """The boxes of a first session say something else now."""
        raise NotImplementedError

    def show_welcome(self, *, empty: bool) -> None:
        """Show the first screen, or the panes."""
        raise NotImplementedError
