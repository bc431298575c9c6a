"""How fast deliveries are captured, beside what the same machine does without keeping them.

    python -m tests.benchmarks.capture_at_64 [--rounds 5] [--seconds 2] [--mitmdump PATH]

Each round starts every server anew, one after the other, and sends at 1, 16 and 64 keep-alive connections; each figure
is the median of the rounds, each ratio the median of the ratios within a round. The sender is `load.c`. Ours is
`webhook-inspector listen --json` with a source: detection, facts, shapes and the word index run as they always do.
"""

from __future__ import annotations

import argparse
import http.client
import json
import shutil
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

from tests.benchmarks import servers
from tests.benchmarks.goals_table import machine, table
from tests.benchmarks.load import Answered, Load, push_body, request
from tests.support.shared import SHARED
from webhook_inspector.config.model import Config
from webhook_inspector.engine.inspector import Inspector

KIB = 1024
SIZES = (KIB, 10 * KIB)
CONNECTIONS = (1, 16, 64)
_WARM_S = 0.3
_COMMITS_S = 1.0
_CAPTURES = 50_000

Start = Callable[[], AbstractContextManager[servers.Server]]
Case = tuple[str, int, int]
"""Server, connections, bytes of a body."""


class Capturing:
    """Rounds of measurements.

    Args:
        folder: For logs; on the disk that is to be measured.
        seconds: How long each case is sent to.
        mitmdump: The program of mitmproxy; None leaves it out.
    """

    def __init__(self, folder: Path, seconds: float, mitmdump: Path | None) -> None:
        self._folder = folder
        self._seconds = seconds
        self._mitmdump = mitmdump
        self.load = Load(folder)
        self.requests = {size: request(push_body(size)) for size in SIZES}
        self.seen: dict[Case, list[Answered]] = {}
        self.commits: list[float] = []

    def round(self) -> None:
        """Every server once."""
        folder = self._folder
        for size in SIZES:
            for connections in CONNECTIONS:
                self._case("bare", servers.bare, connections, size)
                self._case("ours", lambda: servers.ours(folder), connections, size)
        self.commits.append(commits_a_second(folder))
        self._case("naive", lambda: servers.naive(folder), 64, KIB)
        self._case("with the app", lambda: servers.our_app(folder), 64, KIB)
        if self._mitmdump is not None:
            program = self._mitmdump
            self._case("mitmproxy", lambda: servers.mitmproxy(program, folder, None), 64, KIB)
            with servers.bare() as upstream:
                port = upstream.port
                self._case("mitmproxy reverse", lambda: servers.mitmproxy(program, folder, port), 64, KIB)
        for used in (*folder.glob("*.db*"), *folder.glob("flows")):
            used.unlink()

    def _case(self, name: str, start: Start, connections: int, size: int) -> None:
        with start() as server:
            self.load(server.port, connections, _WARM_S, self.requests[size])
            answered = self.load(server.port, connections, self._seconds, self.requests[size])
        self.seen.setdefault((name, connections, size), []).append(answered)

    def ratio(self, one: Case, other: Case, of: Callable[[Answered], float]) -> float:
        """Median of the ratios within each round."""
        pairs = zip(self.seen[one], self.seen[other], strict=True)
        return statistics.median(of(mine) / of(theirs) for mine, theirs in pairs)

    def rates(self) -> str:
        """A table of what was measured."""
        lines = [f"{'server':<18} {'connections':>11} {'body':>7} {'requests/s':>11} {'p50 ms':>8} {'p99 ms':>8}"]
        for (name, connections, size), runs in self.seen.items():
            rate, p50, p99 = (
                statistics.median(values)
                for values in zip(*((one.rate, one.p50_ms, one.p99_ms) for one in runs), strict=True)
            )
            lines.append(f"{name:<18} {connections:>11} {size:>7} {rate:>11,.0f} {p50:>8.2f} {p99:>8.2f}")
        lines.append(f"SQLite, one row of 1 KiB a commit, FULL: {statistics.median(self.commits):,.0f}/s")
        return "\n".join(lines)

    def goals(self) -> Iterator[tuple[str, float]]:
        """P1 to P6."""

        def rate(one: Answered) -> float:
            return one.rate

        ours = ("ours", 64, KIB)
        yield "P1", self.ratio(ours, ("bare", 64, KIB), rate)
        yield "P2", self.ratio(("ours", 64, 10 * KIB), ("bare", 64, 10 * KIB), rate)
        yield "P3", self.ratio(ours, ("bare", 64, KIB), lambda one: one.p99_ms)
        alone = self.seen["ours", 1, KIB]
        yield "P4", statistics.median(one.rate / full for one, full in zip(alone, self.commits, strict=True))
        if self._mitmdump is not None:
            yield "P5 mitmproxy", self.ratio(ours, ("mitmproxy", 64, KIB), rate)
            yield "P5 reverse", self.ratio(ours, ("mitmproxy reverse", 64, KIB), rate)
        yield "P5 naive", self.ratio(ours, ("naive", 64, KIB), rate)
        yield "P6", self.ratio(("with the app", 64, KIB), ours, rate)


def commits_a_second(folder: Path) -> float:
    """Rows of 1 KiB that SQLite keeps a second, each in a commit of its own, synced."""
    file = folder / "commits.db"
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE rows (id INTEGER PRIMARY KEY, body BLOB)")
    body = push_body(KIB)
    count, begun = 0, time.perf_counter()
    while time.perf_counter() - begun < _COMMITS_S:
        connection.execute("INSERT INTO rows (body) VALUES (?)", (body,))
        count += 1
    rate = count / (time.perf_counter() - begun)
    connection.close()
    file.unlink()
    return rate


def log_over_bodies(folder: Path) -> float:
    """Size of a closed log, its facts, shapes and word index made, over the bodies in it.

    GitHub's examples where they are here, else bodies of our own.
    """
    examples = SHARED / "data" / "github_octokit.jsonl"
    if examples.exists():
        rows = [json.loads(line) for line in examples.read_text(encoding="utf-8").splitlines()]
        sent = [(row["event_type"], json.dumps(row["body"], separators=(",", ":")).encode()) for row in rows]
    else:
        sent = [("push", push_body(10 * KIB - n)) for n in range(400)]
    log = folder / "size.db"
    with Inspector.open(Config(path=None, log=log), env={}) as inspector:
        port = int(inspector.listen(port=0).addresses[0].rpartition(":")[2])
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        for number, (event, body) in enumerate(sent):
            headers = {"Content-Type": "application/json", "X-GitHub-Event": event, "X-GitHub-Delivery": f"d-{number}"}
            connection.request("POST", "/github", body=body, headers=headers)
            connection.getresponse().read()
        connection.close()
        inspector.wait_analysed(60)
        # What follows behind: else it would depend on the moment how much of it is in the log.
        inspector._late_indexer().catch_up()
        inspector.shapes.learn()
    return log.stat().st_size / sum(len(body) for _, body in sent)


def memory(load: Load, folder: Path) -> Iterator[tuple[str, float]]:
    """P8: resident memory after 50,000 captures, and what as many again add."""
    sent = request(push_body(KIB))
    sizes: list[float] = []
    with servers.ours(folder) as server:
        count = 0
        for wanted in (_CAPTURES, 2 * _CAPTURES):
            while count < wanted:
                count += load(server.port, 64, 1.0, sent).count
            time.sleep(1.0)
            sizes.append(server.resident_mib())
    yield "P8", sizes[0]
    yield "P8 growth", sizes[1] - sizes[0]


def measure(folder: Path, rounds: int, seconds: float, mitmdump: Path | None) -> list[tuple[str, float]]:
    """All figures; prints the rates behind them."""
    capturing = Capturing(folder, seconds, mitmdump)
    for _ in range(rounds):
        capturing.round()
    print(capturing.rates())
    return [*capturing.goals(), ("P7", log_over_bodies(folder)), *memory(capturing.load, folder)]


def add_options(parser: argparse.ArgumentParser) -> None:
    """What `goals` takes as well."""
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.0, help="of sending, for each case and round")
    parser.add_argument("--mitmdump", type=Path, help="mitmproxy's program; left out where it is not found")


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_options(parser)
    arguments = parser.parse_args()
    found = arguments.mitmdump or shutil.which("mitmdump")
    with tempfile.TemporaryDirectory(dir=".") as folder:
        figures = measure(Path(folder).resolve(), arguments.rounds, arguments.seconds, Path(found) if found else None)
    print(table(figures))
    print(machine())


if __name__ == "__main__":
    main()
