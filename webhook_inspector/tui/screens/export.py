"""`e`: save deliveries to a file. Formats above, what will stand in the file below, before it is written."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from webhook_inspector.core import display
from webhook_inspector.core.units import plural, size
from webhook_inspector.engine.exchange import Previewed
from webhook_inspector.errors import InspectorError
from webhook_inspector.export.api import name_of_file
from webhook_inspector.tui.base import InspectorScreen, KeyLine, Row, StatusLine
from webhook_inspector.tui.copying import write_new
from webhook_inspector.tui.keys import bind
from webhook_inspector.tui.places import place
from webhook_inspector.tui.safe import Line, clean, fit, lines_of, spread
from webhook_inspector.tui.widgets.prompt_line import PromptLine
from webhook_inspector.tui.widgets.rows import Rows

_FIRST = ("fixture", "pytest", "curl")
"""What is saved most comes first."""
_MOST_BYTES = 100_000
_MOST_LINES = 500
_MOST_NAMED = 12


class ExportScreen(InspectorScreen):
    """Chooses a format, shows the file, writes it.

    Args:
        ids: What is saved.
        name: What the file is about, for its name.
    """

    TITLE_WORDS = "Save to a file"
    CSS = """
    ExportScreen #formats { height: 40%; min-height: 4; }
    ExportScreen #file { height: 1fr; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("half_down", "scroll(8)", "scroll the file"),
        bind("half_up", "scroll(-8)", "scroll the file back"),
        Binding("o", "originals", "write originals or pseudonyms", show=False, id="export_originals"),
        Binding("p", "path", "write it elsewhere", show=False, id="export_path"),
    ]

    def __init__(self, ids: Sequence[int], name: str) -> None:
        super().__init__()
        self._ids = tuple(ids)
        self._about = name
        self._redact = True
        self._folder = Path()
        self._previews: list[Previewed] = []
        self._made: bytes | None = None
        self._wanted = False
        """It is to be written as soon as it is made."""

    def compose(self) -> ComposeResult:
        """Title, formats, the file, status, keys."""
        found = {each.name: each for each in self.inspector_app.inspector.export_formats()}
        self._formats = [found.pop(name) for name in _FIRST if name in found] + list(found.values())
        yield Row(self._title, ground="raised", id="title")
        yield Row()
        yield Rows([self._line(each.name, each.help) for each in self._formats], id="formats")
        yield Row(self._head, id="head")
        yield Rows(cursor=False, id="file")
        yield StatusLine()
        yield PromptLine()
        yield KeyLine([
            ("⏎", "write it", "screen.press('enter')"), ("o", "originals or pseudonyms", "screen.originals"),
            ("p", "elsewhere", "screen.path"), "help", "back",
        ])  # fmt: skip

    def on_mount(self) -> None:
        """The first format is made at once."""
        try:
            self._folder = Path.cwd()
        except OSError:
            self._folder = Path.home()
        self.query_one("#file", Rows).can_focus = False
        self.query_one("#formats", Rows).focus()
        self._look()

    # Drawing

    def _title(self, width: int) -> Line:
        words = plural(len(self._ids), "delivery", "deliveries")
        folder = f"into {place(self._folder, max(10, width - 40))} "
        return spread(Line.of(("strong", f" Save {words}")), Line.of(("dim", folder)), width)

    def _line(self, name: str, words: str) -> Line:
        return Line.of(" ", ("strong", fit(name, 16)), ("dim", clean(words)))

    def _head(self, width: int) -> Line:
        name = clean(self._file_name(), max(10, width // 2))
        if not self._redact:
            return spread(
                Line.of(("strong", f" {name}")), Line.of(("bad", "originals: secrets and people are in it ")), width
            )
        if not self._previews:
            return Line.of(("strong", f" {name}"))
        replaced = sum(len(one.replaced) for one in self._previews)
        kept = len({text for one in self._previews for text in one.kept})
        words = f"{plural(replaced, 'place')} replaced, {plural(kept, 'text')} kept "
        return spread(Line.of(("strong", f" {name}")), Line.of(("ok", words)), width)

    def _report(self) -> list[Line]:
        """What was replaced and what was kept, above the file."""
        if not self._redact or not self._previews:
            return []
        places = list(dict.fromkeys(place for one in self._previews for place in one.replaced))
        texts = list(dict.fromkeys(text for one in self._previews for text in one.kept))
        return [
            Line.of(("warn", " replaced  "), ("dim", _named(places))),
            Line.of(("ok", " kept      "), ("dim", _named(texts))),
            Line(),
        ]

    # Making

    def _chosen(self) -> int:
        return min(self.query_one("#formats", Rows).cursor, len(self._formats) - 1)

    def _file_name(self) -> str:
        return name_of_file(self._formats[self._chosen()], self._about)

    @on(Rows.Moved, "#formats")
    def _moved(self, event: Rows.Moved) -> None:
        event.stop()
        if not isinstance(event, Rows.Chosen):
            self._look()

    def _look(self) -> None:
        self._made, self._wanted = None, False
        self._make(self._formats[self._chosen()].name, redact=self._redact)

    @work(thread=True, exclusive=True, group="export", description="export")
    def _make(self, name: str, *, redact: bool) -> None:
        inspector = self.inspector_app.inspector
        try:
            made = inspector.export(self._ids, name, redact=redact)
            previews = inspector.preview(self._ids) if redact else []
        except InspectorError as error:
            self.call_later(self._failed, name, error.message)
            return
        self.call_later(self._show, name, made, previews)

    def _failed(self, name: str, message: str) -> None:
        if self.is_attached and self._formats[self._chosen()].name == name:
            self.query_one("#file", Rows).set_lines([], keep=False)
            self.say(("bad", "✗ "), clean(message))

    def _show(self, name: str, made: bytes, previews: list[Previewed]) -> None:
        if not self.is_attached or self._formats[self._chosen()].name != name:
            return
        self._made, self._previews = made, previews
        text = made[:_MOST_BYTES].decode("utf-8", "replace")
        lines = [Line.of(" ") + line for line in lines_of(display.many_lines(text)[:_MOST_LINES])]
        if len(made) > _MOST_BYTES:
            lines.append(Line.of(("dim", f" … {size(len(made))} in all")))
        self.query_one("#file", Rows).set_lines([*self._report(), *lines], keep=False)
        self.query_one("#head", Row).refresh()
        if self._wanted:
            self._write(made)

    # Acting

    def on_rows_chosen(self, event: Rows.Chosen) -> None:
        """Write the file, at once or when it is made."""
        event.stop()
        if self._made is None:
            self._wanted = True
            self.say("Making it …")
        else:
            self._write(self._made)

    def _write(self, made: bytes) -> None:
        """Write the file under a name that is free."""
        chosen = self._formats[self._chosen()]
        stem = self._file_name().removesuffix(chosen.suffix)
        try:
            path = write_new(self._folder, stem, chosen.suffix, made)
        except OSError as error:
            reason = clean(os.strerror(error.errno) if error.errno else "unknown reason")
            self.say(("bad", "✗ "), f"Not written to {clean(self._folder)}: {reason}")
            return
        words = f"Wrote the {chosen.name}, {size(len(made))}, to {clean(path.name)} in {clean(self._folder)}"
        app = self.inspector_app
        self.dismiss(None)
        app.call_later(app.say, words)

    def action_originals(self) -> None:
        """Write what was captured, or pseudonyms."""
        self._redact = not self._redact
        self._look()
        self.query_one("#head", Row).refresh()

    def action_path(self) -> None:
        """Another folder, which must exist."""
        self.query_one(PromptLine).ask("folder", self._into, value=str(self._folder), placeholder="tests/fixtures")

    def _into(self, text: str | None) -> None:
        self.query_one("#formats", Rows).focus()
        if not text or not text.strip():
            return
        folder = (self._folder / Path(text.strip()).expanduser()).resolve()
        if not folder.is_dir():
            self.say(("bad", "✗ "), f"There is no folder {clean(folder, 80)}: make it first")
            return
        self._folder = folder
        self.query_one("#title", Row).refresh()

    def action_scroll(self, rows: int) -> None:
        """Scroll the file."""
        view = self.query_one("#file", Rows)
        view.scroll_to(y=view.scroll_offset.y + rows, animate=False)


def _named(texts: Sequence[str]) -> str:
    more = f" and {len(texts) - _MOST_NAMED} more" if len(texts) > _MOST_NAMED else ""
    return ", ".join(clean(text, 40) for text in texts[:_MOST_NAMED]) + more


SCREEN = ExportScreen
