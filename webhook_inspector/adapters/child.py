"""A program that runs beside this one: its lines are read, and it ends when this one does (unless that is killed)."""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Sequence

from webhook_inspector.core.display import show
from webhook_inspector.errors import UsageError

MOST_LINES = 200
MOST_BYTES = 4096
"""Of a line; what is longer is cut. Nothing here grows with what a program prints."""
_PATIENCE_S = 3.0


class Child:
    """A running program in a process group of its own, with its output as lines.

    Args:
        words: Program and arguments; no shell runs them.
        heard: Called in a thread with each line (as it was printed: not safe to show), and with None at the end.

    Raises:
        UsageError: It cannot be started.
    """

    def __init__(self, words: Sequence[str], heard: Callable[[str | None], None]) -> None:
        self._heard = heard
        self.lines: deque[str] = deque(maxlen=MOST_LINES)
        """The last lines, as printed."""
        self._ending = threading.Lock()
        try:
            self._process = subprocess.Popen(  # noqa: S603 (a program that the user chose)
                list(words),
                stdin=subprocess.PIPE,  # left open and empty: some programs end with their input
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "its name is not valid"
            raise UsageError(f"{show(words[0], 60)} cannot be started ({reason}): check that it is on PATH.") from None
        atexit.register(self.end)
        self._reader = threading.Thread(target=self._read, name="whi-child", daemon=True)
        self._reader.start()

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    @property
    def code(self) -> int | None:
        """How it ended; None while it runs."""
        return self._process.poll()

    @property
    def pid(self) -> int:
        """Of the program, and of its process group."""
        return self._process.pid

    def end(self) -> None:
        """End it and what it started: asked first, then forced. Returns when it is gone; does nothing when it is."""
        with self._ending:
            atexit.unregister(self.end)
            if not self.running and not self._reader.is_alive():
                return  # the number of its group may be somebody else's by now
            self._signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_PATIENCE_S)
            self._signal(getattr(signal, "SIGKILL", signal.SIGTERM))
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_PATIENCE_S)
        if threading.current_thread() is not self._reader:
            self._reader.join(_PATIENCE_S)

    def _signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if os.name == "posix":
                os.killpg(self._process.pid, number)
            elif self._process.poll() is None:
                self._process.terminate()

    def _read(self) -> None:
        stream = self._process.stdout
        assert stream is not None
        whole = True
        with stream, self._process.stdin or contextlib.nullcontext():
            while piece := stream.readline(MOST_BYTES):
                # The rest of a line that is too long is left out.
                if whole:
                    line = piece.decode("utf-8", "replace").rstrip("\r\n")
                    self.lines.append(line)
                    self._heard(line)
                whole = piece.endswith(b"\n")
        self._process.wait()
        self._heard(None)
