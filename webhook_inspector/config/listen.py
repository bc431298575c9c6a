"""The table `[listen]`, and who may send."""

from __future__ import annotations

import ipaddress
import re
from pathlib import Path

from webhook_inspector.config.model import ListenConfig
from webhook_inspector.config.reader import Table, absolute
from webhook_inspector.core.display import show

KEYS = (
    *("host", "port", "max_body", "path_token", "allow_ips", "rate", "max_connections"),
    *("tls_cert", "tls_key"),
)
_RATE = re.compile(r"([1-9]\d{0,6})/(s|min|h)")
_SECONDS = {"s": 1, "min": 60, "h": 3600}


def read_listen(table: Table, base: Path) -> ListenConfig:
    """The table `[listen]` of a file.

    Args:
        table: The whole file.
        base: Folder that relative paths start from.

    Raises:
        ConfigError: Names the key and what to write instead.
    """
    inner = table.table("listen")
    inner.only(KEYS)
    default = ListenConfig()
    port, max_body = inner.integer("port", 0, 65535), inner.size("max_body")
    most = inner.integer("max_connections", 8, 65536)
    cert, key = (_file(inner, name, base) for name in ("tls_cert", "tls_key"))
    if (cert is None) != (key is None):
        given, missing = ("tls_cert", "tls_key") if key is None else ("tls_key", "tls_cert")
        raise inner.error(given, f"needs {missing} beside it: both are files in PEM.")
    return ListenConfig(
        host=inner.text("host") or default.host,
        port=default.port if port is None else port,
        max_body=default.max_body if max_body is None else max_body,
        path_token=inner.text("path_token"),
        allow_ips=networks(inner),
        rate=_rate(inner),
        max_connections=default.max_connections if most is None else most,
        tls_cert=cert,
        tls_key=key,
    )


def is_local(host: str) -> bool:
    """Whether only this machine reaches an address to listen on, going by how it is written."""
    name = host.strip("[]").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name.partition("%")[0]).is_loopback
    except ValueError:
        return False


def networks(table: Table) -> tuple[str, ...]:
    """The addresses and networks under `allow_ips`.

    Raises:
        ConfigError: One is neither.
    """
    texts = table.texts("allow_ips")
    if not texts and "allow_ips" in table.values:
        raise table.error("allow_ips", "is empty, which would let nobody in: name an address or remove the line.")
    for text in texts:
        try:
            ipaddress.ip_network(text)
        except ValueError as error:
            hint = "has host bits set" in str(error)
            what = "names a network by one of its hosts" if hint else "is neither an address nor a network"
            raise table.error(
                "allow_ips", f'holds {show(text, 60)}, which {what}: write "1.2.3.4", "10.0.0.0/8" or "2001:db8::/32".'
            ) from None
    return texts


def _rate(table: Table) -> tuple[int, int] | None:
    text = table.text("rate")
    if text is None:
        return None
    match = _RATE.fullmatch(text.replace(" ", ""))
    if match is None:
        raise table.error("rate", 'must be requests from one address in a time, for example "100/s" or "600/min".')
    return int(match[1]), _SECONDS[match[2]]


def _file(table: Table, key: str, base: Path) -> Path | None:
    name = table.text(key)
    return None if name is None else absolute(name, base, f"{table.where}: {table.name(key)}")
