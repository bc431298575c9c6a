"""What the sources screen asks and changes: a text is tried while it is typed, and written when it is accepted."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual import work

from webhook_inspector.core.units import plural
from webhook_inspector.engine.source_editing import Saved, SourceEditing, SourceRow
from webhook_inspector.engine.source_fields import FIELDS, SourceField
from webhook_inspector.errors import InspectorError
from webhook_inspector.tui.base import InspectorScreen
from webhook_inspector.tui.safe import Line, clean
from webhook_inspector.tui.source_rows import NAME_KEY
from webhook_inspector.tui.widgets.prompt_line import PromptLine
from webhook_inspector.tui.widgets.rows import Rows

NAME = SourceField(NAME_KEY, "how it is called in the log and in filters", "stripe", lambda source: source.name)
FORM = (NAME, *FIELDS)
NEW = "+"
"""Stands for a key while the name of a new source is typed."""


class SourceParts(InspectorScreen):
    """The part of the sources screen that asks and changes.

    Args:
        wants: `secret` asks for a signing secret at once, for a new source when there is none.
        name: The source that the cursor is put on.
    """

    def __init__(self, wants: str = "", name: str | None = None) -> None:
        super().__init__()
        self._wants = wants
        self._wanted_name = name
        self._sources: list[SourceRow] = []
        self._loaded = False
        self._busy = False
        self._problem: tuple[str, Line] | None = None
        """The key that is typed, and what would be wrong with it."""
        self._place = ""
        """Where typed secrets are kept, in words."""

    @property
    def _list(self) -> Rows:
        return self.query_one("#sources", Rows)

    @property
    def _fields(self) -> Rows:
        return self.query_one("#fields", Rows)

    @property
    def _editing(self) -> SourceEditing:
        return self.inspector_app.inspector.source_editing

    @property
    def _current(self) -> SourceRow | None:
        at = self._list.cursor
        return self._sources[at] if at < len(self._sources) else None

    @property
    def _field(self) -> SourceField:
        return FORM[min(self._fields.cursor, len(FORM) - 1)]

    def _draw_fields(self) -> None:
        raise NotImplementedError

    def _read_again(self, then: Callable[[], None] | None) -> None:
        raise NotImplementedError

    def _ask(
        self,
        key: str,
        answer: Callable[[str], None],
        *,
        label: str = "",
        problem: Callable[[str], Line | None] = lambda _text: None,
        value: str = "",
        placeholder: str = "",
        password: bool = False,
        suggest: Sequence[str] = (),
    ) -> None:
        """Ask for a text in the last line; what would be wrong with it stands in the field's own line."""
        back = self._fields if self._fields.has_focus else self._list

        def typed(text: str) -> None:
            found = problem(text) if text.strip() and text.strip() != value else None
            self._problem = None if found is None else (key, found)
            self._draw_fields()

        def answered(text: str | None) -> None:
            self.remove_class("-asking")
            self._problem = None
            back.focus()
            self._draw_fields()
            if text is not None and text.strip() != value:
                answer(text.strip())

        self.add_class("-asking")
        self.query_one(PromptLine).ask(
            label or key.replace("_", " "), answered, value=value, placeholder=placeholder, typed=typed,
            password=password, suggest=suggest,
        )  # fmt: skip

    # Changing

    def _change(
        self,
        make: Callable[[], Saved | bool],
        words: str,
        name: str | None = None,
        then: Callable[[], None] | None = None,
    ) -> None:
        if self._busy:
            return
        self._busy = True
        self._make(make, words, name, then)

    @work(thread=True, group="change", description="change of a source")
    def _make(
        self, make: Callable[[], Saved | bool], words: str, name: str | None, then: Callable[[], None] | None
    ) -> None:
        try:
            made = make()
        except InspectorError as error:
            line = Line.of(("bad", "✗ "), clean(self._editing.sentence(error.message)))
            self.call_later(self._changed, line, None, None, True)
            return
        if made is False:
            line = Line.of("There is nothing to undo")
        elif isinstance(made, Saved):
            line = Line.of(words)
            if made.judged:
                line = line + Line.of(("dim", f"  ·  {plural(made.judged, 'delivery', 'deliveries')} verified again"))
            if made.created:
                line = line + Line.of(("dim", f"  ·  new file {clean(self._editing.where, 80)}"))
            line = line + Line.of("   ", ("key", "u"), ("dim", " undo"))
        else:
            line = Line.of(words)
        self.call_later(self._changed, line, name, then, False)

    def _changed(self, line: Line, name: str | None, then: Callable[[], None] | None, failed: bool) -> None:
        self._busy = False
        if not self.is_attached:
            return
        self.say(line, seconds=12 if failed else 8)
        self._wanted_name = name
        self._read_again(then)
