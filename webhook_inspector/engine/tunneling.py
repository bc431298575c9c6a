"""A tunnel that this process runs: one at a time, ended with the process."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from webhook_inspector.config.model import ListenConfig
from webhook_inspector.core.display import show
from webhook_inspector.engine.announcements import Announcement, TunnelChanged

if TYPE_CHECKING:
    from webhook_inspector.adapters.child import Child
    from webhook_inspector.adapters.tunnels import TunnelProgram

_GUARDS = ("path_token", "allow_ips", "basic_auth")


def guards() -> tuple[str, ...]:
    """The keys of `[listen]` that say who may post, as far as this version has them."""
    known = {field.name for field in dataclasses.fields(ListenConfig)}
    return tuple(name for name in _GUARDS if name in known)


class Tunneling:
    """The tunnel of this process, if any.

    Args:
        publish: Told when the address is known, and when the tunnel ended by itself.
    """

    def __init__(self, publish: Callable[[Announcement], None]) -> None:
        self._publish = publish
        self._lock = threading.Lock()
        self._child: Child | None = None
        self.program: TunnelProgram | None = None
        """What runs, or ran last."""
        self.url: str | None = None
        """The public address, while it holds."""

    @property
    def running(self) -> bool:
        """Whether a tunnel program runs."""
        return self._child is not None and self._child.running

    def lines(self) -> list[str]:
        """The last lines that the program printed; not safe to show as they are."""
        child = self._child
        return [] if child is None else list(child.lines)

    def start(self, program: TunnelProgram, port: int) -> None:
        """Run a program for a port, in the place of one that runs.

        Raises:
            UsageError: It cannot be started.
        """
        from webhook_inspector.adapters.child import Child  # noqa: PLC0415 (few ever start one)

        self.stop()
        with self._lock:
            self.program = program
            child: list[Child] = []
            self._child = Child(program.arguments(port), lambda line: self._heard(program, child, line))
            child.append(self._child)

    def stop(self) -> None:
        """End it."""
        with self._lock:
            child, self._child, self.url = self._child, None, None
        if child is not None:
            child.end()

    def _heard(self, program: TunnelProgram, child: list[Child], line: str | None) -> None:
        """In the program's thread: a line, or None at its end."""
        if line is None:
            self._ended(program, child)
            return
        url = program.public_url(line)
        with self._lock:
            if url is None or self.url is not None or not child or self._child is not child[0]:
                return
            self.url = url
        self._publish(TunnelChanged(f"Reachable at {show(url, 200)}: whoever knows it can post here"))

    def _ended(self, program: TunnelProgram, child: list[Child]) -> None:
        with self._lock:
            if not child or self._child is not child[0]:
                return  # it was ended from here
            self.url = None
            code = child[0].code
        last = next((line for line in reversed(child[0].lines) if line.strip()), "it printed nothing")
        self._publish(TunnelChanged(f"The tunnel {program.name} ended with code {code}: {show(last.strip(), 200)}"))
