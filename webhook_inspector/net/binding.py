"""Listening sockets: both loopback addresses under one port, and plain words when that fails."""

from __future__ import annotations

import errno
import socket
import sys
from collections.abc import Iterable

from webhook_inspector.errors import ListenError
from webhook_inspector.net.port_owner import port_owner

LOOPBACK_HOSTS = frozenset({"127.0.0.1", "::1", "localhost"})
_TRIES = 20
_BACKLOG = 512
_ABSENT = {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT, errno.EPROTONOSUPPORT}
_DENIED = {errno.EACCES, errno.EPERM, 10013}
_TAKEN = {errno.EADDRINUSE, 10048}


def bind(host: str, port: int) -> list[socket.socket]:
    """Open listening sockets.

    Args:
        host: A loopback name or address opens 127.0.0.1 and, where IPv6 exists, ::1. Anything else opens that one.
        port: 0 picks a port that is free on both.

    Raises:
        ListenError: The port is taken, may not be used or does not exist; the host is not one of this machine.
    """
    if not 0 <= port <= 65535:
        raise ListenError(f"Port {port} does not exist: choose one from 1 to 65535, or 0 for any free one.")
    if host not in LOOPBACK_HOSTS:
        return [_open(_family(host, port), host, port)]
    for attempt in range(_TRIES):
        first = _open(socket.AF_INET, "127.0.0.1", port)
        chosen = first.getsockname()[1]
        try:
            second = _open_v6(chosen)
        except ListenError:
            first.close()
            if port or attempt == _TRIES - 1:
                raise
            continue
        return [first] if second is None else [first, second]
    raise ListenError("No port is free on both 127.0.0.1 and ::1.")  # pragma: no cover (the loop returns or raises)


def addresses_of(sockets: Iterable[socket.socket]) -> tuple[str, ...]:
    """`host:port` of each socket, IPv6 in brackets."""
    found = []
    for sock in sockets:
        name, number = sock.getsockname()[:2]
        found.append(f"[{name}]:{number}" if sock.family is socket.AF_INET6 else f"{name}:{number}")
    return tuple(found)


def _open_v6(port: int) -> socket.socket | None:
    """A socket on ::1, or None where there is no IPv6."""
    if not socket.has_ipv6:
        return None
    try:
        return _open(socket.AF_INET6, "::1", port)
    except _NoIpv6Error:
        return None


class _NoIpv6Error(Exception):
    """This machine has no IPv6 loopback."""


def _family(host: str, port: int) -> socket.AddressFamily:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError):
        raise ListenError(
            f"The host {host!r} is not known: listen on an address of this machine, such as 127.0.0.1."
        ) from None
    return found[0][0]


def _open(family: socket.AddressFamily, host: str, port: int) -> socket.socket:
    try:
        sock = socket.socket(family, socket.SOCK_STREAM)
    except OSError as error:
        if family is socket.AF_INET6 and error.errno in _ABSENT:
            raise _NoIpv6Error from None
        raise ListenError(f"No socket could be opened ({error.strerror or error}).") from None
    try:
        _set_options(sock, family)
        sock.bind((host, port))
        sock.listen(_BACKLOG)
        sock.setblocking(False)
    except OSError as error:
        sock.close()
        if family is socket.AF_INET6 and error.errno in _ABSENT:
            raise _NoIpv6Error from None
        raise ListenError(_sentence(error, family, host, port)) from None
    return sock


def _set_options(sock: socket.socket, family: socket.AddressFamily) -> None:
    if sys.platform == "win32":
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
    else:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family is socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)


def _sentence(error: OSError, family: socket.AddressFamily, host: str, port: int) -> str:
    if error.errno in _TAKEN:
        following = port + 1 if port < 65535 else port - 1
        owner = port_owner(family, port) or "another program"
        return f"Port {port} on {host} is taken by {owner}: stop it, or try --port {following}."
    if error.errno in _DENIED:
        return f"Port {port} on {host} needs rights this user does not have: try --port 4400 or any above 1023."
    if error.errno in _ABSENT:
        return f"{host} is not an address of this machine: listen on 127.0.0.1, or on one that it has."
    return f"Cannot listen on {host} port {port} ({error.strerror or error}): try --port 0 for any free port."
