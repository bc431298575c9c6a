"""Bytes as words of a POSIX shell: nothing in them is ever run, expanded or dropped. Pure ASCII."""

from __future__ import annotations

import re

_PLAIN = re.compile(rb"[\x20-\x7e\n]*")
_CHUNK = 4096


def is_plain(data: bytes) -> bool:
    """Whether bytes may stand in single quotes as they are: printable ASCII and line feeds."""
    return _PLAIN.fullmatch(data) is not None


def quoted(data: bytes) -> str:
    """One word for a command line that the shell hands on as exactly these bytes.

    Plain text stands in single quotes; anything else is spelled by `printf`, which every POSIX shell has. The bytes
    must hold no NUL (no argument can) and must not end in a line feed when they are not plain.
    """
    if is_plain(data):
        return "'" + data.decode("ascii").replace("'", "'\\''") + "'"
    return f"\"$(printf '{_format(data)}')\""


def printed(data: bytes) -> list[str]:
    """Commands that write exactly these bytes to their output, NUL and all, each a line of bounded length."""
    return [f"printf '{_format(data[start : start + _CHUNK])}'" for start in range(0, len(data), _CHUNK)]


def comment(text: str) -> str:
    """One comment line of ASCII; whatever could end it is spelled out."""
    safe = text.encode("ascii", "backslashreplace").decode("ascii")
    return "# " + "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in safe)


def _format(data: bytes) -> str:
    """A printf format: octal for all that is not plain, so that no locale and no shell reads it differently."""
    result: list[str] = []
    for byte in data:
        char = chr(byte)
        if char == "-" and not result:
            result.append("\\055")  # a format that begins with it would be read as an option
        elif char == "%":
            result.append("%%")
        elif char == "\\":
            result.append("\\\\")
        elif char == "\n":
            result.append("\\n")
        elif 0x20 <= byte <= 0x7E and char != "'":
            result.append(char)
        else:
            result.append(f"\\{byte:03o}")
    return "".join(result)
