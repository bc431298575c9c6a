"""From the words of a command line to deliveries."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from webhook_inspector.core.display import show
from webhook_inspector.errors import UsageError

if TYPE_CHECKING:
    from webhook_inspector.engine.inspector import Inspector

_OR = re.compile(r"(?i)\bor\b")


def joined(words: Sequence[str]) -> str:
    """The words as one filter: all of them must match, also where one of them holds an `or`."""
    if len(words) < 2:
        return " ".join(words)
    return " ".join(f"({word})" if " " in word and _OR.search(word) else word for word in words)


def several(inspector: Inspector, words: Sequence[str]) -> list[int]:
    """The deliveries that numbers or a filter name.

    Raises:
        UsageError: None does.
    """
    if all(word.isascii() and word.isdigit() for word in words):
        return inspector.resolve(words)
    return inspector.resolve([joined(words)])


def one(inspector: Inspector, words: Sequence[str]) -> int:
    """The one delivery that a number or a filter names.

    Raises:
        UsageError: None does, or more than one.
    """
    found = several(inspector, words)
    if len(found) > 1:
        raise UsageError(
            f"{show(' '.join(words))} names {len(found)} deliveries and one is needed: use a number, or add `last`."
        )
    return found[0]
