"""Bodies are stored shorter and read as they were received, and a damaged one is known as such."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from tests.support.factories import make_delivery, noise
from webhook_inspector.core.clock import ManualClock
from webhook_inspector.core.filters import parse
from webhook_inspector.store import search
from webhook_inspector.store.carve import _is_delivery
from webhook_inspector.store.log import Log
from webhook_inspector.store.packing import LARGE, SMALLEST, pack_bodies, pack_body, unpack_body
from webhook_inspector.store.rows import delivery_row

ROWS = b'{"id":"evt_1","needle":"Haystack","pad":"%s"}' % (b"abcdefghij" * 400)


@given(st.one_of(st.binary(max_size=2000), st.binary(min_size=1, max_size=40).map(lambda piece: piece * 200)))
def test_what_is_packed_is_unpacked(body: bytes) -> None:
    stored = pack_body(body)
    assert len(stored) <= len(body)
    assert unpack_body(stored, len(body)) == body


@pytest.mark.parametrize("size", [0, 1, SMALLEST - 1, SMALLEST, 10_000, LARGE, LARGE + 1])
def test_only_what_gets_shorter_and_is_neither_small_nor_large_is_packed(size: int) -> None:
    for body, shorter in ((b"x" * size, SMALLEST <= size <= LARGE), (noise(size), False)):
        stored = pack_body(body)
        assert (len(stored) < size) == shorter
        assert unpack_body(stored, size) == body


@given(st.lists(st.one_of(st.binary(max_size=600), st.binary(min_size=1, max_size=9).map(lambda one: one * 300))))
def test_several_at_once_are_packed_as_one_by_one(bodies: list[bytes]) -> None:
    stored = pack_bodies(bodies)
    assert stored == [pack_body(body) for body in bodies]
    assert all(type(one) is bytes for one in stored)


@given(st.binary(max_size=400), st.integers(0, 5000))
def test_what_is_no_frame_stays_as_it_is(stored: bytes, size: int) -> None:
    assert unpack_body(stored, size) == stored


@given(st.integers(0, 2**32), st.integers(1, 255))
def test_a_changed_byte_never_raises_and_never_makes_more(place: int, change: int) -> None:
    stored = bytearray(pack_body(ROWS))
    stored[place % len(stored)] ^= change
    assert len(unpack_body(bytes(stored), len(ROWS))) <= len(ROWS)


def test_a_bomb_is_not_unpacked() -> None:
    bomb = zstandard.ZstdCompressor(level=1).compress(bytes(50_000_000))
    for size in (50_000_000, len(bomb) + 1, LARGE):
        assert unpack_body(bomb, size) == bomb
    without_length = zstandard.ZstdCompressor(level=1, write_content_size=False).compress(bytes(LARGE))
    assert unpack_body(without_length, LARGE) == without_length


def test_the_log_packs_and_every_reader_unpacks(log_path: Path) -> None:
    log = Log.open(log_path, clock=ManualClock())
    try:
        log.append([make_delivery(ROWS), make_delivery(noise(4000)), make_delivery(b"needle in a short one")])
        stored = [length for (length,) in log.readers.rows("SELECT length(body) FROM deliveries ORDER BY id")]
        assert stored[0] < len(ROWS) / 5
        assert stored[1:] == [4000, 21]
        assert [record.delivery.request.body for record in log.records([1, 2, 3])] == [
            ROWS,
            noise(4000),
            b"needle in a short one",
        ]
        for text, found in (
            ("haystack", [1]),
            ("needle", [1, 3]),
            ("body.needle:hay*", [1]),
            ("body.needle:straw*", []),
            ("NEEDLE*stack", [1]),
            ("size:>4k", [1]),
        ):
            assert list(log.ids(parse(text, now_ns=0))) == found, text
        assert log.check().whole
        sizes = dict(log.sizes())
        assert sizes[1] < sizes[2], "what is pruned by size is what is stored"
    finally:
        log.close()


def test_the_word_index_reads_packed_bodies(log_path: Path) -> None:
    log = Log.open(log_path, clock=ManualClock())
    try:
        bodies = [ROWS if number == 70 else b'{"pad":"%s"}' % (b"0123456789" * 100) for number in range(1, 97)]
        log.append([make_delivery(body) for body in bodies])
        while (block := search.next_block(log.readers, search.state(log.readers) or 0)) is not None:
            was = search.state(log.readers) or 0
            assert log.write(partial(search.add_block, block=block, was=was))
        wanted = search.expression(parse("haystack", now_ns=0).root)  # type: ignore[arg-type]
        assert wanted is not None
        assert search.candidates(log.readers, wanted) == [(65, 96), (97, 2**63 - 1)]
        assert list(log.ids(parse("haystack", now_ns=0))) == [70]
    finally:
        log.close()


def test_a_damaged_frame_is_named_and_still_read(log_path: Path) -> None:
    log = Log.open(log_path, clock=ManualClock())
    log.append([make_delivery(ROWS), make_delivery(ROWS)])
    log.close()
    dice = random.Random(1)
    for _ in range(40):
        with closing(sqlite3.connect(log_path)) as connection:
            row = connection.execute("SELECT body FROM deliveries WHERE id = 1").fetchone()
            good = bytes(row[0])
            bad = bytearray(good)
            bad[dice.randrange(len(bad))] ^= 1 << dice.randrange(8)
            connection.execute("UPDATE deliveries SET body = ? WHERE id = 1", (bytes(bad),))
            connection.commit()
        log = Log.open(log_path, clock=ManualClock())
        damaged = log.check().damaged
        record = log.record(1)
        found = list(log.ids(parse("haystack", now_ns=0)))
        log.close()
        assert record is not None
        assert damaged == (() if record.delivery.request.body == ROWS else (1,))
        assert 2 in found
        with closing(sqlite3.connect(log_path)) as connection:
            connection.execute("UPDATE deliveries SET body = ? WHERE id = 1", (good,))
            connection.commit()


def test_carving_takes_packed_rows_by_the_hash_of_what_was_received() -> None:
    row = [*delivery_row(make_delivery(ROWS), 7), pack_body(ROWS)]
    assert _is_delivery(row)
    row[-1] = bytes([*row[-1][:-1], row[-1][-1] ^ 1])
    assert not _is_delivery(row)
    row[-1] = ROWS
    assert _is_delivery(row)
