"""What the listener speaks https with: the configured certificate, or one of our own making.

Our own stands in the user's data folder, for `localhost`, `127.0.0.1` and `::1`; it stays the same until it has 30 days
left, so that whoever was told to trust it need not be told again.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path

from webhook_inspector.adapters.certificate import self_signed, valid_until_ns
from webhook_inspector.adapters.files import write_private
from webhook_inspector.config import paths
from webhook_inspector.config.model import ListenConfig
from webhook_inspector.core.clock import NS_PER_S, Clock
from webhook_inspector.core.display import show
from webhook_inspector.core.folders import make_folder
from webhook_inspector.errors import ConfigError
from webhook_inspector.net.tls import fingerprint, server_context

_KEPT_UNTIL_NS = 30 * 86_400 * NS_PER_S
_FILE = "listener.pem"


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a listener proves itself with."""

    path: Path
    """PEM; the first certificate in it is the listener's."""
    context: ssl.SSLContext
    fingerprint: bytes
    """SHA-256."""
    ends_ns: int
    """When it ends, nanoseconds since the epoch."""
    own: bool
    """It was made here: nobody trusts it unless told to."""

    def days_left(self, clock: Clock) -> int:
        """How many days it holds; negative when it has ended."""
        return (self.ends_ns - clock.wall_ns()) // (86_400 * NS_PER_S)

    @property
    def sentence(self) -> str:
        """What to know about it, for the user."""
        words = f"TLS with {show(str(self.path), 300)}, SHA-256 fingerprint {colons(self.fingerprint)}"
        if self.own:
            words += f"; senders must be told to trust it, as `curl --cacert {show(str(self.path), 300)}`"
        return words + "."


def certificate(listen: ListenConfig, clock: Clock, *, wanted: bool) -> Certificate | None:
    """The certificate to listen with; None for plain http.

    Args:
        listen: May name one.
        clock: The present.
        wanted: Make one where none is named.

    Raises:
        ConfigError: The files cannot be used, or none can be made.
    """
    if listen.tls_cert is not None and listen.tls_key is not None:
        return _loaded(listen.tls_cert, listen.tls_key, own=False)
    if not wanted:
        return None
    path = own_path()
    try:
        if not _fresh(path, clock):
            _make(path, clock)
    except OSError as error:
        raise ConfigError(
            f"No certificate can be kept in {show(str(path), 300)} ({error.strerror or type(error).__name__}): "
            "name one with listen.tls_cert and listen.tls_key."
        ) from None
    return _loaded(path, path.with_suffix(".key"), own=True)


def own_path() -> Path:
    """Where the certificate of our own making stands; its key is beside it.

    Raises:
        ConfigError: There is no data folder.
    """
    return paths.tls_folder() / _FILE


def colons(digest: bytes) -> str:
    """`AB:CD:...`, as browsers and openssl write fingerprints."""
    return digest.hex(":").upper()


def _loaded(path: Path, key: Path, *, own: bool) -> Certificate:
    context = server_context(path, key)
    return Certificate(path, context, fingerprint(path), valid_until_ns(path.read_bytes()), own)


def _fresh(path: Path, clock: Clock) -> bool:
    """Whether the pair is there and has a month left."""
    try:
        ends = valid_until_ns(path.read_bytes())
        server_context(path, path.with_suffix(".key"))
    except (FileNotFoundError, ValueError, ConfigError):
        return False
    return ends - clock.wall_ns() > _KEPT_UNTIL_NS


def _make(path: Path, clock: Clock) -> None:
    """Make a pair. The key goes first: a process that stops between the two leaves a pair that is made anew."""
    make_folder(path.parent)
    pem, key = self_signed(clock.wall_ns())
    write_private(path.with_suffix(".key"), key, replace=True)
    write_private(path, pem, replace=True)
