"""Algorithms and encodings: what a key makes of the signed content, and how it is written."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from functools import lru_cache

from webhook_inspector.signing.compare import same

DIGEST_BYTES = {"md5": 16, "sha1": 20, "sha256": 32, "sha384": 48, "sha512": 64}
"""Length of each digest in bytes."""


def hash_name(algorithm: str) -> str | None:
    """`sha256` for `hmac-sha256` and for `sha256`; None for algorithms that are not hashes."""
    name = algorithm.removeprefix("hmac-")
    return name if name in DIGEST_BYTES else None


def digest(algorithm: str, key: bytes, content: bytes) -> bytes:
    """The HMAC or the plain hash of the content. A plain hash has its secret inside the content."""
    name = hash_name(algorithm)
    assert name is not None, algorithm
    if algorithm.startswith("hmac-"):
        return hmac.new(key, content, name).digest()
    return hashlib.new(name, content).digest()


def encode(data: bytes, encoding: str) -> bytes:
    """A digest as the provider writes it."""
    if encoding == "hex":
        return data.hex().encode()
    if encoding == "base64":
        return base64.b64encode(data)
    if encoding == "base64url":
        return base64.urlsafe_b64encode(data).rstrip(b"=")
    return data


def decode(text: bytes, encoding: str) -> bytes | None:
    """The bytes that a signature stands for; None unless it is exactly what `encode` writes (hex of any case)."""
    try:
        if encoding == "hex":
            return bytes.fromhex(text.decode("ascii")) if re.fullmatch(rb"(?:[0-9a-fA-F]{2})+", text) else None
        if encoding == "base64":
            data = base64.b64decode(text, validate=True)
        elif encoding == "base64url":
            data = base64.urlsafe_b64decode(text + b"=" * (-len(text) % 4))
        else:
            return text
    except (binascii.Error, ValueError):
        return None
    # Unused bits and missing padding would let two texts stand for one signature.
    return data if same(encode(data, encoding), text) else None


@lru_cache(maxsize=16)
def _private_key(pem: str) -> object:
    """The key of a PEM text; None when it is none. Reading an RSA key takes a hundred times as long as signing."""
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 (see check_public)
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 (see check_public)

    try:
        return serialization.load_pem_private_key(pem.encode(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None


def sign_private(algorithm: str, pem: str, content: bytes) -> bytes | None:
    """A signature by a private key of one's own; None when the key is not one for the algorithm.

    Args:
        algorithm: One of `providers.model.PUBLIC_KEY`.
        pem: The private key, not encrypted.
        content: What is signed.
    """
    from cryptography.hazmat.primitives import hashes  # noqa: PLC0415 (see check_public)
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa  # noqa: PLC0415 (see check_public)

    key = _private_key(pem)
    if algorithm == "ed25519" and isinstance(key, ed25519.Ed25519PrivateKey):
        return key.sign(content)
    if algorithm == "ecdsa-p256-sha256" and isinstance(key, ec.EllipticCurvePrivateKey):
        return key.sign(content, ec.ECDSA(hashes.SHA256()))
    if not isinstance(key, rsa.RSAPrivateKey):
        return None
    if algorithm == "rsa-pss-sha512":
        pss = padding.PSS(mgf=padding.MGF1(hashes.SHA512()), salt_length=64)
        return key.sign(content, pss, hashes.SHA512())
    sha = hashes.SHA1() if algorithm.endswith("sha1") else hashes.SHA256()  # noqa: S303 (AWS SNS version 1)
    return key.sign(content, padding.PKCS1v15(), sha) if algorithm.startswith("rsa-pkcs1v15") else None


def raw_ecdsa(signature: bytes) -> bytes:
    """A P-256 signature as `r` and `s`, 32 bytes each (RFC 9421), from DER."""
    from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature  # noqa: PLC0415 (see below)

    r, s = decode_dss_signature(signature)
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def check_public(algorithm: str, key: bytes, decoding: str, content: bytes, given: bytes) -> bool | None:
    """Whether a public key confirms a signature; None when the key is not one for the algorithm.

    Args:
        algorithm: One of `providers.model.PUBLIC_KEY`.
        key: Raw key, DER or PEM, as `decoding` says.
        decoding: One of `providers.model.KEY_DECODINGS`.
        content: What is signed.
        given: The signature's bytes.
    """
    # cryptography takes a tenth of a second to load; most signatures do without it.
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm  # noqa: PLC0415 (see above)
    from cryptography.hazmat.primitives import hashes, serialization  # noqa: PLC0415 (see above)
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils  # noqa: PLC0415 (see above)
    from cryptography.x509 import load_pem_x509_certificate  # noqa: PLC0415 (see above)

    try:
        loaded: object
        if decoding == "x509-pem" and not key.startswith(b"-----BEGIN PUBLIC KEY"):
            loaded = load_pem_x509_certificate(key).public_key()
        elif key.startswith(b"-----BEGIN "):
            loaded = serialization.load_pem_public_key(key)
        elif decoding == "spki-base64":
            loaded = serialization.load_der_public_key(key)
        else:
            loaded = ed25519.Ed25519PublicKey.from_public_bytes(key)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None
    try:
        if algorithm == "ed25519" and isinstance(loaded, ed25519.Ed25519PublicKey):
            loaded.verify(given, content)
        elif algorithm == "ecdsa-p256-sha256" and isinstance(loaded, ec.EllipticCurvePublicKey):
            if len(given) == 64:  # r and s one after the other (RFC 9421, JWS) instead of DER
                r, s = int.from_bytes(given[:32], "big"), int.from_bytes(given[32:], "big")
                given = utils.encode_dss_signature(r, s)
            loaded.verify(given, content, ec.ECDSA(hashes.SHA256()))
        elif algorithm == "rsa-pss-sha512" and isinstance(loaded, rsa.RSAPublicKey):
            pss = padding.PSS(mgf=padding.MGF1(hashes.SHA512()), salt_length=64)
            loaded.verify(given, content, pss, hashes.SHA512())
        elif algorithm.startswith("rsa-") and isinstance(loaded, rsa.RSAPublicKey):
            sha = hashes.SHA1() if algorithm.endswith("sha1") else hashes.SHA256()  # noqa: S303 (AWS SNS version 1)
            loaded.verify(given, content, padding.PKCS1v15(), sha)
        else:
            return None
    except InvalidSignature:
        return False
    except (ValueError, UnsupportedAlgorithm):
        return None
    return True
