"""Masks: of the same length and pattern as what they hide, the same for the same value, and not to be undone."""

from __future__ import annotations

import re
from typing import Protocol


class Style(Protocol):
    """What stands in the place of values. `None`: the value stays."""

    def secret(self, text: str) -> str:
        """For a secret, or what belongs to a person."""

    def secret_number(self, lexeme: str) -> str:
        """The same for a JSON number as it is written."""

    def secret_json(self, lexeme: str) -> str:
        """The same for a JSON string as it is written, quotes included."""

    def secret_percent(self, text: str) -> str:
        """The same for a percent-encoded text."""

    def value(self, name: str, path: str, text: str) -> str | None:
        """For any other text, by the name and the path of where it stands."""

    def number(self, name: str, lexeme: str) -> str | None:
        """For any other JSON number."""

    def key(self, key: str) -> str | None:
        """For the name of a member of a JSON object."""

    def signature(self, text: str) -> str | None:
        """For the value of a header that signs."""

    def path(self, path: str) -> str | None:
        """For the path of a target."""


class Masks:
    """Letters and digits of secrets become `x` and `0`; all else stays."""

    def secret(self, text: str) -> str:
        """A mask."""
        return mask_text(text)

    def secret_number(self, lexeme: str) -> str:
        """Nines."""
        return mask_number(lexeme)

    def secret_json(self, lexeme: str) -> str:
        """A mask in quotes."""
        return mask_json_string(lexeme)

    def secret_percent(self, text: str) -> str:
        """A mask, one character for each escape."""
        return mask_percent(text)

    def value(self, name: str, path: str, text: str) -> str | None:  # noqa: ARG002 (the protocol's)
        """It stays."""
        return None

    def number(self, name: str, lexeme: str) -> str | None:  # noqa: ARG002 (the protocol's)
        """It stays."""
        return None

    def key(self, key: str) -> str | None:  # noqa: ARG002 (the protocol's)
        """It stays."""
        return None

    def signature(self, text: str) -> str | None:  # noqa: ARG002 (the protocol's)
        """It stays: it proves something about bytes that are not there any more, and nothing else."""
        return None

    def path(self, path: str) -> str | None:  # noqa: ARG002 (the protocol's)
        """It stays."""
        return None


_ESCAPE = re.compile(r"\\u[0-9a-fA-F]{4}|\\.", re.DOTALL)


def mask_text(text: str) -> str:
    """Letters become `x`, digits `0`, everything else stays: `ada@shop.example` is `xxx@xxxx.xxxxxxx`.

    A text that already looks like its mask gets `z` and `9`, so that a mask never equals what it hides
    (unless there is nothing to hide: no letter and no digit).
    """
    masked = _masked(text, "x", "0")
    return masked if masked != text else _masked(text, "z", "9")


def mask_bytes(data: bytes) -> bytes:
    """As `mask_text`, byte for byte; bytes beyond ASCII count as letters."""
    return mask_text(data.decode("latin-1")).encode("ascii", "replace")


def mask_number(lexeme: str) -> str:
    """A JSON number of the same length: every digit becomes 9, an exponent's 0; sign and point stay."""
    mantissa, mark, exponent = (
        re.split(r"([eE])", lexeme, maxsplit=1) if re.search("[eE]", lexeme) else (lexeme, "", "")
    )
    masked = re.sub("[0-9]", "9", mantissa)
    if masked == mantissa:
        masked = re.sub("[0-9]", "8", mantissa)
    return masked + mark + re.sub("[0-9]", "0", exponent)


def mask_json_string(lexeme: str) -> str:
    """A JSON string, quotes included, masked inside; escapes become plain letters, so it may get shorter."""
    return '"' + mask_text(_ESCAPE.sub("x", lexeme[1:-1])) + '"'


def mask_percent(text: str) -> str:
    """A percent-encoded value; escapes become one plain letter each."""
    return mask_text(re.sub(r"%[0-9a-fA-F]{2}", "x", text))


def _masked(text: str, letter: str, digit: str) -> str:
    result = []
    for char in text:
        if char.isalpha():
            result.append(letter)
        elif char.isdigit() or char.isnumeric():
            result.append(digit)
        else:
            result.append(char if char.isascii() else letter)
    return "".join(result)
