"""With the word index a filter finds what it finds without it."""

from __future__ import annotations

import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.store.strategies import met_deliveries, queries
from tests.support.factories import T0_NS, make_delivery
from webhook_inspector.core.clock import ManualClock
from webhook_inspector.core.delivery import Delivery
from webhook_inspector.core.filters import Query, matches, parse
from webhook_inspector.core.filters.nodes import Word
from webhook_inspector.store import search
from webhook_inspector.store.log import Log
from webhook_inspector.store.trash import Trash

_BITS = [
    "abc",
    "ABC",
    "b c",
    'a"b',
    "a'b",
    "x\0y",
    "\0",
    "é",
    "É",
    "ſ",
    "K",
    "İ",
    "\ud800",
    "日本語",
    "%_\\",
    "*",
    "AND",
    "NEAR(",
]
documents = st.lists(st.sampled_from([*_BITS, "zz"]) | st.characters(), max_size=12).map(
    lambda parts: "".join(parts).encode("utf-8", "surrogatepass")
)
raw = documents | st.binary(max_size=30) | st.tuples(documents, st.binary(max_size=4), documents).map(b"".join)
words = st.lists(raw.map(bytes.lower), min_size=1, max_size=3).map(tuple)


def build(log: Log) -> None:
    """Index all that can be, at once."""
    while True:
        upto = search.state(log.readers) or 0
        block = search.next_block(log.readers, upto)
        if block is None:
            return
        assert log.write(lambda connection, block=block, upto=upto: search.add_block(connection, block, was=upto))  # type: ignore[misc]


def read_all(log: Log, query: Query) -> list[int]:
    return [record.delivery.id for record in log.records(log.ids()) if matches(query, record)]


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(raw, min_size=1, max_size=20), st.lists(words, min_size=1, max_size=8), st.integers(0, 6))
@example([b"xxabcxx", b"a\0abc", b"abc"], [(b"abc",)], 1)
@example([b"\xc3abc", b"\xe2\x84abc\xaa", b"KAbc"], [(b"abc",), (b"kab",)], 0)
def test_any_word_in_any_document(bodies: list[bytes], wanted: list[tuple[bytes, ...]], late: int) -> None:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(search, "ROWS", 3)
        patch.setattr(search, "LARGEST", 250)
        patch.setattr(search, "TOO_MANY", 1.0)
        log = Log.open(Path(folder) / "log.db", clock=ManualClock())
        log.append([make_delivery(body) for body in bodies])
        build(log)
        log.append([make_delivery(body) for body in bodies[:late]])  # not indexed yet
        pieces = {body[at : at + 4].lower() for body in bodies for at in range(0, len(body), 3)}
        for one in [*wanted, *((piece,) for piece in sorted(pieces)[:10])]:
            for last in (None, 2):
                query = Query("", Word(one), last)
                expected = read_all(log, Query("", Word(one)))
                assert list(log.ids(query)) == (expected if last is None else expected[-last:]), one
                assert log.count(query) == len(expected if last is None else expected[-last:]), one
        log.close()


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(met_deliveries, min_size=4, max_size=12), st.lists(queries, min_size=8, max_size=8))
def test_any_filter(stored: list[Delivery], written: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(search, "ROWS", 2)
        patch.setattr(search, "TOO_MANY", 1.0)
        log = Log.open(Path(folder) / "log.db", clock=ManualClock())
        log.append(stored)
        build(log)
        for text in [
            *written,
            '"x-a: ab"',
            "header.x-a:ab",
            "-plain",
            "plain or header.x-a:b",
            "plain text",
            '"in_1"*n',
        ]:
            query = parse(text, now_ns=T0_NS)
            assert list(log.ids(query)) == read_all(log, query), text
        log.close()


def test_user_text_is_only_ever_text(log_path: Path) -> None:
    log = Log.open(log_path, clock=ManualClock())
    log.append([make_delivery(b'say "NEAR(a b)" OR text:x*' if n == 70 else b"nothing %d" % n) for n in range(1, 130)])
    build(log)
    for word in ('"NEAR(a', "near(", '" OR "x', "text:x*", ") or", "nothing 70", "x' or 1"):
        query = Query("", Word((word.lower().encode(),)))
        assert list(log.ids(query)) == read_all(log, query), word
    log.close()


@pytest.fixture
def indexed(log_path: Path) -> Log:
    log = Log.open(log_path, clock=ManualClock())
    log.append([make_delivery(b"needle" if n % 100 == 0 else b"hay %d" % n) for n in range(1, 1001)])
    build(log)
    return log


def find(log: Log, text: str) -> list[int]:
    return list(log.ids(parse(text, now_ns=T0_NS)))


NEEDLES = list(range(100, 1001, 100))


def test_the_index_names_only_some_blocks(indexed: Log) -> None:
    wanted = search.expression(Word((b"needle",)))
    assert wanted is not None
    ranges = search.candidates(indexed.readers, wanted)
    assert ranges is not None
    assert sum(last - first + 1 for first, last in ranges[:-1]) < 400
    assert find(indexed, "needle") == NEEDLES
    assert find(indexed, "needle last:3") == NEEDLES[-3:]
    assert search.candidates(indexed.readers, search.expression(Word((b"hay",))) or "") is None
    assert search.expression(Word((b"ne",))) is None
    assert len(find(indexed, "ne")) == 10
    indexed.close()


def test_a_wrong_index_would_be_noticed(indexed: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests above can fail: an index that says less finds less."""
    monkeypatch.setattr("webhook_inspector.store.query.expression", lambda _node: '"zzz"')
    assert find(indexed, "needle") != NEEDLES
    indexed.close()


def test_deleting_and_bringing_back_leave_it_right(indexed: Log) -> None:
    trash = Trash(indexed, "me")
    trash.delete([100, 200], T0_NS)
    assert find(indexed, "needle") == NEEDLES[2:]
    last = trash.last()
    assert last is not None
    trash.bring_back(last.id)
    assert find(indexed, "needle") == NEEDLES
    indexed.delete(list(range(100, 150)))
    assert find(indexed, "needle") == NEEDLES[1:]
    indexed.close()


def test_wiping_takes_it_out_of_the_file(indexed: Log, log_path: Path) -> None:
    indexed.delete([100], wipe=True)
    assert search.state(indexed.readers) is None
    with closing(sqlite3.connect(log_path)) as connection:
        assert connection.execute("SELECT 1 FROM sqlite_master WHERE name LIKE 'search_data%'").fetchall() == []
    assert find(indexed, "needle") == NEEDLES[1:]
    build(indexed)
    assert search.candidates(indexed.readers, search.expression(Word((b"needle",))) or "") is not None
    assert find(indexed, "needle") == NEEDLES[1:]
    indexed.close()


def test_it_is_outdated_when_most_of_it_is_gone(indexed: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not search.is_outdated(indexed.readers)
    indexed.append([make_delivery(b"hay")] * 1500)
    build(indexed)
    for start in range(1, 2402, 200):
        indexed.delete(list(range(start, start + 200)))
    assert search.is_outdated(indexed.readers)
    indexed.close()


def test_an_index_that_cannot_be_read_or_is_of_another_form_is_not_asked(indexed: Log, log_path: Path) -> None:
    with closing(sqlite3.connect(log_path)) as connection:
        connection.execute("UPDATE search_state SET form = 99")
        connection.commit()
    assert find(indexed, "needle") == NEEDLES
    build(indexed)
    assert search.state(indexed.readers) is not None
    assert find(indexed, "needle") == NEEDLES
    with closing(sqlite3.connect(log_path)) as connection:
        connection.execute("DROP TABLE search_data")
        connection.commit()
    assert find(indexed, "needle") == NEEDLES
    indexed.close()


def test_two_processes_index_each_delivery_once(indexed: Log) -> None:
    indexed.append([make_delivery(b"more")] * 64)
    upto = search.state(indexed.readers)
    assert upto is not None
    block = search.next_block(indexed.readers, upto)
    assert block is not None
    assert indexed.write(lambda connection: search.add_block(connection, block, was=upto))
    assert not indexed.write(lambda connection: search.add_block(connection, block, was=upto))
    assert search.state(indexed.readers) == block.last
    indexed.close()


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("abcd", '("abc" AND "bcd")'),
        ("ab*cde*f", '("cde")'),
        ("abc def", '(("abc") AND ("def"))'),
        ("abc or def", '(("abc") OR ("def"))'),
        ("abc or de", None),
        ("abc type:x", '(("abc"))'),
        ("-abc", None),
        ("type:x", None),
        ("header.ab:*cde", '("ab:" AND "b: " AND "cde")'),
        ('"a""bc"', '("abc")'),
        ('"\\"ab"', '("""ab")'),
        ("äöüabc日本", '("abc")'),
        ("日本語", None),
    ],
)
def test_what_the_index_is_asked(text: str, wanted: str | None) -> None:
    root = parse(text, now_ns=T0_NS).root
    assert root is not None
    assert search.expression(root) == wanted


def test_of_a_long_word_only_some_trigrams_are_asked_for() -> None:
    word = "".join(chr(ord("a") + n % 26) + str(n) for n in range(500))
    found = search.expression(Word((word.encode(),)))
    assert found is not None
    assert found.count(" AND ") < search.MOST_TRIGRAMS
