"""A sender of its own process, at a steady rate: `python -m tests.benchmarks.arrivals PORT RATE`, until stdin ends.

It prints how many were answered, and the slowest answer in milliseconds.
"""

from __future__ import annotations

import http.client
import subprocess
import sys
import threading
import time


def send(port: int, rate: float, stopped: threading.Event) -> tuple[int, float]:
    """Post until stopped; each delivery at its time, or late when answers are slow."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    start = time.monotonic()
    sent, slowest_ms = 0, 0.0
    while not stopped.is_set():
        stopped.wait(max(0.0, start + sent / rate - time.monotonic()))
        # Type and path differ, so that no two rows of a screen look the same, before and after their facts are known.
        body = b'{"id":"evt_live_%d","type":"live.n%d","data":{"object":{"id":"in_%d"}}}' % (sent, sent, sent)
        before = time.monotonic()
        connection.request("POST", f"/live/{sent}", body=body, headers={"Content-Type": "application/json"})
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise RuntimeError(f"answered {answer.status}")
        slowest_ms = max(slowest_ms, (time.monotonic() - before) * 1000)
        sent += 1
    connection.close()
    return sent, slowest_ms


class Arrivals:
    """That process."""

    def __init__(self, port: int, rate: float) -> None:
        command = [sys.executable, "-m", "tests.benchmarks.arrivals", str(port), str(rate)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def stop(self) -> tuple[int, float]:
        """End it: how many were answered, and the slowest answer in milliseconds."""
        out, _ = self._process.communicate("", timeout=60)
        sent, slowest = out.split()
        return int(sent), float(slowest)


def main() -> None:
    """Send until stdin ends."""
    stopped = threading.Event()

    def watch() -> None:
        sys.stdin.read()
        stopped.set()

    threading.Thread(target=watch, daemon=True).start()
    print(*send(int(sys.argv[1]), float(sys.argv[2]), stopped))


if __name__ == "__main__":
    main()
