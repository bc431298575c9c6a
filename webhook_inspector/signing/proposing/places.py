"""Where a request may carry its signature, time and id, judged by names and by the look of values."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from webhook_inspector.core.headers import decode_header
from webhook_inspector.core.request import Request
from webhook_inspector.signing.digests import decode

_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'+^_`|~.-]{1,100}")
_NAMES = ((re.compile(r"signature|hmac"), 100), (re.compile(r"sign|digest|hash|-sig\b"), 60))
_SHARED = re.compile(r"token|secret|-auth$|api-?key|webhook-?key|^authorization$|password")
_NEVER = re.compile(r"^(?:(?:content|repr|want)-.*|digest|signature-input|cookie|etag|sec-.*)$")
"""Headers of other standards, whatever they are called."""
_UNLIKELY = re.compile(r"request-id|trace|correlation|delivery|idempotency|^cf-ray$")
"""Headers whose values look like digests and are none."""
_TIME_NAME = re.compile(r"timestamp|(?:^|[-_])time$|(?:^|[-_])ts$|[-_]date$|[-_]at$")
_ID_NAME = re.compile(r"^(?!.*(?:request|trace|correlation|account|client|shop|app)[-_]?id$)(?:.*[-_]id|.*-delivery)$")
_TYPE_NAME = re.compile(r"(?:event|topic|event[-_]?type|webhook[-_]?type)$")
_PREFIX = re.compile(r"[A-Za-z0-9_.-]{1,24}[=:,] ?")
_PAIRS = re.compile(r"[A-Za-z0-9_-]{1,24}=[^,;&]*(?:(, |; |,|;|&)[A-Za-z0-9_-]{1,24}=[^,;&]*)+")
_ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)")
SIZES = {16: ("md5",), 20: ("hmac-sha1",), 32: ("hmac-sha256",), 48: ("hmac-sha384",), 64: ("hmac-sha512", "ed25519")}
"""Algorithms that give so many bytes, the likelier first."""
_RSA_BYTES = frozenset({128, 256, 384, 512})
_DER = range(68, 74)
"""Bytes of an ECDSA signature over P-256 in DER."""


@dataclass(frozen=True, slots=True)
class SignaturePlace:
    """A header that may hold the signature, and how it would be read."""

    header: str
    score: int
    """By its name and the look of its value; the highest is the likeliest."""
    algorithms: tuple[str, ...]
    """That give a value of this size; `token` for a shared value."""
    spec: dict[str, Any] = field(default_factory=dict)
    """The recipe's `signature` table."""
    time: str | None = None
    """The field of a time inside the header, as `sig:t`."""


@dataclass(frozen=True, slots=True)
class TimePlace:
    """A field that holds a time, and its unit."""

    source: str
    unit: str


def _headers(request: Request) -> Iterator[tuple[str, str]]:
    for name, value in request.headers:
        text = decode_header(name)
        if _TOKEN.fullmatch(text):
            yield text, decode_header(value).strip()


def signature_places(request: Request) -> list[SignaturePlace]:
    """Headers that may hold a signature or a shared value, the likeliest first."""
    found = []
    for name, value in _headers(request):
        lower = name.lower()
        points = next((points for pattern, points in _NAMES if pattern.search(lower)), 0)
        if _NEVER.search(lower) or (not points and _UNLIKELY.search(lower)):
            continue
        place = _read(name, value, points)
        if place is not None and (points or not _SHARED.search(lower)):
            found.append(place)
        elif _SHARED.search(lower) or points:
            prefix = "Bearer " if value.startswith("Bearer ") else ""
            spec = {"from": f"header:{name}", "encoding": "text"} | ({"prefix": prefix} if prefix else {})
            found.append(SignaturePlace(name, 40, ("token",), spec))
    return sorted(found, key=lambda place: -place.score)


def _read(name: str, value: str, points: int) -> SignaturePlace | None:
    spec: dict[str, Any] = {"from": f"header:{name}"}
    listed = _PAIRS.fullmatch(value)
    digest = _digest(value)
    if digest is None and listed is not None:
        return _pairs(name, value, listed[1], points)
    if digest is None and " " in value and all(_after_prefix(item) for item in value.split(" ")):
        spec["items"] = " "
        value = value.split(" ", maxsplit=1)[0]
        digest = _digest(value)
    if digest is None:
        split = _after_prefix(value)
        if split is None:
            return None
        spec["prefix"], digest = split
    encoding, algorithms = digest
    return SignaturePlace(name, points + 10, algorithms, {**spec, "encoding": encoding})


def _after_prefix(value: str) -> tuple[str, tuple[str, tuple[str, ...]]] | None:
    """The prefix of a value and what stands behind it, when that looks like a digest."""
    found = _PREFIX.match(value)
    digest = _digest(value[found.end() :]) if found else None
    return None if found is None or digest is None else (found[0], digest)


def _pairs(name: str, value: str, separator: str, points: int) -> SignaturePlace | None:
    pairs = [item.partition("=")[::2] for item in value.split(separator)]
    time = next((f"sig:{key}" for key, text in pairs if time_unit(text) is not None), None)
    for key, text in pairs:
        digest = _digest(text)
        if digest is not None:
            spec = {"from": f"header:{name}", "items": separator, "pair": "=", "pick": key, "encoding": digest[0]}
            return SignaturePlace(name, points + 20, digest[1], spec, time)
    return None


def _digest(text: str) -> tuple[str, tuple[str, ...]] | None:
    """Encoding and algorithms of a text that looks like a digest."""
    for encoding in ("hex", "base64", "base64url"):
        data = decode(text.encode("utf-8", "replace"), encoding)
        if data is None:
            continue
        algorithms = SIZES.get(len(data), ())
        if len(data) in _DER and data[:1] == b"\x30":
            algorithms = ("ecdsa-p256-sha256",)
        elif len(data) in _RSA_BYTES and encoding != "hex":
            algorithms = ("rsa-pkcs1v15-sha256",)
        if algorithms:
            return encoding, algorithms
    return None


def time_unit(text: str) -> str | None:
    """The unit of a text that looks like a time of this century, else None."""
    if _ISO.fullmatch(text):
        return "iso8601"
    if not text.isascii() or not text.isdigit():
        return None
    return {10: "s", 13: "ms", 16: "us", 19: "ns"}.get(len(text)) if text[0] in "123" else None


def time_place(request: Request) -> TimePlace | None:
    """The header that holds the time of signing, else None."""
    for name, value in _headers(request):
        unit = time_unit(value)
        if unit is not None and _TIME_NAME.search(name.lower()):
            return TimePlace(f"header:{name}", unit)
    return None


def id_header(request: Request) -> str | None:
    """The header that names the event or delivery, else None."""
    return next((name for name, value in _headers(request) if value and _ID_NAME.search(name.lower())), None)


def type_header(request: Request) -> str | None:
    """The header that names the type of the event, else None."""
    return next((name for name, value in _headers(request) if value and _TYPE_NAME.search(name.lower())), None)
