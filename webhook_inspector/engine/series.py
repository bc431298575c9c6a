"""Deliveries over time: ranges, what is counted in them, and what of it is worth a look."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from webhook_inspector.core.clock import NS_PER_S, iso_utc
from webhook_inspector.core.delivery import State
from webhook_inspector.core.filters import Query
from webhook_inspector.core.filters.words import joined_terms, term
from webhook_inspector.events import findings
from webhook_inspector.events.counted import Shaped, Span
from webhook_inspector.events.findings import Finding
from webhook_inspector.events.series import Kind, Series, build, span_over, span_until
from webhook_inspector.export.formats.csv import cell
from webhook_inspector.store.log import Log

_MOST_ASKED = 8
"""So many structures of a report are looked up in the rest of the log: the newest that may be new."""
_MOST_ALIKE = 5
"""Findings of one kind: the largest kinds of deliveries come first."""
_REMEMBERED = 4096
_NEWS_NS = 7 * 86_400 * NS_PER_S
"""A structure is new for a week."""


@dataclass(frozen=True, slots=True)
class Range:
    """A stretch of time up to now."""

    name: str
    words: str
    step_s: int
    """0: everything, in steps of a length that fits."""
    buckets: int


RANGES: Mapping[str, Range] = {
    one.name: one
    for one in (
        Range("10m", "last 10 minutes", 10, 60),
        Range("1h", "last hour", 60, 60),
        Range("1d", "last day", 1800, 48),
        Range("1w", "last week", 3 * 3600, 56),
        Range("all", "all", 0, 60),
    )
}


@dataclass(frozen=True, slots=True)
class SeriesReport:
    """What there is to say of a range."""

    range: Range
    now_ns: int
    series: Series | None
    """None: the log holds nothing that matches."""
    last_minute: int
    """Deliveries of the last 60 s, whatever the range."""
    findings: tuple[Finding, ...]


class Over:
    """Counts ranges. Thread-safe; remembers which structures are not new."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._old: set[tuple[str, str]] = set()

    def report(self, name: str, query: Query, now_ns: int, *, coarse: bool = False) -> SeriesReport:
        """Count what matches in a range.

        Args:
            name: A key of `RANGES`.
            query: What must hold.
            now_ns: The time, in ns since the epoch.
            coarse: Half as many steps, each twice as long.

        Raises:
            StoreError: The log cannot be read.
        """
        wanted = RANGES[name]
        ends = self._log.ends(query)
        last_minute = self._log.count_between(now_ns - 60 * NS_PER_S, now_ns + 1)
        waiting = findings.waiting(((*one,) for one in self._log.waiting_to_go()), now_ns)
        if ends is None:
            return SeriesReport(wanted, now_ns, None, last_minute, tuple(waiting))
        span = self._span(wanted, ends, now_ns, coarse=coarse)
        grouped = self._log.grouped(span, query, all_times=not wanted.step_s)
        series = build(span, *grouped)
        found = (
            findings.signatures(series, lambda source: self._reasons(source, span)),
            findings.failing(series.kinds),
            waiting,
            findings.slow(span, grouped.answers),
            findings.new_shapes(grouped.shaped, now_ns - _NEWS_NS, self._asking(_MOST_ASKED)),
        )
        few = tuple(finding for some in found for finding in some[:_MOST_ALIKE])
        return SeriesReport(wanted, now_ns, series, last_minute, few)

    @staticmethod
    def _span(wanted: Range, ends: tuple[int, int], now_ns: int, *, coarse: bool) -> Span:
        factor = 2 if coarse else 1
        if wanted.step_s:
            return span_until(now_ns, wanted.step_s * factor, wanted.buckets // factor)
        return span_over(*ends, wanted.buckets // factor)

    def _reasons(self, source: str, span: Span) -> list[tuple[str, str]]:
        return [(one.status.value, one.reason) for one in self._log.newest_verifications(source, span)]

    def _asking(self, most: int) -> Callable[[Shaped], bool]:
        left = most

        def had_before(one: Shaped) -> bool:
            nonlocal left
            key = one.event_type, one.shape
            if key in self._old or left == 0:
                return True
            left -= 1
            # A type of which nothing came before has no new structure but a first one, which differs from nothing.
            old = self._log.had_shape(one.event_type, one.shape, one.first_id)
            if old and len(self._old) < _REMEMBERED:
                self._old.add(key)
            return old

        return had_before


def query_of(finding: Finding) -> str:
    """The filter that shows what a finding is about."""
    if finding.kind == findings.WAITING:
        return f"{finding.first_id}..{finding.last_id} -state:{State.PROCESSED.value}"
    words = [term("source", finding.source)] if finding.source else []
    if finding.kind == findings.SIGNATURES:
        return joined_terms(*words, "sig:no_secret" if finding.reason == "no_secret" else "sig:bad")
    words.append(type_term(finding.event_type))
    if finding.kind == findings.FAILING:
        words.append(f"state:{State.FAILED.value}")
    if finding.from_ns is not None:
        words.append(f"after:{iso_utc(finding.from_ns)}")
    if finding.to_ns is not None:
        words.append(f"before:{iso_utc(finding.to_ns)}")
    return joined_terms(*words)


def type_term(event_type: str | None) -> str:
    """The filter for an event type, or for deliveries without one."""
    return "-type:*" if event_type is None else term("type", event_type)


def query_of_kind(report: SeriesReport, kind: Kind) -> str:
    """The filter that shows the deliveries of a row."""
    words = [] if kind.source is None else [term("source", kind.source), type_term(kind.event_type)]
    if report.series is not None and report.range.step_s:
        words.append(f"after:{iso_utc(report.series.span.start_ns)}")
    return joined_terms(*words)


def bucket_json(report: SeriesReport) -> list[dict[str, Any]]:
    """Each step as an object, oldest first."""
    if report.series is None:
        return []
    span = report.series.span
    return [
        {
            "type": "bucket",
            "from": iso_utc(one.start_ns),
            "to": iso_utc(one.start_ns + span.step_ns),
            "deliveries": one.arrivals,
            "sent": one.sent,
            "failed": one.failures,
            "answers": one.answers,
            "answer_ms_p50": one.p50,
            "answer_ms_p95": one.p95,
        }
        for one in report.series.buckets
    ]


def finding_json(finding: Finding) -> dict[str, Any]:
    """A finding as an object."""
    return {
        "type": "finding",
        "finding": finding.kind,
        "source": finding.source,
        "event_type": finding.event_type,
        "deliveries": finding.about,
        "of": finding.of,
        "from": None if finding.from_ns is None else iso_utc(finding.from_ns),
        "query": query_of(finding),
    }


_COLUMNS = ("from", "to", "deliveries", "sent", "failed", "answers", "answer_ms_p50", "answer_ms_p95")
_KIND_COLUMNS = ("source", "event_type", "deliveries", "bad_signatures", "duplicates", "sent", "failed", "shapes")


def csv_of(report: SeriesReport) -> bytes:
    """The rows of kinds and, below an empty line, the steps; as `export --as csv` no spreadsheet runs a cell."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(_KIND_COLUMNS)
    for kind in () if report.series is None else report.series.kinds:
        values = (kind.source, kind.event_type, kind.deliveries, kind.bad_signatures, kind.duplicates)
        writer.writerow([cell(value) for value in (*values, kind.sent, kind.failed, kind.shapes)])
    writer.writerow([])
    writer.writerow(_COLUMNS)
    for one in bucket_json(report):
        writer.writerow(["" if one[name] is None else one[name] for name in _COLUMNS])
    return text.getvalue().encode("utf-8", "backslashreplace")
