"""String format classes: exactly one class for each string, so that values can be compared by what they are.

The classes and their order are our own; strings are judged by their first 4,096 characters.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

MAX_LENGTH = 4_096
"""Characters that are looked at."""

_INTEGER = re.compile(r"[+-]?\d+\Z", re.ASCII)
_DECIMAL = re.compile(r"[+-]?(?:\d+\.\d*|\.\d+|\d+)(?:[eE][+-]?\d+)?\Z", re.ASCII)
_DATE = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])\Z", re.ASCII)
_DATE_TIME = re.compile(
    r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])([Tt ])(?:[01]\d|2[0-4]):[0-5]\d(?::[0-5]\d|:60)?"
    r"(?:[.,](\d{1,9}))?\s?(Z|z|UTC|GMT|[+-]\d\d(?::?\d\d)?)?\Z",
    re.ASCII,
)
_HTTP_DATE = re.compile(
    r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{1,2} [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d (?:GMT|[+-]\d{4})\Z"
)
_UUID = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\Z")
_HEX = re.compile(r"[0-9a-f]{16,}\Z|[0-9A-F]{16,}\Z")
_PREFIXED = re.compile(r"([A-Za-z][A-Za-z0-9]{0,11}(?:_[a-z]{1,12}){0,2})_([A-Za-z0-9]{8,})\Z")
_E164 = re.compile(r"\+[1-9]\d{6,14}\Z", re.ASCII)
_EMAIL = re.compile(r"[^\s@<>\"]{1,64}@[^\s@<>\"/:]{1,190}\.[^\s@<>\"/:.]{2,60}\Z")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{1,20}://\S+\Z")
_GIT = re.compile(r"[A-Za-z0-9_.-]{1,64}@[A-Za-z0-9.-]{1,190}:[^\s:]+\Z")
_IPV4 = re.compile(r"(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)\Z", re.ASCII)
_IPV6 = re.compile(r"(?=.*:.*:)[0-9a-fA-F:]{2,39}(?:%\w+)?\Z|::ffff:\d+\.\d+\.\d+\.\d+\Z")
_JWT = re.compile(r"eyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]{2,}\.[A-Za-z0-9_-]*\Z")
_BASE64 = re.compile(r"[A-Za-z0-9+/]{22,}={0,2}\Z|[A-Za-z0-9_-]{22,}={0,2}\Z")
_HTML = re.compile(r"<(?:!DOCTYPE|!--|/?[A-Za-z][A-Za-z0-9]*(?:\s[^<>]*)?/?>)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Format:
    """The class of a string."""

    name: str
    """`empty`, `int-string`, `decimal-string`, `bool-string`, `date-time`, `date`, `uuid`, `uri`, `git-ssh`,
    `email`, `ipv4`, `ipv6`, `hex`, `prefixed-id`, `e164`, `jwt`, `base64`, `json-in-string`, `html` or `text`."""
    detail: str = ""
    """What tells members of the class apart: the prefix of an id, the length of a hex text, offset kind and fraction
    digits of a date-time (`Z`, `+`, `local`, `http`; `Z.3`)."""

    def __str__(self) -> str:
        return f"{self.name}({self.detail})" if self.detail else self.name


_EMPTY, _TEXT = Format("empty"), Format("text")
_SIMPLE = {
    name: Format(name)
    for name in (
        "int-string",
        "decimal-string",
        "bool-string",
        "date",
        "uuid",
        "uri",
        "git-ssh",
        "email",
        "ipv4",
        "ipv6",
        "e164",
        "jwt",
        "base64",
        "json-in-string",
        "html",
    )
}
VOLATILE = frozenset({"uuid", "prefixed-id", "hex", "jwt", "date-time", "base64"})
"""Classes whose values usually differ from delivery to delivery."""


def _moment(text: str) -> Format | None:
    match = _DATE_TIME.match(text)
    if match is None:
        return Format("date-time", "http") if _HTTP_DATE.match(text) else None
    offset = match[3]
    kind = "local" if offset is None else "Z" if offset in {"Z", "z"} else offset if offset.isalpha() else "+"
    return Format("date-time", f"{kind}.{len(match[2])}" if match[2] else kind)


def _numeric(text: str) -> Format | None:
    if _INTEGER.match(text):
        return _SIMPLE["e164"] if _E164.match(text) else _SIMPLE["int-string"]
    if _DECIMAL.match(text):
        return _SIMPLE["decimal-string"]
    if _DATE.match(text):
        return _SIMPLE["date"]
    return _SIMPLE["ipv4"] if _IPV4.match(text) else _moment(text)


def _identifier(text: str) -> Format | None:
    """Identifiers and hashes: one word without a space."""
    if _UUID.match(text):
        return _SIMPLE["uuid"]
    if _HEX.match(text):
        return Format("hex", str(len(text)))
    match = _PREFIXED.match(text)
    if match and _is_random(match[2]):
        return Format("prefixed-id", match[1])
    if _JWT.match(text):
        return _SIMPLE["jwt"]
    if ":" in text:
        if _URI.match(text):
            return _SIMPLE["uri"]
        if _GIT.match(text):
            return _SIMPLE["git-ssh"]
        if _IPV6.match(text):
            return _SIMPLE["ipv6"]
    if "@" in text and _EMAIL.match(text):
        return _SIMPLE["email"]
    if _BASE64.match(text) and _is_mixed(text):
        return _SIMPLE["base64"]
    return None


def _is_random(text: str) -> bool:
    """Whether the part after a prefix is an identifier and no word: a digit, and a capital or some length."""
    if not any(char.isdigit() for char in text):
        return False
    return len(text) >= 14 or any(char.isupper() for char in text) or sum(char.isdigit() for char in text) >= 3


def _is_mixed(text: str) -> bool:
    kinds = (str.isdigit, str.isupper, str.islower)
    return all(any(kind(char) for char in text) for kind in kinds) and not text.isalpha()


def classify(text: str) -> Format:
    """The class of a string; every string has exactly one."""
    if not text:
        return _EMPTY
    if len(text) > MAX_LENGTH:
        text = text[:MAX_LENGTH]
    first = text[0]
    found: Format | None = None
    if first in "+-.0123456789":
        found = _numeric(text)
    elif first in "{[" and text.rstrip()[-1:] in {"}", "]"} and (len(text) == MAX_LENGTH or _is_json(text)):
        return _SIMPLE["json-in-string"]
    elif text in {"true", "false", "True", "False", "TRUE", "FALSE"}:
        return _SIMPLE["bool-string"]
    elif first in "MTWFS" and len(text) <= 40:
        found = _moment(text)
    if found is None and " " not in text and len(text) >= 3:
        found = _identifier(text)
    if found is None and "<" in text and _HTML.search(text):
        return _SIMPLE["html"]
    return found or _TEXT


def _is_json(text: str) -> bool:
    inner = text[1:].lstrip()[:1]
    return inner in {'"', "}"} if text[0] == "{" else bool(inner) and inner in '"{[]-0123456789tfn'


_KEY_WORD = re.compile(r"[a-z]{2,12}_([A-Za-z0-9]{8,})\Z")
_KEY_CODE = re.compile(r"(?=.*\d)(?=.*[A-Z])[A-Z0-9]{8,}\Z")


def is_data_key(key: str) -> bool:
    """Whether a member's name is data (an id, a date, an address) and not part of the structure.

    A pure function of the key: all digits, UUID, 16 or more hex digits, date, e-mail address, URL, a prefixed id,
    or capitals with digits of 8 or more characters.
    """
    if not key or len(key) > MAX_LENGTH:
        return len(key) > MAX_LENGTH
    if key.isascii() and key.isdigit():
        return True
    if len(key) < 8 or (key.isalpha() and key.isascii()):
        return False
    if _KEY_CODE.match(key) or _UUID.match(key) or _DATE.match(key):
        return True
    if _HEX.match(key):
        return any(char.isdigit() for char in key)
    match = _KEY_WORD.match(key)
    if match:
        rest = match[1]
        digits = sum(char.isdigit() for char in rest)
        return digits >= 1 and (any(char.isupper() for char in rest) or (len(rest) >= 14 and digits >= 2))
    return bool(_URI.match(key) or _EMAIL.match(key))
