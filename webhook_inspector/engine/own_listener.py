"""Whether a target is the listener of the log: what is sent there is captured, and sent there again."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from webhook_inspector.net.own_address import listens_at
from webhook_inspector.replay.targets import leads_to


def leads_here(target: str, own: str) -> bool:
    """Whether a target leads to a listener, by whatever name or address of this machine.

    Args:
        target: A URL that `check_target` let through.
        own: The listener's URL.
    """
    if leads_to(target, own):
        return True
    one, other = urlsplit(target), urlsplit(own)
    bound = other.hostname or ""
    default = 443 if one.scheme == "https" else 80
    if (one.port or default) != other.port or _is_loopback(bound):
        return False
    return listens_at(one.hostname or "", bound)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
