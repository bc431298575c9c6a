"""Pseudonyms: values that look like those they stand for, under a key that only the user has.

The same value gets the same pseudonym wherever it stands, whole or inside another one, in every export of a project;
so what belonged together still does, and projects cannot be linked.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Collection
from urllib.parse import quote, quote_plus, unquote

from webhook_inspector.core.formats import classify, is_data_key
from webhook_inspector.redaction.addresses import Addresses, is_plain_path
from webhook_inspector.redaction.jsontext import json_string
from webhook_inspector.redaction.keeping import is_amount, is_identifier, is_kept, is_time
from webhook_inspector.redaction.moments import MOST_DAYS, Moments
from webhook_inspector.redaction.permute import Permutation
from webhook_inspector.redaction.tokens import Tokens

_WORDS = re.compile(r"[^\s<>\"'(),;|]+")
_MOSTLY_TEXT = frozenset({"text", "html", "json-in-string"})
_MANY = 5_000
"""Values of one export beyond which less is compared."""
_SHORT = 4
"""Digits that say nothing about anybody."""
_LONG_ID = 9
_TOKEN = re.compile(r"[^\W_]+")
_NOTHING = frozenset("0.:-+/ ")
"""A text of these alone hides nothing."""
_MOMENTS = frozenset({"date", "date-time"})
_EXACT_INT = 2**53
_CARD_LENGTHS = range(13, 20)
_IBAN = re.compile(r"[A-Z]{2}\d\d[A-Z0-9]{11,30}\Z")
_HOST = re.compile(
    r"(?i:[a-z0-9-]+\.)+(?i:com|org|net|io|dev|app|co|ai|eu|uk|de|fr|nl|es|it|se|ch|at|be|pl|us|ca|au|jp|cn|in|br|info|biz|"
    r"shop|store|cloud|xyz|me|tv|so|tech|online|site)\Z"
)
_SIGNED_LENGTH = 16


class Pseudonyms:
    """All fakes of one project.

    Args:
        key: 16 to 64 random bytes of the user's own; they never leave.
        enumerations: Paths (`$.data.status`) whose few values were seen often: they say nothing about anybody.
    """

    def __init__(self, key: bytes, enumerations: Collection[str] = ()) -> None:
        permutation = Permutation(key)
        self.tokens = Tokens(permutation)
        drawn = int.from_bytes(permutation.stream("days", "", 4), "big")
        self.moments = Moments(-1 - drawn % MOST_DAYS)
        self.addresses = Addresses(permutation, self.tokens, self._inside)
        self._enumerations = frozenset(enumerations)
        self._known: dict[str, str] = {}
        self._numbers: set[str] = set()
        self.kept: dict[str, None] = {}
        """Texts that stay, in order of appearance."""

    def value(self, name: str, path: str, text: str) -> str | None:
        """What stands in the place of a text; None: it stays.

        Args:
            name: Of the member, field or header.
            path: Where, as `$.a.b[]`.
            text: The text.
        """
        new = self._decide(name, path, text)
        if new is None and text:
            self.kept[text] = None
        return new

    def originals(self) -> set[str]:
        """Everything that was replaced; moments are none, for they are moved onto each other."""
        # What one value becomes may be what another one was, by chance: it says nothing then.
        fakes: str | set[str] = "\n".join(self._known.values())
        if len(self._known) > _MANY:
            fakes = set(self._known.values())  # whole ones only: parts would be looked for for minutes
        texts = {text for text in self._known if text not in fakes and classify(text).name not in _MOMENTS}
        return texts | self._numbers

    def _decide(self, name: str, path: str, text: str) -> str | None:
        if not text or text.isspace() or path in self._enumerations:
            return None
        if path == "#headers.host":
            return self.addresses.host(text)
        kind = classify(text).name
        if kind in {"bool-string", "empty"} or (kind in {"text", "hex"} and is_kept(name, text)):
            return None
        if kind == "decimal-string" or (kind == "int-string" and not is_identifier(name)):
            moved = self.moments.epoch(text) if is_time(name) else None
            if moved is not None or kind == "decimal-string" or len(text) < _SHORT or is_amount(name):
                return moved
        fake = self.fake(text)
        return None if fake == text else fake

    def number(self, name: str, lexeme: str) -> str | None:
        """What stands in the place of a JSON number: moments move, identifiers change, amounts and counts stay."""
        digits = lexeme.removeprefix("-")
        if is_time(name) and (moved := self.moments.epoch(digits)) is not None:
            return moved
        if not digits.isdigit() or (not is_identifier(name) and len(digits) < _LONG_ID):
            return None
        self._numbers.add(digits)
        exact = int(digits) < _EXACT_INT
        fits = self.tokens.like(digits, lambda fake: (int(fake) < _EXACT_INT) is exact)
        return lexeme[: len(lexeme) - len(digits)] + fits

    def secret(self, text: str) -> str:
        """What stands in the place of a secret or of personal data: never the same text, if it has any word."""
        return self.fake(text)

    def secret_number(self, lexeme: str) -> str:
        """The same for a JSON number as it is written: its digits change."""
        sign, digits = ("-", lexeme[1:]) if lexeme.startswith("-") else ("", lexeme)
        whole = re.match(r"\d+", digits)
        end = whole.end() if whole else 0
        return sign + self.tokens.word(digits[:end]) + digits[end:]

    def secret_json(self, lexeme: str) -> str:
        """The same for a JSON string as it is written, quotes included."""
        return json_string(self.fake(str(json.loads(lexeme))), lexeme)

    def secret_percent(self, text: str) -> str:
        """The same for a percent-encoded text."""
        return requoted(self.fake(unquoted(text)), text)

    def path(self, path: str) -> str | None:
        """A path of plain words is the user's own route and stays."""
        if "://" in path:
            return self.addresses.url(path)
        return None if is_plain_path(path) else self.addresses.path(path)

    def fake(self, text: str) -> str:
        """A text of the same class and, mostly, length."""
        if text not in self._known:
            self._known[text] = self._fake(text)
        return self._known[text]

    def key(self, key: str) -> str | None:
        """What stands in the place of a member's name: only of one that is data, as an id is, or holds some."""
        if is_data_key(key):
            return self.fake(key)
        new = _TOKEN.sub(lambda match: self.fake(match[0]) if _is_id(match[0]) else match[0], key)
        return None if new == key else new

    def signature(self, text: str) -> str:
        """A signature header: moments move, long words change, `t=` and `v1=` stay."""

        def changed(match: re.Match[str]) -> str:
            word = match[0]
            return self.tokens.word(word) if len(word) >= _SIGNED_LENGTH else self.moments.epoch(word) or word

        return re.sub(r"[A-Za-z0-9]+", changed, text)

    def _fake(self, text: str) -> str:
        if not set(text) - _NOTHING:
            return text
        kind = classify(text).name
        make = getattr(self, f"_{kind.replace('-', '_')}", None)
        return make(text) if make is not None else self._words(text)

    def _inside(self, name: str, text: str) -> str:
        """A part of an address, percent-encoded as it is."""
        found = self.value(name, "", text) if name else self.fake(text)
        return text if found is None else found

    def _words(self, text: str) -> str:
        """A text, word by word: what has a class of its own keeps it."""

        def changed(match: re.Match[str]) -> str:
            word = match[0].rstrip(".:!?")
            rest = match[0][len(word) :]
            if _HOST.match(word):
                return self.addresses.host(word) + rest
            if _IBAN.match(word):
                return self._iban(word) + rest
            if word == text or classify(word).name in _MOSTLY_TEXT:
                return self.tokens.words(word) + rest
            return self.fake(word) + rest

        return _WORDS.sub(changed, text)

    # One method for each class of `core.formats` that is not made of words

    def _uuid(self, text: str) -> str:
        return self.tokens.uuid(text)

    def _hex(self, text: str) -> str:
        return self.tokens.like(text, lambda fake: classify(fake).name == "hex")

    def _prefixed_id(self, text: str) -> str:
        return self.tokens.prefixed(text)

    def _int_string(self, text: str) -> str:
        if len(text) in _CARD_LENGTHS and luhn(text) == 0:
            body = self.tokens.word(text[:-1])
            return body + str((10 - luhn(body + "0")) % 10)
        return self.tokens.words(text)

    def _date_time(self, text: str) -> str:
        return self.moments.text(text)

    _date = _date_time

    def _uri(self, text: str) -> str:
        return self.addresses.url(text)

    def _git_ssh(self, text: str) -> str:
        return self.addresses.git(text)

    def _email(self, text: str) -> str:
        return self.addresses.email(text)

    def _e164(self, text: str) -> str:
        return self.addresses.phone(text)

    def _ipv4(self, text: str) -> str:
        try:
            return self.addresses.ip(text)
        except ValueError:  # leading zeros
            return self.addresses.ip("8.8.8.8")

    _ipv6 = _ipv4

    def _jwt(self, text: str) -> str:
        return text[:3] + self.tokens.words(text[3:])

    def _base64(self, text: str) -> str:
        if not text.isalnum():
            return self.tokens.words(text)
        return self.tokens.like(text, lambda fake: classify(fake).name == "base64")

    def _iban(self, text: str) -> str:
        body = self.tokens.words(text[4:])
        digits = "".join(str(int(char, 36)) for char in body + text[:2] + "00")
        return f"{text[:2]}{98 - int(digits) % 97:02d}{body}"


def unquoted(text: str) -> str:
    """The text of a percent-encoded value of a query or form."""
    return unquote(text.replace("+", " "), errors="surrogateescape")


def requoted(text: str, like: str) -> str:
    """A text percent-encoded, spaces as they are in another one."""
    write = quote if "%20" in like else quote_plus
    return write(text, safe="/:@,*-._~" if "/" in like or ":" in like else "@*-._~", errors="surrogateescape")


def luhn(digits: str) -> int:
    """The check sum of a card number, 0 when it is right."""
    total = 0
    for place, char in enumerate(reversed(digits)):
        value = int(char) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10


def base64_json(text: str) -> bytes | None:
    """The JSON object or array that a base64 text holds, or None."""
    if len(text) < 8 or text[:1] not in "eWyJ":
        return None
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None
    return data if data.lstrip()[:1] in {b"{", b"["} else None


def _is_id(word: str) -> bool:
    """Whether a part of a member's name is data; short numbers are sizes and versions."""
    return len(word) >= _LONG_ID - 1 and is_data_key(word)
