"""Faults of the disk, put into a running process by a tracer."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def faults(pid: int, folder: Path, *injections: str) -> Iterator[None]:
    """Let system calls of a process fail or wait until the block ends.

    Args:
        pid: The process; all its threads are meant, and each counts its own calls.
        folder: For what the tracer says.
        injections: As `strace -e inject=` takes them: `fdatasync:error=EIO:when=2..3`.
    """
    names = ",".join(one.partition(":")[0] for one in injections)
    said = folder / "faults"
    said.unlink(missing_ok=True)
    command = ["strace", "-f", "-p", str(pid), "-o", os.devnull, "-e", f"trace={names}"]
    command += [part for one in injections for part in ("-e", f"inject={one}")]
    with said.open("wb") as errors, subprocess.Popen(command, stderr=errors) as tracer:
        try:
            _until_attached(pid, said)
            yield
        finally:
            tracer.send_signal(signal.SIGINT)
            tracer.wait(20)


def _until_attached(pid: int, said: Path) -> None:
    for _ in range(1000):
        threads = len(list(Path(f"/proc/{pid}/task").iterdir()))
        if said.read_text().count("attached") and _traced(pid) >= threads:
            return
        threading.Event().wait(0.01)
    raise AssertionError(f"the tracer did not attach: {said.read_text()}")


def _traced(pid: int) -> int:
    """How many threads of a process have a tracer."""
    count = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        for line in (task / "status").read_text().splitlines():
            count += line.startswith("TracerPid:") and line.split()[1] != "0"
    return count
