"""The real program on a pseudo-terminal, its screen read by a terminal emulator."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pyte

ROOT = Path(__file__).resolve().parents[2]


class Terminal:
    """The program on a pseudo-terminal, and the screen that a person would see."""

    def __init__(self, command: list[str], columns: int, rows: int, env: Mapping[str, str] | None = None) -> None:
        self.screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self.screen)
        self.started = time.monotonic()
        self.bytes_read = 0
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            os.chdir(ROOT)
            environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", **(env or {})}
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
        """Type."""
        os.write(self._fd, key.encode())

    def settle(self, seconds: float) -> None:
        """Read for so long."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.read(0.02)

    def resident_mib(self) -> float:
        """Memory of the program, in MiB."""
        for line in Path(f"/proc/{self.pid}/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        raise RuntimeError("this system does not say how much memory a process has")

    def close(self) -> None:
        """End the program as `kill` does."""
        os.kill(self.pid, signal.SIGTERM)
        self.settle(1.0)
        os.waitpid(self.pid, 0)
        os.close(self._fd)
