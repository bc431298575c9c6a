"""`?`: every key of a view, written from its bindings, and the command that says the same as plain lines."""

from __future__ import annotations

import textwrap
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.screen import Screen

from webhook_inspector.tui.base import InspectorScreen, KeyLine, Row
from webhook_inspector.tui.keys import KEYS, bind, described
from webhook_inspector.tui.palette import bound, keyboard_in, label_of
from webhook_inspector.tui.safe import Line, PlainInput, clean, fit, spread
from webhook_inspector.tui.widgets.rows import Rows

COMMANDS: dict[str, str] = {
    "log": "webhook-inspector list, tail, show ID, verify ID",
    "replay": "webhook-inspector replay ID ... --to URL --dry-run",
    "check": "webhook-inspector check ID ... --to URL",
    "result": "webhook-inspector replay ID ... --to URL --json",
    "runs": "webhook-inspector replay ID ... --to URL --json",
    "shapes": "webhook-inspector shapes list, show TYPE, drift TYPE",
    "samples": "webhook-inspector send --list, send PROVIDER EVENT, send PROVIDER --story NAME",
    "stats": "webhook-inspector stats, stats --series 1h",
    "sources": "webhook-inspector sources list, set, add, remove",
    "export": "webhook-inspector export ID ... --as FORMAT",
    "diff": "webhook-inspector diff A B",
    "alerts": "webhook-inspector listen says alerts on stderr",
    "tunnel": "webhook-inspector tunnel",
    "help": "webhook-inspector keys",
    "commands": "webhook-inspector --help",
}
"""File of a screen to the commands that print the same as lines: for scripts and for screen readers. A screen that is
not in a file of its own, or not here, names them as `PLAIN_COMMAND`."""

_NOTES = (
    "Drag selects text, two clicks a word, ctrl+c copies; Shift-drag leaves it to your terminal.",
    "Click selects, a click on the selected row opens it, the wheel scrolls; keys in the last row can be clicked.",
    "A text field takes every letter; it shows how to leave.",
)


def plain_command(view: Screen[Any]) -> str:
    """The command that prints what a view shows."""
    own: str = getattr(view, "PLAIN_COMMAND", "")
    return own or COMMANDS.get(type(view).__module__.rpartition(".")[2], "webhook-inspector --help")


def help_rows(view: Screen[Any]) -> list[tuple[str, str, str]]:
    """The keys of a view as (group, key, what it does), the view's own letters first."""
    items = bound(view)
    keyboard = keyboard_in(view.app)
    own = [
        ("Here", label_of(item.binding, keyboard), item.binding.description)
        for item in items
        if item.binding.id not in KEYS
    ]
    shared = [
        (title, label, does)
        for title, rows in described([item.binding for item in items if item.binding.id in KEYS], keyboard.label)
        for label, does in rows
    ]
    return own + shared


class HelpScreen(InspectorScreen):
    """All keys of a view, searchable.

    Args:
        view: The screen that is explained.
    """

    TITLE_WORDS = "Keys"
    CSS = """
    HelpScreen Horizontal { height: 1; background: $surface; }
    HelpScreen #label { width: 9; }
    HelpScreen PlainInput { width: 1fr; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("back", "back", "close"),
        Binding("down", "scroll_keys(1)", "down", show=False, id="help_down"),
        Binding("up", "scroll_keys(-1)", "up", show=False, id="help_up"),
        bind("half_down", "scroll_keys(10)"),
        bind("half_up", "scroll_keys(-10)"),
        bind("page_down", "scroll_keys(18)"),
        bind("page_up", "scroll_keys(-18)"),
    ]

    def __init__(self, view: Screen[Any]) -> None:
        super().__init__()
        self._rows = help_rows(view)
        self._title = getattr(view, "TITLE_WORDS", "") or "this view"
        self._command = plain_command(view)

    def compose(self) -> ComposeResult:
        """Title, field, keys."""
        title = Line.of(("strong", " Keys "), ("dim", "of "), self._title)
        yield Row(lambda width: spread(title, Line.of(("dim", "type to search ")), width), ground="raised")
        with Horizontal():
            yield Row(lambda _: Line.of(("dim", " search  ")), ground="raised", id="label")
            yield PlainInput(id="typed")
        yield Rows(cursor=False, id="keys")
        yield KeyLine([("↓↑", "scroll", "screen.scroll_keys(1)"), ("esc", "back", "screen.back")])

    def on_mount(self) -> None:
        """All keys, until something is typed."""
        self.query_one(Rows).can_focus = False
        self.query_one(PlainInput).focus()
        self._show("")

    def on_input_changed(self, event: PlainInput.Changed) -> None:
        """Search while typing."""
        self._show(event.value)

    def on_resize(self) -> None:
        """One column or two."""
        self._show(self.query_one(PlainInput).value)

    def action_scroll_keys(self, rows: int) -> None:
        """Scroll."""
        keys = self.query_one(Rows)
        keys.scroll_to(y=keys.scroll_offset.y + rows, animate=False)

    def _show(self, typed: str) -> None:
        self.query_one(Rows).set_lines(self._lines(typed.strip().lower(), self.size.width), keep=False)

    def _lines(self, typed: str, width: int) -> list[Line]:
        found = [row for row in self._rows if typed in f"{row[1]} {row[2]}".lower()]
        groups: dict[str, list[Line]] = {}
        room = (width // 2 if width >= 100 else width) - 14
        for title, label, does in found:
            first, *rest = textwrap.wrap(clean(does), max(20, room)) or [""]
            lines = groups.setdefault(title, [Line.of(("strong", f" {title}"))])
            lines.append(Line.of("   ", ("key", fit(label, 8)), " ", ("text", first)))
            lines += [Line.of(" " * 12, ("text", more)) for more in rest]
        blocks = [[Line(), *lines] for lines in groups.values()]
        lines = _columns(blocks, width) if width >= 100 else [line for block in blocks for line in block]
        if not found:
            lines = [Line(), Line.of(("dim", "   no key of that name; "), ("key", "^p"), ("dim", " has all commands"))]
        if not typed:
            lines += [Line(), Line.of(("strong", " As plain lines")), Line.of("   ", self._command)]
            lines += [
                Line(),
                Line.of(("strong", " Mouse and text")),
                *(Line.of(("dim", f"   {note}")) for note in _NOTES),
                Line.of(("dim", "   Other keys, colours, ASCII, no mouse: "), "webhook-inspector config init"),
            ]
        return lines


def _columns(blocks: list[list[Line]], width: int) -> list[Line]:
    """Blocks in two columns of about the same height."""
    left: list[Line] = []
    right: list[Line] = []
    for block in blocks:
        (left if len(left) <= len(right) else right).extend(block)
    half = width // 2
    rows = max(len(left), len(right))
    left += [Line()] * (rows - len(left))
    right += [Line()] * (rows - len(right))
    return [one.pad(half) + other for one, other in zip(left, right, strict=True)]


SCREEN = HelpScreen
