"""D4, D5, D8: syncs and writes that fail, a disk that is full, a disk that is slow."""

from __future__ import annotations

import itertools
import os
import random
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.posting import post
from tests.torture.broken_process import PROGRAM
from tests.torture.faults import faults
from tests.torture.listeners import Listening, listener
from tests.torture.results import record
from tests.torture.senders import Ledger, missing
from tests.torture.strace import needs_strace

SYNCS = ["fdatasync:error=EIO:when=2", "fdatasync:error=EIO:when=2..3", "fdatasync:error=EIO"]
WRITES = [f"pwrite64:error={error}:when={n}" for n in range(1, 41) for error in ("ENOSPC", "EIO")]
QUICK = [SYNCS[2], WRITES[0], WRITES[11]]
TOGETHER = 4


def send_each(process: Listening, ledger: Ledger, names: Sequence[str], size: int = 900) -> list[int]:
    """Send deliveries at the same time; their statuses."""
    statuses: list[int] = []

    def send(name: str) -> None:
        head = f"{name}|".encode()
        body = head + random.Random(name).randbytes(size - len(head))  # what cannot be packed
        status = post(process.url, body)[0]
        statuses.append(status)
        if status == 200:
            ledger.note(name, body)

    threads = [threading.Thread(target=send, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(statuses) == len(names)
    return statuses


def until_kept(process: Listening, ledger: Ledger, name: str, patience_s: float) -> float:
    """Send until one is kept; how long that took, in seconds."""
    began = time.monotonic()
    for number in itertools.count():
        if send_each(process, ledger, [f"{name}-{number}"]) == [200]:
            return time.monotonic() - began
        assert time.monotonic() - began < patience_s, "it did not go on"
        threading.Event().wait(0.05)
    raise AssertionError


@needs_strace
@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "injections", [QUICK, pytest.param([*SYNCS, *WRITES], marks=pytest.mark.torture)], ids=["quick", "all"]
)
def test_no_false_answer_when_the_disk_fails(tmp_path: Path, injections: list[str]) -> None:
    log, ledger = tmp_path / "log.db", Ledger()
    refused = 0
    longest = 0.0
    with listener(log) as process:
        for number, injection in enumerate(injections):
            with faults(process.process.pid, tmp_path, injection):
                statuses = [
                    status
                    for burst in range(3)
                    for status in send_each(process, ledger, [f"{number}-{burst}-{n}" for n in range(TOGETHER)])
                ]
            assert set(statuses) <= {200, 503}
            refused += statuses.count(503)
            longest = max(longest, until_kept(process, ledger, f"after-{number}", 10))
        assert process.end() == 0
    assert refused > len(injections) // 4
    assert missing(log, ledger) == []
    record("D4", faults=len(injections), answered_503=refused, false_2xx=0, kept_again_after_s=longest)


@needs_strace
def test_answers_that_swallow_an_error_are_caught(tmp_path: Path) -> None:
    log, ledger = tmp_path / "log.db", Ledger()
    with listener(log, "swallow", program=PROGRAM) as process:
        with faults(process.process.pid, tmp_path, "pwrite64:error=ENOSPC"):
            send_each(process, ledger, [f"lost-{n}" for n in range(TOGETHER)])
        process.end()
    caught = bool(missing(log, ledger))
    record("D4", caught=caught)
    record("D5", caught=caught)


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """A file system in memory with so little room."""
    folder.mkdir()
    if shutil.which("mount") is None or os.geteuid() != 0:
        pytest.skip("mounting needs root")
    command = ["mount", "-t", "tmpfs", "-o", f"size={size},mode=0700", "tmpfs", str(folder)]
    if subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("a file system in memory cannot be mounted")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk_loses_nothing_and_capture_goes_on(tmp_path: Path) -> None:
    ledger = Ledger()
    with small_disk(tmp_path / "disk", "3m") as disk:
        log = disk / "log.db"
        with listener(log) as process:
            statuses = [
                status
                for burst in range(75)
                for status in send_each(process, ledger, [f"{burst}-{n}" for n in range(TOGETHER)], size=20_000)
            ]
            assert set(statuses) == {200, 503}
            subprocess.run(["mount", "-o", "remount,size=30m", str(disk)], check=True)
            took = until_kept(process, ledger, "after", 10)
            assert process.end() == 0
        assert missing(log, ledger) == []
    record(
        "D5",
        sent=len(statuses),
        kept=statuses.count(200),
        answered_503=statuses.count(503),
        false_2xx=0,
        kept_again_after_s=took,
    )


def test_a_limit_on_file_sizes_is_like_a_full_disk(tmp_path: Path) -> None:
    """The same where nothing can be mounted."""
    resource = pytest.importorskip("resource")
    log, ledger = tmp_path / "log.db", Ledger()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    with listener(log) as process:
        resource.prlimit(process.process.pid, resource.RLIMIT_FSIZE, (2 * 1024 * 1024, limits[1]))
        statuses = [
            status
            for burst in range(40)
            for status in send_each(process, ledger, [f"{burst}-{n}" for n in range(TOGETHER)], size=20_000)
        ]
        assert 503 in statuses
        resource.prlimit(process.process.pid, resource.RLIMIT_FSIZE, limits)
        until_kept(process, ledger, "after", 10)
        assert process.end() == 0
    assert missing(log, ledger) == []


SENDERS = 8


def _seconds_of_slow_syncs(folder: Path, mode: str | None) -> float:
    """How long so many senders take at once when a sync takes 300 ms."""
    log, ledger = folder / "log.db", Ledger()
    with listener(log, mode, program=PROGRAM) if mode else listener(log) as process:
        assert send_each(process, ledger, ["first"]) == [200]
        with faults(process.process.pid, folder, "fdatasync:delay_exit=300000"):
            began = time.monotonic()
            assert send_each(process, ledger, [str(n) for n in range(SENDERS)]) == [200] * SENDERS
            took = time.monotonic() - began
        process.end()
    assert missing(log, ledger) == []
    return took


@needs_strace
def test_slow_syncs_are_shared(tmp_path: Path) -> None:
    took = _seconds_of_slow_syncs(tmp_path, None)
    record("D8", senders=SENDERS, longest_s=took)
    assert took < 0.3 * SENDERS, "each its own"


@pytest.mark.torture
@needs_strace
def test_a_sync_for_each_sender_is_caught(tmp_path: Path) -> None:
    caught = _seconds_of_slow_syncs(tmp_path, "one-by-one") >= 0.3 * SENDERS
    record("D8", caught=caught)
