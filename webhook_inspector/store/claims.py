"""What one process at a time does for a log: a locked file beside it, free again however its holder ends."""

from __future__ import annotations

from pathlib import Path

from filelock import FileLock, Timeout


def claim_path(log: Path, what: str) -> Path:
    """The file that is locked."""
    return log.with_name(f"{log.name}.{what}.lock")


def claim(log: Path, what: str) -> FileLock | None:
    """Claim a task for this process; None when another one has it, or no file can be made there."""
    lock = FileLock(claim_path(log, what), mode=0o600, thread_local=False)
    try:
        lock.acquire(timeout=0)
    except (Timeout, OSError):
        return None
    return lock
