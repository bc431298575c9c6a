"""From a configured secret to the bytes of the key."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, cast

from webhook_inspector.core.secret import Secret
from webhook_inspector.providers.model import KeySpec, Recipe

_HEX = re.compile(r"(?:[0-9a-fA-F]{2})+")
_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}")


@dataclass(frozen=True, slots=True)
class Key:
    """A key that is ready for use, and the text that it was made from."""

    data: bytes = field(repr=False)
    text: str = field(repr=False)
    label: str = "secret"


def decode_base64(text: str) -> bytes | None:
    """Base64 of the standard alphabet, padded or not; white space is ignored. None when it is something else."""
    packed = "".join(text.split())
    if not _BASE64.fullmatch(packed):
        return None
    stripped = packed.rstrip("=")
    if len(stripped) % 4 == 1:
        return None
    try:
        return base64.b64decode(stripped + "=" * (-len(stripped) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


def decode_hex(text: str) -> bytes | None:
    """Hex digits of any case, an even number of them; None when it is something else."""
    return bytes.fromhex(text) if _HEX.fullmatch(text) else None


def read_key(spec: KeySpec, text: str, *, prefix_optional: bool = False) -> bytes | None:
    """The key that a secret stands for, or None when the secret does not have the form that the recipe needs.

    Args:
        spec: How the recipe makes a key of it.
        text: The secret.
        prefix_optional: Whether a secret without the prefix is read although the recipe would refuse it.
    """
    if spec.normalise is not None:
        text = unicodedata.normalize(cast("Literal['NFC', 'NFD', 'NFKC', 'NFKD']", spec.normalise), text)
    decode = spec.decode
    prefix = next((one for one in spec.strip if text.startswith(one)), None)
    if prefix is not None:
        text = text.removeprefix(prefix)
    elif spec.strip and spec.unprefixed == "refuse" and not prefix_optional:
        return None
    elif spec.strip and spec.unprefixed == "utf8":
        decode = "utf8"
    data = _decode(decode, text)
    if not data:
        return None
    return hashlib.sha1(data).digest() if spec.derive == "sha1" else data  # noqa: S324 (Braintree's key derivation)


def _decode(decode: str, text: str) -> bytes | None:
    if decode == "hex":
        return decode_hex(text)
    if decode in {"base64", "spki-base64"}:
        return decode_base64(text)
    return text.encode("utf-8", "replace")


def read_keys(recipe: Recipe, secrets: Sequence[Secret], public_key: str | None) -> tuple[Key, ...]:
    """The keys that are usable with a recipe; for one with a public key the configured public key comes first."""
    keys: list[Key] = []
    if recipe.uses_public_key and public_key and public_key.strip():
        data = read_key(recipe.key, public_key.strip(), prefix_optional=True)
        if data is not None:
            keys.append(Key(data, public_key, "public key"))
    for secret in secrets:
        text = secret.value.strip() if recipe.uses_public_key else secret.value
        data = read_key(recipe.key, text) if text.strip() else None
        if data is not None:
            keys.append(Key(data, secret.value, secret.label))
    return tuple(keys)
