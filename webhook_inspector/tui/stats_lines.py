"""The lines of the Stats view: one-row bars, a row for each kind of delivery, and what is worth a look."""

from __future__ import annotations

import time
from collections.abc import Sequence

from webhook_inspector.core.clock import NS_PER_S
from webhook_inspector.core.units import count, duration, plural
from webhook_inspector.engine.series import SeriesReport
from webhook_inspector.events.findings import FAILING, SIGNATURES, Finding, mark, subject, words
from webhook_inspector.events.series import Kind, Series, bars, step_words
from webhook_inspector.tui.safe import Line, Piece, cells, fit, fit_middle, fit_right, spread
from webhook_inspector.tui.widgets.drawn_lines import DrawnLines

WIDE = 100
_WIDEST = 118
"""Rows are not stretched further."""
_DAY_NS = 86_400 * NS_PER_S
_SOURCE_ROOM = 10
_MOST_COPIED = 200
_MARK_ROLES = {SIGNATURES: "bad", FAILING: "bad"}


def moment(ns: int, now_ns: int, *, seconds: bool = False) -> str:
    """Local time, with the day when it is not within the last one."""
    clock = "%H:%M:%S" if seconds else "%H:%M"
    try:
        return time.strftime(clock if 0 <= now_ns - ns < _DAY_NS else f"%d %b {clock}", time.localtime(ns // NS_PER_S))
    except (OverflowError, OSError, ValueError):
        return "–"


def title_line(report: SeriesReport | None, range_words: str, width: int, *, counting: bool) -> Line:
    """` Stats   ‹ last hour ›`, and how much there is."""
    left = Line.of(
        ("strong", " Stats"), "   ", Piece("‹ ", "key", "screen.range(-1)"), range_words,
        Piece(" ›", "key", "screen.range(1)"), ("dim", "   counting …" if counting else ""),
    )  # fmt: skip
    if report is None or report.series is None:
        return left.cut(width)
    kinds = report.series.kinds
    rest = bool(kinds) and kinds[-1].source is None
    types = f"over {plural(len(kinds) - 1, 'type')}" if rest else plural(len(kinds), "type")
    right = f"{plural(report.series.deliveries, 'delivery', 'deliveries')}, {types} "
    return spread(left, Line.of(("dim", right)), width)


def _bar_line(label: str, made: str, role: str, parts: list[str], width: int) -> Line:
    """A label, bars, and as many of the words as fit."""
    start = Line.of(" ", ("dim", fit(label, 13 if width >= WIDE else 9)), (role, made), "  ")
    room = width - start.width
    shown = ""
    for part in parts:
        longer = f"{shown}   {part}" if shown else part
        if cells(longer) <= room:
            shown = longer
    return start + Line.of(shown)


def arrival_line(report: SeriesReport, series: Series, width: int) -> Line:
    """How many came when."""
    peak = series.peak
    parts = []
    if peak is not None:
        at = moment(peak.start_ns, report.now_ns)
        within = f" in {step_words(series.span.step_ns)}" if width >= WIDE else ""
        parts = [f"peak {count(peak.arrivals)}{within} at {at}"]
    parts.insert(0 if width >= WIDE else 1, f"now {count(report.last_minute)}/min")
    made = bars([bucket.arrivals for bucket in series.buckets])
    return _bar_line("Arriving", made, "accent", parts, width)


def failure_line(series: Series, width: int) -> Line:
    """How many were not answered 2xx, by when they came."""
    label = "App errors" if width >= WIDE else "Errors"
    made = bars([bucket.failures for bucket in series.buckets])
    if not series.sent:
        return _bar_line(label, made, "bad", ["nothing sent on"], width)
    share = 100 * series.failures / series.sent
    parts = [f"{count(series.failures)} of {count(series.sent)}", f"{share:.1f} %"]
    return _bar_line(label, made, "bad", parts, width)


def answer_line(series: Series, width: int) -> Line:
    """How long answers took, by when their deliveries came."""
    label = "Answer time" if width >= WIDE else "Answer"
    made = bars([bucket.p50 for bucket in series.buckets])
    spread_ms = series.latency_ms
    if spread_ms is None:
        return _bar_line(label, made, "text", ["no answers"], width)
    parts = [f"p50 {duration(spread_ms.p50)}", f"p95 {duration(spread_ms.p95)}", f"max {duration(spread_ms.max)}"]
    return _bar_line(label, made, "text", parts, width)


def _rooms(width: int) -> tuple[int, int]:
    """Cells of the type and of the bar."""
    width = min(width, _WIDEST)
    fixed = _SOURCE_ROOM + 1 + 8 + 2 + 7 + 6 + 7
    if width < 72:
        return max(8, width - fixed), 0
    free = width - fixed - 9
    bar = max(8, min(31, free // 2 - 2))
    return min(44, free - bar), bar


def head_line(width: int) -> Line:
    """The names of the columns."""
    type_room, bar = _rooms(width)
    words_ = f" {fit('SOURCE', _SOURCE_ROOM)} {fit('TYPE', type_room)}{fit_right('COUNT', 8)}  {' ' * bar}"
    words_ += f"{fit_right('SIG ✗', 7)}{fit_right('DUP', 6)}{fit_right('APP ✗', 7)}"
    return Line.of(("dim", words_ + (fit_right("SHAPES", 9) if bar else "")))


def kind_line(kind: Kind, most: int, width: int) -> Line:
    """One source and event type."""
    type_room, bar = _rooms(width)
    if kind.source is None:
        source, name, role = "", "all other types", "dim"
    else:
        source, name, role = kind.source, kind.event_type or "no type", "text" if kind.event_type else "dim"
    length = -(-kind.deliveries * bar // max(1, most))
    line = Line.of(
        ("dim", fit(source, _SOURCE_ROOM)), " ", (role, fit_middle(name, type_room)),
        fit_right(count(kind.deliveries), 8), "  ", ("name", fit("▆" * length, bar)),
        _number(kind.bad_signatures, 7, "bad"), _number(kind.duplicates, 6, "warn"), _number(kind.failed, 7, "bad"),
    )  # fmt: skip
    return line + Line.of(("text" if kind.shapes else "dim", fit_right(count(kind.shapes), 9))) if bar else line


class KindLines(DrawnLines):
    """The rows of kinds, each made when it is drawn: a sender may choose thousands of names."""

    def __init__(self, kinds: Sequence[Kind], width: int) -> None:
        self._kinds = kinds
        self._most = max((kind.deliveries for kind in kinds), default=0)
        self._width = width

    def __len__(self) -> int:
        return len(self._kinds)

    def line(self, index: int) -> Line:
        """One kind."""
        return kind_line(self._kinds[index], self._most, self._width)


def _number(number: int, room: int, role: str) -> tuple[str, str]:
    return (role if number else "dim", fit_right(count(number), room))


def finding_line(finding: Finding, now_ns: int) -> Line:
    """What is worth a look."""
    return Line.of(
        (_MARK_ROLES.get(finding.kind, "warn"), mark(finding)),
        " ",
        ("strong", subject(finding)),
        "  ",
        words(finding, lambda ns: moment(ns, now_ns)),
    )


def as_text(report: SeriesReport, width: int = 110) -> str:
    """The view in plain lines, for a chat or an issue."""
    lines = [title_line(report, report.range.words, width, counting=False)]
    series = report.series
    if series is not None:
        lines += [arrival_line(report, series, width), failure_line(series, width), answer_line(series, width)]
        kinds = KindLines(series.kinds, width)
        lines += [head_line(width), *(Line.of(" ") + line for line in kinds[:_MOST_COPIED])]
        if len(kinds) > _MOST_COPIED:
            lines.append(Line.of(f" … and {count(len(kinds) - _MOST_COPIED)} more"))
    lines += [Line.of(" ") + finding_line(finding, report.now_ns) for finding in report.findings]
    return "\n".join(line.text.rstrip() for line in lines) + "\n"
