"""Migrations that are killed, many in a row: `FOLDER COUNT SEED transactional|autocommit`.

Every run is a child of this process, so that nothing is loaded again. Half of them die before a statement, as
`kill -9` there would let them; half are killed at a random moment.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from pathlib import Path

from tests.store.test_migrations import migrate_and_die
from tests.torture.released_logs import FOLDER, unpack

STATEMENTS = 90
SECONDS = 0.02


def _one(path: Path, rng: random.Random, *, by_time: bool, transactional: bool) -> None:
    statement = 10**9 if by_time else rng.randrange(1, STATEMENTS)
    pid = os.fork()
    if pid == 0:
        try:
            migrate_and_die(path, statement, transactional=transactional)
        finally:
            os._exit(0)
    if by_time:
        time.sleep(rng.uniform(0, SECONDS))
        os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


def main(folder: Path, count: int, seed: int, *, transactional: bool) -> None:
    rng = random.Random(seed)
    versions = sorted(int(path.name.split("-")[1].split(".")[0]) for path in FOLDER.glob("*.xz"))
    for number in range(count):
        path = unpack(versions[number % len(versions)], folder / f"{number}.db")
        _one(path, rng, by_time=number % 2 == 1, transactional=transactional)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), transactional=sys.argv[4] == "transactional")
