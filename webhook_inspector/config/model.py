"""What can be configured: one frozen record for each table of `webhook-inspector.toml`."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from webhook_inspector.providers.model import Provider

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 4400
DEFAULT_MAX_CONNECTIONS = 256
DEFAULT_MAX_BODY = 25 * 1024 * 1024
"""Bytes. The cap of the largest common sender (GitHub, docs of 2026-11), so that nothing it sends is refused."""


ALERTS = ("new_shape",)
"""The alert rules unless the file chooses, as `events.alerting.read_rule` takes them."""


class BuiltinProviders(Mapping[str, "Provider"]):
    """The built-in providers, whose files are read when one is first asked for: many commands never do."""

    @cached_property
    def _loaded(self) -> Mapping[str, Provider]:
        from webhook_inspector.providers.load import builtin  # noqa: PLC0415 (see the class)

        return builtin()

    def __getitem__(self, name: str) -> Provider:
        return self._loaded[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._loaded)

    def __len__(self) -> int:
        return len(self._loaded)


@dataclass(frozen=True, slots=True)
class ListenConfig:
    """Where the listener waits and what it accepts."""

    host: str = DEFAULT_HOST
    """Name or address to bind. Anything but loopback lets other machines in."""
    port: int = DEFAULT_PORT
    """0 picks a free one."""
    max_body: int = DEFAULT_MAX_BODY
    """Bytes. A longer body is answered 413 and kept as a refused delivery."""
    path_token: str | None = field(default=None, repr=False)
    """Reference to what the path of every request must begin with, or that itself; None: nothing is asked for."""
    allow_ips: tuple[str, ...] = ()
    """Addresses and networks that may send; empty: every one."""
    rate: tuple[int, int] | None = None
    """So many requests in so many seconds from one address; None: no limit."""
    max_connections: int = DEFAULT_MAX_CONNECTIONS
    """Open at once; less where the process may have few descriptors."""
    tls_cert: Path | None = None
    """PEM file of a certificate; with it the listener speaks https. Absolute."""
    tls_key: Path | None = None
    """PEM file of its key. Absolute."""


@dataclass(frozen=True, slots=True)
class RetentionConfig:
    """What a listening process lets the log keep; the oldest go first. None: no limit."""

    days: int | None = None
    max_deliveries: int | None = None
    max_bytes: int | None = None

    @property
    def is_set(self) -> bool:
        """Whether anything is ever deleted."""
        return any(limit is not None for limit in (self.days, self.max_deliveries, self.max_bytes))


@dataclass(frozen=True, slots=True)
class SourceConfig:
    """One inbound path."""

    name: str
    path: str
    """Path prefix, without a slash at the end; `/` catches all."""
    provider: str | None = None
    """Name of a provider; None: recognised from each delivery."""
    secrets: tuple[str, ...] = ()
    """References (`env:NAME`, `keyring:NAME`, `file:PATH`) or secrets themselves; any may match."""
    public_url: str | None = None
    """The address of this source as the sender knows it (a tunnel's), for schemes that sign it. Without a path, that
    of the request is added; with one, it stands for the source's path."""
    params: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Values that some schemes need beside the secret, for example PayPal's `webhook_id`."""
    handshake: tuple[str, ...] = ("auto",)
    """Endpoint checks that are answered: `auto` (those of the provider, or unmistakable ones), `off`, or names."""
    respond: str | None = None
    """What senders are answered; None: 200."""
    forward: str | None = None
    """Address that each delivery is sent on to as it arrives."""
    allow_ips: tuple[str, ...] = ()
    """Addresses and networks that may send to it; empty: every one."""
    basic_auth: str | None = field(default=None, repr=False)
    """Reference to the `user:password` that senders must give, or that itself; None: none is asked for."""
    ack: str | None = None
    """`async`: senders are answered once a delivery is kept; `sync`: with the app's answer. None: as for the others."""
    retention: RetentionConfig = field(default_factory=RetentionConfig)
    """Its own limits, in the place of those of the whole log."""


@dataclass(frozen=True, slots=True)
class RedactConfig:
    """What exports mask besides the built-in rules."""

    headers: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    """Paths into JSON bodies, for example `$.customer.email`."""


@dataclass(frozen=True, slots=True)
class SearchConfig:
    """How words are found."""

    index: bool = True
    """Whether a listening process keeps an index of words in the log."""


@dataclass(frozen=True, slots=True)
class ShapesConfig:
    """How severe changes of shapes are. Severities are `additive`, `risky`, `breaking` or None for the usual."""

    used: tuple[str, ...] = ()
    """Paths that the user's code reads, for example `$.data.object.id`."""
    ignored: tuple[str, ...] = ()
    enum_added: str | None = None
    became_optional: str | None = None
    format_changed: str | None = None
    volatile: tuple[str, ...] = ()
    """Paths whose values differ from delivery to delivery and say nothing; hidden in diffs. As a provider's."""
    variants: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Event type to the path whose value tells its forms apart."""


CURSORS = ("hidden", "visible")
"""What the terminal's own cursor does in the app."""


@dataclass(frozen=True, slots=True)
class AppConfig:
    """How the app looks and listens to the hand. None: chosen from the terminal."""

    theme: str | None = None
    """`dark`, `light`, `ansi`, `contrast`, or a theme of Textual's; checked when the app opens."""
    ascii: bool | None = None
    """Whether what the app draws keeps to ASCII. Bodies and headers are shown as they are."""
    mouse: bool = True
    """False leaves the mouse, and with it selecting, to the terminal."""
    cursor: str = CURSORS[0]
    """Of `CURSORS`. Visible ones stand on the selected row, for magnifiers and screen readers that follow them."""
    keys: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    """Id of a key to the keys that take its place, as they were written; checked when the app opens."""


@dataclass(frozen=True, slots=True)
class Config:
    """Everything that was configured, resolved: what the command line, the environment and the file say."""

    path: Path | None
    """The file that was read; None when there was none."""
    log: Path
    """The SQLite file. Absolute."""
    listen: ListenConfig = field(default_factory=ListenConfig)
    sources: tuple[SourceConfig, ...] = ()
    providers: Mapping[str, Provider] = field(default_factory=BuiltinProviders)
    """The built-in providers and those of the file, by name."""
    redact: RedactConfig = field(default_factory=RedactConfig)
    retention: RetentionConfig = field(default_factory=RetentionConfig)
    shapes: ShapesConfig = field(default_factory=ShapesConfig)
    search: SearchConfig = field(default_factory=SearchConfig)
    app: AppConfig = field(default_factory=AppConfig)
    alerts: tuple[str, ...] = ALERTS
    """What is said aloud: rules as `events.alerting.read_rule` takes them."""
    alert_bell: bool = False
    """Whether an alert rings the terminal's bell while the app is not looked at."""
    warnings: tuple[str, ...] = ()
    """One sentence each; safe to print."""
    given: tuple[str, ...] = ()
    """Names of sources that the command line added or changed."""
    log_origin: str = "default"
    """What chose the log: `--log`, `WEBHOOK_INSPECTOR_LOG`, the file's name, or `default`."""

    @property
    def base(self) -> Path:
        """The folder that relative paths of the file start from."""
        return self.path.parent if self.path else Path.cwd()

    def with_log(self, log: Path, origin: str = "--log") -> Config:
        """This configuration with another log."""
        return dataclasses.replace(self, log=log, log_origin=origin)

    def source(self, name: str) -> SourceConfig | None:
        """The source of that name, or None."""
        return next((source for source in self.sources if source.name == name), None)
