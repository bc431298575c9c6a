"""The word index: which blocks of deliveries can hold a word at all. What is in them is then read as without it.

An FTS5 table of trigrams without content and positions, one row for a block of up to `ROWS` neighbouring deliveries:
method, target, headers and body of all of them as one text. Blocks, because payloads of a log are much alike: a trigram
of many deliveries is noted once a block. Measured with 200,000 deliveries of 1.9 kB in all (387 MB), SQLite 3.40,
November 2026, two cores:

| rows a block | tokens | size | built, deliveries/s | a block takes | a rare word | an event id |
| --- | --- | --- | --- | --- | --- | --- |
| 1 | trigram | 111 MB | 9,000 | | 0.1 ms | 9.8 ms |
| 16 | trigram | 25 MB | 16,000 | 0.8 ms | 0.1 ms | 1.3 ms |
| 32 | trigram | 19 MB | 13,000 | 1.7 ms | 0.1 ms | 1.0 ms |
| 64 | trigram | 14 MB | 11,000 | 3.9 ms | 0.1 ms | 0.8 ms |
| 1 | unicode61 | 34 MB | 41,000 | | finds whole words only, which is not what filters mean | |

So 32: a twentieth of the log. Small pages and rarer merging (`_SETTINGS`) take a sixth more space and bound what a
step writes, p99 6 ms instead of 26, at most 11 instead of 108. In a log of a million a word in every thousandth
delivery takes 43 ms (2.1 s without), one that is nowhere 2 ms (2.2 s), the newest 64 of either kind 7 ms; of a word in
nearly all of them all numbers take 2.1 s with and without.

The answer is certain in one direction only: a block that is not named holds no delivery with the word. That stays true
when deliveries are deleted, so deleting leaves the index alone; it is made anew once half of what it knows is gone.

Bytes are compared with ASCII letters folded, and so is this: FTS5 folds more letters, which only names more blocks. Of
a word the trigrams of ASCII bytes are looked up; a word without any, or shorter than three, is searched for without
the index. FTS5 reads a text up to its first NUL: a delivery with one, or larger than `LARGEST`, is a block of its own
that is always read.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from typing import TypeVar

from webhook_inspector.core.display import show
from webhook_inspector.core.filters import nodes
from webhook_inspector.errors import StoreError
from webhook_inspector.store.packing import PLAIN_BODY
from webhook_inspector.store.readers import Readers

FORM = 1
"""Version of what is stored; another one is made anew."""
ROWS = 32
"""Deliveries of a block, at most."""
BLOCK_BYTES = 192 * 1024
"""A block with so many bytes takes no further delivery: it is stored in one step, for which capture waits."""
LARGEST = 1024 * 1024
"""Bytes of the largest delivery that is indexed."""
MOST_TRIGRAMS = 48
"""Of a longer word only so many are looked up."""
TOO_MANY = 0.4
"""Share of the blocks from which it is quicker to read all deliveries one after the other."""

T = TypeVar("T")
_ASCII_RUN = re.compile(rb"[\x01-\x7f]{3,}")
_CREATE = (
    "CREATE VIRTUAL TABLE IF NOT EXISTS search USING fts5("
    "text, content='', detail=none, columnsize=0, tokenize='trigram')"
)
_END = 2**63 - 1
_SETTINGS = (("pgsz", 500), ("automerge", 8))
"""Bytes of a page, and of how many segments one is made: both bound what one step can have to write."""
_TEXT = (
    "CAST(method AS TEXT) || char(10) || CAST(target AS TEXT) || char(10) || CAST(headers AS TEXT) || char(10) || "
    f"CAST({PLAIN_BODY.format('')} AS TEXT)"
)
_WIDE = "has_nul OR length(headers) + length(target) + body_size > ?"


@dataclass(frozen=True, slots=True)
class Block:
    """Neighbouring deliveries that become one row of the index."""

    first: int
    last: int
    deliveries: int
    known: bool
    """Whether the index can tell what is in it."""


# Building


def state(readers: Readers) -> int | None:
    """Up to which delivery the index goes; None when there is none.

    Raises:
        StoreError: The log cannot be read.
    """
    row = readers.one("SELECT upto FROM search_state WHERE form = ?", (FORM,))
    return None if row is None else int(row[0])


def next_block(readers: Readers, after: int) -> Block | None:
    """The next block above a delivery; None when there are too few deliveries for one.

    Raises:
        StoreError: The log cannot be read.
    """
    rows = readers.rows(
        f"SELECT id, {_WIDE}, length(headers) + length(target) + body_size FROM deliveries "  # noqa: S608 (constants)
        "WHERE id > ? ORDER BY id LIMIT ?",
        (LARGEST, after, ROWS),
    )
    size = count = 0
    for number, wide, length in rows:
        if wide and not count:
            return Block(number, number, 1, known=False)
        if wide or (count and size + length > BLOCK_BYTES):
            return Block(rows[0][0], rows[count - 1][0], count, known=True)
        count += 1
        size += length
    return Block(rows[0][0], rows[-1][0], count, known=True) if count == ROWS else None


def add_block(connection: sqlite3.Connection, block: Block, *, was: int) -> bool:
    """Index a block; False when another process was quicker.

    Args:
        connection: In a transaction.
        block: From `next_block`.
        was: Up to which delivery the index went then; 0 begins one.

    Raises:
        StoreError: The index cannot be written. What else is in the transaction does not suffer.
    """
    return _apart(connection, lambda: _add_block(connection, block, was))


def _add_block(connection: sqlite3.Connection, block: Block, was: int) -> bool:
    row = connection.execute("SELECT form, upto FROM search_state").fetchone()
    if row is None or row[0] != FORM:
        _forget(connection)
        connection.execute(_CREATE)
        connection.executemany("INSERT INTO search (search, rank) VALUES (?, ?)", _SETTINGS)
        connection.execute("INSERT INTO search_state (form, upto) VALUES (?, 0)", (FORM,))
        row = (FORM, 0)
    if row[1] != was:
        return False
    # Pages that merging sets free would else keep what `prune --wipe` has to take out of the file.
    (before,) = connection.execute("PRAGMA secure_delete").fetchone()
    connection.execute("PRAGMA secure_delete = ON").fetchall()
    try:
        if block.known:
            connection.execute(
                f"INSERT INTO search (rowid, text) SELECT ?1, group_concat({_TEXT}, char(10)) "  # noqa: S608 (constants)
                "FROM deliveries WHERE id BETWEEN ?1 AND ?2",
                (block.first, block.last),
            )
    finally:
        connection.execute(f"PRAGMA secure_delete = {int(before)}").fetchall()
    connection.execute(
        "INSERT INTO search_blocks (first, last, deliveries, known) VALUES (?, ?, ?, ?)",
        (block.first, block.last, block.deliveries, block.known),
    )
    connection.execute("UPDATE search_state SET upto = ?", (block.last,))
    return True


def forget(connection: sqlite3.Connection) -> None:
    """Take the index out of the log; it is made anew by and by.

    Raises:
        StoreError: It cannot be written.
    """
    _apart(connection, lambda: _forget(connection))


def _apart(connection: sqlite3.Connection, run: Callable[[], T]) -> T:
    """Change the index; when that fails, the deliveries that share the transaction are kept all the same."""
    connection.execute("SAVEPOINT search")
    try:
        return run()
    except sqlite3.Error as error:
        if not connection.in_transaction:  # SQLite gave up all of it, as for a full disk
            raise
        connection.execute("ROLLBACK TO search")
        raise StoreError(f"Cannot write the word index of the log: {show(str(error), 200)}") from error
    finally:
        if connection.in_transaction:
            connection.execute("RELEASE search")


def is_supported() -> bool:
    """Whether this SQLite has FTS5 with trigrams (3.34 of 2020-12, sqlite.org/releaselog/3_34_0.html)."""
    with closing(sqlite3.connect(":memory:")) as connection:
        try:
            connection.execute(_CREATE)
        except sqlite3.Error:
            return False
    return True


def _forget(connection: sqlite3.Connection) -> None:
    if connection.execute("SELECT 1 FROM search_state").fetchone() is not None:
        connection.execute("DROP TABLE IF EXISTS search")
        connection.execute("DELETE FROM search_blocks")
        connection.execute("DELETE FROM search_state")


def is_outdated(readers: Readers) -> bool:
    """Whether more than half of what the index knows was deleted.

    Raises:
        StoreError: The log cannot be read.
    """
    row = readers.one("SELECT (SELECT sum(deliveries) FROM search_blocks), (SELECT count(*) FROM facts)")
    return row is not None and (row[0] or 0) > 2 * row[1] + 1000


# Asking


def expression(node: nodes.Node) -> str | None:
    """What the index is asked for a filter, with every text in quotes; None when it can tell nothing.

    Every block that holds a delivery which the filter matches fits it.
    """
    match node:
        case nodes.And(parts):
            found = [text for part in parts if (text := expression(part)) is not None]
            return f"({' AND '.join(found)})" if found else None
        case nodes.Or(parts):
            each = [expression(part) for part in parts]
            known = [text for text in each if text is not None]
            return f"({' OR '.join(known)})" if known and len(known) == len(each) else None
        case nodes.Word(pieces):
            return _trigrams(pieces)
        case nodes.Header(name, pattern):
            return _trigrams((name + b": ", *pattern.pieces))
        case _:
            return None


def _trigrams(pieces: tuple[bytes, ...]) -> str | None:
    runs = [run.decode("ascii") for piece in pieces for run in _ASCII_RUN.findall(piece)]
    found = sorted({run[at : at + 3] for run in runs for at in range(len(run) - 2)})
    if not found:
        return None
    step = -(-len(found) // MOST_TRIGRAMS)
    return "(" + " AND ".join('"' + text.replace('"', '""') + '"' for text in found[::step]) + ")"


def candidates(readers: Readers, wanted: str) -> list[tuple[int, int]] | None:
    """Ranges of numbers, ascending, outside of which nothing matches; None: read all deliveries.

    The last range is what is not indexed yet.

    Args:
        readers: The connections.
        wanted: From `expression`.
    """
    try:
        upto = state(readers)
        newest = readers.one("SELECT max(id) FROM facts")
        if upto is None or newest is None or (newest[0] or 0) > 2 * upto:
            return None  # most is not indexed yet
        total, found = readers.rows(
            "SELECT count(*) FROM search_blocks UNION ALL SELECT count(*) FROM search WHERE search MATCH ?", (wanted,)
        )
        if found[0] > total[0] * TOO_MANY:
            return None
        # One statement sees one state of the log: what is indexed meanwhile is in the last range.
        rows = readers.rows(
            "SELECT first, last FROM search_blocks WHERE known = 0 OR first IN "
            "(SELECT rowid FROM search WHERE search MATCH ?) "
            "UNION ALL SELECT upto + 1, ? FROM search_state WHERE form = ? ORDER BY 1",
            (wanted, _END, FORM),
        )
    except StoreError:
        return None  # a SQLite without it, or a damaged index: what it would say can be found without it
    if not rows or rows[-1][1] != _END:
        return None  # made anew between the two questions
    ranges = [rows[0]]
    for first, last in rows[1:]:
        if first == ranges[-1][1] + 1 and last != _END:
            ranges[-1] = (ranges[-1][0], last)
        else:
            ranges.append((first, last))
    return ranges
