"""Samples and stories: one list, found by typing; `⏎` sends to the listener of this log."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal

from webhook_inspector.core.attempt import Attempt, Outcome
from webhook_inspector.core.units import duration, plural
from webhook_inspector.errors import InspectorError
from webhook_inspector.samples import describe, describe_stories
from webhook_inspector.tui.base import InspectorScreen, KeyLine, Row, StatusLine
from webhook_inspector.tui.palette import score
from webhook_inspector.tui.safe import Line, PlainInput, clean, fit, spread
from webhook_inspector.tui.widgets.rows import Rows

if TYPE_CHECKING:
    from webhook_inspector.engine.inspector import Inspector

GAP = "300ms"
"""From one step of a story to the next: an eye can follow it."""


@dataclass(frozen=True, slots=True)
class Offer:
    """One row: a sample event, or a story."""

    provider: str
    name: str
    about: str
    events: int = 0
    """Of a story; 0 is a sample."""

    @property
    def words(self) -> str:
        """What is searched."""
        kind = "story" if self.events else "sample"
        return f"{self.provider} {kind} {self.name} {self.about}"

    def line(self, width: int) -> Line:
        """As a row of a width in cells."""
        wide = width >= 90
        what = Line.of(self.name)
        if self.events:
            what = Line.of(("accent", "story "), self.name, ("dim", f" ({self.events})"))
        return Line.of(
            " ", ("dim", fit(self.provider, 16 if wide else 12)), what.cut(36 if wide else 30).pad(38 if wide else 31),
            ("dim", clean(self.about, 200)),
        )  # fmt: skip


def offers() -> list[Offer]:
    """Everything that can be sent: by provider its samples, then its stories."""
    samples = [Offer(info.provider, info.event, info.about) for info in describe()]
    stories = [Offer(info.provider, info.name, info.about, len(info.events)) for info in describe_stories()]
    order = list(dict.fromkeys(one.provider for one in samples))
    return sorted([*samples, *stories], key=lambda one: (order.index(one.provider), one.events > 0))


def answer_line(attempt: Attempt) -> Line:
    """How a send was answered: `✓ 200 in 3 ms`."""
    if attempt.outcome is Outcome.RESPONDED and attempt.status is not None:
        good = 200 <= attempt.status < 300
        words = Line.of(("ok", f"✓ {attempt.status}") if good else ("bad", f"✗ {attempt.status}"))
        return words + Line.of(("dim", f" in {duration(attempt.duration_ms or 0)}"))
    outcome = (attempt.outcome or Outcome.NOT_SENT).value.replace("_", " ")
    return Line.of(("bad", f"✗ {outcome} "), clean(attempt.detail, 100))


class SamplesScreen(InspectorScreen):
    """Finds a sample or a story and sends it.

    Args:
        typed: What is in the field at first.
    """

    TITLE_WORDS = "Samples and stories"
    CSS = """
    SamplesScreen Horizontal { height: 1; background: $surface; }
    SamplesScreen #label { width: 4; }
    SamplesScreen PlainInput { width: 1fr; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "move(1)", "next", show=False, id="samples_down"),
        Binding("up", "move(-1)", "before", show=False, id="samples_up"),
        Binding("pagedown", "move(10)", "a page down", show=False, id="samples_page_down"),
        Binding("pageup", "move(-10)", "a page up", show=False, id="samples_page_up"),
    ]

    def __init__(self, typed: str = "") -> None:
        super().__init__()
        self._typed = typed
        self._offers: Sequence[Offer] = offers()
        self._shown: Sequence[Offer] = self._offers
        self._sending = False
        self._stop = threading.Event()

    def compose(self) -> ComposeResult:
        """Title, field, list, status, keys."""
        yield Row(self._title, ground="raised", id="title")
        with Horizontal():
            yield Row(lambda _: Line.of(("key", "  ›")), ground="raised", id="label")
            yield PlainInput(value=self._typed, placeholder="provider, event or story")
        yield Row()
        yield Rows(id="found")
        yield StatusLine(self._resting)
        yield KeyLine(self._hints())

    def on_mount(self) -> None:
        """Everything that fits what is typed."""
        self.query_one(Rows).can_focus = False
        field = self.query_one(PlainInput)
        field.focus()
        field.cursor_position = len(field.value)
        self._search(self._typed)

    def on_unmount(self) -> None:
        """A story that is being told ends with the screen."""
        self._stop.set()

    def on_resize(self) -> None:
        """The columns depend on the width."""
        self._search(self.query_one(PlainInput).value, keep=True)

    @property
    def _inspector(self) -> Inspector:
        return self.inspector_app.inspector

    # Drawing

    def _title(self, width: int) -> Line:
        listening = self._inspector.listening
        where = f"to {clean(listening.shown, 60)} " if listening is not None and listening.url else "nothing listens "
        return spread(Line.of(("strong", " Samples and stories")), Line.of(("dim", where)), width)

    def _resting(self, width: int) -> Line:  # noqa: ARG002 (the signature of a resting line)
        if not self._shown:
            return Line.of(("dim", " Nothing of that name"))
        return Line.of(("dim", " Signed with the secret of the provider's source, else with the published one"))

    def _hints(self) -> list[str | tuple[str, str, str]]:
        if self._sending:
            return [("esc", "stop", "screen.back")]
        return [("⏎", "send", "screen.press('enter')"), ("↑↓", "choose", "screen.press('down')"), "back"]

    def _search(self, typed: str, *, keep: bool = False) -> None:
        rated = [(-score(one.words, typed), index) for index, one in enumerate(self._offers)]
        self._shown = [self._offers[index] for rate, index in sorted(rated) if rate < 0]
        width = self.size.width - 2
        self.query_one(Rows).set_lines([one.line(width) for one in self._shown], keep=keep)
        self.query_one(StatusLine).refresh()

    def on_input_changed(self, event: PlainInput.Changed) -> None:
        """Search while typing."""
        event.stop()
        self._search(event.value)

    def action_move(self, rows: int) -> None:
        """Another row."""
        found = self.query_one(Rows)
        found.move_to(found.cursor + rows, rows)

    # Sending

    def on_input_submitted(self, event: PlainInput.Submitted) -> None:
        """Send the selected row."""
        event.stop()
        self._choose(self.query_one(Rows).cursor)

    def on_rows_chosen(self, event: Rows.Chosen) -> None:
        """A click on the selected row."""
        event.stop()
        self._choose(event.index)

    def _choose(self, index: int) -> None:
        if index >= len(self._shown):
            return
        if self._sending:
            self.say("Something is being sent   ", ("key", "esc"), ("dim", " stops it"))
            return
        chosen = self._shown[index]
        self._sending = True
        self._stop.clear()
        self.query_one(KeyLine).set_hints(self._hints())
        self.say(f"Sending {chosen.provider} {chosen.name}…", seconds=0)
        self._send(chosen)

    @work(thread=True, group="samples", description="samples")
    def _send(self, chosen: Offer) -> None:
        try:
            line = self._tell(chosen) if chosen.events else self._sample(chosen)
        except InspectorError as error:
            line = Line.of(("bad", "✗ "), clean(error.message))
        self.call_later(self._sent, line)

    def _sample(self, chosen: Offer) -> Line:
        attempt = self._inspector.send_sample(chosen.provider, chosen.name)
        return Line.of(f"Sent {chosen.provider} {chosen.name}  ", answer_line(attempt))

    def _tell(self, chosen: Offer) -> Line:
        from webhook_inspector.engine.story import StoryOptions  # noqa: PLC0415 (a single sample needs none of it)

        told = self._inspector.plan_story(chosen.provider, chosen.name, StoryOptions(gap=GAP))
        planned = len(told.plan.attempts)
        done = bad = 0
        for sent in self._inspector.tell_story(told):
            done += 1
            bad += not (sent.attempt.status is not None and 200 <= sent.attempt.status < 300)
            words = f"{chosen.name}: sent {done} of {planned}  {sent.step.event}  "
            self.call_later(self.say, words, answer_line(sent.attempt), seconds=0)
            if self._stop.is_set():
                break
        story = f"the story {chosen.name} of {chosen.provider}"
        if done < planned:
            why = "stopped" if self._stop.is_set() else "nothing listens there"
            return Line.of(("warn", f"! {why}: "), f"{plural(done, 'event')} of {planned} of {story} sent")
        verdict = ("bad", f"✗ {bad} not answered 2xx") if bad else ("ok", "✓ all answered 2xx")
        return Line.of(f"Told {story}, {plural(done, 'event')}  ", verdict)

    def _sent(self, line: Line) -> None:
        self._sending = False
        if self.is_attached:
            self.query_one(KeyLine).set_hints(self._hints())
            self.say(line, Line.of("   ", ("key", "esc"), ("dim", " to the log")), seconds=0)

    def action_back(self) -> None:
        """Stop the story, or leave."""
        if not self._sending:
            self.dismiss(None)
        elif not self._stop.is_set():
            self._stop.set()
            self.say("Stopping after this one…", seconds=0)


SCREEN = SamplesScreen
