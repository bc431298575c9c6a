"""File names from untrusted text: inside the folder, valid on Linux, macOS and Windows, never code by accident."""

from __future__ import annotations

import re
from collections.abc import Collection

MAX_STEM = 80
"""Characters of a stem; with number and suffix far below the 255 bytes that file systems allow."""

_UNSAFE = re.compile(r"[^A-Za-z0-9._]+")
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])", re.IGNORECASE)
_CODE = frozenset({"conftest", "__init__", "__main__", "setup", "sitecustomize", "usercustomize"})


def file_name(text: str, suffix: str, taken: Collection[str] = ()) -> str:
    """A name for a new file.

    Args:
        text: What it is about, for example an event type; anything at all.
        suffix: With the dot, one of our own.
        taken: Names that are already there; they are compared without case, as macOS and Windows do.

    Returns:
        ASCII letters, digits, `.`, `_` and `-` only; a number is put before the suffix when the name is taken.
    """
    stem = re.sub(r"\.{2,}", ".", _UNSAFE.sub("-", text[: 4 * MAX_STEM]))[:MAX_STEM].strip(".-_ ")
    if not stem:
        stem = "delivery"
    if _RESERVED.fullmatch(stem.partition(".")[0]) or stem.lower() in _CODE or stem.lower().endswith((".py", ".pth")):
        stem = f"event-{stem.replace('.', '-')}"
    used = {name.lower() for name in taken}
    name, number = stem + suffix, 1
    while name.lower() in used:
        number += 1
        name = f"{stem}-{number}{suffix}"
    return name
