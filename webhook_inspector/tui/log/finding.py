"""What the list shows: the result of a filter, and which of the arrivals belong to it."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable

from webhook_inspector.core.filters import Query, matches
from webhook_inspector.engine.inspector import Inspector

SIFT_LIMIT = 200
"""More arrivals than this are found by running the filter again: cheaper than reading each of them."""

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
