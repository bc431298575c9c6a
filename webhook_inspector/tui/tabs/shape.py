"""What differs from the previous delivery of this source and event type."""

from __future__ import annotations

from typing import TYPE_CHECKING

from webhook_inspector.core import units
from webhook_inspector.core.delivery import Record
from webhook_inspector.engine.inspector import Inspector
from webhook_inspector.tui.safe import Line, clean, fit_middle
from webhook_inspector.tui.tabs.api import Tab
from webhook_inspector.tui.widgets.documents import Document, FixedDocument, sentences
from webhook_inspector.tui.widgets.list_rows import clock_text

if TYPE_CHECKING:
    from webhook_inspector.shapes import Change
    from webhook_inspector.shapes.schema import Violation

MARKS = {"added": ("+", "ok"), "removed": ("−", "bad"), "type_changed": ("~", "warn")}
"""Glyph and role of a kind of change; any other is `~` and plain."""
SHOWN = 500


def build(inspector: Inspector, record: Record, _flipped: bool) -> Document:
    """The differences, structural ones first."""
    delivery = record.delivery
    previous = inspector.previous_of_type(delivery.id)
    if previous is None:
        return sentences(
            "",
            f"  The first {clean(record.facts.event.type or 'delivery without an event type', 80)} of this source.",
            "  The next one is compared with it.",
        )
    broken = inspector.quarantine.violations(delivery, record.facts.provider, record.facts.event.type)
    diff = inspector.diff(previous, delivery.id)
    before = inspector.record(previous).delivery
    lines = [
        Line.of(
            ("strong", units.plural(len(diff.changes), "change")),
            ("dim", f" since #{previous} at {clock_text(before.received_ns)}   "),
            ("key", "d"),
            ("dim", " opens the diff"),
        ),
        Line(),
    ]
    if broken:
        told = [
            Line.of(("bad" if one.breaking else "warn", f"{one.path}  "), f"{one.keyword}: {one.message}")
            for one in broken
        ]
        lines = [Line.of(("bad", "Breaks its pin")), *told, Line(), *lines]
    ordered = sorted(diff.changes, key=lambda change: change.kind == "changed")
    lines += [_change(change) for change in ordered[:SHOWN]]
    if len(ordered) > SHOWN:
        lines.append(Line.of(("dim", f"  … {units.count(len(ordered) - SHOWN)} more")))
    lines += [Line(), Line.of(("dim", f"=  {units.plural(diff.equal_paths, 'equal path')}"))]
    if diff.hidden:
        lines.append(
            Line.of(
                ("dim", f"·  {units.plural(len(diff.hidden), 'change')} that always differ: ids, times, signatures")
            )
        )
    if diff.note:
        lines.append(Line.of(("warn", "! "), ("dim", diff.note)))
    return FixedDocument(lines)


def _role(one: Violation) -> str:
    return "bad" if one.breaking else "warn"


def _change(change: Change) -> Line:
    from webhook_inspector.tui.widgets.change_table import path_words, sides  # noqa: PLC0415 (the first screen has none)

    glyph, role = MARKS.get(change.kind, ("~", "dim"))
    before, after = sides(change)
    place = fit_middle(clean(path_words(change)), 34)
    return Line.of((role, f"{glyph}  "), f"{place}  ", ("dim", clean(before, 60)), ("dim", " → "), clean(after, 60))


def badge(record: Record) -> Line:
    """`Δ` when the structure changed."""
    return Line.of(("warn", "Δ")) if record.facts.drift else Line()


TAB = Tab(4, "Shape", "Shape", build, badge)
