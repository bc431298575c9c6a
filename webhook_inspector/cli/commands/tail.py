"""`tail`: follow a log while another process captures."""

from __future__ import annotations

import queue
from typing import TYPE_CHECKING, Any

import click

from webhook_inspector.cli.commands.listen import Ending, ending, write_deliveries
from webhook_inspector.cli.group import command, query_argument
from webhook_inspector.cli.queries import joined
from webhook_inspector.cli.render import Columns
from webhook_inspector.cli.session import Session
from webhook_inspector.core.clock import NS_PER_S

if TYPE_CHECKING:
    from webhook_inspector.core.delivery import Record
    from webhook_inspector.engine.inspector import Inspector

_POLL_S = 0.5
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
        inspector.parse(text)
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
            upto = _analysed_upto(inspector, seen)
            if upto == seen:
                continue
            found = list(inspector.ids(f"{f'({text}) ' if text else ''}id:>{seen} id:<={upto}"))[:left]
            write_deliveries(session, inspector, found, columns)
            seen = upto
            left = None if left is None else left - len(found)
    return 0


def _analysed_upto(inspector: Inspector, seen: int) -> int:
    """The last delivery up to which all facts are there, or have been waited for long enough."""
    newest = inspector.newest_id()
    for record in inspector.records(range(seen + 1, min(newest, seen + 500) + 1)):
        if _waits(record, inspector.clock.wall_ns()):
            break
        seen = record.delivery.id
    return seen


def _waits(record: Record, now_ns: int) -> bool:
    from webhook_inspector.core.delivery import Facts

    return record.facts == Facts() and abs(now_ns - record.delivery.received_ns) < _PATIENCE_NS


COMMAND = run
