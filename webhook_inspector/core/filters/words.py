"""Filters written by the program: any value as a word of the language."""

from __future__ import annotations

import re

_PLAIN = re.compile(r"[\w./@-]+")


def term(key: str, value: str, *, without: bool = False) -> str:
    """`key:value` as a word of a filter."""
    quoted = value if _PLAIN.fullmatch(value) else '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return f"{'-' if without else ''}{key}:{quoted}"


def joined_terms(*words: str) -> str:
    """A filter in which all words must hold."""
    return " ".join(words)
