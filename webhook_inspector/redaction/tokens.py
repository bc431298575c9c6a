"""Words and identifiers in place of others: of the same length, alphabet and case, the same for the same word."""

from __future__ import annotations

import re
import string
from collections.abc import Callable
from functools import cache

from webhook_inspector.core.formats import classify
from webhook_inspector.redaction.permute import Permutation

_EXACT = 2**64
"""Words of a pattern with fewer possibilities are mapped one to one; of more, two will not meet by chance."""
_HEX_LENGTH = 16
_CAPITALS = re.compile(r"[A-Z](?=[A-Z0-9]*[0-9])[A-Z0-9]{7,}\Z")
_UUID = re.compile(
    r"([0-9a-fA-F]{8})-([0-9a-fA-F]{4})-([0-9a-fA-F])([0-9a-fA-F]{3})-([0-9a-fA-F])([0-9a-fA-F]{3})-([0-9a-fA-F]{12})\Z"
)
_WORD = re.compile(r"[^\W_]+")
# Letters of other scripts by their first and last one: what is written stays in its script.
_RANGES = (
    ("ß", "ÿ"), ("ā", "ſ"), ("ά", "ώ"), ("а", "ё"), ("א", "ת"), ("ا", "ي"), ("अ", "ह"), ("ぁ", "ん"), ("ァ", "ン"),
    ("一", "鿋"), ("가", "힣"),
)  # fmt: skip


class Tokens:
    """Fakes of words and identifiers under one key."""

    def __init__(self, permutation: Permutation) -> None:
        self._permutation = permutation

    def word(self, text: str) -> str:
        """Another word of the same pattern: `Ada` is `Qtw`, `4242` is `8170`, `jrfs0F` is `qhax7K`."""
        head = text[:1] if _CAPITALS.match(text) else ""  # Slack's T, C and U say what an identifier is
        alphabets = _alphabets(text[len(head) :])
        size = 1
        for alphabet in alphabets:
            size *= len(alphabet)
        if size < _EXACT:
            value = 0
            for char, alphabet in zip(text[len(head) :], alphabets, strict=True):
                value = value * len(alphabet) + max(0, alphabet.find(char))
            pattern = "".join(alphabet[:1] for alphabet in alphabets)
            value = self._permutation.number(pattern, value, size)
            chars = []
            for alphabet in reversed(alphabets):
                value, at = divmod(value, len(alphabet))
                chars.append(alphabet[at])
            return head + "".join(reversed(chars))
        drawn = self._permutation.stream("word", text, 2 * len(alphabets))
        pairs = zip(drawn[::2], drawn[1::2], strict=True)
        return head + "".join(
            alphabet[(256 * one + two) % len(alphabet)] for (one, two), alphabet in zip(pairs, alphabets, strict=True)
        )

    def words(self, text: str) -> str:
        """Every word of a text, each for itself: what stands between them stays."""
        return _WORD.sub(lambda match: self.word(match[0]), text)

    def uuid(self, text: str) -> str:
        """A UUID of the same version and variant."""
        match = _UUID.match(text)
        if match is None:
            return self.words(text)
        first, second, version, third, variant, fourth, last = match.groups()
        digits = self._hex(first + second + third + fourth + last)
        return f"{digits[:8]}-{digits[8:12]}-{version}{digits[12:15]}-{variant}{digits[15:18]}-{digits[18:]}"

    def prefixed(self, text: str) -> str:
        """`cus_9s6XKzkNRiz8i3` keeps `cus_`; what comes after looks as random as before."""
        prefix, mark, tail = text.rpartition("_")
        return prefix + mark + self.like(tail, lambda fake: str(classify(prefix + mark + fake)) == str(classify(text)))

    def _hex(self, digits: str) -> str:
        alphabet = "0123456789ABCDEF" if digits.upper() == digits and digits.lower() != digits else "0123456789abcdef"
        return "".join(alphabet[byte % 16] for byte in self._permutation.stream("hex", digits.lower(), len(digits)))

    def like(self, text: str, fits: Callable[[str], bool]) -> str:
        """A word in the place of another that fits; the last try when none does."""
        fake = self.word(text)
        for _ in range(8):
            if fits(fake):
                break
            fake = self.word(fake)
        return fake


def _alphabets(text: str) -> list[str]:
    """What may stand at each place of a word of the same pattern."""
    is_hex = len(text) >= _HEX_LENGTH and (_all(text, "0123456789abcdef") or _all(text, "0123456789ABCDEF"))
    if is_hex and not text.isdigit():
        return ["0123456789ABCDEF" if text == text.upper() else "0123456789abcdef"] * len(text)
    found = [_alphabet(char) for char in text]
    if len(text) > 1 and text.isascii() and text.isdigit() and text[0] != "0":
        found[0] = "123456789"
    return found


def _all(text: str, alphabet: str) -> bool:
    return all(char in alphabet for char in text)


def _alphabet(char: str) -> str:
    if char in string.digits:
        return string.digits
    if char in string.ascii_lowercase:
        return string.ascii_lowercase
    if char in string.ascii_uppercase:
        return string.ascii_uppercase
    lower = char.lower()
    for first, last in _RANGES:
        if len(lower) == 1 and first <= lower <= last:
            letters = _letters(first, last, upper=char != lower)
            return letters if char in letters else char
    return "x" if char.isalpha() else char


@cache
def _letters(first: str, last: str, *, upper: bool) -> str:
    letters = [chr(code) for code in range(ord(first), ord(last) + 1)]
    letters = [letter for letter in letters if letter.isalpha() and letter.lower() == letter]
    if upper:
        letters = [letter.upper() for letter in letters if len(letter.upper()) == 1 and letter.upper() != letter]
    return "".join(dict.fromkeys(letters))
