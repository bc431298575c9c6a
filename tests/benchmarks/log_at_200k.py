"""How fast the log answers with 200,000 deliveries in it: `python -m tests.benchmarks.log_at_200k [--n N]`.

Prints a table: the median of 5 for each question, with its goal where there is one.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from tests.benchmarks.fill import START_NS, fill
from tests.support.factories import make_delivery
from webhook_inspector.core.clock import SystemClock
from webhook_inspector.core.filters import parse
from webhook_inspector.errors import StoreError
from webhook_inspector.store.log import Log

_QUERIES = [
    ("type:invoice.paid", 100),
    ("type:invoice.*", 100),
    ("provider:stripe", 100),
    ("source:stripe", 100),
    ("sig:bad", 100),
    ("state:failed", 100),
    ("status:5xx", 100),
    ("id:evt_000123456", 100),
    ("provider:github sig:bad -type:push", 100),
    ("after:2026-11-18T14:00 before:2026-11-18T15:00", 100),
    ("dup:yes", 100),
    ("size:>1k", 100),
    ("path:/stripe*", 100),
    ("zebra", None),
    ("zebra last:20", None),
    ("amber last:50", None),
    ("type:push zebra", None),
    ("header.x-event-type:push", None),
    ("body.data.object.id:in_00012*", None),
    ("body.data.object.amount:>99000", None),
]


def median_ms(ask: Callable[[], object], times: int = 5) -> float:
    """Median duration in milliseconds."""
    found = []
    for _ in range(times):
        start = time.perf_counter()
        ask()
        found.append((time.perf_counter() - start) * 1000)
    return statistics.median(found)


def submit_rate(log: Log, outstanding: int, seconds: float = 2.0) -> float:
    """Deliveries of 1 KiB a second with so many outstanding."""
    free = threading.Semaphore(outstanding)
    delivery = make_delivery(b"x" * 1024)

    def done(outcome: int | StoreError) -> None:
        assert isinstance(outcome, int)
        free.release()

    start = time.perf_counter()
    count = 0
    while time.perf_counter() - start < seconds:
        free.acquire()
        log.submit(delivery, done)
        count += 1
    for _ in range(outstanding):
        free.acquire()
    return count / (time.perf_counter() - start)


def which_log(description: str | None) -> argparse.Namespace:
    """What the command line says of the log to measure: `n` and `log`."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--n", type=int, default=200_000, help="deliveries in the log")
    parser.add_argument("--log", type=Path, help="a log made before by this command; made when it does not exist")
    return parser.parse_args()


def main() -> None:
    """Run it."""
    arguments = which_log(__doc__)
    with tempfile.TemporaryDirectory() as folder:
        path = arguments.log or Path(folder) / "log.db"
        if not path.exists():
            start = time.perf_counter()
            fill(path, arguments.n)
            print(f"filled with {arguments.n} deliveries in {time.perf_counter() - start:.1f} s")
        _measure(path, now_ns=START_NS + arguments.n * 100_000_000)


def _measure(path: Path, now_ns: int) -> None:
    print(f"{'what':<52} {'rows':>8} {'ids ms':>8} {'count ms':>9} {'goal':>6}")
    start = time.perf_counter()
    log = Log.open(path, clock=SystemClock())
    print(f"{'open':<52} {'':>8} {(time.perf_counter() - start) * 1000:8.1f}")
    everything = log.ids()
    print(f"{'all':<52} {len(everything):8} {median_ms(log.ids):8.1f} {median_ms(log.count):9.1f} {50:6}")
    newest = everything[-64:][::-1]
    middle = everything[len(everything) // 2 :][:64]
    for name, page in (("page of 64 summaries, newest", newest), ("page of 64 summaries, middle", middle)):
        print(f"{name:<52} {len(page):8} {median_ms(lambda page=page: log.summaries(page)):8.2f}")  # type: ignore[misc]
    print(f"{'one record':<52} {1:8} {median_ms(lambda: log.record(middle[0])):8.2f}")
    for key in ("type", "id", "provider"):
        print(f"{f'values of {key}':<52} {'':>8} {median_ms(lambda key=key: log.values(key)):8.1f}")  # type: ignore[misc]
    for text, goal in _QUERIES:
        query = parse(text, now_ns=now_ns)
        found = len(log.ids(query))
        ids = median_ms(lambda query=query: log.ids(query))  # type: ignore[misc]
        count = median_ms(lambda query=query: log.count(query))  # type: ignore[misc]
        print(f"{text:<52} {found:8} {ids:8.1f} {count:9.1f} {goal or '':>6}")
    log.close()
    with tempfile.TemporaryDirectory() as folder:
        fresh = Log.open(Path(folder) / "log.db", clock=SystemClock())
        for outstanding in (1, 8, 64):
            print(f"{f'stored, 1 KiB, {outstanding} outstanding, rows/s':<52} {submit_rate(fresh, outstanding):8.0f}")
        fresh.close()


if __name__ == "__main__":
    main()
