"""Where deliveries are captured."""

from __future__ import annotations

from dataclasses import dataclass
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
