"""The timeline of a plan: preview, progress and result are one picture.

The drawing is a pure function from plan and attempts to lines; `Timeline` shows it and redraws while a run goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from webhook_inspector.core.attempt import Attempt
from webhook_inspector.core.units import count, duration
from webhook_inspector.replay import preview
from webhook_inspector.replay.plan import Plan
from webhook_inspector.replay.preview import Lane, Mark
from webhook_inspector.tui.safe import Line, Piece, clean, fit
from webhook_inspector.tui.widgets.answers import answer_role, answer_sentence, answer_word, succeeded
from webhook_inspector.tui.widgets.rows import Rows

WIDE = 100
"""From this width the labels stand left of the lanes; below it, above them."""
_LABEL, _NOTE = 28, 20
_SLACK = 8
"""Cells after the axis into which late answers may run."""
_NUDGE = 14
"""Cells that a mark may stand from its moment when others are in its place."""
_BARS = "▁▂▃▄▅▆"
_LEGEND = Line.of(
    " ",
    ("text", "●"), ("dim", " first copy    "),
    ("text", "○"), ("dim", " duplicate    "),
    ("dim", "┆ when it was captured    ╌▸ moved"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Axis:
    """A time axis over a number of cells."""

    width: int
    end_ms: float
    step_ms: float

    def column(self, ms: float) -> int:
        """The cell of a moment."""
        return max(0, min(self.width - 1, int(ms / self.end_ms * (self.width - 1) + 0.5)))


def axis_for(span_ms: float, width: int) -> Axis:
    """An axis with ticks at 1, 2 or 5 times a power of ten, at least ten cells apart, that ends on a tick."""
    span_ms = max(span_ms, 10.0)
    most = max(1, (width - 1) // 10)
    step = 1.0
    while True:
        for factor in (1, 2, 5):
            ticks = max(1.0, -(-span_ms // (step * factor)))
            if ticks <= most:
                # Every tick stands the same number of cells from the next.
                return Axis(int((width - 1) // ticks * ticks) + 1, ticks * step * factor, step * factor)
        step *= 10


def _tick_word(ms: float, axis: Axis) -> str:
    if ms == 0:
        return "0"
    if axis.end_ms < 1000:
        return f"{ms:g}ms"
    if axis.end_ms <= 120_000:
        return f"{ms / 1000:g}s"
    return f"{ms / 60_000:.4g}min" if axis.end_ms <= 7_200_000 else f"{ms / 3_600_000:.4g}h"


class _Cells:
    """One row of cells that is filled mark by mark."""

    def __init__(self, width: int) -> None:
        self.width = width
        self._cells: list[tuple[str, str, str | None]] = [(" ", "text", None)] * width
        self._taken = [False] * width

    def line_through(self, start: int, end: int, glyph: str, role: str) -> None:
        """Fill free cells from `start` up to before `end`; marks may be written over them."""
        for column in range(max(0, start), min(self.width, end)):
            if not self._taken[column]:
                self._cells[column] = (glyph, role, None)

    def put(self, column: int, text: str, role: str, *, gap: int = 0, n: int = 0) -> int | None:
        """Write a mark at a column, or at the nearest place to its right where it and a gap fit; None: nowhere.

        Args:
            column: Cell.
            text: The mark.
            role: Of the palette.
            gap: Free cells around it.
            n: The send that a click on it tells of; 0: of none.
        """
        action = f"screen.mark({n})" if n else None
        last = self.width - len(text)
        at = max(0, min(column, last))
        places = range(at, min(at + _NUDGE, last) + 1)
        for start in places:
            if not any(self._taken[max(0, start - gap) : start + len(text) + gap]):
                for offset, char in enumerate(text):
                    self._cells[start + offset] = (char, role, action)
                    self._taken[start + offset] = True
                return start
        return None

    def line(self) -> Line:
        """The row; neighbours of one role become one piece."""
        return Line(
            tuple(
                Piece("".join(char for char, _, _ in cells), role, action)
                for (role, action), cells in groupby(self._cells, key=lambda cell: cell[1:])
            )
        )


@dataclass(frozen=True, slots=True)
class Progress:
    """What is known of a run that goes on or is over."""

    attempts: Mapping[int, Attempt] = field(default_factory=dict)
    """By `n`."""
    elapsed_ms: float | None = None
    """Since the start of the run; None when it is over."""
    marks: Mapping[int, tuple[str, str]] = field(default_factory=dict)
    """Delivery number to (role, glyph) of its verdict: drawn at the right of its lane."""


def draw(plan: Plan, width: int, progress: Progress | None = None, *, legend: bool = True) -> list[Line]:
    """The picture of a plan, of a run of it, or of its result.

    Args:
        plan: What is sent when. Its labels are made safe here.
        width: Cells.
        progress: What came back so far; None for a plan that was not sent.
        legend: Whether to explain the marks in the last line.
    """
    if not plan.attempts:
        return [Line.of(("dim", " Nothing is sent."))]
    wide = width >= WIDE
    left = 1 + _LABEL if wide else 2
    axis = axis_for(_span(plan, progress), max(12, width - left - _SLACK - (_NOTE if wide else 0)))
    rows = preview.lanes(plan)
    numbers, ticks = _axis_lines(axis, left)
    lines = [numbers, ticks]
    for lane in rows.lanes or (_everything(plan),):
        cells = _lane_cells(lane, axis, progress) if lane.letter else _density_cells(lane, axis, progress)
        name = Line.of(" ", ("strong", lane.letter), " " if lane.letter else "", ("text", title_of(lane)))
        note = _note(lane, progress)
        if wide:
            lines.append(name.cut(_LABEL - 1).pad(left) + cells.line() + note.cut(_NOTE))
        else:
            room = width - note.width - 2
            lines.append(name.cut(room).pad(room) + Line.of(" ") + note)
            lines.append(Line.of(" " * left) + cells.line())
    lines.append(ticks)
    if progress is None and rows.kind == "delivery":
        lines.append(_sent_as(plan, axis, left, wide=wide))
        if legend:
            lines += [Line(), _LEGEND]
    return [line.cut(width) for line in lines]


def mark_words(plan: Plan, n: int, attempt: Attempt | None = None) -> Line:
    """What a mark stands for: which send of which delivery, when, and what came of it."""
    send = next((one for one in plan.attempts if one.n == n), None)
    if send is None:
        return Line.of(f"Send {n} is not in the plan any more")
    name = preview.letters(plan).get(send.delivery_id, "")
    label = next((item.label for item in plan.items if item.delivery_id == send.delivery_id), "")
    label = clean(label.removeprefix(f"#{send.delivery_id} "), 40)
    told = " ".join(word for word in send.labels if word not in {"original", "duplicate"})
    parts = [f"copy {send.copy}", f"at {duration(send.at_ms)}", f"captured at {duration(send.captured_ms)}"]
    line = Line.of(
        f"Send {n}  ", ("strong", name), f" #{send.delivery_id} ", label,
        ("dim", "  ·  " + "  ·  ".join([*parts, *([told] if told else [])])),
    )  # fmt: skip
    if attempt is None or attempt.outcome is None:
        return line
    return line + Line.of(("dim", "  ·  "), (answer_role(attempt), answer_sentence(attempt)))


def title_of(lane: Lane) -> str:
    """`#9861 invoice.created`, or the event type of a lane of many; not yet safe to show."""
    number = f"#{lane.delivery_id}"
    return lane.label if lane.delivery_id is None or lane.label.startswith(number) else f"{number} {lane.label}"


def _everything(plan: Plan) -> Lane:
    marks = tuple(Mark(a.n, a.delivery_id, a.at_ms, a.captured_ms, a.copy) for a in plan.attempts)
    return Lane("", f"{count(len({mark.delivery_id for mark in marks}))} deliveries", marks, f"×{count(len(marks))}")


def _span(plan: Plan, progress: Progress | None) -> float:
    span = max(max(send.at_ms, send.captured_ms) for send in plan.attempts)
    if progress is not None:
        ends = [(one.sent_at_ms or 0) + (one.duration_ms or 0) for one in progress.attempts.values()]
        span = max([span, progress.elapsed_ms or 0, *ends])
    return span


def _axis_lines(axis: Axis, left: int) -> tuple[Line, Line]:
    numbers = [" "] * (left + axis.width + 8)
    rule = ["─"] * axis.width
    last = round(axis.end_ms / axis.step_ms)
    for index in range(last + 1):
        ms = index * axis.step_ms
        column = axis.column(ms)
        rule[column] = "├" if index == 0 else "┤" if index == last else "┼"
        word = _tick_word(ms, axis)
        start = left + column if index < last else left + column + 1 - len(word)
        numbers[start : start + len(word)] = word
    return Line.of(("dim", "".join(numbers).rstrip())), Line.of(" " * left, ("line", "".join(rule)))


def _lane_cells(lane: Lane, axis: Axis, progress: Progress | None) -> _Cells:
    cells = _Cells(axis.width + _SLACK)
    attempts = {} if progress is None else progress.attempts
    for mark in lane.marks:
        attempt = attempts.get(mark.n)
        if attempt is None:
            _planned_mark(cells, mark, axis)
        elif attempt.sent_at_ms is None:
            cells.put(axis.column(mark.at_ms), "–", "dim", n=mark.n)
        else:
            _sent_mark(cells, attempt, axis, progress, duplicate=mark.copy > 1)
    return cells


def _planned_mark(cells: _Cells, mark: Mark, axis: Axis) -> None:
    at, captured = axis.column(mark.at_ms), axis.column(mark.captured_ms)
    if mark.copy == 1 and at - captured >= 2:
        cells.line_through(captured, captured + 1, "┆", "dim")
        cells.line_through(captured + 1, at - 1, "╌", "dim")
        cells.line_through(at - 1, at, "▸", "dim")
    elif mark.copy == 1 and captured - at >= 2:
        cells.line_through(at + 1, captured, "╌", "dim")
        cells.line_through(captured, captured + 1, "┆", "dim")
    cells.put(at, "●" if mark.copy == 1 else "○", "accent", n=mark.n)


def _sent_mark(cells: _Cells, attempt: Attempt, axis: Axis, progress: Progress | None, *, duplicate: bool) -> None:
    start_ms = attempt.sent_at_ms or 0.0
    start = axis.column(start_ms)
    word, role = answer_word(attempt), answer_role(attempt)
    if not word:
        now_ms = start_ms if progress is None or progress.elapsed_ms is None else progress.elapsed_ms
        cells.line_through(start + 1, axis.column(max(now_ms, start_ms)) + 1, "━", "accent")
        cells.put(start, "○" if duplicate else "●", "accent", n=attempt.n)
        return
    end = axis.column(start_ms + (attempt.duration_ms or 0.0))
    placed = cells.put(start, word, role, gap=1, n=attempt.n)
    if placed is not None:
        cells.line_through(placed + len(word), end + 1, "━", "dim")
    elif not succeeded(attempt):
        cells.put(start, "–" if role == "dim" else "✗", role, n=attempt.n)  # a failure is never left out


def _density_cells(lane: Lane, axis: Axis, progress: Progress | None) -> _Cells:
    cells = _Cells(axis.width + _SLACK)
    attempts = {} if progress is None else progress.attempts
    counts: dict[int, int] = {}
    roles: dict[int, str] = {}
    worst = ("text", "accent", "dim", "warn", "bad")
    for mark in lane.marks:
        column = axis.column(mark.at_ms)
        counts[column] = counts.get(column, 0) + 1
        attempt = attempts.get(mark.n)
        role = "accent" if attempt is None else answer_role(attempt)
        roles[column] = max(role, roles.get(column, "text"), key=worst.index)
    most = max(counts.values(), default=1)
    for column, number in counts.items():
        if roles[column] in {"bad", "warn"}:
            glyph = "✗"
        elif most == 1:
            glyph = "●"
        else:
            glyph = _BARS[-(-number * len(_BARS) // most) - 1]
        cells.put(column, glyph, roles[column])
    return cells


def _note(lane: Lane, progress: Progress | None) -> Line:
    if progress is None:
        return Line.of(("dim", lane.remark))
    verdict = progress.marks.get(lane.delivery_id or 0)
    if verdict is not None:
        return Line.of(verdict)
    known = [progress.attempts.get(mark.n) for mark in lane.marks]
    done = sum(attempt is not None and attempt.outcome is not None for attempt in known)
    failed = sum(attempt is not None and answer_role(attempt) in {"bad", "warn"} for attempt in known)
    if len(known) == 1:
        return Line.of(("bad", "✗")) if failed else Line()
    words = Line.of(("dim", f"{done} of {len(known)}"))
    return words + Line.of(("bad", f"  ✗ {failed}")) if failed else words


def _sent_as(plan: Plan, axis: Axis, left: int, *, wide: bool) -> Line:
    cells = _Cells(axis.width + _SLACK)
    edge = 0
    for send, name in zip(plan.attempts, preview.replay_order(plan), strict=True):
        word = f"{send.n} {name}"
        column = max(axis.column(send.at_ms), edge)
        column = min(column, axis.width - len(word))
        if column < edge:
            cells.put(axis.width - 1, "…", "dim")
            break
        cells.put(column, word, "dim", n=send.n)
        edge = column + len(word) + 2
    head = Line.of(("dim", fit(" sent as", left))) if wide else Line.of(" " * left)
    return head + cells.line()


class Timeline(Rows):
    """Shows a plan, then its run. Scrolls when it is higher than its room."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 (Textual's name)
        super().__init__(cursor=False, id=id)
        self._make: Callable[[int], Sequence[Line]] | None = None

    def show(self, make: Callable[[int], Sequence[Line]]) -> None:
        """Draw what this gives for a width, now and after each resize."""
        self._make = make
        self._redraw()

    def on_resize(self) -> None:
        """The picture depends on the width."""
        self._redraw()

    def _redraw(self) -> None:
        # One cell is kept free for a scroll bar, so that its coming and going moves nothing.
        if self._make is not None and self.outer_size.width:
            self.set_lines(self._make(self.outer_size.width - 1))
