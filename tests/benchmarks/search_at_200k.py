"""What the word index costs and gives: `python -m tests.benchmarks.search_at_200k [--n N]`.

A log of 200,000 deliveries is indexed from end to end: how long it takes, how long each step keeps the writer, how
much the log grows. Then each filter is asked with and without the index, the answers are held against each other, and
the median of 5 is printed in milliseconds. Last, how fast the log keeps deliveries while it is indexed, and while not.
"""

from __future__ import annotations

import shutil
import statistics
import tempfile
import threading
import time
from pathlib import Path
from unittest.mock import patch

from tests.benchmarks.fill import START_NS, fill
from tests.benchmarks.log_at_200k import median_ms, submit_rate, which_log
from webhook_inspector.core.clock import SystemClock
from webhook_inspector.core.filters import Query, parse
from webhook_inspector.engine.indexing import Indexer
from webhook_inspector.store import search
from webhook_inspector.store.log import Log

_WORDS = (
    *("zebra last:64", "zebra", "evt_000123456", '"nowhere to be found"', "in_00012*", "type:push zebra"),
    *("header.x-signature:t=1234*", "amber last:64", "amber", "zebra or evt_000123456", "-amber"),
)


def _build(log: Log) -> None:
    steps: list[float] = []
    begun = time.perf_counter()
    while True:
        upto = search.state(log.readers) or 0
        block = search.next_block(log.readers, upto)
        if block is None:
            break
        step, found = time.perf_counter(), block
        log.write(lambda connection: search.add_block(connection, found, was=upto))  # noqa: B023 (run at once)
        steps.append((time.perf_counter() - step) * 1000)
    took = time.perf_counter() - begun
    if not steps:
        print("indexed before")
        return
    steps.sort()
    count = log.newest_id()
    (size,) = log.readers.rows("SELECT sum(length(block)) FROM search_data")[0]
    bodies = sum(length for _, length in log.sizes())
    print(f"indexed {count} deliveries in {took:.1f} s, {count / took:.0f} a second")
    p99 = steps[int(len(steps) * 0.99)]
    print(f"a block takes {statistics.median(steps):.1f} ms, p99 {p99:.1f}, most {steps[-1]:.1f}")
    print(f"the index has {size / 1e6:.1f} MB, {size / bodies:.1%} of what is stored")


def _without(log: Log, asked: Query) -> list[int]:
    with patch("webhook_inspector.store.query.expression", return_value=None):
        return list(log.ids(asked))


def _ask(log: Log, now_ns: int) -> None:
    print(f"{'what':<32} {'rows':>8} {'with':>8} {'without':>8}")
    for text in _WORDS:
        asked = parse(text, now_ns=now_ns)
        found = list(log.ids(asked))
        assert found == _without(log, asked), text
        with_index = median_ms(lambda asked=asked: log.ids(asked))  # type: ignore[misc]
        without = median_ms(lambda asked=asked: _without(log, asked), 3)  # type: ignore[misc]
        print(f"{text:<32} {len(found):8} {with_index:8.1f} {without:8.1f}")


def _capture(path: Path) -> None:
    rates: dict[bool, list[float]] = {False: [], True: []}
    for wanted in (False, True, False, True, False, True):
        log = Log.open(path, clock=SystemClock())
        log.write(search.forget)
        indexer = Indexer(log, SystemClock(), wanted=wanted)
        indexer.start()
        stop = threading.Event()
        stop.wait(1.2)  # until it has begun
        rates[wanted].append(submit_rate(log, 64, 3.0))
        indexer.stop()
        log.close()
    off, on = statistics.median(rates[False]), statistics.median(rates[True])
    print(f"kept, 64 outstanding: {on:.0f} a second while it is indexed, {off:.0f} while not, {on / off:.2f}")


def main() -> None:
    """Run it."""
    arguments = which_log(__doc__)
    with tempfile.TemporaryDirectory() as folder:
        path = arguments.log or Path(folder) / "log.db"
        if not path.exists():
            fill(path, arguments.n)
        log = Log.open(path, clock=SystemClock())
        _build(log)
        _ask(log, START_NS + arguments.n * 100_000_000)
        log.close()
        copy = Path(folder) / "copy.db"
        shutil.copyfile(path, copy)
        _capture(copy)


if __name__ == "__main__":
    main()
