"""Known secrets, found in whatever form they were written down: plain, percent-encoded, JSON-escaped, hex, base64."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache, partial

from webhook_inspector.core.secret import Secret

MIN_LENGTH = 4
"""Shorter secrets would be found everywhere by chance and are not looked for."""
_MIN_BASE64 = 6


@dataclass(frozen=True, slots=True)
class _Needle:
    """All forms of one secret."""

    written: re.Pattern[bytes]
    """Plain, with any of its characters percent-encoded or JSON-escaped, and as hex."""
    coded: re.Pattern[bytes] | None
    """Base64, also inside a longer base64 text."""


def leaks(data: bytes, secrets: Sequence[Secret]) -> list[str]:
    """The labels of the secrets that are still in some bytes, in any form, without repeats."""
    return list(dict.fromkeys(secret.label for secret in secrets if _found(data, secret)))


def mask_known(data: bytes, secrets: Sequence[Secret]) -> tuple[bytes, tuple[str, ...]]:
    """The bytes with every form of every secret masked, and the labels of those that were found."""
    found: list[str] = []
    for secret in secrets:
        before = data
        # Both are in every base64 alphabet: the text around a mask stays decodable.
        letter = b"z" if set(secret.value) == {"x"} else b"x"
        for needle in _needles(secret.value):
            data = needle.written.sub(partial(_mask, letter), data)
            if needle.coded is not None:
                data = needle.coded.sub(partial(_mask, letter), data)
        if data != before:
            found.append(secret.label)
    return data, tuple(dict.fromkeys(found))


def _found(data: bytes, secret: Secret) -> bool:
    return any(
        needle.written.search(data) or (needle.coded is not None and needle.coded.search(data))
        for needle in _needles(secret.value)
    )


def _mask(letter: bytes, match: re.Match[bytes]) -> bytes:
    """One letter for each character of the written form; an escape is one, so none is left half."""
    return letter * len(re.sub(rb"%[0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.", b"x", match[0]))


@lru_cache(maxsize=256)
def _needles(value: str) -> tuple[_Needle, ...]:
    """The needles of a secret: itself, and what it is made of when it has the form `whsec_<base64>`."""
    plain = value.encode("utf-8", "surrogateescape")
    forms = {plain, plain.strip()}
    prefix, mark, rest = plain.partition(b"_")
    if mark and prefix.isalpha() and prefix.islower() and len(rest) >= 16:
        forms.add(rest)
        plain = rest
    try:
        raw = base64.b64decode(plain, validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) >= 16:
        forms.add(raw)
    return tuple(
        _needle(form) for form in sorted(forms, key=lambda form: (-len(form), form)) if len(form) >= MIN_LENGTH
    )


def _needle(value: bytes) -> _Needle:
    # Longest spelling first; every character may be written in its own way.
    spelled = b"".join(_spellings(byte) for byte in value)
    hexed = b"".join(
        b"[%c%c]" % (a, b) for a, b in zip(value.hex().encode(), value.hex().upper().encode(), strict=True)
    )
    coded = _base64_cores(value)
    return _Needle(
        re.compile(spelled + b"|" + hexed),
        re.compile(b"|".join(re.escape(core) for core in coded)) if coded else None,
    )


def _spellings(byte: int) -> bytes:
    char = re.escape(bytes([byte]))
    hexed = b"".join(b"[%c%c]" % (ord(digit), ord(digit.upper())) for digit in f"{byte:02x}")
    forms = [b"%" + hexed, rb"\\u00" + hexed]
    if byte in b'"\\/':
        forms.append(rb"\\" + char)
    if byte == 0x20:
        forms.append(rb"\+")
    return b"(?:" + b"|".join([*forms, char]) + b")"


def _base64_cores(value: bytes) -> list[bytes]:
    """The part of a secret's base64 that is the same whatever stands before and after it, at each of 3 offsets."""
    cores: set[bytes] = set()
    for shift in range(3):
        text = base64.b64encode(b"\0" * shift + value)
        start = -(-shift * 8 // 6)
        end = (shift + len(value)) * 8 // 6
        core = text[start:end]
        if len(core) >= _MIN_BASE64:
            cores |= {core, core.translate(bytes.maketrans(b"+/", b"-_"))}
    return sorted(cores, key=lambda core: (-len(core), core))
