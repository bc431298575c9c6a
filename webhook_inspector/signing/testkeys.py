"""Key pairs of one's own that stand in for a provider's, so that a handler can be tried with re-signed requests.

They prove nothing about a sender: a handler accepts them only when it is given the public half.
"""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Any

from webhook_inspector.providers.model import Recipe

FAMILIES = ("ed25519", "ecdsa-p256", "rsa")
"""Kinds of keys; one pair of each is enough for all providers."""
_CERTIFICATE_DAYS = (datetime(2020, 1, 1, tzinfo=UTC), datetime(2070, 1, 1, tzinfo=UTC))


def family(recipe: Recipe) -> str:
    """The kind of key that a recipe with a public key needs."""
    return next(name for name in FAMILIES if recipe.algorithm.startswith(name))


def generate(kind: str) -> str:
    """A new private key of a kind, as PEM without a password."""
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 (slow to load)
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa  # noqa: PLC0415 (slow to load)

    key: Any
    if kind == "ed25519":
        key = ed25519.Ed25519PrivateKey.generate()
    elif kind == "ecdsa-p256":
        key = ec.generate_private_key(ec.SECP256R1())
    else:
        key = rsa.generate_private_key(65537, 2048)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return str(pem.decode("ascii"))


def public_text(recipe: Recipe, private_pem: str) -> str:
    """The public half in the form in which the provider hands out its own, so that a handler takes it.

    Raises:
        ValueError: The text is no private key.
    """
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 (slow to load)

    private: Any = serialization.load_pem_private_key(private_pem.encode(), None)
    public = private.public_key()
    form = recipe.key.decode
    if form == "x509-pem":
        return _certificate(private)
    if form == "pem":
        return _pem(public)
    if form == "spki-base64":
        info = serialization.PublicFormat.SubjectPublicKeyInfo
        return base64.b64encode(public.public_bytes(serialization.Encoding.DER, info)).decode("ascii")
    raw = public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    text = raw.hex() if form == "hex" else base64.b64encode(raw).decode("ascii")
    return (recipe.key.strip[0] if recipe.key.strip else "") + text


def _pem(public: Any) -> str:
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 (slow to load)

    info = serialization.PublicFormat.SubjectPublicKeyInfo
    return str(public.public_bytes(serialization.Encoding.PEM, info).decode("ascii"))


def _certificate(private: Any) -> str:
    """A certificate that the key signs for itself."""
    from cryptography import x509  # noqa: PLC0415 (slow to load)
    from cryptography.hazmat.primitives import hashes, serialization  # noqa: PLC0415 (slow to load)

    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Webhook Inspector test key")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(private.public_key())
    first, last = _CERTIFICATE_DAYS
    builder = builder.serial_number(1).not_valid_before(first).not_valid_after(last)
    return str(builder.sign(private, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode("ascii"))
