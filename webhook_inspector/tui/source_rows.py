"""How sources and their fields are drawn: one row a source, one row a field."""

from __future__ import annotations

from webhook_inspector.core.clock import NS_PER_S
from webhook_inspector.core.units import count
from webhook_inspector.engine.source_editing import SourceRow
from webhook_inspector.engine.source_fields import SourceField
from webhook_inspector.tui.last_replay import where
from webhook_inspector.tui.safe import Line, clean, fit, fit_middle, fit_right

WIDE = 100
NAME_KEY = "name"
LABEL_CELLS = 12


def age(ns: int) -> str:
    """`4 s`, `12 min`, `3 h`, `9 d`."""
    seconds = max(0, ns // NS_PER_S)
    for unit, size in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def head_line(width: int) -> Line:
    """The names of the columns."""
    words = Line.of(" ", fit("NAME", 15), fit("PATH", 18), fit("PROVIDER", 13), fit("SECRET", 17))
    if width >= WIDE:
        words = words + Line.of(fit("SENT ON TO", 22), fit_right("LAST", 7), fit_right("GOOD", 6), fit_right("SEEN", 8))
    return words.recolour("dim")


def source_line(row: SourceRow, now_ns: int, width: int) -> Line:
    """One source as a row of a width in cells."""
    source = row.source
    line = Line.of(
        ("strong", fit(clean(source.name), 14)), " ", fit(clean(source.path), 17), " ",
        ("dim", fit(clean(source.provider or "any"), 12)), " ", secret_words(row).pad(17),
    )  # fmt: skip
    if width < WIDE:
        return line
    last = "–" if row.last_ns is None else age(now_ns - row.last_ns)
    return line + Line.of(
        ("dim", fit_middle(where(source.forward) if source.forward else "–", 21)), " ",
        ("dim", fit_right(last, 7)), _good(row), fit_right(count(row.deliveries), 8),
    )  # fmt: skip


def secret_words(row: SourceRow) -> Line:
    """`✓ set …9f2c`, `✓ set` for one too short to show a part of, `✗ missing` or `none`."""
    if row.problems:
        return Line.of(("bad", "✗ missing"))
    if not row.secrets:
        return Line.of(("dim", "none"))
    more = f" +{len(row.secrets) - 1}" if len(row.secrets) > 1 else ""
    return Line.of(("ok", "✓ "), f"set {row.secrets[0]}".removesuffix(" …") + more)


def _good(row: SourceRow) -> Line:
    judged = row.valid + row.bad
    if not judged:
        return Line.of(("dim", fit_right("–", 6)))
    # Never rounded to a clean 100 %.
    share = 100 if not row.bad else min(99, 100 * row.valid // judged)
    return Line.of(("ok" if not row.bad else "bad", fit_right(f"{share}%", 6)))


def field_line(field: SourceField, row: SourceRow, *, chosen: bool, problem: Line | None) -> Line:
    """One field as a row; while it is typed, what would be wrong with it in the place of its words."""
    label = (("text" if chosen else "dim"), fit(field.key.replace("_", " "), LABEL_CELLS))
    if problem is not None:
        return Line.of(" ", label, problem)
    words = field.words(row.source)
    if field.key == "secrets" and words:
        words = f"{words}  {secret_words(row).text}"
    value = ("text", clean(words, 60)) if words else ("dim", "–")
    ends = ("‹ ", " ›") if field.choices and chosen else ("", "")
    line = Line.of(" ", label, ("key", ends[0]), value, ("key", ends[1]))
    return line.pad(max(46, line.width + 2)) + Line.of(("dim", clean(field.about)))
