"""`{{name}}` in a text, replaced by values of the same file: bounded in depth and size, and never by anything else."""

from __future__ import annotations

import re
from collections.abc import Mapping

from webhook_inspector.core.display import show
from webhook_inspector.export.importing import SkipError

MAX_DEPTH = 5
"""Values that name other values."""
MAX_TEXT = 16 * 1024 * 1024
"""Characters of one text after replacing."""
_NAME = re.compile(r"\{\{([^{}]*)\}\}")


def filled(text: str, values: Mapping[str, str]) -> str:
    """A text with its variables replaced.

    Raises:
        SkipError: A variable is not in the file, or the text becomes too large.
    """
    for _ in range(MAX_DEPTH):
        if not _NAME.search(text):
            return text
        size = len(text)

        def value(match: re.Match[str]) -> str:
            nonlocal size
            name = match[1].strip()
            if name not in values:
                kind = "is made by the editor when it sends" if name.startswith("$") else "is not in the file"
                raise SkipError(f"the variable {show(name, 60)!r} {kind}")
            size += len(values[name])
            if size > MAX_TEXT:
                raise SkipError(f"its variables make a text of more than {MAX_TEXT} characters")
            return values[name]

        text = _NAME.sub(value, text)
    if _NAME.search(text):
        raise SkipError(f"its variables name each other more than {MAX_DEPTH} times")
    return text
