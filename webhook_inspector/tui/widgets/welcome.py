"""What is shown while nothing was captured yet: an address, and what can be done next, one key each."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from webhook_inspector.tui.base import WIDE
from webhook_inspector.tui.safe import Line, fit
from webhook_inspector.tui.widgets.rows import Rows


@dataclass(frozen=True, slots=True)
class Step:
    """One choice."""

    id: str
    title: str
    about: str
    brief: str
    """The same where there is less room."""


STEPS = (
    Step("sample", "Send me a sample event", "signed, over real HTTP to the address above", "signed, over real HTTP"),
    Step("curl", "Copy a curl command", "paste it in another terminal", "paste it in another terminal"),
    Step(
        "tunnel",
        "Reach it from the internet",
        "tunnel commands for the programs found here",
        "by a tunnel program found here",
    ),
    Step(
        "target",
        "Point it at my app",
        "where to deliver and replay, for example localhost:3000",
        "for example localhost:3000",
    ),
    Step(
        "secret",
        "Add a signing secret",
        "Stripe, GitHub, Shopify, Slack, Svix, any HMAC",
        "Stripe, GitHub, Svix, any HMAC",
    ),
    Step("capture", "Open a capture", "HAR, mitmproxy flows, curl, fixtures", "HAR, mitmproxy, curl, fixtures"),
)
_WITHOUT_LISTENER = ("capture",)


def curl_command(url: str, ca: Path | None = None) -> str:
    """A delivery by hand.

    Args:
        url: Where to.
        ca: A certificate that curl must be told to trust.
    """
    trust = f" --cacert {shlex.quote(str(ca))}" if ca is not None else ""
    body = '{"id":"evt_hand_1","type":"test.created","data":{"object":{"amount":4200}}}'
    return f"curl -sS{trust} {url}/test -H 'Content-Type: application/json' -d '{body}'"


class Welcome(Rows):
    """The first screen. It draws one list: words, then the choices.

    Args:
        url: Where to send to; empty when nothing listens.
    """

    DEFAULT_CSS = "Welcome { height: 1fr; }"

    def __init__(self, url: str, *, id: str | None = None) -> None:  # noqa: A002 (Textual's name)
        super().__init__(id=id)
        self._url = url
        self._open: str | None = None
        self._extra: Sequence[Line] = ()
        self._state = Line()
        self._places: dict[int, Step] = {}
        self.steps_line: Callable[[int], Line] = lambda _: Line()
        """The boxes of what was done already, for a width in cells."""

    @property
    def steps(self) -> tuple[Step, ...]:
        """The choices that make sense here: without a listener there is nothing to send to."""
        return tuple(step for step in STEPS if self._url or step.id in _WITHOUT_LISTENER)

    def set_state(self, state: Line) -> None:
        """The last line: what listens where. Nothing but that line is painted again when it changes."""
        before, self._state = self._state, state
        if before.width and self._lines:
            self._lines = (*self._lines[:-1], self._state_line())
            self.refresh_line(len(self._lines) - 1)
        else:
            self.draw()

    def _state_line(self) -> Line:
        return Line.of("  ") + self._state

    def unfold(self, step_id: str | None, lines: Sequence[Line] = ()) -> None:
        """Show lines under a choice; None closes."""
        self._open, self._extra = step_id, lines
        self.draw()

    def step_at(self, row: int) -> Step | None:
        """The choice of a row."""
        return self._places.get(row)

    def draw(self) -> None:
        """Lay out for the current size."""
        width, height = self.size
        margin = max(1, min(13, (width - 76) // 2))
        self.edge = margin - 1
        left = "  "
        head: list[Line] = []
        if self._url:
            head = [
                Line.of(left, ("strong", "Waiting for the first webhook")),
                Line(),
                Line.of(
                    left,
                    ("dim", fit("Send it to", 18)),
                    ("accent", self._url + "/"),
                    "        ",
                    ("key", "y"),
                    ("dim", " copy"),
                ),
            ]
        else:
            head = [
                Line.of(left, ("strong", "This log is empty, and nothing listens")),
                Line(),
                Line.of(left, ("dim", "Start without --no-listen to capture.")),
            ]
        roomy = height >= 24
        lines = [Line()] * (4 if roomy else 1) + head + [Line()] * (2 if roomy else 1)
        chosen = self._places.get(self.cursor)
        self._places = {}
        for number, step in enumerate(self.steps, 1):
            self._places[len(lines)] = step
            words = step.about if width >= WIDE else step.brief if width >= 76 else ""
            about = ("dim", f"  {words}" if words else "")
            lines.append(Line.of(left, ("key", f"{number}"), "  ", ("text", fit(step.title, 30)), about))
            if step.id == self._open:
                lines += [Line.of(left + "    ", line) for line in self._extra]
                if self._extra:
                    lines.append(Line())
        boxes = self.steps_line(width - self.edge - len(left) - 2)
        if boxes.width:
            lines += [Line()] * (2 if roomy else 1) + [Line.of(left) + boxes]
        lines += [Line()] * (2 if roomy else 0 if boxes.width else 1) + [self._state_line()]
        fixed = [row for row in range(len(lines)) if row not in self._places]
        if chosen is not None:  # it stays the selected one where the rows are others
            row = next((row for row, step in self._places.items() if step is chosen), self.cursor)
            self.set_reactive(Rows.cursor, row)
        self.set_lines(lines, fixed=fixed)

    def on_resize(self) -> None:
        """Lay out again."""
        self.draw()
        super().on_resize()
