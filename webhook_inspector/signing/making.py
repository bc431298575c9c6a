"""What a new signature is made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from webhook_inspector.core.secret import Secret


@dataclass(frozen=True, slots=True)
class Making:
    """What every signature of one call is made from."""

    secret: Secret
    """The shared secret; for a scheme with a public key the private key as PEM."""
    now_ns: int
    """The time to sign, nanoseconds since the epoch."""
    url: str | None = None
    """The public URL, for schemes that sign it."""
    params: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Values that some recipes need beside the secret."""
    timestamp: str | None = None
    """`keep` or `stale`, over what the recipe says; None: as the recipe says. `now_ns` is in the past for `stale`."""
