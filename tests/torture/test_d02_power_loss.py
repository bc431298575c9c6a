"""D2 and D3: what was answered was synced before, so that a power loss costs nothing."""

from __future__ import annotations

import hashlib
import random
import shutil
import threading
from pathlib import Path

import pytest

from tests.support.posting import post
from tests.torture.broken_process import PROGRAM
from tests.torture.listeners import listener
from tests.torture.results import record
from tests.torture.strace import Image, answers_out_of_order, images, mark, needs_strace, tracing
from webhook_inspector.core.clock import ManualClock
from webhook_inspector.errors import StoreError
from webhook_inspector.store.log import Log

ANSWERS = 200


def traced(folder: Path, count: int, *, mode: str = "") -> tuple[Path, list[bytes]]:
    """The trace of a listener that was killed after so many answers, and the bodies in their order."""
    trace, log = folder / "trace", folder / "log.db"
    rng = random.Random(count)
    # None of them is packed: the marks are looked for in what is written.
    sent = [mark(number) + rng.randbytes(rng.choice((10, 150, 9_000))) for number in range(count)]
    started = (
        listener(log, mode, program=PROGRAM, around=tracing(trace)) if mode else listener(log, around=tracing(trace))
    )
    with started as process:
        for body in sent:
            assert post(process.url, body)[0] == 200
        # The tracer writes of the last answer a moment after that has arrived.
        for _ in range(100):
            if answers_out_of_order(trace, log)[0] == count:
                break
            threading.Event().wait(0.1)
    return trace, sent


def opens(image: Image, path: Path) -> dict[int, str] | None:
    """Numbers and hashes in a log made of an image, by our own opening; None where it does not open or is not whole."""
    for end in ("", "-wal", "-shm", ".lock"):
        Path(f"{path}{end}").unlink(missing_ok=True)
    path.write_bytes(image.database)
    if image.wal:
        Path(f"{path}-wal").write_bytes(image.wal)
    try:
        log = Log.open(path, clock=ManualClock())
    except StoreError:
        return None
    try:
        if not log.check().whole:
            return None
        records = log.records(list(log.all_numbers()))
        return {one.delivery.id: hashlib.sha256(one.delivery.request.body).hexdigest() for one in records}
    finally:
        log.close()


def lost_images(trace: Path, log: Path, sent: list[bytes], *, subsets: int, every: int = 1) -> tuple[int, int]:
    """How many images there are, and in how many something is missing that was answered."""
    expected = [hashlib.sha256(body).hexdigest() for body in sent]
    path = log.with_name("image.db")
    total = lost = 0
    for image in images(trace, log, subsets=subsets, seed=20261121):
        if image.answered % every:
            continue
        total += 1
        found = opens(image, path)
        lost += found is None or any(
            found.get(number) != digest for number, digest in enumerate(expected[: image.answered], 1)
        )
    return total, lost


@needs_strace
@pytest.mark.timeout(300)
@pytest.mark.parametrize(("count", "subsets"), [(12, 1), pytest.param(ANSWERS, 5, marks=pytest.mark.torture)])
def test_a_power_loss_at_any_answer_costs_nothing(tmp_path: Path, count: int, subsets: int) -> None:
    trace, sent = traced(tmp_path, count)
    total, lost = lost_images(trace, tmp_path / "log.db", sent, subsets=subsets)
    assert total == count * (subsets + 1)
    assert lost == 0
    answers, wrong = answers_out_of_order(trace, tmp_path / "log.db")
    assert (answers, wrong) == (count, 0)
    record("D2", answers=count, images=total, images_that_lost_something=lost)
    record("D3", answers=answers, out_of_order=wrong)
    shutil.rmtree(tmp_path)


@needs_strace
@pytest.mark.timeout(300)
def test_answers_before_the_sync_are_caught(tmp_path: Path) -> None:
    """The broken variant, `synchronous = NORMAL`."""
    trace, sent = traced(tmp_path, 10, mode="normal")
    total, lost = lost_images(trace, tmp_path / "log.db", sent, subsets=1)
    answers, wrong = answers_out_of_order(trace, tmp_path / "log.db")
    record("D2", caught=lost > 0)
    record("D3", caught=wrong == answers)
    assert lost > 0
    assert total == 20
    assert wrong == answers == 10
