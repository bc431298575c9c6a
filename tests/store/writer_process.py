"""A process that stores deliveries until it is killed and notes each acknowledgement: `PATH ACKS right|ack-first`.

Each note is one `write` of `<number> <sha256 of the body>`: what the kernel took survives the process.
"""

from __future__ import annotations

import hashlib
import os
import random
import sys
import threading
import time
from pathlib import Path
from typing import Any

from tests.support.factories import make_delivery
from webhook_inspector.core.clock import SystemClock
from webhook_inspector.errors import StoreError
from webhook_inspector.store import writer as writer_module
from webhook_inspector.store.log import Log

OUTSTANDING = 16


class AckFirst(writer_module.Writer):
    """Broken on purpose: tells the sender before the commit."""

    def _work(self, batch: list[writer_module.Waiting], jobs: list[writer_module.Job[Any]]) -> None:
        row = self._connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'deliveries'").fetchone()
        first = 1 if row is None else row[0] + 1
        for number, waiting in enumerate(batch, first):
            waiting.done([number])
            waiting.done = lambda _: None
        time.sleep(0.05)  # it would be caught without, but now and then not in twenty rounds
        super()._work(batch, jobs)


def main(path: str, acks: str, variant: str) -> None:
    """Store until killed."""
    log = Log.open(Path(path), clock=SystemClock())
    if variant == "ack-first":
        assert log._writer is not None
        log._writer.__class__ = AckFirst
    descriptor = os.open(acks, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    free = threading.Semaphore(OUTSTANDING)
    rng = random.Random()
    print("ready", flush=True)
    while True:
        body = rng.randbytes(rng.choice([10, 1000, 20_000]))
        free.acquire()

        def done(outcome: int | StoreError, digest: str = hashlib.sha256(body).hexdigest()) -> None:
            if isinstance(outcome, int):
                os.write(descriptor, f"{outcome} {digest}\n".encode())
            free.release()

        log.submit(make_delivery(body), done)


if __name__ == "__main__":
    main(*sys.argv[1:4])
