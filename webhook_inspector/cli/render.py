"""Records as text: aligned columns, and a word beside every glyph and colour."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from webhook_inspector.cli.output import Output, Styled
from webhook_inspector.core.clock import iso_utc
from webhook_inspector.core.delivery import State, Summary
from webhook_inspector.core.display import one_line, show
from webhook_inspector.core.marks import SIGNATURE_MARKS, STATE_MARKS
from webhook_inspector.core.units import size
from webhook_inspector.core.verification import VerificationStatus

Cell = str | Styled
TARGET_WIDTH = 48
"""Columns that a request target may take in a terminal; files get all of it."""

LIST_HEADER = ("ID", "RECEIVED", "SOURCE", "PROVIDER", "EVENT", "REQUEST", "SIGNATURE", "STATE", "SIZE", "NOTES")


def when(ns: int) -> str:
    """`2026-11-20 21:31:55.123Z`: UTC, as in the JSON."""
    text = iso_utc(ns)
    return f"{text[:10]} {text[11:23]}Z"


def width(text: str) -> int:
    """Columns that safe text takes in a terminal."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text
    )


def signature(status: VerificationStatus) -> Styled:
    """`✓ valid`, `✗ invalid`, `· no secret`."""
    glyph, style = SIGNATURE_MARKS[status]
    return Styled(f"{glyph} {status.value.replace('_', ' ')}", style)


def state(value: State, status: int | None, outcome: str | None) -> Styled:
    """`● processed 200`, `✗ failed timed out`."""
    glyph, style = STATE_MARKS[value]
    end = str(status) if status is not None else (outcome or "").replace("_", " ") if value is State.FAILED else ""
    return Styled(f"{glyph} {value.value} {end}".rstrip(), style)


def holds(value: bool | None) -> Styled:
    """`✓ holds`, `✗ does not hold`, `· not tested`."""
    if value is None:
        return Styled("· not tested", "dim")
    return Styled("✓ holds", "ok") if value else Styled("✗ does not hold", "bad")


def notes(row: Summary) -> str:
    """What is unusual about a delivery, in words."""
    found = [
        f"duplicate of {row.duplicate_of}" if row.duplicate_of and row.duplicate_of != row.retry_of else "",
        f"retry of {row.retry_of}" if row.retry_of else "",
        "late" if row.late else "",
        "new shape" if row.drift else "",
        f"refused: {show(row.refused)}" if row.refused else "",
        "pinned" if row.pinned else "",
        f"note: {show(row.note, 80)}" if row.note else "",
    ]
    return ", ".join(note for note in found if note)


def summary_cells(row: Summary, *, terminal: bool) -> list[Cell]:
    """One delivery as cells in the order of `LIST_HEADER`."""
    target = one_line(row.target)
    if terminal and len(target) > TARGET_WIDTH:
        target = target[: TARGET_WIDTH - 1] + "…"
    return [
        str(row.id),
        Styled(when(row.received_ns), "dim"),
        row.source,
        row.provider or "-",
        Styled(row.event_type or "-", "strong"),
        f"{row.method} {target}",
        signature(row.sig),
        state(row.state, row.last_status, row.last_outcome),
        size(row.body_size),
        Styled(notes(row), "warn"),
    ]


class Columns:
    """Writes rows under each other; columns only ever get wider, so that rows can be written as they come.

    Args:
        out: Stdout.
        right: Indexes of columns that are aligned on their right side.
    """

    def __init__(self, out: Output, *, right: Sequence[int] = ()) -> None:
        self._out = out
        self._right = frozenset(right)
        self._widths: dict[int, int] = {}

    def write(self, rows: Sequence[Sequence[Cell]]) -> None:
        """Write rows, aligned with those before."""
        for row in rows:
            for index, cell in enumerate(row):
                wide = width(one_line(_text(cell)))
                self._widths[index] = max(self._widths.get(index, 0), min(wide, 80))
        for row in rows:
            pieces: list[Cell] = []
            for index, cell in enumerate(row):
                gap = " " * max(0, self._widths[index] - width(one_line(_text(cell))))
                pieces += [gap, cell] if index in self._right else [cell, gap]
                pieces.append("  ")
            self._out.line(*pieces)


def _text(cell: Cell) -> str:
    return cell if isinstance(cell, str) else cell.text


def fields(out: Output, pairs: Sequence[tuple[str, Cell]]) -> None:
    """Write names and values under each other."""
    Columns(out).write([[Styled(name, "dim"), value] for name, value in pairs])
