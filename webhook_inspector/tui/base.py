"""What every screen is made of: one-row lines, and a screen that says what it did."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual.actions import SkipAction
from textual.binding import BindingType
from textual.screen import Screen
from textual.strip import Strip
from textual.timer import Timer
from textual.widget import Widget

from webhook_inspector.tui.glyphs import KEY_WORDS
from webhook_inspector.tui.keys import KEYS, bind, binds
from webhook_inspector.tui.safe import Line, Piece, spread
from webhook_inspector.tui.theme import Writing, palette_of
from webhook_inspector.tui.views import view_of, views

if TYPE_CHECKING:
    from webhook_inspector.tui.app import InspectorApp
    from webhook_inspector.tui.bridge import News

SAY_SECONDS = 4.0
"""How long the status line keeps a sentence about an own action."""

MIN_WIDTH, MIN_HEIGHT = 60, 16
"""Below this a screen shows one sentence."""
ROOMY_ROWS = 30
"""Rows from which groups stand apart: below, widgets of the class `gap` are not shown."""
WIDE = 100
"""Columns from which there is room for two panes and for the header's tabs."""

Hint = str | tuple[str, str] | tuple[str, str, str]
"""A key id; a key id and other words; or (label, words, action) for a dialog's own letter."""


class Row(Widget):
    """One row that draws a `Line`. The line is cut, never wrapped.

    Args:
        make: Gives the line for a width in cells; called on each repaint.
        ground: `ground` or `raised`.
    """

    DEFAULT_CSS = "Row { height: 1; }"
    ALLOW_SELECT = False

    def __init__(
        self,
        make: Callable[[int], Line] | None = None,
        *,
        ground: str = "ground",
        id: str | None = None,  # noqa: A002 (Textual's name)
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._make = make
        self._line = Line()
        self._painted = Line()
        self._ground = ground

    def show(self, line: Line) -> None:
        """Draw this line from now on."""
        if line != self._line:
            self._line = line
            self.refresh()

    def line(self, width: int) -> Line:
        """The line for a width in cells."""
        return self._line if self._make is None else self._make(width)

    def again(self) -> None:
        """Repaint when the line says something else now."""
        if self.line(self.size.width) != self._painted:
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """Textual's line API."""
        palette = palette_of(self.app)
        width = self.size.width
        if y != 0:
            return palette.blank(width, self._ground)
        self._painted = self.line(width)
        return palette.strip(self._painted.cut(width), width, self._ground)


class KeyLine(Row):
    """The last row: keys and what they do, as many as fit, the most used first; the last hint always stays.

    Args:
        hints: Key ids, also with words of their own, or (label, words, action) for a dialog's own letters.
    """

    def __init__(self, hints: Sequence[Hint], *, id: str | None = None) -> None:  # noqa: A002 (Textual's name)
        super().__init__(ground="raised", id=id)
        self._hints = tuple(hints)
        self._silent = False

    def silence(self, silent: bool) -> None:
        """Say nothing while a field takes every key: it shows itself how to leave."""
        self._silent = silent
        self.refresh()

    def set_hints(self, hints: Sequence[Hint]) -> None:
        """Show other keys."""
        if tuple(hints) != self._hints:
            self._hints = tuple(hints)
            self.refresh()

    def line(self, width: int) -> Line:
        """The hints that fit."""
        if self._silent:
            return Line()
        made = [self._hint(hint) for hint in self._hints]
        if not made:
            return Line()
        shown = [made[-1]]
        room = width - 1 - made[-1].width
        for line in made[:-1]:
            if line.width + 2 > room:
                break
            shown.insert(-1, line)
            room -= line.width + 2
        result = Line.of(" ")
        for index, line in enumerate(shown):
            result = result + (Line.of("  ", line) if index else line)
        return result

    def _hint(self, hint: Hint) -> Line:
        role = "key"
        if isinstance(hint, str) or len(hint) == 2:
            key = KEYS[hint if isinstance(hint, str) else hint[0]]
            words = key.hint if isinstance(hint, str) else hint[1]
            label, action = key.label.split(" ")[0], f"screen.press('{key.keys.split(',')[0]}')"
        else:
            (label, words, action), role = hint, "letter"
        writing: Writing = getattr(self.app, "writing", Writing())
        if writing.ascii:
            label = KEY_WORDS.get(label, label)
        return Line((Piece(label, role, action), Piece(" " + words, "dim", action)))


class Cover(Widget):
    """What a screen shows instead of itself where there is no room for it."""

    def render_line(self, y: int) -> Strip:
        """Textual's line API."""
        palette, width = palette_of(self.app), self.size.width
        if y:
            return palette.blank(width)
        now = f"{self.app.size.width}×{self.app.size.height}"
        return palette.strip(Line.of(f"{MIN_WIDTH}×{MIN_HEIGHT} needed, now {now}; capture goes on").cut(width), width)


class StatusLine(Row):
    """The row above the keys: what just happened, for some seconds; else what the view says about itself."""

    def __init__(self, resting: Callable[[int], Line] | None = None, *, id: str | None = None) -> None:  # noqa: A002 (Textual's name)
        super().__init__(id=id)
        self._resting = resting
        self._said: Line | None = None
        self._timer: Timer | None = None
        self._noticed = False
        """Whether the notice is newer than what was said."""
        self._yields = False

    def line(self, width: int) -> Line:
        """The last action while it is fresh; else the resting line, the app's notice beside it or in its place."""
        notice = self._notice()
        if self._said is not None and not (self._yields and notice.width):
            said = Line.of(" ", self._said)
            if not notice.width:
                return said
            if self._timer is not None and said.width + notice.width + 3 > width:
                return Line.of(" ", notice) if self._noticed else said  # the newer of the two
            return spread(said, notice.cut(max(width // 2, width - said.width - 3)) + Line.of(" "), width)
        resting = Line() if self._resting is None else self._resting(width)
        if not notice.width:
            return resting
        if not resting.width or resting.width + notice.width + 3 > width:
            return Line.of(" ", notice)
        return spread(resting, notice + Line.of(" "), width)

    def _notice(self) -> Line:
        screen = self.screen
        return screen.inspector_app.notices.line(screen) if isinstance(screen, InspectorScreen) else Line()

    def notice(self) -> None:
        """The app has a new notice."""
        self._noticed = True
        self.refresh()

    def say(self, line: Line, seconds: float = SAY_SECONDS, *, yields: bool = False) -> None:
        """Show a sentence for some seconds; 0 keeps it until the next one. One that yields is only advice."""
        self._yields, self._noticed = yields, False
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        self._said = line
        if seconds > 0:
            self._timer = self.set_timer(seconds, self.hush)
        self.refresh()

    def hush(self) -> None:
        """Back to the resting line."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        self._said = None
        self.refresh()


class InspectorScreen(Screen[Any]):
    """A full screen of ours. It owns a `StatusLine` and says there what it did."""

    DEFAULT_CSS = """
    InspectorScreen { layers: base popup cover; }
    InspectorScreen Cover { layer: cover; width: 100%; height: 100%; position: absolute; display: none; }
    InspectorScreen.-tiny { overflow: hidden; }
    InspectorScreen.-tiny Cover { display: block; }
    InspectorScreen.-narrow #views { display: none; }
    InspectorScreen.-low .gap { display: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        *binds("back", "help"),
        *(bind(view.key_id, f"view('{view.name}')") for view in views()),
    ]
    TITLE_WORDS: ClassVar[str] = ""
    """Name of the view in `?`."""
    TELLS_TROUBLE: ClassVar[bool] = False
    """It says by itself that the log cannot keep deliveries."""
    TELLS_ALERTS: ClassVar[bool] = False
    """It lists alerts as they come."""

    def on_mount(self) -> None:
        """What a main view has: the header."""
        if self.view_name and not self.query("#views"):
            self.mount(Row(self.header_line, id="views"), before=0)

    def on_resize(self) -> None:
        """Say so when there is no room."""
        width, height = self.app.size
        tiny = width < MIN_WIDTH or height < MIN_HEIGHT
        if tiny and not self.query(Cover):
            self.mount(Cover())
        # All at once: each change styles every widget of the screen anew.
        self.update_classes({"-narrow": width < WIDE, "-low": height < ROOMY_ROWS, "-tiny": tiny})

    @property
    def view_name(self) -> str:
        """Which main view this is; empty when it is none."""
        return view_of(type(self))

    def header_line(self, width: int) -> Line:
        """The row above a main view: tabs, addresses, counts."""
        return self.inspector_app.head_line(self.view_name, width)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002 (Textual's)
        """The keys of the main views work in main views only: elsewhere they would leave something half done."""
        return action != "view" or bool(self.view_name)

    def action_zoom(self) -> None:
        """The pane with the keyboard takes all the room, or gives it back. A screen with panes binds it."""
        self.toggle_class("-zoom")

    def action_view(self, name: str) -> None:
        """Another main view, in the place of this one."""
        self.inspector_app.open_view(name)

    @property
    def inspector_app(self) -> InspectorApp:
        """The app, typed."""
        return cast("InspectorApp", self.app)

    def say(
        self, *parts: Piece | Line | tuple[str, str] | str, seconds: float = SAY_SECONDS, yields: bool = False
    ) -> None:
        """Say in the status line what happened: the verb first, then the key that helps. Advice yields to notices."""
        for status in self.query(StatusLine):
            status.say(Line.of(*parts), seconds, yields=yields)
            break

    def news(self, news: News) -> None:
        """The engine told something; called on every screen of the stack, at most some times a second."""

    def head_changed(self) -> None:
        """The header says something else now."""
        for row in self.query("#views").results(Row):
            row.again()

    def action_press(self, key: str) -> None:
        """A hint of the key line was clicked: the same as its key."""
        self.app.simulate_key(self.inspector_app.keyboard.pressed(key))

    def _select_all_in_widget(self, widget: Widget) -> None:
        """Two clicks beside everything select nothing: Textual would take all there is, also what is no text."""

    def action_copy_text(self) -> None:
        """Copy what the mouse selected, by every way there is; without a selection `^c` goes on to the app."""
        from webhook_inspector.tui.copying import CopyEntry, copy_now  # noqa: PLC0415 (it builds on this module)

        selected = self.get_selected_text()
        if not selected:
            raise SkipAction
        self.clear_selection()
        copy_now(self, CopyEntry("v", "selection", "selection", lambda: selected))

    def action_back(self) -> None:
        """One step back."""
        self.dismiss(None)

    def action_help(self) -> None:
        """All keys of this view."""
        self.inspector_app.show_help(self)
