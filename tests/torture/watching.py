"""What this process connects to and looks up, as the interpreter's audit hooks tell it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

_watchers: list[set[str]] = []


def _hook(event: str, arguments: tuple[object, ...]) -> None:
    if not _watchers:
        return
    if event == "socket.connect":
        address = arguments[1]
        if isinstance(address, tuple):
            _watchers[-1].add(f"{address[0]}:{address[1]}")
    elif event == "socket.getaddrinfo":
        _watchers[-1].add(f"name {arguments[0]}")


sys.addaudithook(_hook)


@contextmanager
def connections() -> Iterator[set[str]]:
    """`host:port` of every connection that is tried, and `name HOST` of every name that is looked up, meanwhile."""
    seen: set[str] = set()
    _watchers.append(seen)
    try:
        yield seen
    finally:
        _watchers.remove(seen)
