"""How one delivery is written as a row of the list: columns, their order of vanishing, and the words in them."""

from __future__ import annotations

import time
from dataclasses import dataclass

from webhook_inspector.core import units
from webhook_inspector.core.attempt import Outcome
from webhook_inspector.core.clock import NS_PER_S
from webhook_inspector.core.delivery import Summary
from webhook_inspector.core.marks import SIGNATURE_MARKS
from webhook_inspector.core.verification import VerificationStatus
from webhook_inspector.tui.safe import Line, Piece, fit, fit_middle, fit_right

DEFAULT_SOURCE = "default"
"""Name of the catch-all source: it says nothing, so the provider stands in its place."""

PROBLEM_SIGNS = frozenset(
    {
        VerificationStatus.INVALID,
        VerificationStatus.STALE,
        VerificationStatus.MISSING,
        VerificationStatus.MALFORMED,
        VerificationStatus.UNSUPPORTED,
    }
)

WIDE = 78
"""Cells from which size and number are shown: a screen of 80 has them, beside a scrollbar."""

_SHORT_OUTCOMES = {
    Outcome.REFUSED: "err",
    Outcome.RESET: "err",
    Outcome.TIMED_OUT: "t/o",
    Outcome.CANCELLED: "—",
    Outcome.NOT_SENT: "—",
}


@dataclass(frozen=True, slots=True)
class Columns:
    """Widths of the columns in cells; 0: not shown. `type` takes what the others leave."""

    source: int
    type: int
    sig: int
    app: int
    flags: int
    size: int
    tail: int

    @classmethod
    def for_width(cls, width: int, *, source: bool = True) -> Columns:
        """The columns that fit.

        Args:
            width: Cells of the list.
            source: Whether the source tells anything (not when the filter names one).
        """
        wide = width >= WIDE
        room = width - 13  # edge, mark, a space, the time and two spaces
        flags, app, sig = (3 if width >= 50 else 0), (5 if width >= 44 else 0), (3 if width >= 36 else 0)
        named = 13 if wide else 9
        shown_source = named if source and width >= 50 else 0
        rest = room - flags - app - sig - shown_source - (16 if wide else 0)
        return cls(shown_source, max(6, rest), sig, app, flags, 8 if wide else 0, 8 if wide else 0)

    def heading(self, *, age: bool) -> Line:
        """The names of the columns."""
        when = Line.of("   ", Piece(fit("AGE" if age else "TIME", 8), "dim", "screen.age"), "  ")
        text = fit("SOURCE", self.source) if self.source else ""
        text += fit("TYPE", self.type)
        text += fit("SIG", self.sig) if self.sig else ""
        text += fit_right("APP", self.app) if self.app else ""
        text += fit("", self.flags)
        text += fit_right("SIZE", self.size) + fit_right("ID", self.tail) if self.size else ""
        return when + Line.of(("dim", text))


def clock_text(ns: int) -> str:
    """Local time of day, `14:02:11`."""
    try:
        return time.strftime("%H:%M:%S", time.localtime(ns // NS_PER_S))
    except (OverflowError, OSError, ValueError):
        return "--:--:--"


def age_text(ns: int, now_ns: int) -> str:
    """How long ago, `4 s`, `12 min`, `3 h`, `9 d`."""
    seconds = max(0, now_ns - ns) // NS_PER_S
    for limit, divisor, unit in ((60, 1, "s"), (3600, 60, "min"), (86_400, 3600, "h")):
        if seconds < limit:
            return f"{seconds // divisor} {unit}"
    return f"{seconds // 86_400} d"


def name_of(summary: Summary) -> str:
    """What the row is called: the event type, else method and path."""
    if summary.event_type:
        return summary.event_type
    return f"{summary.method} {summary.target.partition('?')[0]}"


def source_of(summary: Summary) -> str:
    """The source, or the provider where the source is the catch-all."""
    if summary.source != DEFAULT_SOURCE:
        return summary.source
    return summary.provider or "–"


def answer_of(summary: Summary) -> tuple[str, str]:
    """The app's answer in at most three cells, and its role. A healthy 2xx stays plain: only trouble is coloured."""
    if summary.last_status is not None:
        return str(summary.last_status)[:3], "text" if 200 <= summary.last_status < 300 else "bad"
    if summary.last_outcome is None:
        return ("…", "dim") if summary.attempts else ("—", "dim")
    short = _SHORT_OUTCOMES.get(Outcome(summary.last_outcome), "err") if summary.last_outcome in set(Outcome) else "err"
    return short, "dim" if short == "—" else "bad"


def flags_of(summary: Summary) -> str:
    """`×2` seen before, `Δ` another shape than the one before, `‹` came late; two of them as one glyph each."""
    repeated = summary.duplicate_of is not None or summary.retry_of is not None
    marks = ("Δ" if summary.drift else "") + ("‹" if summary.late else "")
    if repeated:
        return "×2" if not marks else "×" + marks[0]
    return marks


def is_problem(summary: Summary) -> bool:
    """Whether `!` stops here: refused, a signature that does not hold, or an app that did not answer 2xx."""
    return summary.refused is not None or summary.sig in PROBLEM_SIGNS or answer_of(summary)[1] == "bad"


def row(summary: Summary, columns: Columns, *, now_ns: int | None, chosen: bool, focused: bool, marked: bool) -> Line:
    """One row.

    Args:
        summary: What is shown.
        columns: Where.
        now_ns: Show ages against this moment; None shows times of day.
        chosen: The cursor is here.
        focused: The list has the keyboard.
        marked: The user marked it.
    """
    refused = summary.refused is not None
    sign, sign_role = SIGNATURE_MARKS[summary.sig]
    answer, answer_role = answer_of(summary)
    moment = clock_text(summary.received_ns) if now_ns is None else fit_right(age_text(summary.received_ns, now_ns), 8)
    pieces = [
        Piece("▌" if chosen else " ", "accent" if chosen and focused else "dim"),
        Piece("•" if marked else "*" if summary.pinned else '"' if summary.note else " ", "accent"),
        Piece(f" {moment}  ", "dim"),
    ]
    if columns.source:
        pieces.append(Piece(fit(source_of(summary), columns.source - 2) + "  ", "dim"))
    words = f"refused: {summary.refused}" if refused else name_of(summary)
    role = "warn" if refused else ("strong" if chosen else "text")
    pieces.append(Piece(fit_middle(words, columns.type - 2) + "  ", role))
    if columns.sig:
        pieces += [Piece(sign, sign_role), Piece(" " * (columns.sig - 1))]
    if columns.app:
        pieces += [Piece(" " * (columns.app - len(answer))), Piece(answer, answer_role)]
    if columns.flags:
        flags = flags_of(summary)
        pieces.append(Piece(" " + fit(flags, columns.flags - 1), "warn" if flags else "text"))
    if columns.size:
        pieces.append(Piece(fit_right(units.size(summary.body_size), columns.size), "dim"))
        pieces.append(Piece(fit_right(f"#{summary.id}", columns.tail), "dim"))
    return Line(tuple(pieces))
