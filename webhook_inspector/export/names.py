"""File names from untrusted text: inside the folder, valid on Linux, macOS and Windows, never code by accident."""

from __future__ import annotations

import keyword
import re
from collections.abc import Collection

MAX_STEM = 80
"""Characters of a stem; with number and suffix far below the 255 bytes that file systems allow."""

_UNSAFE = re.compile(r"[^A-Za-z0-9._]+")
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])", re.IGNORECASE)
_CODE = frozenset({"conftest", "__init__", "__main__", "setup", "sitecustomize", "usercustomize"})


def module_name(text: str, prefix: str = "", taken: Collection[str] = ()) -> str:
    """A name for a new Python module, which can be imported: as `file_name`, with `_` for all that is not a word.

    Args:
        text: What it is about; anything at all.
        prefix: Of the name, for example `test_`: pytest looks for it.
        taken: Names that are already there.
    """
    stem = re.sub(r"\W+", "_", file_name(text, ""), flags=re.ASCII).strip("_").lower()
    name = prefix + (f"_{stem}" if not prefix and (stem[:1].isdigit() or keyword.iskeyword(stem)) else stem)
    used = {other.lower() for other in taken}
    made, number = f"{name}.py", 1
    while made in used:
        number += 1
        made = f"{name}_{number}.py"
    return made


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
