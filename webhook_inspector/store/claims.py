"""What one process at a time does for a log: a locked file beside it, free again however its holder ends."""

from __future__ import annotations

from pathlib import Path

from webhook_inspector.store.kept_lock import Lock, new


def claim_path(log: Path, what: str) -> Path:
    """The file that is locked."""
    return log.with_name(f"{log.name}.{what}.lock")


def claim(log: Path, what: str) -> Lock | None:
    """Claim a task for this process until the lock is closed; None when another one has it, or no file can be made."""
    lock = new(str(claim_path(log, what)))
    try:
        if lock.try_hold():
            return lock
    except (OSError, NotImplementedError):
        pass
    lock.close()
    return None
