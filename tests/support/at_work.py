"""Whether a process is at work, though it may not have the processor just now; Linux tells, elsewhere nothing is known.

On a busy machine a thread that has work to do may wait for the processor longer than any moment a test would give it.
"""

from __future__ import annotations

from pathlib import Path

_PROC = Path("/proc")


def threads_at_work(pid: int) -> set[int]:
    """The ids of the threads that compute, or wait for the processor or for a disk."""
    tasks = _PROC / str(pid) / "task"
    try:
        return {int(task.name) for task in tasks.iterdir() if _fields(task)[:1] in (["R"], ["D"])}
    except OSError:
        return set()


def processor_ticks(pid: int) -> int:
    """What a process computed since it began, in hundredths of a second; 0 where that is not known."""
    fields = _fields(_PROC / str(pid))
    return int(fields[11]) + int(fields[12]) if len(fields) > 12 else 0


def _fields(folder: Path) -> list[str]:
    """What stands after the name in a `stat` (proc(5)): the state comes first, the times are the 12th and 13th."""
    try:
        return (folder / "stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    except OSError:
        return []
