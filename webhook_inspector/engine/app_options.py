"""What the command line asks of the app."""

from __future__ import annotations

from dataclasses import dataclass

from webhook_inspector.config.model import Config


@dataclass(frozen=True, slots=True)
class KeyRow:
    """One meaning of the app's keyboard."""

    id: str
    keys: tuple[str, ...]
    """As they are written in the configuration."""
    does: str
    group: str
    changed: bool = False
    """Whether the configuration gave it these keys."""


@dataclass(frozen=True, slots=True)
class AppOptions:
    """How the app was started."""

    config: Config
    """Resolved: with the log and the sources that the command line named."""
    host: str | None = None
    """Name or address to bind; None: as configured."""
    port: int | None = None
    """0 picks a free one; None: as configured."""
    forward: str | None = None
    """Address that every delivery is sent on to."""
    sources: tuple[str, ...] = ()
    """`NAME=PROVIDER` each, as given; already part of `config`."""
    listen: bool = True
    """False: look at the log without listening."""
    demo: bool = False
    """Send sample deliveries to the own listener."""
    tls: bool = False
    """Speak https, with a certificate of our own where none is configured."""
