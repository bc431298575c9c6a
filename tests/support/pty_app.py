"""The real program on a pseudo terminal: what a terminal would receive, byte for byte."""

from __future__ import annotations

import os
import re
import select
import signal
import struct
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from tests.support.at_work import processor_ticks, threads_at_work
from tests.support.patience import PATIENCE_S

ROOT = Path(__file__).resolve().parents[2]
_QUIET_S = 0.25
"""A program that wrote nothing for so long, and did not compute, is done with a key; longer than it waits for what
follows an escape."""
_BUSY_S = 5
"""So much longer a reader waits for a program that is at work: on a busy machine a key takes its time."""

_OSC = re.compile(rb"\x1b\]([^\x07\x1b]*)(?:\x07|\x1b\\)")
_STRINGS = re.compile(rb"\x1b[\]P_X^]")
"""Starts of OSC, DCS, APC, SOS and PM strings."""
_CSI = re.compile(rb"\x1b\[[0-?]*[ -/]*[@-~]")
_OTHER_ESC = re.compile(rb"\x1b(?!\[)[ -/]*[0-~]")
_C0 = re.compile(rb"[\x00-\x07\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f]")
_C1 = re.compile(rb"\xc2[\x80-\x9f]")


def control_functions(output: bytes) -> set[bytes]:
    """Every kind of control function in an output.

    Colours and cursor positions count once, whatever their numbers; operating system commands by what they say.
    """
    commands = {b"OSC " + match.group(1) for match in _OSC.finditer(output)}
    output = _OSC.sub(b"", output)
    kinds = commands | {b"string " + match.group() for match in _STRINGS.finditer(output)}
    for match in _CSI.finditer(output):
        sequence = match.group()
        kinds.add(b"CSI " + (sequence[-1:] if sequence[-1:] in b"mHABCDGJKd" else sequence))
    kinds |= {b"ESC " + match.group()[1:] for match in _OTHER_ESC.finditer(output)}
    kinds |= {b"C0 " + match.group() for match in _C0.finditer(output)}
    kinds |= {b"C1 " + match.group() for match in _C1.finditer(output)}
    return kinds


class PtyApp:
    """A program on a pseudo terminal.

    Args:
        arguments: After the interpreter, for example `["-m", "webhook_inspector"]`.
        size: Columns and rows.
        env: Added to a small environment.
    """

    def __init__(
        self, arguments: Sequence[str], size: tuple[int, int] = (120, 36), env: Mapping[str, str] | None = None
    ) -> None:
        import fcntl
        import pty
        import termios

        environment = {
            "PATH": os.environ.get("PATH", ""),
            "HOME": os.environ.get("HOME", "/"),
            "LANG": "C.UTF-8",
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
            "PYTHONPATH": str(ROOT),
            "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
            **(env or {}),
        }
        self.output = bytearray()
        self.status: int | None = None
        self._ticks = 0
        self._hung_up = False
        primary, secondary = pty.openpty()
        fcntl.ioctl(secondary, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        self._before = termios.tcgetattr(secondary)
        self._terminal = secondary
        self._primary = primary
        self.pid = os.posix_spawn(
            sys.executable,
            [sys.executable, *arguments],
            environment,
            file_actions=[(os.POSIX_SPAWN_DUP2, secondary, fd) for fd in (0, 1, 2)],
            setsid=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        if self.status is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        if not self._hung_up:
            self.hang_up()

    def hang_up(self) -> None:
        """Take the terminal away, without a signal: what is written from now on fails."""
        self._hung_up = True
        os.close(self._primary)
        os.close(self._terminal)

    def ends(self, seconds: float) -> bool:
        """Whether it ends in time; for a terminal that was taken away."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.poll() is not None:
                return True
            time.sleep(0.02)
        return False

    def read(self, seconds: float) -> bytes:
        """Take in output until the program is quiet for a moment, at most so long; longer only while it is at work."""
        start = len(self.output)
        end = time.monotonic() + seconds
        latest = end + _BUSY_S
        while (left := end - time.monotonic()) > 0:
            came = self.read_once(min(_QUIET_S, left))
            if self._at_work():
                end = min(max(end, time.monotonic() + _QUIET_S), latest)
            elif not came and len(self.output) > start:
                break
        return bytes(self.output[start:])

    def read_once(self, seconds: float) -> bool:
        """Take in what is there, or what comes first within so many seconds; whether something came."""
        if not select.select([self._primary], [], [], seconds)[0]:
            return False
        try:
            data = os.read(self._primary, 65536)
        except OSError:
            return False
        self.output += data
        return bool(data)

    def rest(self, seconds: float = PATIENCE_S) -> None:
        """Take in output until the program has nothing left to do."""
        end = time.monotonic() + seconds
        quiet = 0
        while quiet < 2 and time.monotonic() < end:
            before = len(self.output)
            self.read(0.3)
            quiet = 0 if self._at_work() or len(self.output) > before else quiet + 1

    def _at_work(self) -> bool:
        """Whether the program computes or waits for the processor, now or since it was last asked; Linux knows."""
        ticks = processor_ticks(self.pid)
        before, self._ticks = self._ticks, ticks
        return ticks > before + 1 or bool(threads_at_work(self.pid))

    def type(self, keys: str) -> None:
        """Type, and do not wait."""
        os.write(self._primary, keys.encode())

    def until(self, words: str, seconds: float = PATIENCE_S) -> None:
        """Take in output until it holds words."""
        end = time.monotonic() + seconds
        while words.encode() not in self.output:
            if time.monotonic() > end:
                raise AssertionError(f"{words!r} never came; the end was {bytes(self.output[-2000:])!r}")
            self.read_once(0.5)

    def press(self, keys: str | bytes, seconds: float = 2) -> bytes:
        """Type, and take in what follows."""
        os.write(self._primary, keys.encode() if isinstance(keys, str) else keys)
        return self.read(seconds)

    def cost(self, keys: str) -> int:
        """Type, and count the bytes the terminal gets until the program has nothing left to do."""
        before = len(self.output)
        self.type(keys)
        self.rest()
        return len(self.output) - before

    def leave(self) -> int:
        """Close what is open and quit; the exit code."""
        for key in ("\x1b", "\x1b", "\x1b", "q", "q", "q"):
            if self.poll() is None:
                self.press(key, 0.4)
        return self.wait()

    def poll(self) -> int | None:
        """The exit code when it has ended."""
        if self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)
        return self.status

    def resize(self, columns: int, rows: int) -> None:
        """Make the terminal another size, as its window would."""
        import fcntl
        import termios

        fcntl.ioctl(self._terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        os.kill(self.pid, signal.SIGWINCH)

    def wait(self, seconds: float = PATIENCE_S) -> int:
        """The exit code, once it ended."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.read_once(0.1)
            if self.poll() is not None:
                self.read(0.2)
                return self.status or 0
        raise AssertionError(f"it did not end; the output's end was {bytes(self.output[-2000:])!r}")

    @property
    def restored(self) -> bool:
        """Whether the terminal's modes are what they were before the program."""
        import termios

        return termios.tcgetattr(self._terminal) == self._before
