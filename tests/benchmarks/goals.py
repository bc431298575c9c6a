"""All goals in one table: `python -m tests.benchmarks.goals [--log FILE] [--only P,R,S,X]`.

Runs the benchmarks beside it and holds what they find against `goals_table`. Needs a C compiler; mitmproxy is left out
where it is not found. With 1,000,000 deliveries to make first it takes about ten minutes, with `--log` half of that.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks import (
    capture_at_64,
    check_at_1_ms,
    explain_at_1_mib,
    list_at_1m,
    replay_at_100_per_s,
    shapes_at_100k,
)
from tests.benchmarks.goals_table import machine, table


def _capture(arguments: argparse.Namespace, folder: Path) -> Iterator[tuple[str, float]]:
    found = arguments.mitmdump or shutil.which("mitmdump")
    yield from capture_at_64.measure(folder, arguments.rounds, arguments.seconds, Path(found) if found else None)


def _reading(arguments: argparse.Namespace, folder: Path) -> Iterator[tuple[str, float]]:
    yield from list_at_1m.measure(list_at_1m.open_copy(arguments.log, folder, arguments.n))


def _domain(_arguments: argparse.Namespace, _folder: Path) -> Iterator[tuple[str, float]]:
    yield "S1", shapes_at_100k.rates(shapes_at_100k.payloads())[0]
    yield "S2", explain_at_1_mib.slowest(10 * 1024)[0][0] * 1000


def _sending(_arguments: argparse.Namespace, _folder: Path) -> Iterator[tuple[str, float]]:
    figures = replay_at_100_per_s.measure()
    yield "X1 share", figures.share[1]
    yield "X1 share 16", figures.share[16]
    yield "X1 late", figures.late_ms[int(len(figures.late_ms) * 0.95)]
    yield "X2", check_at_1_ms.trials_a_second(300)


GROUPS = {"P": _capture, "R": _reading, "S": _domain, "X": _sending}


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    capture_at_64.add_options(parser)
    parser.add_argument("--only", default="P,R,S,X", help="groups of goals, by letter")
    parser.add_argument("--n", type=int, default=1_000_000, help="deliveries of the log that is made for R")
    parser.add_argument("--log", type=Path, help="a log made before by `fill`, for R; it is copied")
    arguments = parser.parse_args()
    begun = machine()
    found: list[tuple[str, float]] = []
    for letter in arguments.only.split(","):
        with tempfile.TemporaryDirectory(dir=".") as folder:
            found += GROUPS[letter](arguments, Path(folder).resolve())
    print(table(found))
    print(f"before: {begun}\nafter:  {machine()}")


if __name__ == "__main__":
    main()
