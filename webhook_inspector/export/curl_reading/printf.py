"""The `printf` commands that our own curl export writes, and no others."""

from __future__ import annotations

import re

_FORMAT = r"(?:[^'\\%\x00-\x1f\x7f-\U0010ffff]|\\[0-7]{3}|\\\\|\\n|%%)*+"
WORD = re.compile(rf'"\$\(printf \'({_FORMAT})\'\)"')
"""A word of a command: bytes without NUL."""
LINE = re.compile(rf"printf '({_FORMAT})'\r?\n")
"""A line that writes a piece of a body."""
_ESCAPE = re.compile(r"\\([0-7]{3}|\\|n)|%%")


def value(text: str) -> bytes | None:
    """What a format prints; None where it names a byte above 255."""
    made = _ESCAPE.sub(_char, text)
    try:
        return made.encode("latin-1")
    except UnicodeEncodeError:
        return None


def _char(match: re.Match[str]) -> str:
    code = match[1]
    if code is None:
        return "%"
    return "\n" if code == "n" else "\\" if code == "\\" else chr(int(code, 8))
