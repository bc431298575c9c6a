"""Filters as SQL over `facts f` and `deliveries d`. Every value is bound, none is spliced.

Texts are compared as SQLite's `lower()` of them (ASCII only), cast to bytes where they are searched: a NUL or broken
UTF-8 then means nothing special. Searching is done by SQLite's own functions, which let other threads run Python
meanwhile; Python functions only look at rows that those let through.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from webhook_inspector.core.filters import Query, nodes
from webhook_inspector.store.functions import pack_body, pack_pieces
from webhook_inspector.store.packing import PLAIN_BODY

_HAS_LETTER = re.compile(rb"[a-z]")
_LIKE_BYTES = 10_000
"""SQLite takes LIKE patterns of 50 000 bytes."""
_PLAIN = re.compile(rb"[A-Za-z0-9_-]+")
_NUMBER_LIKE = re.compile(rb"[0-9a-fin.+-]+")
"""What may be the form of a number (`1e+22`, `inf`) that stands in the body in another one."""
_FLAGS = {
    "dup": "f.duplicate_of IS NOT NULL",
    "retry": "f.retry_of IS NOT NULL",
    "late": "f.late = 1",
    "drift": "f.drift = 1",
    "refused": "f.refused = 1",
    "pinned": "f.id IN (SELECT id FROM annotations WHERE pinned = 1)",
}
_TEXTS = frozenset({"provider", "source", "event_type", "event_id", "method", "path", "shape"})
_BODY = PLAIN_BODY.format("d.")
_NUMBERS = frozenset({"received_ns", "body_size", "last_status", "attempts"})


@dataclass(frozen=True, slots=True)
class Where:
    """A condition and its values."""

    sql: str
    values: tuple[Any, ...]
    reads_deliveries: bool
    """Whether it needs the wide rows."""


def where(query: Query) -> Where:
    """The condition of a query, without its `last`."""
    if query.root is None:
        return Where("1", (), reads_deliveries=False)
    renderer = _Renderer()
    sql = renderer.node(query.root)
    return Where(sql, tuple(renderer.values), renderer.reads_deliveries)


@dataclass(slots=True)
class _Renderer:
    values: list[Any] = field(default_factory=list)
    reads_deliveries: bool = False

    def node(self, node: nodes.Node) -> str:
        match node:
            case nodes.And(parts):
                return self._joined(_cheap_first(parts), " AND ", "1")
            case nodes.Or(parts):
                return self._joined(parts, " OR ", "0")
            case nodes.Not(part):
                return f"({self.node(part)}) IS NOT TRUE"
            case nodes.Ids(ranges):
                return self._ids(ranges)
            case nodes.Word(pieces):
                return self._word(pieces)
            case nodes.Text(name, pattern):
                return self._text(name, pattern)
            case nodes.Number(name, low, high):
                return self._number(name, low, high)
            case nodes.Choice(name, values):
                return self._choice(name, values)
            case nodes.Flag(name):
                return _FLAGS[name]
            case nodes.Header():
                return self._header(node)
            case nodes.Body():
                return self._body(node)

    def _bind(self, value: Any) -> str:
        self.values.append(value)
        return "?"

    def _bind_text(self, text: bytes) -> str:
        """Bytes as SQLite TEXT. A CAST has an affinity, which keeps indexes on `lower(...)` from serving."""
        try:
            return self._bind(text.decode())
        except UnicodeDecodeError:
            return f"CAST({self._bind(text)} AS TEXT)"

    def _joined(self, parts: tuple[nodes.Node, ...], word: str, empty: str) -> str:
        return "(" + word.join(self.node(part) for part in parts) + ")" if parts else empty

    def _ids(self, ranges: tuple[tuple[int, int], ...]) -> str:
        single = sorted({first for first, last in ranges if first == last})
        parts = [f"f.id BETWEEN {self._bind(a)} AND {self._bind(b)}" for a, b in ranges if a != b]
        if single:
            parts.append(f"f.id IN ({','.join(self._bind(one) for one in single)})")
        return "(" + " OR ".join(parts) + ")"

    def _word(self, pieces: tuple[bytes, ...]) -> str:
        pieces = tuple(piece for piece in pieces if piece)
        if not pieces:
            return "1"
        self.reads_deliveries = True
        places = [self._mentions(column, pieces) for column in ("d.method", "d.target", "d.headers", _BODY)]
        return "(" + " OR ".join(places) + ")"

    def _mentions(self, column: str, pieces: tuple[bytes, ...]) -> str:
        """Whether the pieces follow each other in a column."""
        longest = max(pieces, key=len)
        found = self._instr(column, longest)
        if longest.isascii() and b"\0" not in longest and len(longest) < _LIKE_BYTES:
            # LIKE is several times as fast, and exact for ASCII, but stops at a NUL of the text it searches.
            like = "%" + re.sub(r"([\\%_])", r"\\\1", longest.decode()) + "%"
            quick = f"CAST({column} AS TEXT) LIKE {self._bind(like)} ESCAPE '\\'"
            found = f"(CASE WHEN d.has_nul THEN {found} ELSE {quick} END)"
        if len(pieces) == 1:
            return found
        return f"({found} AND whi_follow(CAST(lower({column}) AS BLOB), {self._bind(pack_pieces(pieces))}))"

    def _instr(self, column: str, text: bytes) -> str:
        searched = f"CAST(lower({column}) AS BLOB)" if _HAS_LETTER.search(text) else f"CAST({column} AS BLOB)"
        return f"instr({searched}, {self._bind(text)}) > 0"

    def _text(self, name: str, pattern: nodes.Pattern) -> str:
        if name == "note":
            return self._note(pattern)
        column = f"f.{name}" if name in _TEXTS else "NULL"
        there = f"{column} IS NOT NULL"  # said aloud, so that SQLite sees that the partial indexes serve
        folded = f"lower({column})"
        pieces = pattern.pieces
        if len(pieces) == 1:
            return f"({there} AND {folded} = {self._bind_text(pieces[0])})"
        conditions = [there]
        first, *middle, last = pieces
        if first:
            above = first[:-1] + bytes([first[-1] + 1])  # UTF-8 has no byte 255
            conditions.append(f"{folded} >= {self._bind_text(first)}")
            conditions.append(f"{folded} < {self._bind_text(above)}")
        if last or any(middle):
            packed = self._bind(pack_pieces(pieces))
            conditions.append(f"whi_fit(CAST({folded} AS BLOB), {packed})")
        return "(" + " AND ".join(conditions) + ")"

    def _note(self, pattern: nodes.Pattern) -> str:
        fits = f"whi_fit(CAST(lower(note) AS BLOB), {self._bind(pack_pieces(pattern.pieces))})"
        return f"f.id IN (SELECT id FROM annotations WHERE note IS NOT NULL AND {fits})"  # noqa: S608 (values are bound)

    def _number(self, name: str, low: int | None, high: int | None) -> str:
        column = f"f.{name}" if name in _NUMBERS else "NULL"
        conditions = [f"{column} IS NOT NULL"]
        if low is not None and low == high:
            conditions.append(f"{column} = {self._bind(low)}")
        else:
            if low is not None:
                conditions.append(f"{column} >= {self._bind(low)}")
            if high is not None:
                conditions.append(f"{column} <= {self._bind(high)}")
        return "(" + " AND ".join(conditions) + ")"

    def _choice(self, name: str, values: tuple[str, ...]) -> str:
        marks = ",".join(self._bind(value) for value in values)
        if name == "sig":
            if "unsigned" in values:  # stored as NULL
                return f"(f.sig IN ({marks}) OR f.sig IS NULL)"
            return f"(f.sig IS NOT NULL AND f.sig IN ({marks}))"
        if "received" in values:
            return f"f.state IN ({marks})"
        return f"(f.state <> 'received' AND f.state IN ({marks}))"

    def _header(self, wanted: nodes.Header) -> str:
        self.reads_deliveries = True
        lines = "CAST(lower(d.headers) AS BLOB)"
        conditions = [f"instr({lines}, {self._bind(wanted.name + b': ')}) > 0"]
        longest = max(wanted.pattern.pieces, key=len)
        if longest:
            conditions.append(f"instr({lines}, {self._bind(longest)}) > 0")
        name, pieces = self._bind(wanted.name), self._bind(pack_pieces(wanted.pattern.pieces))
        conditions.append(f"whi_header(d.headers, d.header_cuts, {name}, {pieces})")
        return "(" + " AND ".join(conditions) + ")"

    def _body(self, wanted: nodes.Body) -> str:
        self.reads_deliveries = True
        conditions = []
        key = wanted.path[-1]
        raw = b"" if key is None or key.isdigit() else key.encode("utf-8", "surrogatepass")
        if _PLAIN.fullmatch(raw):
            conditions.append(self._literally(_BODY, raw))
        pieces = () if wanted.pattern is None else wanted.pattern.pieces
        longest = max(pieces, key=len, default=b"")
        if _PLAIN.fullmatch(longest) and not _NUMBER_LIKE.fullmatch(longest):
            conditions.append(self._literally(f"CAST(lower({_BODY}) AS BLOB)", longest))
        conditions.append(f"whi_body({_BODY}, {self._bind(pack_body(wanted))})")
        return "(" + " AND ".join(conditions) + ")"

    def _literally(self, column: str, text: bytes) -> str:
        """Whether a body holds a text as it is, or escaped by a backslash and `u`, by `%`, or in UTF-16."""
        return (
            f"(instr({column}, {self._bind(text)}) > 0 OR instr({_BODY}, x'5c75') > 0 OR instr({_BODY}, x'00') > 0 "
            f"OR instr({_BODY}, x'25') > 0)"
        )


def _cheap_first(parts: tuple[nodes.Node, ...]) -> tuple[nodes.Node, ...]:
    """What the narrow rows can tell before what needs the wide ones."""
    return tuple(sorted(parts, key=lambda part: isinstance(part, nodes.Word | nodes.Header | nodes.Body)))
