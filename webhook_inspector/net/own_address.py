"""Whether an address is one at which this machine listens."""

from __future__ import annotations

import ipaddress
import socket


def listens_at(host: str, bound: str) -> bool:
    """Whether a connection to a host comes in at a listener on this machine.

    Args:
        host: A name or address; a name is looked up.
        bound: What the listener is bound to; `0.0.0.0` and `::` are all addresses of this machine.
    """
    try:
        found = {entry[4][0] for entry in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)}
    except (OSError, UnicodeError):
        return False
    try:
        everywhere = ipaddress.ip_address(bound).is_unspecified
    except ValueError:
        everywhere = False
    return any(_is_here(str(address)) for address in found) if everywhere else bound in found


def _is_here(address: str) -> bool:
    """Only an address of this machine can be bound to."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as sock:
            sock.bind((address, 0))
    except OSError:
        return False
    return True
