"""`O`: the sources, one row each, and the fields of the one under the cursor, which are edited where they stand."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from webhook_inspector.config.secrets import is_literal
from webhook_inspector.core.units import plural
from webhook_inspector.engine.kept_secrets import place_in_words
from webhook_inspector.engine.source_editing import SourceRow
from webhook_inspector.engine.source_fields import SourceField
from webhook_inspector.errors import InspectorError, TargetError
from webhook_inspector.replay.targets import check_target
from webhook_inspector.tui.base import KeyLine, Row, StatusLine
from webhook_inspector.tui.copying import CopyEntry, copy_menu
from webhook_inspector.tui.keys import bind, binds
from webhook_inspector.tui.last_replay import where
from webhook_inspector.tui.places import place
from webhook_inspector.tui.safe import Line, clean, spread
from webhook_inspector.tui.source_parts import FORM, NAME, NEW, SourceParts
from webhook_inspector.tui.source_rows import WIDE, field_line, head_line, source_line
from webhook_inspector.tui.widgets.prompt_line import PromptLine
from webhook_inspector.tui.widgets.rows import Rows

if TYPE_CHECKING:
    from webhook_inspector.tui.bridge import News

_EMPTY = (
    "A source is a path of its own at this listener:",
    "whose webhooks come there, the secret that signs them,",
    "what is answered, and where they are sent on to.",
    'Without one, whatever comes is kept as "default".',
)


class SourcesScreen(SourceParts):
    """List and form."""

    TITLE_WORDS = "Sources"
    CSS = """
    SourcesScreen #sources { height: auto; max-height: 40%; min-height: 3; }
    SourcesScreen #fields { height: 1fr; }
    SourcesScreen.-asking StatusLine { display: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        *binds("copy"),
        bind("delete", "delete", "remove the source; empty the field"),
        bind("undo", "undo", "undo the last change of the file"),
        bind("next_pane", "other", "from the list to the fields and back"),
        bind("prev_pane", "other", "from the list to the fields and back"),
        bind("left", "step(-1)", "choice before"),
        bind("right", "step(1)", "next choice"),
        Binding("a", "add", "add a source", show=False, id="sources_add"),
        Binding("i", "internet", "reach it from the internet", show=False, id="sources_internet"),
        Binding("t", "target", "where everything else is sent on to", show=False, id="sources_target"),
    ]

    def compose(self) -> ComposeResult:
        """Title, columns, sources, the fields of one, status, keys."""
        yield Row(self._title, ground="raised", id="title")
        yield Row(classes="gap")
        yield Row(head_line)
        yield Rows(id="sources")
        yield Row(classes="gap")
        yield Row(self._heading, ground="raised", id="heading")
        yield Rows(id="fields")
        yield StatusLine(self._resting)
        yield PromptLine()
        yield KeyLine([])

    def on_mount(self) -> None:
        """Read file and log in a worker."""
        self._list.focus()
        self._load(reread=True)

    def on_resize(self) -> None:
        """The columns depend on the width."""
        self._draw()

    def news(self, news: News) -> None:
        """Deliveries came: count again."""
        if (news.captured or news.analysed) and self._loaded and not self._busy:
            self._load()

    # Reading

    @work(thread=True, exclusive=True, group="sources", description="sources")
    def _load(self, *, reread: bool = False, then: Callable[[], None] | None = None) -> None:
        try:
            if reread:
                self._place = place_in_words()
                self._editing.reread()
            rows = self._editing.rows()
        except InspectorError as error:
            self.call_later(self._failed, self._short(error.message))
            return
        self.call_later(self._show, rows, then)

    def _failed(self, message: str) -> None:
        if self.is_attached:
            self.say(("bad", "✗ "), clean(message), seconds=0)

    def _show(self, rows: list[SourceRow], then: Callable[[], None] | None) -> None:
        if not self.is_attached:
            return
        first = not self._loaded
        self._sources, self._loaded = rows, True
        self._draw()
        if self._wanted_name is not None:
            at = next((at for at, row in enumerate(rows) if row.source.name == self._wanted_name), None)
            self._wanted_name = None
            if at is not None:
                self._list.move_to(at)
                self._draw()
        if then is not None:
            then()
        elif first and self._wants:
            self._begin()

    def _begin(self) -> None:
        """What the screen was opened for."""
        wants, self._wants = self._wants, ""
        if wants == "secret" and self._sources:
            bare = next((at for at, row in enumerate(self._sources) if not row.source.secrets), self._list.cursor)
            self._list.move_to(bare)
            self._ask_secret()
        elif wants == "secret":
            self._ask_new(then_secret=True)

    def _read_again(self, then: Callable[[], None] | None) -> None:
        self._load(then=then)

    # Drawing

    def _draw(self) -> None:
        if not self.is_mounted:
            return
        width, now = self.size.width - 2, self.inspector_app.inspector.clock.wall_ns()
        self._list.set_lines([source_line(row, now, width) for row in self._sources])
        self._draw_fields()
        self.query_one("#title", Row).refresh()

    def _draw_fields(self) -> None:
        row = self._current
        if row is None:
            words = [Line.of(("dim", f"  {text}")) for text in _EMPTY] if self._loaded else []
            keys = Line.of("  ", ("key", "a"), " adds one   ", ("dim", "its file: "), ("dim", self._where(40)))
            self._fields.set_lines([Line(), *words, Line(), keys] if words else [], fixed=range(len(_EMPTY) + 3))
        else:
            active = self._fields.has_focus or self._problem is not None
            self._fields.set_lines([
                field_line(
                    field, row, chosen=active and field is self._field,
                    problem=self._problem[1] if self._problem and self._problem[0] == field.key else None,
                )
                for field in FORM
            ])  # fmt: skip
        self.query_one("#heading", Row).refresh()
        self._hints()

    def _hints(self) -> None:
        hints: list[str | tuple[str, str, str]]
        if self.has_class("-asking"):
            hints = []  # the line that asks says them
        elif self._fields.has_focus:
            hints = [("⏎", "edit", "screen.press('enter')"), "delete", "undo", "help", ("esc", "list", "screen.back")]
        else:
            opened: list[str | tuple[str, str, str]] = [("⏎", "edit", "screen.press('enter')")] if self._sources else []
            hints = [
                *opened, ("a", "add", "screen.add"), *(["delete"] if self._sources else []), "undo",
                ("t", "deliver to", "screen.target"), ("i", "from the internet", "screen.internet"), "copy", "help",
                "back",
            ]  # fmt: skip
        self.query_one(KeyLine).set_hints(hints)

    def _short(self, message: str) -> str:
        try:
            return self._editing.sentence(message)
        except InspectorError:
            return message

    def _where(self, limit: int) -> str:
        try:
            return place(self._editing.where, limit)
        except InspectorError:
            return ""

    def _title(self, width: int) -> Line:
        target = self.inspector_app.inspector.forward_target
        words = Line.of(
            ("strong", " Sources"), ("dim", f"  {plural(len(self._sources), 'source')}" if self._loaded else "")
        )
        if width < WIDE:
            return spread(words, Line.of(("dim", self._where(max(10, width - words.width - 2))), " "), width)
        on = Line.of(("dim", "    everything else goes to "), where(target) if target else ("dim", "no app"))
        return spread(words + on, Line.of(("dim", self._where(max(10, width // 3))), " "), width)

    def _heading(self, _width: int) -> Line:
        row = self._current
        if self._problem is not None and self._problem[0] == NEW:
            return Line.of(("strong", " new source   "), self._problem[1])
        if row is None:
            return Line()
        listening = self.inspector_app.inspector.listening
        base = listening.url if listening is not None else ""
        note = "" if row.in_file else "   named on the command line: a change puts it into the file"
        return Line.of(
            " ",
            ("strong", clean(row.source.name)),
            "   ",
            ("accent", clean(base + row.source.path, 80)),
            ("warn", note),
        )

    def _resting(self, width: int) -> Line:
        row = self._current
        if row is not None and self._fields.has_focus and self._field.key != "secrets":
            about = f"{self._field.about}; " if width < WIDE else ""
            return Line.of(("dim", f" {about}for example {clean(self._field.example, 60)}")).cut(width)
        if row is not None and row.problems:
            return Line.of(" ", ("bad", "✗ "), clean(row.problems[0]))
        return Line()

    @on(Rows.Moved)
    def _moved(self, event: Rows.Moved) -> None:
        event.stop()
        if isinstance(event, Rows.Chosen):
            self._chosen(event)
        else:
            self._draw_fields()
            self.query_one(StatusLine).refresh()

    def on_descendant_focus(self) -> None:
        """The selected field shows its ends, the last row its keys."""
        if self.is_mounted and self._loaded:
            self._draw_fields()

    # Acting

    def _chosen(self, event: Rows.Chosen) -> None:
        if self._current is None:
            self.action_add()
        elif event.rows is self._list:
            self._fields.focus()
        elif self._field.key == "secrets":
            self._ask_secret()
        else:
            self._ask_field(self._field)

    def action_other(self) -> None:
        """From the list to the fields and back."""
        (self._list if self._fields.has_focus or self._current is None else self._fields).focus()

    def action_back(self) -> None:
        """From the fields to the list; then out."""
        if self._fields.has_focus:
            self._list.focus()
        else:
            self.dismiss(None)

    def _ask_field(self, field: SourceField) -> None:
        row = self._current
        if row is None:
            return
        name, editing = row.source.name, self._editing

        def problem(text: str) -> Line | None:
            if field is NAME:
                said = editing.problem_of_name(name, text.strip())
            else:
                said = editing.problem_of_key(name, field.key, self._whole(field, text))
                said = said.removeprefix(f"sources.{name}.").removeprefix(f"{field.key} ")
            return self._said(field, text, said)

        def answer(text: str) -> None:
            if field is NAME:
                self._change(lambda: editing.rename(name, text), f"Renamed {name} to {text}", text)
            else:
                whole = self._whole(field, text)
                words = f"{name}: {field.key} is {whole}" if whole else f"{name}: no {field.key} any more"
                self._change(lambda: editing.set_keys(name, {field.key: whole}), words)

        value = field.words(row.source)
        self._ask(
            field.key, answer, problem=problem, value=value, placeholder=f"for example {field.example}",
            suggest=self._providers() if field.key == "provider" else (),
        )  # fmt: skip

    def _providers(self) -> list[str]:
        return sorted(self.inspector_app.inspector.config.providers)

    def _whole(self, field: SourceField, text: str) -> str:
        """A provider from the begin of its name, when only one begins so; everything else as it is."""
        known = self._providers() if field.key == "provider" else []
        begun = [name for name in known if name.startswith(text.strip().lower())]
        return begun[0] if len(begun) == 1 and text.strip() not in known else text

    def _said(self, field: SourceField, text: str, problem: str) -> Line:
        if field.key == "provider" and problem:
            begun = [name for name in self._providers() if name.startswith(text.strip().lower())]
            if begun:
                return Line.of(("dim", clean("  ".join(begun[:12]))))
        if problem:
            return Line.of(("bad", "✗ "), clean(problem))
        if field.key == "forward" and _is_elsewhere(text):
            return Line.of(
                ("warn", "! "), "another machine: sent there by `listen --allow-remote` only, not by the app"
            )
        return Line.of(("ok", "✓ "), ("dim", clean(self._whole(field, text), 60)))

    def _ask_secret(self) -> None:
        row = self._current
        if row is None:
            return
        name, editing = row.source.name, self._editing
        self._fields.move_to(FORM.index(next(field for field in FORM if field.key == "secrets")))

        def problem(text: str) -> Line:
            typed = text.strip()
            if is_literal(typed):
                return Line.of(("ok", "✓ "), ("dim", clean(f"kept in {self._place}; the file only names it", 300)))
            said = editing.problem_of_secret(typed)
            return Line.of(("warn", "! "), clean(said)) if said else Line.of(("ok", "✓ "), clean(typed, 60))

        def answer(text: str) -> None:
            if text:
                words = f"{name}: a secret more" if row.source.secrets else f"{name}: the secret is set"
                self._change(lambda: editing.add_secret(name, text), words)

        self._ask(
            "secrets", answer, label="secret", problem=problem, password=True,
            placeholder=f"of {clean(name, 30)}: paste it to be kept, or env:NAME",
        )  # fmt: skip

    def action_add(self) -> None:
        """A new source."""
        if not self._loaded or self._busy:
            return
        self._ask_new(then_secret=False)

    def _ask_new(self, *, then_secret: bool) -> None:
        editing, providers = self._editing, self._providers()

        def problem(text: str) -> Line:
            said = editing.problem_of_name(None, text.strip())
            return Line.of(("bad", "✗ "), clean(said)) if said else Line.of(("ok", "✓ "), ("dim", f"/{text.strip()}"))

        def answer(name: str) -> None:
            texts = {"provider": name} if name in providers else {}

            def then() -> None:
                self._fields.focus()
                if then_secret:
                    self._ask_secret()

            self._change(lambda: editing.add(name, texts), f"Added {name}", name, then=then)

        self._ask(
            NEW, answer, label="who sends", problem=problem, suggest=providers,
            placeholder="stripe, github, or a name of your own",
        )  # fmt: skip

    def action_delete(self) -> None:
        """In the list: no such source any more. In the fields: nothing in this field."""
        row = self._current
        if row is None:
            return
        name, field = row.source.name, self._field
        if not self._fields.has_focus:
            self._change(lambda: self._editing.remove(name), f"Removed {name}; what it captured stays")
        elif field is NAME:
            self.say("A source has a name   ", ("key", "⏎"), ("dim", " changes it"))
        elif field.words(row.source):
            self._change(lambda: self._editing.set_keys(name, {field.key: ""}), f"{name}: no {field.key} any more")

    def action_step(self, step: int) -> None:
        """Another choice, in a field that has some."""
        row, field = self._current, self._field
        choices = ("", *self._providers()) if field.key == "provider" else field.choices
        if row is None or not self._fields.has_focus or not choices or self._busy:
            return
        words = field.words(row.source)
        at = choices.index(words) if words in choices else 0
        chosen = choices[max(0, min(len(choices) - 1, at + step))]
        if chosen != words:
            said = f"{row.source.name}: {field.key} is {chosen or 'as usual'}"
            self._change(lambda: self._editing.set_keys(row.source.name, {field.key: chosen}), said)

    def action_undo(self) -> None:
        """What the file was before the last change."""
        if not self._loaded:
            return
        self._change(self._editing.undo, "Undone: the file is as it was before the last change")

    def action_internet(self) -> None:
        """The tunnel programs."""
        self.inspector_app.open_screen("tunnel")

    def action_target(self) -> None:
        """Where deliveries of sources without a target of their own go."""
        self._ask(NEW, self._set_target, label="deliver to", placeholder="localhost:3000/webhooks; - for nowhere")

    def _set_target(self, text: str) -> None:
        inspector = self.inspector_app.inspector
        target = None if text in {"", "-"} else text if "://" in text else f"http://{text}"
        try:
            inspector.set_forward(target)
        except InspectorError as error:
            self.say(("bad", "✗ "), clean(error.message), seconds=10)
            return
        self.query_one("#title", Row).refresh()
        self.say(
            "Delivers to ",
            where(target) if target else "nowhere",
            ("dim", " from the next delivery on, until the app ends"),
        )

    def action_copy(self) -> None:
        """The address of a source, or the place of the file."""
        row, listening = self._current, self.inspector_app.inspector.listening
        entries = [CopyEntry("p", "path of the file", "path of the file", lambda: self._editing.where)]
        if row is not None and listening is not None and listening.url:
            address = listening.url + row.source.path
            entries.insert(0, CopyEntry("u", "address", "address", lambda: address))
        copy_menu(self, entries, name="source")


def _is_elsewhere(target: str) -> bool:
    """Whether a target, which is a good one, is not this machine."""
    try:
        check_target(target.strip(), allow_remote=False)
    except TargetError:
        return True
    return False


SCREEN = SourcesScreen
