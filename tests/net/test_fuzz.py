"""Mutated requests: nothing raises, nothing hangs, and every answered 200 is one accepted delivery."""

from __future__ import annotations

import random
import socket
import struct
import sys
import threading

import pytest

from tests.net.vectors import ALL, CHUNKED, HEAD
from tests.support.listening import Running, listening, read_all, statuses

SMALL = [vector.raw for vector in ALL if len(vector.raw) < 700]


def mutated(rng: random.Random) -> bytes:
    raw = bytearray(b"".join(rng.choice(SMALL) for _ in range(rng.choice((1, 1, 2, 3)))))
    for _ in range(rng.randrange(1, 6)):
        where = rng.randrange(len(raw))
        kind = rng.randrange(5)
        if kind == 0:
            raw[where] = rng.randrange(256)
        elif kind == 1:
            raw.insert(where, rng.choice(b"\r\n \t:;,\0\x80GH019/"))
        elif kind == 2:
            del raw[where]
        elif kind == 3:
            raw[where:where] = raw[where : where + rng.randrange(40)]
        else:
            del raw[where : where + rng.randrange(20)]
        raw = raw or bytearray(b"x")
    return bytes(raw)


@pytest.mark.parametrize("seed", range(4))
def test_mutated_requests(seed: int) -> None:
    rng = random.Random(seed)
    with listening() as running:
        for _ in range(120):
            raw = mutated(rng)
            before_whole, before = len(running.kept.whole), len(running.kept.deliveries)
            cut = rng.randrange(len(raw) + 1)
            answers = statuses(running.send(raw, pieces=[piece for piece in (raw[:cut], raw[cut:]) if piece]))
            good = len(running.kept.whole) - before_whole
            assert good == answers.count(200), raw
            if raw.strip(b"\r\n"):
                running.kept.wait_for(before + 1)
            assert set(answers) <= {100, 200, 400, 405, 413, 431}, (raw, answers)


BROKEN_OFF = (
    HEAD + b"Content-Length: 50\r\n\r\n" + b"a" * 20,
    CHUNKED + b"5\r\nabcde\r\n",
    CHUNKED + b"5\r\nabcde\r\nZZ\r\n",
)


def leave(running: Running, rng: random.Random) -> None:
    """Send a body that breaks off, in odd pieces, and end the connection in one of three ways."""
    raw = rng.choice(BROKEN_OFF)
    with running.connect() as client:
        try:
            while raw:
                size = rng.randrange(1, 30)
                client.sendall(raw[:size])
                raw = raw[size:]
            ending = rng.randrange(3)
            if ending == 0:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            elif ending == 1:
                client.shutdown(socket.SHUT_WR)
                assert statuses(read_all(client)) == [400]
        except ConnectionError:
            pass  # refused before all was sent


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a reset may overtake what was sent before it")
def test_every_sender_that_breaks_off_is_one_refused_delivery() -> None:
    failures: list[BaseException] = []

    def work(seed: int) -> None:
        rng = random.Random(seed)
        try:
            for _ in range(60):
                leave(running, rng)
        except BaseException as error:
            failures.append(error)

    with listening() as running:
        threads = [threading.Thread(target=work, args=(seed,)) for seed in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        running.kept.wait_for(300)
        assert len(running.settle()) == 300
    assert not running.kept.whole
    assert not failures
