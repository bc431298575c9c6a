"""Known secrets, found in whatever form they were written down: plain, escaped (also twice), hex, base64, UTF-16."""

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
_MOST_ESCAPES = 8
"""Backslashes in front of a character: JSON in JSON in JSON has 7."""
_MOST_AGAIN = 3
_GAP = rb"\x00{1,3}"
"""Between two characters of ASCII in UTF-16 and UTF-32, in either order of bytes."""
_ANY_GAP = rb"\x00{0,3}"
"""Between any two."""
_SHORT = {'"': b'"', "/": b"/", "\b": b"b", "\f": b"f", "\n": b"n", "\r": b"r", "\t": b"t"}
"""How JSON may write a character after a backslash."""
_ESCAPE = re.compile(rb"%(?:25)*[0-9a-fA-F]{2}|\\+u[0-9a-fA-F]{4}|\\+[^\\]?")


@dataclass(frozen=True, slots=True)
class _Needle:
    """All forms of one secret."""

    written: re.Pattern[bytes]
    """Plain, with any of its characters percent-encoded or JSON-escaped, once or more often, and as hex."""
    wide: re.Pattern[bytes] | None
    """The same in UTF-16 and UTF-32."""
    coded: re.Pattern[bytes] | None
    """Base64 of it or of its UTF-16, also inside a longer base64 text."""


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
            if needle.wide is not None and b"\0" in data:
                data = needle.wide.sub(partial(_mask_wide, letter), data)
            if needle.coded is not None:
                data = needle.coded.sub(partial(_mask, letter), data)
        if data != before:
            found.append(secret.label)
    return data, tuple(dict.fromkeys(found))


def _found(data: bytes, secret: Secret) -> bool:
    return any(
        needle.written.search(data)
        or (needle.wide is not None and b"\0" in data and needle.wide.search(data))
        or (needle.coded is not None and needle.coded.search(data))
        for needle in _needles(secret.value)
    )


def _mask(letter: bytes, match: re.Match[bytes]) -> bytes:
    """One letter for each character of the written form; an escape is one, so none is left half."""
    return letter * len(_ESCAPE.sub(b"x", match[0]))


def _mask_wide(letter: bytes, match: re.Match[bytes]) -> bytes:
    """One letter for each byte that is not zero: what follows stays aligned."""
    return re.sub(rb"[^\x00]", letter, match[0])


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
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError:  # a key of bytes: nobody writes it as text
        text, wide = value.decode("latin-1"), []
    else:
        wide = [text.encode("utf-16-le"), text.encode("utf-16-be")]
    gap = _GAP if max(text) < "\u0100" else _ANY_GAP
    runs = [match[0] for match in re.finditer(r"\\+|.", text, re.DOTALL)]
    spelled = b"".join(_spellings(run, b"", latin=not wide) for run in runs)
    coded = [core for each in (value, *wide) for core in _base64_cores(each)]
    return _Needle(
        re.compile(b"|".join([spelled, *(_hexed(each) for each in (value, *wide))])),
        re.compile(gap.join(_spellings(run, gap) for run in runs)) if wide else None,
        re.compile(b"|".join(coded)) if coded else None,
    )


def _hexed(value: bytes) -> bytes:
    return b"".join(b"[%c%c]" % (a, b) for a, b in zip(value.hex().encode(), value.hex().upper().encode(), strict=True))


def _spellings(run: str, gap: bytes, *, latin: bool = False) -> bytes:
    """A pattern for all the ways to write one character, or some backslashes in a row.

    Args:
        run: The character or the backslashes.
        gap: A pattern for what is between two bytes of text.
        latin: The character stands for one byte.
    """
    escapes = b"(?:" + gap.join([rb"\\", b""]) + b"){1,%d}" % _MOST_ESCAPES
    char = run[0]
    written = char.encode("latin-1" if latin else "utf-8")
    forms = [_percent(written, gap), _unicode(char, escapes, gap)]
    if len(run) > 1:
        each = [gap.join([form] * len(run)) for form in forms]
        many = rb"\\(?:" + gap + rb"\\){%d,%d}" % (len(run) - 1, len(run) * _MOST_ESCAPES - 1)
        return b"(?:" + b"|".join([many, *each]) + b")"
    if char == "\\":
        return b"(?:" + b"|".join(forms) + b"|" + rb"\\(?:" + gap + rb"\\){0,%d}" % (_MOST_ESCAPES - 1) + b")"
    if char in _SHORT:
        forms.append(escapes + re.escape(_SHORT[char]))
    if char == " ":
        forms.append(rb"\+")
    if gap and not latin:  # UTF-16 and UTF-32 write the character's own number, in bytes that are not all zero
        big = [char.encode(encoding).lstrip(b"\0") for encoding in ("utf-32-be", "utf-16-be")]
        little = [char.encode(encoding).rstrip(b"\0") for encoding in ("utf-32-le", "utf-16-le")]
        forms += [re.escape(each) for each in dict.fromkeys((*big, *little, written))]
    else:
        forms.append(re.escape(written))
    return b"(?:" + b"|".join(forms) + b")"


def _percent(written: bytes, gap: bytes) -> bytes:
    """Percent-encoded, also again and again."""
    again = b"(?:" + gap.join([b"2", b"5", b""]) + b"){0,%d}" % _MOST_AGAIN
    return gap.join(gap.join([b"%", again + _digits(f"{byte:02x}", gap)]) for byte in written)


def _unicode(char: str, escapes: bytes, gap: bytes) -> bytes:
    r"""As `\uXXXX`; a character beyond the first 65,536 as two."""
    units = char.encode("utf-16-be", "surrogatepass")
    return gap.join(
        escapes + gap.join([b"u", _digits(units[at : at + 2].hex(), gap)]) for at in range(0, len(units), 2)
    )


def _digits(digits: str, gap: bytes) -> bytes:
    return gap.join(b"[%c%c]" % (ord(digit), ord(digit.upper())) for digit in digits)


def _base64_cores(value: bytes) -> list[bytes]:
    """Patterns for the part of a secret's base64 that is the same whatever stands around it, at each of 3 offsets."""
    cores: set[bytes] = set()
    for shift in range(3):
        text = base64.b64encode(b"\0" * shift + value)
        start = -(-shift * 8 // 6)
        end = (shift + len(value)) * 8 // 6
        core = text[start:end]
        if len(core) >= _MIN_BASE64:
            cores |= {core, core.translate(bytes.maketrans(b"+/", b"-_"))}
    return [
        b"".join(_spellings(chr(byte), b"") if byte in b"+/" else re.escape(bytes([byte])) for byte in core)
        for core in sorted(cores, key=lambda core: (-len(core), core))
    ]
