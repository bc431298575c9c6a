"""A certificate that a key signs for itself, for the names of this machine."""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime, timedelta

DAYS = 397
"""Longest life that clients still accept of a certificate (CA/Browser Forum, 398 days; read 2026-11-21)."""
NAMES = ("localhost",)
ADDRESSES = ("127.0.0.1", "::1")


def self_signed(now_ns: int) -> tuple[bytes, bytes]:
    """Certificate and key (EC P-256) as PEM, valid from an hour ago for `DAYS` days.

    Args:
        now_ns: Nanoseconds since the epoch.
    """
    from cryptography import x509  # noqa: PLC0415 (slow to load)
    from cryptography.hazmat.primitives import hashes, serialization  # noqa: PLC0415 (slow to load)
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415 (slow to load)
    from cryptography.x509.oid import ExtendedKeyUsageOID  # noqa: PLC0415 (slow to load)

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Webhook Inspector on this machine")])
    first = datetime.fromtimestamp(now_ns // 10**9, UTC) - timedelta(hours=1)
    names: list[x509.GeneralName] = [x509.DNSName(each) for each in NAMES]
    names += [x509.IPAddress(ipaddress.ip_address(each)) for each in ADDRESSES]
    usage = x509.KeyUsage(
        digital_signature=True, key_cert_sign=False, crl_sign=False, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(first)
        .not_valid_after(first + timedelta(days=DAYS))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        # Whoever trusts it as an authority trusts it for nothing else: it may issue none.
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return certificate.public_bytes(serialization.Encoding.PEM), private


def valid_until_ns(certificate: bytes) -> int:
    """When a certificate in PEM ends, nanoseconds since the epoch.

    Raises:
        ValueError: It is none.
    """
    from cryptography import x509  # noqa: PLC0415 (slow to load)

    return int(x509.load_pem_x509_certificate(certificate).not_valid_after_utc.timestamp()) * 10**9
