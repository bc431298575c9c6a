"""What a reader of 1,000,000 deliveries waits for: pages, filters, a word, the `list` command.

    python -m tests.benchmarks.list_at_1m [--n N] [--log FILE]

A log that is given is copied first: opening it may upgrade it. Medians of 5.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.fill import START_NS, fill
from tests.benchmarks.goals_table import machine, table
from tests.benchmarks.log_at_200k import median_ms
from webhook_inspector.core.clock import SystemClock
from webhook_inspector.core.filters import parse
from webhook_inspector.store import search
from webhook_inspector.store.log import Log

PAGE = 64
KEYS = ("type:invoice.paid", "provider:github", "sig:bad", "status:5xx", "state:failed", "id:evt_000123456")


def open_copy(log: Path | None, folder: Path, deliveries: int) -> Path:
    """A log that may be changed."""
    path = folder / "log.db"
    if log is None:
        fill(path, deliveries, learned=True)
        return path
    for end in ("", "-wal"):
        if Path(f"{log}{end}").exists():
            shutil.copyfile(f"{log}{end}", f"{path}{end}")
    path.chmod(0o600)
    return path


def _indexed(log: Log) -> None:
    while True:
        upto = search.state(log.readers) or 0
        block = search.next_block(log.readers, upto)
        if block is None:
            return
        log.write(lambda connection: search.add_block(connection, block, was=upto))  # noqa: B023 (run at once)


def measure(path: Path) -> Iterator[tuple[str, float]]:
    """R1, R2 and R3."""
    log = Log.open(path, clock=SystemClock())
    _indexed(log)
    newest = log.newest_id()
    now_ns = START_NS + newest * 100_000_000
    yield "R1 first", median_ms(lambda: log.summaries(list(log.ids()[-PAGE:])))
    middle = log.ids()[newest // 2 :]
    yield "R1 next", median_ms(lambda: log.summaries(list(middle[PAGE : 2 * PAGE])))
    yield "R1 jump", median_ms(lambda: log.record(newest // 3))
    asked = [parse(text, now_ns=now_ns) for text in KEYS]
    yield "R2 keys", max(median_ms(lambda one=one: (log.ids(one), log.count(one))) for one in asked)  # type: ignore[misc]
    word = parse("zebra last:64", now_ns=now_ns)
    yield "R2 word", median_ms(lambda: log.summaries(list(log.ids(word))))
    log.close()
    command = [sys.executable, "-m", "webhook_inspector", "list", "--limit", "20", "--log", str(path)]
    spent = []
    for _ in range(5):
        begun = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env={**os.environ, "HOME": str(path.parent)})
        spent.append(time.perf_counter() - begun)
    yield "R3", statistics.median(spent)


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=1_000_000, help="deliveries of a log that is made")
    parser.add_argument("--log", type=Path, help="a log made before by `fill`")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=".") as folder:
        path = open_copy(arguments.log, Path(folder).resolve(), arguments.n)
        print(table(measure(path)))
    print(machine())


if __name__ == "__main__":
    main()
