"""Untrusted bytes or text to text that is safe to show: the ground of the one door (`tui.safe`, `cli.output`).

Every control function is made visible by character class, never by parsing escape sequences: C0 controls
become control pictures, DEL `␡`, C1 controls and bidi and other invisible controls `<U+009B>`, lone surrogates
`<U+D800>`. Nothing is deleted but variation selectors (they shear columns: terminals disagree on their width)
and combining marks beyond three in a row.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_SUSPECT = re.compile(r"[^\x20-\x7e\xa1-\xac\xae-\u02ff\u2010-\u2027\u2030-\u205e\u2190-\u23ff\u2460-\u25ff]")
_MAX_MARKS = 3
_VARIATION_SELECTORS = frozenset({"\ufe0e", "\ufe0f"})


@lru_cache(maxsize=4096)
def _visible(char: str) -> str:
    """The visible form of one character; the character itself when it is harmless."""
    code = ord(char)
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "␡"
    category = unicodedata.category(char)
    if category[0] == "C" or category in {"Zl", "Zp"}:
        return f"<U+{code:04X}>"
    return char


def one_line(text: str) -> str:
    """Text as one safe line: line ends and tabs are made visible too."""
    if text.isascii() and text.isprintable():
        return text
    result: list[str] = []
    marks = 0
    for char in text:
        if not _SUSPECT.match(char):
            marks = 0
            result.append(char)
            continue
        if char in _VARIATION_SELECTORS:
            continue
        if unicodedata.combining(char) or unicodedata.category(char) in {"Mn", "Me"}:
            marks += 1
            if marks > _MAX_MARKS or not result:
                continue
            result.append(char)
            continue
        marks = 0
        result.append(_visible(char))
    return "".join(result)


def many_lines(text: str) -> list[str]:
    """Text as safe lines: split at LF, CRLF and CR; tabs become four spaces; all else as `one_line`."""
    return [one_line(line.replace("\t", "    ")) for line in re.split(r"\r\n|\n|\r", text)]


def show(value: bytes | str, limit: int = 200) -> str:
    """A value as one safe line of at most `limit` characters, cut with `…`: for messages and labels."""
    if isinstance(value, bytes):
        value = value[: limit * 4 + 4].decode("utf-8", "backslashreplace")
    text = one_line(value[: limit * 2])
    return text if len(text) <= limit else text[: limit - 1] + "…"
