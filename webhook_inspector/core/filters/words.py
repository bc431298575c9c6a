"""Filters written by the program: any value as a word of the language."""

from __future__ import annotations

import re

_PLAIN = re.compile(r"[\w./@-]+")


def is_plain(value: str) -> bool:
    """Whether a value needs no quotes."""
    return _PLAIN.fullmatch(value) is not None


def quoted(value: str) -> str:
    """A value as it stands in a filter."""
    return value if is_plain(value) else '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def term(key: str, value: str, *, without: bool = False) -> str:
    """`key:value` as a word of a filter."""
    return f"{'-' if without else ''}{key}:{quoted(value)}"


def joined_terms(*words: str) -> str:
    """A filter in which all words must hold."""
    return " ".join(words)
