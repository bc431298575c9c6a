"""What the commands share that run until something happens: signals as events, deliveries as they come."""

from __future__ import annotations

import queue
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from webhook_inspector.cli.render import Columns, summary_cells
from webhook_inspector.cli.session import Session

if TYPE_CHECKING:
    from webhook_inspector.engine.inspector import Inspector


class Ending:
    """A signal that ends the command.

    Args:
        interrupted: Whether a person did it (Ctrl+C).
    """

    def __init__(self, *, interrupted: bool) -> None:
        self.interrupted = interrupted


@contextmanager
def ending(events: queue.SimpleQueue[Any]) -> Iterator[None]:
    """Turn Ctrl+C, SIGTERM and a closed terminal into an event, so that everything is closed in order.

    A second Ctrl+C is a `KeyboardInterrupt` at once.
    """
    before: list[tuple[int, Any]] = []
    asked = False

    def interrupt(_number: int, _frame: object) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True
        events.put(Ending(interrupted=True))

    def terminate(_number: int, _frame: object) -> None:
        events.put(Ending(interrupted=False))

    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK"):
        number = getattr(signal, name, None)
        if number is None:
            continue
        with suppress(ValueError):  # not in the main thread: signals are somebody else's
            before.append((number, signal.signal(number, interrupt if name == "SIGINT" else terminate)))
    try:
        yield
    finally:
        for number, handler in before:
            signal.signal(number, handler)


def write_deliveries(session: Session, inspector: Inspector, ids: Sequence[int], columns: Columns) -> None:
    """Write deliveries, one line each."""
    if session.json:
        from webhook_inspector.engine.contract import delivery_json

        for record in inspector.records(ids):
            handshaken = inspector.handshake(record.delivery)
            session.out.record(delivery_json(record, handshake=handshaken.name if handshaken else None))
    else:
        columns.write([summary_cells(row, terminal=session.out.terminal) for row in inspector.summaries(ids)])
