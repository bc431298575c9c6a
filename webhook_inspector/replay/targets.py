"""Which targets a run may send to. Only the user names a target; a captured request never does.

`check_target` looks at the text alone; `judge_address` is for the sender, which asks again about the address
that a name resolved to, at the moment of connecting.
"""

from __future__ import annotations

import ipaddress
import re
from enum import StrEnum
from urllib.parse import urlsplit

from webhook_inspector.core.display import show
from webhook_inspector.errors import TargetError

_EXAMPLE = "http://localhost:3000"

_NAME = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)")
_NUMBER_LIKE = re.compile(r"(?:0[xX][0-9a-fA-F]*|[0-9]+)")
_METADATA_NAMES = frozenset({"metadata", "metadata.google.internal", "metadata.goog", "instance-data"})
_METADATA_ADDRESSES = frozenset(
    # Addresses where cloud machines ask for their credentials: AWS, GCP, Azure (169.254.0.0/16 is refused as a
    # whole), AWS over IPv6, Alibaba Cloud, Oracle's older one.
    ipaddress.ip_address(text)
    for text in ("169.254.169.254", "fd00:ec2::254", "100.100.100.200", "192.0.0.192")
)
_THIS_NETWORK = ipaddress.IPv4Network("0.0.0.0/8")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


class Access(StrEnum):
    """What a target needs."""

    ALLOW = "allow"
    """It is this machine: used as typed."""
    ASK = "ask"
    """Elsewhere: the user must say so."""
    DENY = "deny"
    """Never a target."""


def judge_address(address: str) -> Access:
    """What an IP address needs, IPv4 or IPv6 without a zone; anything else is refused."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return Access.DENY
    if "%" in address:
        return Access.DENY
    inner = _inner(parsed)
    if inner is not None:
        # A loopback address in disguise still needs a word from the user.
        return Access.DENY if judge_address(str(inner)) is Access.DENY else Access.ASK
    if parsed in _METADATA_ADDRESSES or parsed.is_unspecified or parsed.is_link_local or parsed.is_multicast:
        return Access.DENY
    if parsed.is_loopback:
        return Access.ALLOW
    if isinstance(parsed, ipaddress.IPv4Address) and (parsed.is_reserved or parsed in _THIS_NETWORK):
        return Access.DENY
    return Access.ASK


def _inner(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address inside an IPv6 form of it."""
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return None


def judge_target(url: str) -> Access:
    """What a target needs, from its text alone.

    Raises:
        TargetError: It may never be a target, or it is not a URL that says plainly where it goes.
    """
    host = _host(url)
    shown = show(url, 80)
    if ":" in host:
        access = judge_address(host)
    elif _NUMBER_LIKE.fullmatch(host.rstrip(".").rpartition(".")[2]):
        access = _judge_dotted(host, shown)
    else:
        access = _judge_name(host, shown)
    if access is Access.DENY:
        raise TargetError(f"{shown} may not be a target: that address is not for webhooks; use {_EXAMPLE}.")
    return access


def check_target(url: str, *, allow_remote: bool) -> str:
    """The target as typed, when it may be used.

    Args:
        url: Of the form `http://localhost:3000/hooks`.
        allow_remote: Whether machines other than this one may be sent to.

    Raises:
        TargetError: It may not be used; the message says what would help.
    """
    if judge_target(url) is Access.ASK and not allow_remote:
        raise TargetError(
            f"{show(url, 80)} is not on this machine; name a localhost target, or pass --allow-remote to send there."
        )
    return url


def _host(url: str) -> str:
    """The host of a URL that is plain in every part."""
    shown = show(url, 80)
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise TargetError(
            f"{shown} is not a plain URL: spaces, backslashes, control and non-ASCII characters are refused; "
            f"use for example {_EXAMPLE}."
        )
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise TargetError(f"{shown} cannot be read as a URL with a port from 1 to 65535; use {_EXAMPLE}.") from None
    if parts.scheme not in {"http", "https"} or not url.lower().startswith(f"{parts.scheme}://"):
        raise TargetError(f"{shown} is not an http or https URL; use for example {_EXAMPLE}.")
    if "@" in parts.netloc:
        raise TargetError(f"{shown} holds a user name; leave it out and set the header Authorization instead.")
    if "#" in url:
        raise TargetError(f"{shown} has a part after #, which is never sent; leave it out.")
    if not parts.hostname or port == 0 or parts.netloc.endswith(":"):
        raise TargetError(f"{shown} names no host and port to connect to; use for example {_EXAMPLE}.")
    return parts.hostname


def _judge_dotted(host: str, shown: str) -> Access:
    """A host that ends in a number is an IPv4 address, in its one plain form or not at all."""
    try:
        parsed = ipaddress.IPv4Address(host)
    except ValueError:
        raise TargetError(
            f"{shown} writes an address in an unusual form; write it as four numbers, for example 127.0.0.1."
        ) from None
    return judge_address(str(parsed))


def _judge_name(host: str, shown: str) -> Access:
    name = host.lower().removesuffix(".")
    if len(name) > 253 or not all(_NAME.fullmatch(part) for part in name.split(".")):
        raise TargetError(f"{shown} holds a host name that cannot exist; use for example {_EXAMPLE}.")
    if name in _METADATA_NAMES:
        return Access.DENY
    return Access.ALLOW if name == "localhost" or name.endswith(".localhost") else Access.ASK


def leads_to(target: str, listener: str) -> bool:
    """Whether a target is the address of a listener, by whatever name of this machine.

    Args:
        target: A URL that `check_target` let through.
        listener: The listener's own URL, for example `http://127.0.0.1:4400`.
    """
    one, other = urlsplit(target), urlsplit(listener)
    if (one.port or _PORTS.get(one.scheme)) != (other.port or _PORTS.get(other.scheme)):
        return False
    host = (one.hostname or "").lower()
    return host == other.hostname or _is_this_machine(host)


def _is_this_machine(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


_PORTS = {"http": 80, "https": 443}
