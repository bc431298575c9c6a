"""`tail`: follow a log while another process captures."""

from __future__ import annotations

import itertools
import queue
from typing import TYPE_CHECKING, Any

import click

from webhook_inspector.cli.following import Ending, ending, write_deliveries
from webhook_inspector.cli.group import command, query_argument
from webhook_inspector.cli.queries import joined
from webhook_inspector.cli.render import Columns
from webhook_inspector.cli.session import Session
from webhook_inspector.core.clock import NS_PER_S
from webhook_inspector.core.delivery import Facts, Record
from webhook_inspector.core.filters import matches

if TYPE_CHECKING:
    from webhook_inspector.engine.inspector import Inspector

_POLL_S = 0.5
_PAGE = 500
_PATIENCE_NS = 3 * NS_PER_S
"""How long a delivery may wait for its facts before it is shown without them."""


@command(
    "tail",
    examples=[
        ("tail", "Follow everything that arrives from now on."),
        ("tail provider:stripe --lines 5 --json", "The newest five of a provider, then what follows."),
    ],
)
@query_argument()
@click.option(
    "--lines", "-n", type=click.IntRange(0), default=0, metavar="N", help="Begin with the newest N that match."
)
@click.option("--max", "most", type=click.IntRange(1), metavar="N", help="End after N deliveries.")
@click.pass_obj
def run(session: Session, query: tuple[str, ...], lines: int, most: int | None) -> int:
    """Follow deliveries as they arrive.

    QUERY is a filter; without one all are printed. The deliveries are captured by another process on the same log.
    """
    events: queue.SimpleQueue[Any] = queue.SimpleQueue()
    text = joined(query)
    columns = Columns(session.out, right=(0, 8))
    with ending(events), session.inspector(readonly=True) as inspector:
        wanted = inspector.parse(text)
        inspector.subscribe(events.put)
        seen = inspector.newest_id()
        first = list(inspector.ids(text))[-lines:] if lines else []
        first = [number for number in first if number <= seen][:most]
        write_deliveries(session, inspector, first, columns)
        left = None if most is None else most - len(first)
        while left is None or left > 0:
            try:
                event = events.get(timeout=_POLL_S)
            except queue.Empty:
                event = None
            if isinstance(event, Ending):
                if event.interrupted:
                    raise KeyboardInterrupt
                return 0
            arrived = _analysed_after(inspector, seen)
            if not arrived:
                continue
            found = [record.delivery.id for record in arrived if matches(wanted, record)][:left]
            write_deliveries(session, inspector, found, columns)
            seen = arrived[-1].delivery.id
            left = None if left is None else left - len(found)
    return 0


def _analysed_after(inspector: Inspector, seen: int) -> list[Record]:
    """The deliveries after `seen`, up to the first that still waits for its facts."""
    newest = inspector.newest_id()
    records = inspector.records(range(seen + 1, min(newest, seen + _PAGE) + 1))
    now_ns = inspector.clock.wall_ns()
    return list(itertools.takewhile(lambda record: not _waits(record, now_ns), records))


def _waits(record: Record, now_ns: int) -> bool:
    return record.facts == Facts() and abs(now_ns - record.delivery.received_ns) < _PATIENCE_NS


COMMAND = run
