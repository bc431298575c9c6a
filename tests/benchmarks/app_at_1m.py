"""The app on a log of 1,000,000 deliveries: first paint, memory, time and bytes per key, longest frame, large bodies.

    python -m tests.benchmarks.app_at_1m [--deliveries N] [--rate N] [--size 120x36] [--log FILE]

The real program runs on a pseudo-terminal and a terminal emulator reads its screen, so each time includes drawing,
writing and reading the screen. A key is done when what it changes is on the screen. A frame is a time during which the
app's loop was busy without a break, counted inside the program while deliveries arrive and keys are pressed.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import re
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.benchmarks.arrivals import Arrivals
from tests.benchmarks.fill import fill
from tests.benchmarks.terminal import Terminal

ROW = re.compile(r"\d\d:\d\d:\d\d")
STARTS = 5
LARGE = 10_000_000
GOALS = {
    "first paint with rows, median of 5": "500 ms",
    "memory with all of them": "80 MiB",
    "bytes per key, median": "8192",
    "bytes per key, most": "8192",
    "longest frame while they arrive": "50 ms",
    "body of 10 MB open": "1000 ms",
}

KEYS = [
    ("k (up, follow ends)", "k"),
    ("k", "k"),
    ("k", "k"),
    ("j", "j"),
    ("page up", "\x1b[5~"),
    ("page up", "\x1b[5~"),
    ("page down", "\x1b[6~"),
    ("g (first of all)", "g"),
    ("j", "j"),
    ("page down", "\x1b[6~"),
    ("G (last)", "G"),
    ("k", "k"),
]
QUIET_KEYS = [*["k"] * 10, *["j"] * 8, "1", "2", "3", "4", "5", "6", "1"]


@dataclass
class Figures:
    """What was measured: name to (value, unit)."""

    rows: list[tuple[str, str]] = field(default_factory=list)

    def add(self, name: str, text: str) -> None:
        """One line of the table."""
        self.rows.append((name, text))

    def table(self) -> str:
        """The table, with goals where there are some."""
        return "\n".join(f"{name:<38} {text:<44} {GOALS.get(name, '')}".rstrip() for name, text in self.rows)


def edge(display: list[str]) -> tuple[int, str]:
    """Where the selected row is, and what it says."""
    for number, line in enumerate(display):
        if line.startswith("▌") or line[:2].endswith("▌"):
            return number, line[:50]
    return -1, ""


def moved_from(before: tuple[int, str]) -> Callable[[list[str]], bool]:
    """Whether the selection is elsewhere."""
    return lambda display: edge(display) != before


def has_rows(display: list[str]) -> bool:
    """Whether the list is drawn."""
    return sum(bool(ROW.search(line)) for line in display) > 5


def app(log: Path, port: int, module: str = "webhook_inspector") -> list[str]:
    """The command that starts it."""
    return [sys.executable, "-m", module, "--log", str(log), "--port", str(port)]


def starts(log: Path, port: int, size: tuple[int, int], figures: Figures) -> None:
    """How long until there are rows, and how much memory that takes."""
    painted, memory = [], []
    for _ in range(STARTS):
        terminal = Terminal(app(log, port), *size)
        try:
            terminal.wait("rows", has_rows, 30)
            painted.append((time.monotonic() - terminal.started) * 1000)
            terminal.settle(1.5)
            memory.append(terminal.resident_mib())
        finally:
            terminal.close()
    figures.add("first paint with rows, median of 5", f"{statistics.median(painted):.0f} ms")
    figures.add("memory with all of them", f"{statistics.median(memory):.0f} MiB")


def bytes_per_key(log: Path, port: int, size: tuple[int, int], figures: Figures) -> None:
    """What the terminal gets for one key, the detail that follows included."""
    terminal = Terminal(app(log, port), *size)
    try:
        terminal.wait("rows", has_rows, 30)
        terminal.settle(1.5)
        counts = []
        for key in QUIET_KEYS:
            before = terminal.bytes_read
            terminal.press(key)
            terminal.settle(0.5)
            counts.append(terminal.bytes_read - before)
    finally:
        terminal.close()
    figures.add("bytes per key, median", f"{statistics.median(counts):.0f}")
    figures.add("bytes per key, most", f"{max(counts)} (key {QUIET_KEYS[counts.index(max(counts))]})")


def under_load(log: Path, port: int, size: tuple[int, int], rate: float, figures: Figures) -> None:
    """Keys and frames while deliveries arrive."""
    with tempfile.TemporaryDirectory() as folder:
        beats = Path(folder) / "beats"
        terminal = Terminal(app(log, port, "tests.benchmarks.beating"), *size, {"BEATS": str(beats)})
        times: list[tuple[str, float]] = []
        try:
            terminal.wait("rows", has_rows, 30)
            terminal.settle(1.5)
            arrivals = Arrivals(port, rate)
            terminal.settle(2.0)
            os.kill(terminal.pid, signal.SIGUSR1)
            for _ in range(4):
                for name, key in KEYS:
                    before = edge(list(terminal.screen.display))
                    terminal.press(key)
                    times.append((name, terminal.wait(f"{name} from {before}", moved_from(before), 5) * 1000))
                    terminal.settle(0.15)
            os.kill(terminal.pid, signal.SIGUSR2)
            sent, slowest_answer = arrivals.stop()
            while not beats.exists():
                terminal.settle(0.05)
        finally:
            terminal.close()
        gaps = sorted(float(line) for line in beats.read_text(encoding="ascii").split())
    values = [value for _, value in times]
    figures.add("arriving while measured", f"{rate:g}/s, {sent} answered, slowest {slowest_answer:.0f} ms")
    figures.add("time per key, median", f"{statistics.median(values):.0f} ms")
    figures.add("time per key, p95", f"{sorted(values)[int(len(values) * 0.95)]:.0f} ms")
    slowest = sorted(times, key=lambda pair: pair[1], reverse=True)[:3]
    figures.add("time per key, slowest three", ", ".join(f"{took:.0f} ms {name}" for name, took in slowest))
    figures.add("longest frame while they arrive", f"{gaps[-1]:.0f} ms")
    figures.add("frames over 50 ms, over 16 ms", f"{sum(gap > 50 for gap in gaps)}, {sum(gap > 16 for gap in gaps)}")


def large_body(port: int, size: tuple[int, int], figures: Figures) -> None:
    """Opening 10 MB of JSON, all of it in one line as it is sent."""
    item = {"sku": "birch-7", "quantity": 3, "price": "12.50", "tags": ["new", "large"], "note": None}
    lines = [item | {"n": number} for number in range(LARGE // 90)]
    body = json.dumps({"type": "order.large", "id": "evt_large", "first": "the beginning", "lines": lines}).encode()
    with tempfile.TemporaryDirectory() as folder:
        terminal = Terminal(app(Path(folder) / "log.db", port), *size)
        try:
            terminal.wait("first run", lambda display: any("first webhook" in line for line in display), 30)
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            for sent in (b'{"type":"order.small","id":"evt_1"}', body, b'{"type":"order.small","id":"evt_2"}'):
                connection.request("POST", "/", body=sent, headers={"Content-Type": "application/json"})
                connection.getresponse().read()
            connection.close()
            terminal.wait("three rows", lambda display: sum("order." in line for line in display) >= 3, 30)
            terminal.settle(3.0)
            terminal.press("k")
            opened = terminal.wait("the body", lambda display: any("the beginning" in line for line in display), 30)
            terminal.press("\t")
            terminal.settle(0.3)
            before = list(terminal.screen.display)
            terminal.press("\x1b[6~")
            paged = terminal.wait("a page", lambda display: display != before, 30)
        finally:
            terminal.close()
    figures.add("body of 10 MB open", f"{opened * 1000:.0f} ms ({len(body) / 1e6:.1f} MB)")
    figures.add("body of 10 MB, page down", f"{paged * 1000:.0f} ms")


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--deliveries", type=int, default=1_000_000)
    parser.add_argument("--rate", type=float, default=200)
    parser.add_argument("--size", default="120x36")
    parser.add_argument("--port", type=int, default=4499)
    parser.add_argument("--log", type=Path, help="a log made before by this command; made when it does not exist")
    arguments = parser.parse_args()
    columns, rows = (int(part) for part in arguments.size.split("x"))
    figures = Figures()
    with tempfile.TemporaryDirectory() as folder:
        log = arguments.log or Path(folder) / "log.db"
        if not log.exists():
            print(f"filling a log with {arguments.deliveries} deliveries ...", file=sys.stderr)
            fill(log, arguments.deliveries, learned=True)
        figures.add("deliveries in the log", str(arguments.deliveries))
        starts(log, arguments.port, (columns, rows), figures)
        bytes_per_key(log, arguments.port, (columns, rows), figures)
        under_load(log, arguments.port, (columns, rows), arguments.rate, figures)
    large_body(arguments.port, (columns, rows), figures)
    print(figures.table())


if __name__ == "__main__":
    main()
