"""Who holds a port, where the system tells it cheaply: Linux, for processes of the same user."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from webhook_inspector.core.display import show

_PROC = Path("/proc")
_LISTENS = "0A"
_MAX_PROCESSES = 4000


def port_owner(family: socket.AddressFamily, port: int) -> str | None:
    """For example `python3 (process 4711)`; None where it cannot be told."""
    try:
        inodes = _listening_inodes(_PROC / "net" / ("tcp6" if family is socket.AF_INET6 else "tcp"), port)
        return _process_with(inodes) if inodes else None
    except (OSError, ValueError, IndexError):
        return None


def _listening_inodes(table: Path, port: int) -> set[str]:
    """The inodes of the sockets that listen on a port."""
    found = set()
    for line in table.read_text(encoding="ascii").splitlines()[1:]:
        fields = line.split()
        if fields[3] == _LISTENS and int(fields[1].rpartition(":")[2], 16) == port:
            found.add(f"socket:[{fields[9]}]")
    return found


def _process_with(sockets: set[str]) -> str | None:
    numbers = [entry.name for entry in _PROC.iterdir() if entry.name.isdigit()]
    for number in numbers[:_MAX_PROCESSES]:
        folder = _PROC / number / "fd"
        try:
            with os.scandir(folder) as entries:
                held = any(os.readlink(entry) in sockets for entry in entries)  # noqa: PTH115 (scandir is fast)
        except OSError:  # another user's process, or one that just ended
            continue
        if held:
            name = (_PROC / number / "comm").read_text(encoding="utf-8", errors="replace").strip()
            return f"{show(name, 40)} (process {number})"
    return None
