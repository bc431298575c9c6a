"""TLS of the listener: version 1.2 or newer, and a fingerprint by which our own sender knows it again."""

from __future__ import annotations

import hashlib
import ssl
from pathlib import Path

from webhook_inspector.core.display import show
from webhook_inspector.errors import ConfigError


def server_context(cert: Path, key: Path) -> ssl.SSLContext:
    """What a listener with this certificate speaks: TLS 1.2 and 1.3, HTTP/1.1.

    Args:
        cert: PEM; the certificate first, then what it was issued by.
        key: PEM, without a password.

    Raises:
        ConfigError: A file cannot be read, is none of this, or the two do not belong together.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    names = f"{show(str(cert), 200)} and {show(str(key), 200)}"
    try:
        context.load_cert_chain(cert, key, password=_no_password)
    except ssl.SSLError:
        raise ConfigError(
            f"{names} are no certificate and its key in PEM, or do not belong together: check tls_cert and tls_key."
        ) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "the key has a password, or a name is not valid"
        raise ConfigError(f"{names} cannot be used ({reason}): check listen.tls_cert and listen.tls_key.") from None
    return context


def fingerprint(cert: Path) -> bytes:
    """SHA-256 of a certificate, as browsers show it: of the first one in a PEM file.

    Raises:
        OSError: It cannot be read.
        ValueError: There is no certificate in it.
    """
    text = cert.read_text(encoding="ascii", errors="replace")
    start, end = text.find(ssl.PEM_HEADER), text.find(ssl.PEM_FOOTER)
    if start < 0 or end < start:
        raise ValueError("no certificate")
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(text[start : end + len(ssl.PEM_FOOTER)])).digest()


def _no_password() -> bytes:
    """OpenSSL would ask on the terminal."""
    raise ValueError("the key has a password")
