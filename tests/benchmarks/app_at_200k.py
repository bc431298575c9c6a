"""The app on a log of 200,000 deliveries while 100 a second arrive: first paint and time per key.

    python -m tests.benchmarks.app_at_200k [--deliveries N] [--rate N] [--size 120x36]

The real program runs on a pseudo-terminal and a terminal emulator reads its screen, so each time includes drawing,
writing and reading the screen. A key is done when what it changes is on the screen.
"""

from __future__ import annotations

import argparse
import fcntl
import http.client
import os
import pty
import re
import select
import signal
import statistics
import struct
import sys
import tempfile
import termios
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pyte

from tests.benchmarks.fill import fill

ROOT = Path(__file__).resolve().parents[2]
ROW = re.compile(r"\d\d:\d\d:\d\d")


class Terminal:
    """The program on a pseudo-terminal, and the screen that a person would see."""

    def __init__(self, command: list[str], columns: int, rows: int) -> None:
        self.screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self.screen)
        self.started = time.monotonic()
        self.bytes_read = 0
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            os.chdir(ROOT)
            environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
            os.execvpe(command[0], command, environment)
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def read(self, timeout_s: float) -> bool:
        """Take what was written; False when nothing came in time."""
        ready, _, _ = select.select([self._fd], [], [], timeout_s)
        if not ready:
            return False
        try:
            data = os.read(self._fd, 1 << 16)
        except OSError:
            return False
        self.bytes_read += len(data)
        self._stream.feed(data)
        return True

    def wait(self, what: str, holds: Callable[[list[str]], bool], timeout_s: float) -> float:
        """Seconds until the screen is as wanted.

        Raises:
            TimeoutError: It did not come to that; the message shows the screen.
        """
        start = time.monotonic()
        while time.monotonic() - start < timeout_s:
            if holds(list(self.screen.display)):
                return time.monotonic() - start
            self.read(0.05)
        raise TimeoutError("\n".join([what, *self.screen.display]))

    def press(self, key: str) -> None:
        os.write(self._fd, key.encode())

    def settle(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.read(0.02)

    def close(self) -> None:
        os.kill(self.pid, signal.SIGTERM)
        self.settle(1.0)
        os.waitpid(self.pid, 0)
        os.close(self._fd)


class Arrivals(threading.Thread):
    """Posts deliveries at a steady rate."""

    def __init__(self, port: int, rate: float) -> None:
        super().__init__(daemon=True)
        self._port = port
        self._rate = rate
        self.stopped = threading.Event()
        self.sent = 0
        self.slowest_ms = 0.0

    def run(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)
        start = time.monotonic()
        while not self.stopped.is_set():
            due = start + self.sent / self._rate
            self.stopped.wait(max(0.0, due - time.monotonic()))
            number = self.sent
            # The type differs, so that no two rows of a screen look the same.
            body = b'{"id":"evt_live_%d","type":"live.n%d","data":{"object":{"id":"in_%d"}}}' % (number, number, number)
            before = time.monotonic()
            connection.request("POST", "/live", body=body, headers={"Content-Type": "application/json"})
            connection.getresponse().read()
            self.slowest_ms = max(self.slowest_ms, (time.monotonic() - before) * 1000)
            self.sent += 1
        connection.close()


def _edge(display: list[str]) -> tuple[int, str]:
    """Where the selected row is, and what it says."""
    for number, line in enumerate(display):
        if line.startswith("▌") or line[:2].endswith("▌"):
            return number, line[:50]
    return -1, ""


def _moved_from(before: tuple[int, str]) -> Callable[[list[str]], bool]:
    return lambda display: _edge(display) != before


KEYS = [
    ("k (up, follow ends)", "k"),
    ("k", "k"),
    ("k", "k"),
    ("j", "j"),
    ("page up", "\x1b[5~"),
    ("page up", "\x1b[5~"),
    ("page down", "\x1b[6~"),
    ("g (first of 200 000)", "g"),
    ("j", "j"),
    ("page down", "\x1b[6~"),
    ("G (last)", "G"),
    ("k", "k"),
]


def measure(
    log: Path, rate: float, columns: int, rows: int, port: int
) -> tuple[float, list[tuple[str, float]], Arrivals]:
    """(seconds to first paint, (key, milliseconds) for each press, the arrivals)."""
    command = [sys.executable, "-m", "webhook_inspector", "--log", str(log), "--port", str(port)]
    terminal = Terminal(command, columns, rows)
    try:
        terminal.wait("rows", lambda display: sum(bool(ROW.search(line)) for line in display) > 5, 30)
        first_paint = time.monotonic() - terminal.started
        terminal.settle(1.5)
        arrivals = Arrivals(port, rate)
        arrivals.start()
        terminal.settle(1.0)
        times: list[tuple[str, float]] = []
        for _ in range(4):
            for name, key in KEYS:
                before = _edge(list(terminal.screen.display))
                terminal.press(key)
                took = terminal.wait(f"{name} from {before}", _moved_from(before), 5)
                times.append((name, took * 1000))
                terminal.settle(0.15)
        arrivals.stopped.set()
        arrivals.join(5)
        return first_paint, times, arrivals
    finally:
        terminal.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--deliveries", type=int, default=200_000)
    parser.add_argument("--rate", type=float, default=100)
    parser.add_argument("--size", default="120x36")
    parser.add_argument("--port", type=int, default=4499)
    arguments = parser.parse_args()
    columns, rows = (int(part) for part in arguments.size.split("x"))
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log.db"
        print(f"filling a log with {arguments.deliveries} deliveries ...", file=sys.stderr)
        fill(log, arguments.deliveries)
        first_paint, times, arrivals = measure(log, arguments.rate, columns, rows, arguments.port)
    values = [value for _, value in times]
    print(f"deliveries in the log        {arguments.deliveries}")
    print(
        f"arriving while measured      {arguments.rate:g}/s, {arrivals.sent} sent, slowest {arrivals.slowest_ms:.0f} ms"
    )
    print(f"first paint with rows        {first_paint:.2f} s")
    print(f"keys pressed                 {len(values)}")
    print(f"time per key, median         {statistics.median(values):.0f} ms")
    print(f"time per key, p95            {sorted(values)[int(len(values) * 0.95)]:.0f} ms")
    slowest = sorted(times, key=lambda pair: pair[1], reverse=True)[:3]
    print("time per key, slowest three  " + ", ".join(f"{took:.0f} ms {name}" for name, took in slowest))


if __name__ == "__main__":
    main()
