"""Masks: of the same length and pattern as what they hide, the same for the same value, and not to be undone."""

from __future__ import annotations

import re

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
