"""Where deliveries are captured."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Listening:
    """Where deliveries are captured."""

    url: str
    """`http://127.0.0.1:4400`; empty when nothing listens."""
    addresses: tuple[str, ...]
    """Every bound address, `host:port`."""
    log: Path
    attached: bool = False
    """True: another process listens and writes to the same log; `url` is its address."""
    prefix: str = field(default="", repr=False)
    """`/TOKEN` where paths must begin with a token. A secret: copied, not shown."""
    fingerprint: bytes = b""
    """SHA-256 of the listener's certificate; empty without TLS."""
    told: str = ""
    """What is to be known about the certificate, one sentence; empty without TLS."""
    ca: Path | None = None
    """The certificate that senders must be told to trust, when we made it."""
    exposed: bool = False
    """Other machines can send here, and nothing is asked of them."""

    @property
    def address(self) -> str:
        """What senders are given: `url` and, where there is one, the token. A secret then."""
        return self.url + self.prefix

    @property
    def shown(self) -> str:
        """`address` as it may be shown."""
        return self.url + ("/***" if self.prefix else "")
