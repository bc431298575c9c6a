"""A filter's text to a `Query`, by recursive descent.

any    = all ("or" all)*
all    = not (["and"] not)*         numbers among them name deliveries: one of them
not    = "-"* ( "(" any ")" | term )
term   = word | number | number ".." number | "last" [":" count] | key ":" value ("," value)*
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from webhook_inspector.core.display import show
from webhook_inspector.core.filters import nodes
from webhook_inspector.core.filters.keys import KEYS, BodyKey, HeaderKey, nearest
from webhook_inspector.core.filters.lexer import Token, Word, tokens
from webhook_inspector.core.filters.query import Query
from webhook_inspector.core.filters.values import searched_bytes
from webhook_inspector.errors import QueryError

MAX_TERMS = 200
"""Words and values in one filter, numbers of deliveries not counted."""
MAX_IDS = 10_000
MAX_DEPTH = 30
"""Parentheses in parentheses."""
_ID = re.compile(r"\d{1,9}(?:\.\.\d{1,9})?", re.ASCII)
_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_-]*", re.ASCII)


def parse(text: str, *, now_ns: int, saved: Mapping[str, str] = MappingProxyType({})) -> Query:
    """Read a filter.

    Args:
        text: What the user wrote; empty: everything.
        now_ns: Nanoseconds since the epoch, UTC: what `2h` counts back from.
        saved: Filters that `@NAME` stands for. An `@word` that is none of them is searched for like any other.

    Raises:
        QueryError: It cannot be read; says at which character, and what was expected there.
    """
    parser = _Parser(text, now_ns, saved)
    return parser.alone() or parser.query()


class _Parser:
    def __init__(self, text: str, now_ns: int, saved: Mapping[str, str]) -> None:
        self._text = text
        self._now_ns = now_ns
        self._saved = saved
        self._tokens = tokens(text)
        self._at = 0
        self._depth = 0
        self._terms = 0
        self._inside = 0
        """Above 0 in parentheses, behind a minus or beside an `or`, where `last` has no meaning."""
        self._last: int | None = None
        self._last_at = 0
        self._ids: list[int] = []
        self._alternatives = False
        self._saving = False
        """Inside a saved filter: they do not hold each other, so that no few words stand for millions."""

    def alone(self) -> Query | None:
        """The query when it is nothing but the name of a saved filter, which may then hold `last`."""
        word = self._tokens[0].word
        if len(self._tokens) != 2 or word is None or not self._is_saved(word):
            return None
        return replace(self._stands_for(word), text=self._text)

    def query(self) -> Query:
        if self._peek().kind == "end":
            return Query(self._text)
        root = self._any()
        token = self._peek()
        if token.kind != "end":
            raise QueryError(f"The `)` at character {token.position + 1} closes nothing; remove it", token.position)
        if self._last is not None and self._alternatives:
            raise self._misplaced(self._last_at)
        return Query(self._text, root, self._last, tuple(dict.fromkeys(self._ids)))

    def _peek(self) -> Token:
        return self._tokens[self._at]

    def _operator(self, word: str) -> bool:
        token = self._peek()
        return token.word is not None and token.word.plain and token.word.text.lower() == word

    def _any(self) -> nodes.Node | None:
        parts = [self._all()]
        while self._operator("or"):
            if not self._inside:
                self._alternatives = True
            self._at += 1
            parts.append(self._all())
        if len(parts) == 1:
            return parts[0]
        return nodes.Or(tuple(nodes.And(()) if part is None else part for part in parts))

    def _all(self) -> nodes.Node | None:
        parts: list[nodes.Node] = []
        named: list[tuple[int, int]] = []
        begun = self._at
        while True:
            token = self._peek()
            if token.kind in {"end", ")"} or self._operator("or"):
                break
            if self._operator("and"):
                if self._at == begun:
                    break
                self._at += 1
                if self._peek().kind in {"end", ")"} or self._operator("or") or self._operator("and"):
                    raise self._nothing("and")
                continue
            part = self._not()
            if isinstance(part, nodes.Ids):
                named += part.ranges
            elif part is not None:
                parts.append(part)
        if self._at == begun:
            raise self._nothing("or" if begun else "the beginning")
        if named:
            parts.insert(0, nodes.Ids(tuple(named)))
        if not parts:
            return None
        return parts[0] if len(parts) == 1 else nodes.And(tuple(parts))

    def _nothing(self, after: str) -> QueryError:
        token = self._peek()
        found = "the end" if token.kind == "end" else f"`{token.kind if token.word is None else token.word.text}`"
        return QueryError(
            f"A word or key:value is expected after {after} at character {token.position + 1}, not {found}",
            token.position,
        )

    def _not(self) -> nodes.Node | None:
        minus = 0
        while self._peek().kind == "-":
            minus += 1
            self._at += 1
        if minus:
            self._inside += 1
            named = len(self._ids)
            part = self._primary() or nodes.And(())
            self._inside -= 1
            if minus % 2:
                del self._ids[named:]
                return nodes.Not(part)
            return part
        return self._primary()

    def _primary(self) -> nodes.Node | None:
        token = self._peek()
        self._at += 1
        if token.kind == "(":
            return self._parenthesis(token)
        if token.word is None:
            self._at -= 1
            raise self._nothing("-")
        return self._term(token.word)

    def _parenthesis(self, opened: Token) -> nodes.Node:
        self._depth += 1
        self._inside += 1
        if self._depth > MAX_DEPTH:
            raise QueryError(
                f"Parentheses are nested deeper than {MAX_DEPTH} at character {opened.position + 1}", opened.position
            )
        if self._peek().kind == ")":
            raise self._nothing("(")
        inner = self._any()
        if self._peek().kind != ")":
            raise QueryError(f"The `(` at character {opened.position + 1} is not closed; add `)`", opened.position)
        self._at += 1
        self._depth -= 1
        self._inside -= 1
        # An And of one keeps the numbers in parentheses apart from those beside them.
        return nodes.And(() if inner is None else (inner,))

    def _term(self, word: Word) -> nodes.Node | None:
        if word.plain:
            if self._is_saved(word):
                return self._named_filter(word)
            if word.text.lower() == "last" or word.text.lower().startswith("last:"):
                self._newest(word)
                return None
            if _ID.fullmatch(word.text):
                return self._named(word)
        colon = word.find(":")
        parts = word.part(0, max(colon, 0)).split(".")
        if colon > 0 and parts[0].plain and _KEY.fullmatch(parts[0].text):
            return self._keyed(parts, word.part(colon + 1, len(word.text)))
        self._count(word)
        return nodes.Word(tuple(searched_bytes(piece.text) for piece in word.split("*")))

    def _is_saved(self, word: Word) -> bool:
        return word.plain and word.text.startswith("@") and word.text[1:] in self._saved

    def _named_filter(self, word: Word) -> nodes.Node:
        """A saved filter as if it stood in parentheses."""
        self._count(word)
        query = self._stands_for(word)
        if query.last is not None:
            raise QueryError(
                f"`{show(word.text, 40)}` at character {word.start + 1} holds `last`, so it can only stand alone",
                word.start,
            )
        return nodes.And(() if query.root is None else (query.root,))

    def _stands_for(self, word: Word) -> Query:
        name = show(word.text, 40)
        if self._saving:
            raise QueryError(f"`{name}` is a saved filter, and none can hold another: write out its words", word.start)
        try:
            inner = _Parser(self._saved[word.text[1:]], self._now_ns, self._saved)
            inner._saving = True
            return inner.query()
        except QueryError as error:
            raise QueryError(f"In the saved filter `{name}`: {error.message}", word.start) from None

    def _newest(self, word: Word) -> None:
        count = word.text[5:]
        if self._inside:
            raise self._misplaced(word.start)
        if self._last is not None:
            raise QueryError(f"`last` stands twice, at character {word.start + 1} again; keep one", word.start)
        if ":" in word.text and (not re.fullmatch(r"\d{1,9}", count, re.ASCII) or int(count) == 0):
            raise QueryError(
                f"`last:` expects how many, such as last:3, at character {word.start + 6}, not `{show(count, 40)}`",
                word.start + 5,
            )
        self._last = int(count) if count else 1
        self._last_at = word.start

    def _misplaced(self, position: int) -> QueryError:
        return QueryError(
            f"`last` at character {position + 1} picks from all that the rest of the filter matches, so it cannot "
            'stand in parentheses, behind - or beside `or`; quote it ("last") to search the word',
            position,
        )

    def _named(self, word: Word) -> nodes.Ids:
        first, _, last = word.text.partition("..")
        if not last:
            self._ids.append(int(first))
            if len(self._ids) > MAX_IDS:
                raise QueryError(f"More than {MAX_IDS} deliveries are named; use a range such as 1..500", word.start)
        else:
            self._count(word)
        return nodes.Ids(((int(first), int(last or first)),))

    def _keyed(self, parts: list[Word], values: Word) -> nodes.Node:
        name = parts[0].text.lower()
        key = KEYS.get(name)
        if key is None:
            raise QueryError(
                f"Unknown key `{show(parts[0].text, 40)}:` at character {parts[0].start + 1}; the nearest is "
                f"`{nearest(name)}:`, and quotes search for the text itself",
                parts[0].start,
            )
        has_path = isinstance(key, HeaderKey | BodyKey)
        if has_path != (len(parts) > 1) or any(not part.text for part in parts):
            raise QueryError(
                f"`{name}` at character {parts[0].start + 1} is written like `{key.example}`", parts[0].start
            )
        found: list[nodes.Node] = []
        for value in values.split(","):
            if not value.text and len(value.positions) == 1 and self._text[value.start - 1 : value.start] != '"':
                raise QueryError(
                    f"A value is expected after `{name}:` at character {value.start + 1}, such as `{key.example}`",
                    value.start,
                )
            self._count(value)
            found.append(key.read(value, parts[1:], self._now_ns))
        return found[0] if len(found) == 1 else nodes.Or(tuple(found))

    def _count(self, word: Word) -> None:
        self._terms += 1
        if self._terms > MAX_TERMS:
            raise QueryError(f"The filter has more than {MAX_TERMS} terms at character {word.start + 1}", word.start)
