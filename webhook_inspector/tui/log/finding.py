"""What the list shows: the result of a filter, and which of the arrivals belong to it."""

from __future__ import annotations

import difflib
import re
from array import array
from collections.abc import Iterable

from webhook_inspector.core.filters import Query, matches
from webhook_inspector.core.filters.words import is_plain, quoted
from webhook_inspector.engine.inspector import Inspector

SIFT_LIMIT = 200
"""More arrivals than this are found by running the filter again: cheaper than reading each of them."""

KNOWN_TYPES = 500
"""Event types, the most frequent, among which a near one is looked for."""

_TYPE = re.compile(r"(?:^|[\s(])type:(?P<type>\"[^\"]+\"|[^\s(),\"]+)")
_ONE_SOURCE = re.compile(r"(^|\s)source:(?!\S*[,*])\S")


class Finder:
    """A filter over an engine. Its methods read the log: call them in a worker thread."""

    def __init__(self, inspector: Inspector) -> None:
        self._inspector = inspector
        self.query: Query = Query()

    @property
    def everything(self) -> bool:
        """Whether nothing is filtered."""
        return self.query.root is None and self.query.last is None and not self.query.ids

    def read(self, text: str) -> Query:
        """A filter, understood.

        Raises:
            QueryError: It cannot be read.
        """
        return self._inspector.parse(text) if text.strip() else Query()

    def find(self, query: Query) -> array[int]:
        """The deliveries of a filter, ascending."""
        return self._inspector.ids(query)

    def most_frequent_type(self) -> str | None:
        """The event type that most deliveries have; None when none has one."""
        found = self._inspector.values("type", "", 1)
        return found[0][0] if found else None

    def near_type(self, text: str) -> str | None:
        """A filter like this one, with the event type that occurs in place of one that does not; None: no such word."""
        word = _TYPE.search(text)
        if word is None:
            return None
        wanted = word["type"].strip('"')
        known = [value for value, _, _ in self._inspector.values("type", "", KNOWN_TYPES)]
        stem, star, _ = wanted.partition("*")
        names = [f"{name}.*" for name in {one.rpartition(".")[0] for one in known} if name] if star else known
        close = difflib.get_close_matches(f"{stem}*" if star else wanted, names, n=1, cutoff=0.6)
        if not close or close[0] == wanted:
            return None
        near = close[0] if star and is_plain(close[0][:-1]) else quoted(close[0])
        return f"{text[: word.start('type')]}{near}{text[word.end('type') :]}"

    def sift(self, ids: Iterable[int]) -> list[int] | None:
        """Which of these deliveries belong to the filter; None: it must run again."""
        wanted = sorted(ids)
        if self.everything:
            return wanted
        if self.query.last is not None or len(wanted) > SIFT_LIMIT:
            return None
        return [record.delivery.id for record in self._inspector.records(wanted) if matches(self.query, record)]


def names_one_source(text: str) -> bool:
    """Whether a filter names a single source, so that its column tells nothing."""
    return _ONE_SOURCE.search(text) is not None


def with_term(text: str, word: str) -> str:
    """A filter with one more word; alternatives of it are put in brackets."""
    text = text.strip()
    if not text:
        return word
    if re.search(r"(^|\s)or(\s|$)", text):
        text = f"({text})"
    return f"{text} {word}"
