"""Copies of a log: a backup of a sound one, and what can be read of a damaged one."""

from __future__ import annotations

from pathlib import Path

from webhook_inspector.store import backup, salvage
from webhook_inspector.store.check import Health
from webhook_inspector.store.salvage import Salvaged


def back_up(log: Path, target: Path, progress: backup.Progress = lambda _done, _all: None) -> Health:
    """Copy a log while it is in use; what a check of the copy found. See `store.backup`.

    Raises:
        UsageError: There is something with the name of the target.
        StoreError: The log cannot be read, or the target cannot be written.
    """
    return backup.back_up(log, target, progress)


def salvage_log(log: Path, target: Path, progress: salvage.Progress = lambda _saved: None) -> Salvaged:
    """Write what can be read of a damaged log into a new one. See `store.salvage`.

    Raises:
        UsageError: There is something with the name of the target.
        StoreError: Nothing can be read, or the target cannot be written.
    """
    return salvage.salvage(log, target, progress)
