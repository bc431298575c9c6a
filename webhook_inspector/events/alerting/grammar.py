"""Alert rules as text: `failures 20% in 5m stripe`. One small grammar for all kinds; each kind gives its form."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from webhook_inspector.core.clock import NS_PER_S
from webhook_inspector.core.display import show
from webhook_inspector.core.registry import discover
from webhook_inspector.core.units import parse_size
from webhook_inspector.events.alerting import kinds as kinds_folder
from webhook_inspector.events.alerting.api import Rule, RuleKind

_MOST_TEXT = 200
_SHOWN = 60
_TIME = re.compile(r"(\d{1,6})(s|m|h|d)", re.ASCII)
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_LONGEST_S = 7 * 86_400


class RuleError(ValueError):
    """A rule that cannot be read; its text ends a sentence, and is safe to show."""


def _share(word: str) -> float | None:
    number = word.removesuffix("%")
    if number == word or not re.fullmatch(r"\d{1,3}(\.\d)?", number, re.ASCII):
        return None
    return float(number) / 100 if 0 < float(number) <= 100 else None


def _count(word: str) -> int | None:
    return int(word) if re.fullmatch(r"[1-9]\d{0,3}", word, re.ASCII) else None


def _time(word: str) -> int | None:
    match = _TIME.fullmatch(word)
    found = 0 if match is None else int(match[1]) * _UNITS[match[2]]
    return found * NS_PER_S if 0 < found <= _LONGEST_S else None


def _size(word: str) -> int | None:
    return None if word.isdigit() else parse_size(word)


def _source(word: str) -> str | None:
    return word if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", word) else None


VALUES: Mapping[str, tuple[Callable[[str], Any], str]] = {
    "SHARE": (_share, "a share such as 20%"),
    "COUNT": (_count, "a number from 1 to 9999"),
    "TIME": (_time, "a time such as 30s, 5m or 2h, up to 7d"),
    "SIZE": (_size, "a size such as 500MB"),
    "SOURCE": (_source, "the name of a source"),
}
"""The values of forms: how each is read (None: it is none), and what it is."""


@lru_cache(maxsize=1)
def kinds() -> Mapping[str, RuleKind]:
    """All kinds of rules by their first word."""
    found: dict[str, RuleKind] = {}
    for kind in discover(kinds_folder, "KIND").values():
        found[kind.form.split()[0]] = kind
    return found


def kind_of(text: str) -> RuleKind:
    """The kind of a rule.

    Raises:
        RuleError: There is none of its first word.
    """
    first = (text[:_MOST_TEXT].split() or [""])[0]
    found = kinds().get(first)
    if found is None:
        raise RuleError(f"has {show(text, _SHOWN)}, which is no alert; {_nearest(first)}")
    return found


def read_rule(text: str) -> Rule:
    """A rule with a fresh state.

    Raises:
        RuleError: It cannot be read; says what is wrong and how it is written.
    """
    kind = kind_of(text)
    words = text[:_MOST_TEXT].split()
    values: dict[str, Any] = {}
    form = kind.form.split()
    for at, part in enumerate(form):
        optional = part.startswith("[")
        name = part.strip("[]")
        if at >= len(words):
            if optional:
                continue
            raise RuleError(_wrong(text, "it ends too early", kind))
        if name not in VALUES:
            if words[at] != name:
                raise RuleError(_wrong(text, f"{show(words[at], 20)} stands where {name} is expected", kind))
            continue
        read, what = VALUES[name]
        value = read(words[at])
        if value is None:
            raise RuleError(_wrong(text, f"{show(words[at], 20)} is not {what}", kind))
        values[name] = value
    if len(words) > len(form) or len(text) > _MOST_TEXT:
        raise RuleError(_wrong(text, "it goes on too long", kind))
    return kind.make(values)


def _wrong(text: str, what: str, kind: RuleKind) -> str:
    return f'has "{show(text, _SHOWN)}": {what}; write it as "{kind.example}".'


def _nearest(word: str) -> str:
    known = kinds()
    close = difflib.get_close_matches(word.lower()[:40], known, n=1, cutoff=0.6)
    if close:
        return f'did you mean "{known[close[0]].example}"?'
    return "known: " + ", ".join(f'"{kind.example}"' for kind in known.values()) + "."
