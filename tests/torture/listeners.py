"""A listener of the product, or of a broken variant, in a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = ("-m", "webhook_inspector", "listen", "--port", "0", "--json", "--log")
START_S = 60


class Listening:
    """A running listener.

    Args:
        process: It, or the tracer around it.
        first: The line it printed.
    """

    def __init__(self, process: subprocess.Popen[bytes], first: Mapping[str, Any]) -> None:
        self.process = process
        self.url: str = first["url"]
        self.port = int(self.url.rpartition(":")[2])
        # A full pipe would hold up what it prints, and with it the end.
        threading.Thread(target=self._drain, daemon=True).start()

    def _drain(self) -> None:
        assert self.process.stdout is not None
        with suppress(OSError, ValueError):
            while self.process.stdout.read1(65536):  # type: ignore[attr-defined]  # a buffered reader
                pass

    def kill(self) -> None:
        """As by `kill -9`."""
        kill_group(self.process)

    def end(self, number: int = signal.SIGTERM, patience_s: float = 20) -> int:
        """Ask it to end; its exit status."""
        self.process.send_signal(number)
        return self.process.wait(patience_s)


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """Kill a process and what it started: a killed tracer leaves what it traced running."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(20)


@contextmanager
def listener(
    log: Path,
    *options: str,
    program: Sequence[str] = PRODUCT,
    around: Sequence[str] = (),
    env: Mapping[str, str] | None = None,
    errors: IO[bytes] | int = subprocess.DEVNULL,
) -> Iterator[Listening]:
    """A listener on a log; killed at the end.

    Args:
        log: The log.
        options: After the log.
        program: What is run; the log comes after it.
        around: A program that runs it, with its options: a tracer, a limiter.
        env: Added to the environment.
        errors: Where stderr goes.
    """
    command = [*around, sys.executable, *program, str(log), *options]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=errors,
        cwd=ROOT,
        env={**os.environ, **(env or {})},
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            assert line, "the listener ended without a line"
            yield Listening(process, json.loads(line))
        finally:
            kill_group(process)
