"""Who may send: a secret in the path, addresses, a password, a rate. Judged once the head of a request is there.

What is refused here is kept like every refusal, but only so many of a kind a minute: a scanner must not fill the log.
The others are counted, and the next one that is kept says how many they were.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import ipaddress
import re
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from webhook_inspector.core.headers import Headers

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

KEPT_AT_ONCE = 20
"""Refusals of one kind that are kept in a row."""
KEPT_A_SECOND = 1 / 3
"""And after those."""
_MAX_PEERS = 4096
"""Addresses whose rate is remembered; beyond that the one that was silent longest begins anew."""
_ABSOLUTE = re.compile(rb"[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*")

_ELSEWHERE = "The path does not begin with the token of this listener (listen.path_token)."
_NOT_LISTED = "The sender's address is not on the list of addresses that may send ({})."
_UNKNOWN = "No user and password, or not those of the source (basic_auth)."
_TOO_FAST = "More requests came from this address than the rate allows (listen.rate)."


@dataclass(frozen=True, slots=True)
class Rate:
    """So many requests in so many seconds; after a pause as many may come at once."""

    count: int
    seconds: float


@dataclass(frozen=True, slots=True)
class SourceAccess:
    """Who may send to one source."""

    networks: tuple[Network, ...] = ()
    """Empty: everyone."""
    basic: bytes = field(default=b"", repr=False)
    """`user:password`; empty: none is asked for."""


@dataclass(frozen=True, slots=True)
class Denied:
    """Why a request is refused before its body is read."""

    kind: str
    """`token`, `address`, `password` or `rate`: refusals of a kind are counted together."""
    status: int
    why: str
    headers: tuple[tuple[bytes, bytes], ...] = ()
    """What the answer says beside its constant body."""


class _Bucket:
    """Tokens that come back with time."""

    __slots__ = ("_capacity", "_each_s", "_left", "_seen")

    def __init__(self, capacity: float, each_s: float, now: float) -> None:
        self._capacity = self._left = capacity
        self._each_s = each_s
        self._seen = now

    def take(self, now: float) -> float:
        """Take one: 0 when there was one, else the seconds until there is."""
        self._left = min(self._capacity, self._left + max(0.0, now - self._seen) / self._each_s)
        self._seen = now
        if self._left >= 1:
            self._left -= 1
            return 0.0
        return (1 - self._left) * self._each_s


class Gate:
    """Lets requests in or says why not. Used by the listener's loop alone.

    Args:
        token: What the path of every request begins with, after its slash; empty: nothing is asked for.
        networks: Addresses that may send at all; empty: every one.
        sources: Who may send to a source, by its name.
        rate: How fast one address may send; None: as fast as it likes.
    """

    def __init__(
        self,
        *,
        token: bytes = b"",
        networks: Sequence[Network] = (),
        sources: Mapping[str, SourceAccess] | None = None,
        rate: Rate | None = None,
    ) -> None:
        self._token = token
        self._networks = tuple(networks)
        self.sources: Mapping[str, SourceAccess] = sources or {}
        """May be replaced by another mapping at any time, from any thread."""
        self._rate = rate
        self._peers: OrderedDict[str, _Bucket] = OrderedDict()
        self._kinds: dict[str, _Bucket] = {}
        self._since_kept: dict[str, int] = {}
        self.unkept = 0
        """Refusals that were counted and not kept, since the start."""

    @property
    def is_open(self) -> bool:
        """Whether everything is let in."""
        return not (self.guards or self.sources)

    @property
    def guards(self) -> bool:
        """Whether anything is asked of every sender, so that what cannot be read is a stranger's."""
        return bool(self._token or self._networks or self._rate)

    def judge(self, peer: str, target: bytes, headers: Headers, source: str, now: float) -> Denied | None:
        """Why a request is refused; None when it may come in.

        Args:
            peer: The sender's IP address.
            target: As received.
            headers: Of the request.
            source: Name of the source that the target names.
            now: Seconds of a clock that only goes forward.
        """
        if self._rate is not None and (wait := self._take(self._rate, peer, now)):
            after = (b"Retry-After", b"%d" % max(1, round(wait + 0.5)))
            return Denied("rate", 429, _TOO_FAST, (after,))
        if not _within(peer, self._networks):
            return Denied("address", 403, _NOT_LISTED.format("listen.allow_ips"))
        if self._token and not hmac.compare_digest(first_segment(target), self._token):
            return Denied("token", 404, _ELSEWHERE)
        wanted = self.sources.get(source)
        if wanted is None:
            return None
        if not _within(peer, wanted.networks):
            return Denied("address", 403, _NOT_LISTED.format("allow_ips of the source"))
        if wanted.basic and not _knows(headers, wanted.basic):
            return Denied("password", 401, _UNKNOWN, ((b"WWW-Authenticate", b'Basic realm="webhooks"'),))
        return None

    def knows(self, peer: str, target: bytes) -> bool:
        """Whether what could not be parsed is from one who may send, as far as address and token say."""
        if not (self._token or self._networks) or not _within(peer, self._networks):
            return False
        return not self._token or hmac.compare_digest(first_segment(target), self._token)

    def keeps(self, kind: str, now: float) -> int | None:
        """Whether a refusal is kept: how many of its kind were only counted since the last one, or None."""
        bucket = self._kinds.setdefault(kind, _Bucket(KEPT_AT_ONCE, 1 / KEPT_A_SECOND, now))
        if bucket.take(now):
            self._since_kept[kind] = self._since_kept.get(kind, 0) + 1
            self.unkept += 1
            return None
        return self._since_kept.pop(kind, 0)

    def _take(self, rate: Rate, peer: str, now: float) -> float:
        bucket = self._peers.get(peer)
        if bucket is None:
            bucket = self._peers[peer] = _Bucket(rate.count, rate.seconds / rate.count, now)
            if len(self._peers) > _MAX_PEERS:
                self._peers.popitem(last=False)
        else:
            self._peers.move_to_end(peer)
        return bucket.take(now)


def first_segment(target: bytes) -> bytes:
    """What a request target's path begins with: `abc` of `/abc/x?y`, of `/abc` and of `http://host/abc`."""
    absolute = _ABSOLUTE.match(target)
    path = re.split(rb"[?#]", target[absolute.end() :] if absolute else target, maxsplit=1)[0]
    return path[1:].split(b"/", 1)[0] if path.startswith(b"/") else b""


def _within(peer: str, networks: Sequence[Network]) -> bool:
    """Whether an address is in one of some networks; everyone is in none."""
    if not networks:
        return True
    try:
        address = ipaddress.ip_address(peer.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return any((mapped or address) in network for network in networks)


def _knows(headers: Headers, wanted: bytes) -> bool:
    """Whether exactly one header gives the user and password, by the scheme of RFC 7617."""
    given = [value for name, value in headers if name.lower() == b"authorization"]
    scheme, _, coded = given[0].partition(b" ") if len(given) == 1 else (b"", b"", b"")
    try:
        plain = base64.b64decode(coded.strip(), validate=True)
    except (binascii.Error, ValueError):
        plain = b""
    # Hashed first: what is compared has the same length whatever was given.
    same = hmac.compare_digest(sha256(plain).digest(), sha256(wanted).digest())
    return same and scheme.lower() == b"basic"
