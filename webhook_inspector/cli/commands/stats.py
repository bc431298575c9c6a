"""`stats`: how many deliveries came, how fast, and what became of them."""

from __future__ import annotations

import click

from webhook_inspector.cli.group import command, query_argument
from webhook_inspector.cli.output import Styled
from webhook_inspector.cli.queries import joined
from webhook_inspector.cli.render import Cell, Columns, when
from webhook_inspector.cli.session import Session
from webhook_inspector.core.display import show
from webhook_inspector.core.units import count, duration, plural, size
from webhook_inspector.events.statistics import Statistics, sparkline

_RANGES = ("10m", "1h", "1d", "1w", "all")
_SERIES = ("FROM", "DELIVERIES", "", "FAILED", "ANSWER P50", "P95")
_BAR_WIDTH = 24
_BY = ("event", "source", "type", "provider", "status")
_NUMBERS = (
    *("DELIVERIES", "OVER TIME", "RATE", "BUSIEST MIN", "FAILED", "ANSWER P50", "P95", "P99", "MAX"),
    *("BAD SIG", "SIZE P50", "SIZE MAX", "NOTES"),
)
_LEFT = {"OVER TIME", "NOTES"}
_NAME_LENGTH = 48


@command(
    "stats",
    examples=[
        ("stats", "Every source and event type."),
        ("stats after:1h --by source", "The last hour, a row for each source."),
        ("stats --series 1h", "The last hour minute by minute, and what in it is worth a look."),
        ("stats provider:stripe state:failed --json", "The failed ones of a provider, as JSON."),
    ],
)
@query_argument()
@click.option(
    "--by", type=click.Choice(_BY), default="event", show_default=True,
    help="What makes a row; `event` is source and event type, `status` the latest answer.",
)  # fmt: skip
@click.option(
    "--series", "over", type=click.Choice(_RANGES), metavar="RANGE",
    help="Over time instead, step by step: the last 10m, 1h, 1d or 1w, or all.",
)  # fmt: skip
@click.pass_obj
def run(session: Session, query: tuple[str, ...], by: str, over: str | None) -> None:
    """Count deliveries: rates, failures and latencies.

    QUERY is a filter; without one all are counted. FAILED is the share of those sent on or replayed whose latest
    attempt was not answered 2xx. ANSWER P50 to MAX are times until an answer. BAD SIG is the share that is invalid,
    stale, missing or malformed, of the signatures that could be judged. OVER TIME spans from the first delivery to the
    last. Columns that say nothing are left out.

    With --series: how many came in each step of a range, how many of them failed, and how fast they were answered;
    then what is worth a look.
    """
    from webhook_inspector.engine.stats import GROUPINGS, row_json, total_json

    out = session.out
    text = joined(query)
    if over is not None:
        _series(session, over, text)
        return
    with session.inspector(readonly=True) as inspector:
        report = inspector.stats(text, by=by)
    if session.json:
        for row in report.rows:
            out.record(row_json(row, by))
        out.record(total_json(report.total))
        return
    if report.total is None:
        out.line(f"No delivery matches {show(text)}." if text else "The log holds no deliveries yet.")
        return
    names = GROUPINGS[by].names
    header = [*(name.replace("_", " ").upper() for name in names), *_NUMBERS]
    table: list[list[Cell]] = [[Styled(name, "dim") for name in header]]
    for row in report.rows:
        key = ("(others)",) + (None,) * (len(names) - 1) if row.key is None else row.key
        table.append([*(_name(part) for part in key), *_cells(row.statistics)])
    table.append([Styled("total", "strong"), *[""] * (len(names) - 1), *_cells(report.total)])
    shown = [
        index for index, name in enumerate(header) if name not in _NUMBERS or any(map(_told, _column(table, index)))
    ]
    right = [at for at, index in enumerate(shown) if header[index] in _NUMBERS and header[index] not in _LEFT]
    Columns(out, right=right).write([[cells[index] for index in shown] for cells in table])
    out.line(Styled(f"from {when(report.total.first_ns)} to {when(report.total.last_ns)}", "dim"))


def _series(session: Session, over: str, text: str) -> None:
    """Steps, oldest first, then findings."""
    from webhook_inspector.engine.series import bucket_json, finding_json
    from webhook_inspector.events.findings import mark, subject, words
    from webhook_inspector.events.series import step_words

    out = session.out
    with session.inspector(readonly=True) as inspector:
        report = inspector.series(over, text)
    if session.json:
        for record in (*bucket_json(report), *map(finding_json, report.findings)):
            out.record(record)
        return
    series = report.series
    if series is None:
        out.line(f"No delivery matches {show(text)}." if text else "The log holds no deliveries yet.")
        return
    top = max((bucket.arrivals for bucket in series.buckets), default=0)
    table: list[list[Cell]] = [[Styled(name, "dim") for name in _SERIES]]
    table += [
        [
            when(one.start_ns), count(one.arrivals), Styled(_bar(one.arrivals, top), "accent"),
            Styled(count(one.failures), "bad") if one.failures else "-",
            "-" if one.p50 is None else duration(one.p50), "-" if one.p95 is None else duration(one.p95),
        ]
        for one in series.buckets
    ]  # fmt: skip
    Columns(out, right=(1, 3, 4, 5)).write(table)
    step = step_words(series.span.step_ns)
    what = plural(series.deliveries, "delivery", "deliveries")
    out.line(Styled(f"{what} in steps of {step}, from {when(series.span.start_ns)}", "dim"))
    for finding in report.findings:
        out.line(f"{mark(finding)} {subject(finding)}: {words(finding, when)}")


def _bar(number: int, top: int) -> str:
    """A bar of a length within the column."""
    return "▆" * -(-number * _BAR_WIDTH // top) if number else ""


def _column(table: list[list[Cell]], index: int) -> list[Cell]:
    """A column without its header."""
    return [cells[index] for cells in table[1:]]


def _told(cell: Cell) -> bool:
    """Whether a cell says anything: a column of which none does is left out."""
    return (cell if isinstance(cell, str) else cell.text) not in {"", "-"}


def _name(part: str | int | None) -> Cell:
    return "-" if part is None else show(str(part), _NAME_LENGTH)


def _cells(one: Statistics) -> list[Cell]:
    """The cells under `_NUMBERS`."""
    spread = one.latency_ms
    times = ["-"] * 4 if spread is None else [duration(ms) for ms in (spread.p50, spread.p95, spread.p99, spread.max)]
    return [
        count(one.deliveries),
        Styled(sparkline(one.buckets), "accent"),
        _rate(one.per_minute),
        count(one.busiest_minute),
        Styled(_percent(one.failed_share), "bad" if one.failed_share else ""),
        *times,
        Styled(_percent(one.bad_signature_share), "bad" if one.bad_signature_share else ""),
        size(int(one.body_size.p50)),
        size(int(one.body_size.max)),
        Styled(_notes(one), "warn"),
    ]


def _notes(one: Statistics) -> str:
    found = [
        (one.duplicates, "duplicate", None),
        (one.retries, "retry", "retries"),
        (one.late, "late", "late"),
        (one.drift, "new shape", None),
        (one.refused, "refused", "refused"),
    ]
    return ", ".join(plural(number, word, many) for number, word, many in found if number)


def _rate(per_minute: float | None) -> str:
    """`3.5/s`, `12.0/min`, `4.2/h`, `1.0/day`: the unit in which it is 1 or more."""
    if per_minute is None:
        return "-"
    if per_minute >= 120:
        return f"{per_minute / 60:.1f}/s"
    if per_minute >= 1:
        return f"{per_minute:.1f}/min"
    return f"{per_minute * 60:.1f}/h" if per_minute * 60 >= 1 else f"{per_minute * 1440:.1f}/day"


def _percent(part: float | None) -> str:
    """`12.5 %`; never rounded to none or to all of them."""
    if part is None:
        return "-"
    if part in {0, 1}:
        return f"{part * 100:.0f} %"
    if part < 0.001:
        return "<0.1 %"
    return ">99.9 %" if part > 0.999 else f"{part * 100:.1f} %"


COMMAND = run
