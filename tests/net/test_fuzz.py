"""Mutated requests: nothing raises, nothing hangs, and every answered 200 is one accepted delivery."""

from __future__ import annotations

import random

import pytest

from tests.net.vectors import ALL
from tests.support.listening import listening, statuses

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
