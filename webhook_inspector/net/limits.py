"""What the network floor accepts, each limit with its unit."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace

if sys.platform != "win32":
    import resource

KIB = 1024
MIB = 1024 * KIB

MAX_RESPONSE_BODY = 1 * MIB
"""Bytes of a target's answer that an attempt keeps; the rest is not read."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of the listener. What goes beyond one is kept as a refused delivery."""

    max_body: int = 25 * MIB
    """Bytes of a body, as on the wire after un-chunking. GitHub's largest is 25 MiB
    (https://docs.github.com/en/webhooks/webhook-events-and-payloads#payload-cap, read 2026-11-20)."""
    max_line: int = 64 * KIB
    """Bytes of the request target, and of one header's name and value together."""
    max_headers: int = 1000
    """Number of header lines."""
    max_head: int = 1 * MIB
    """Bytes of the request line and all headers together."""
    max_refused: int = 1 * MIB
    """Bytes kept of a request that could not be parsed."""
    max_connections: int = 256
    """Open connections; lowered to a third of the process's file descriptors where that is less."""
    head_seconds: float = 10.0
    """From the first byte of a request to the end of its headers."""
    read_seconds: float = 30.0
    """Between two pieces of a body."""
    body_seconds: float = 300.0
    """For a whole body."""
    idle_seconds: float = 75.0
    """A kept-alive connection on which nothing comes."""
    keep_seconds: float = 30.0
    """For the log to say that a delivery is kept; after it the sender gets 503."""
    stop_seconds: float = 4.0
    """For deliveries in flight when the listener stops."""


def descriptor_limit() -> int | None:
    """How many files and sockets this process may have open; None: as many as it likes, or they are not counted."""
    if sys.platform == "win32":  # sockets there are not counted as descriptors
        return None
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return None if soft == resource.RLIM_INFINITY else soft


def within_descriptors(limits: Limits) -> Limits:
    """Lower the cap on connections to a third of the file descriptors this process may have."""
    most = descriptor_limit()
    if most is None:
        return limits
    return replace(limits, max_connections=max(8, min(limits.max_connections, most // 3)))
