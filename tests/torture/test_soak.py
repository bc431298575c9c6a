"""The soak: an hour of mixed traffic in ten minutes (`SOAK_S=600`), or a part of it; nothing may grow.

A listener that forwards to a handler which fails sometimes, with retention; senders of small and large bodies, hostile
and half-open ones; other processes that search, count, replay and export; the app on the log with keys pressed.
"""

from __future__ import annotations

import itertools
import os
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.handler import handler
from tests.support.pty_app import PtyApp
from tests.torture.careless_process import PROGRAM
from tests.torture.listeners import PRODUCT, ROOT, listener
from tests.torture.results import record
from tests.torture.soaking import Ledger, Sample, Traffic, median, sample, slope
from tests.torture.variants import catches
from webhook_inspector.store.packing import unpack_body

LONG_S = float(os.environ.get("SOAK_S", "240"))
PER_S = 60.0
"""Good deliveries a second: an hour of ten a second takes ten minutes."""
KEEP = 1_500
LEAK_KIB = 1.0
"""KiB of memory a delivery after warming up; more is called a leak."""
CONFIG = f"""
[listen]
max_body = "1 MiB"
[retention]
max_deliveries = {KEEP}
"""
COMMANDS = (
    ("list", "type:invoice.* -state:failed", "--json"),
    ("stats", "--json"),
    ("list", '"n1-" or status:500', "--json"),
    ("export", "last", "--as", "curl"),
    ("verify", "last:5"),
    ("doctor",),
)
KEYS = (
    "j",
    "j",
    "k",
    "1",
    "2",
    "T",
    "\x1b",
    "f",
    "type:invoice.paid",
    "\r",
    "\x1b",
    "G",
    "A",
    "\x1b",
    "g",
    "O",
    "\x1b",
)

pytestmark = [
    pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory and descriptors are read from /proc"),
    pytest.mark.timeout(int(LONG_S) * 2 + 300),
]


class Company:
    """Other processes on the same log: commands now and then, and the app."""

    def __init__(self, log: Path, config: Path, target: str) -> None:
        self._options = ("--log", str(log), "--config", str(config))
        self._target = target
        self._stopped = threading.Event()
        self.ran = 0
        self.pressed = 0
        self.app_mib: list[float] = []
        self.broken: list[str] = []
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._commands, self._app)]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stopped.set()
        for thread in self._threads:
            thread.join(90)
            assert not thread.is_alive(), "a command or the app hangs"

    def _commands(self) -> None:
        replay = ("replay", "last:5", "--to", self._target, "--times", "2", "--seed", "1", "--speed", "asap")
        for command in itertools.cycle((replay, *COMMANDS)):
            if self._stopped.wait(2):
                return
            done = subprocess.run(
                [sys.executable, "-m", "webhook_inspector", *command, *self._options],
                cwd=ROOT, capture_output=True, timeout=90, check=False,
            )  # fmt: skip
            self.ran += 1
            nothing = b"Only refused deliveries are selected" in done.stderr  # the newest five may be hostile ones
            if (done.returncode not in {0, 1} and not nothing) or b"Traceback" in done.stderr:
                self.broken.append(f"{command}: {done.returncode} {done.stderr[-1500:]!r}")

    def _app(self) -> None:
        try:
            with PtyApp(["-m", "webhook_inspector", "--no-listen", *self._options]) as app:
                app.until("deliveries", 60)
                for keys in itertools.cycle(KEYS):
                    if self._stopped.is_set():
                        break
                    app.press(keys, 0.5)
                    self.pressed += 1
                    self.app_mib.append(sample(app.pid, Path("/nowhere"), 0, 0).memory_mib)
                    del app.output[:-100_000]
                app.press("\x1b\x1b\x1b", 1)
                app.press("q", 1)
                if app.wait(30) != 0:
                    self.broken.append(f"the app ended with {app.status}")
        except (AssertionError, OSError) as error:
            self.broken.append(f"the app: {error}")


@dataclass
class Soaked:
    """What was seen."""

    samples: list[Sample]
    traffic: Traffic
    company: Company | None

    @property
    def warm(self) -> list[Sample]:
        """The second half: the page caches of the log (16 MiB of the writer, 8 of each reader) take minutes to fill."""
        return self.samples[len(self.samples) // 2 :]


def _soak(folder: Path, seconds: float, program: Sequence[str] = PRODUCT, *, company: bool = True) -> Soaked:
    log, config = folder / "log.db", folder / "webhook-inspector.toml"
    config.write_text(CONFIG, encoding="utf-8")
    samples: list[Sample] = []
    with (
        handler(lambda n, _body: (500 if n % 17 == 0 else 200, b"{}")) as target,
        (folder / "errors.txt").open("wb") as errors,
        listener(log, "--config", str(config), "--forward", target.url, program=program, errors=errors) as process,
    ):
        traffic = Traffic(process.port, PER_S)
        others = Company(log, config, target.url) if company else None
        began = time.monotonic()
        while time.monotonic() - began < seconds:
            time.sleep(min(2.0, seconds / 60))
            assert process.process.poll() is None, "the listener ended"
            samples.append(sample(process.process.pid, log, began, len(traffic.ledger.acknowledged)))
            target.bodies[:-10] = []
        traffic.stop()
        if others is not None:
            others.stop()
        assert process.end(patience_s=60) == 0
    assert traffic.ledger.broken == []
    assert (folder / "errors.txt").stat().st_size < 200_000, "stderr is a log that grows"
    return Soaked(samples, traffic, others)


def _memory_is_flat(found: Soaked, limit_kib: float) -> float:
    kib = slope([(one.acknowledged, one.memory_mib * 1024) for one in found.warm])
    assert kib < limit_kib, f"a delivery costs {kib:.2f} KiB that are not freed"
    return max(0.0, kib)


def _counts_are_flat(found: Soaked) -> None:
    warm = found.warm
    middle = len(warm) // 2
    for name, slack in (("descriptors", 25), ("threads", 4)):
        first, second = (median([getattr(one, name) for one in half]) for half in (warm[:middle], warm[middle:]))
        assert second - first < slack, f"{name} grow: {first} to {second}"


def _log_is_bounded(found: Soaked) -> float:
    largest = max(one.log_mib for one in found.samples)
    # What is kept, half as much again until retention looks, and a write-ahead log.
    assert largest < KEEP * 0.02 + 60, f"the log is {largest:.0f} MiB"
    return largest


def _nothing_lost(log: Path, ledger: Ledger) -> int:
    """Every acknowledged nonce that was sent after the oldest kept delivery arrived is there; how many that are."""
    with closing(sqlite3.connect(log)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        rows = connection.execute(
            "SELECT received_ns, body, body_size FROM deliveries WHERE refused IS NULL"
        ).fetchall()
    bodies = (unpack_body(bytes(body), size) for _, body, size in rows)
    nonces = {body[7:].partition(b'"')[0].decode("ascii", "replace") for body in bodies}
    oldest_s = min(received for received, _, _ in rows) / 1e9
    due = {nonce for nonce, sent_s in ledger.acknowledged.items() if sent_s > oldest_s}
    assert not due - nonces, f"{len(due - nonces)} of {len(due)} inside the limit are missing"
    assert len(due) >= min(KEEP, len(ledger.acknowledged)) // 2, "it keeps less than it should"
    return len(due)


@pytest.mark.torture
def test_nothing_grows_and_nothing_is_lost(tmp_path: Path) -> None:
    found = _soak(tmp_path, LONG_S)
    ledger, company = found.traffic.ledger, found.company
    assert company is not None
    assert company.broken == []
    assert ledger.refused == 0, f"{ledger.refused} good ones were refused"
    due = _nothing_lost(tmp_path / "log.db", ledger)
    _counts_are_flat(found)
    leak_kib = _memory_is_flat(found, LEAK_KIB if LONG_S >= 600 else 3 * LEAK_KIB)
    waits = sorted(ledger.waits_ms)
    p99 = waits[int(len(waits) * 0.99)]
    assert p99 < 5_000
    later = company.app_mib[len(company.app_mib) // 2 :]
    assert later[-1] - later[0] < 60, f"the app grew by {later[-1] - later[0]:.0f} MiB"
    record(
        "SOAK", seconds=LONG_S, answered=len(ledger.acknowledged), due_inside_the_limit=due, missing=0,
        hostile=ledger.hostile, commands=company.ran, keys=company.pressed, KiB_not_freed_a_delivery=leak_kib,
        memory_mib=found.warm[-1].memory_mib, app_mib=later[-1],
        most_descriptors=float(max(one.descriptors for one in found.warm)),
        most_threads=float(max(one.threads for one in found.warm)),
        largest_log_mib=_log_is_bounded(found), p99_answer_ms=p99,
    )  # fmt: skip


@pytest.mark.torture
def test_what_leaks_is_caught(tmp_path: Path) -> None:
    found = _soak(tmp_path, 90, (*PROGRAM, "leaks", *PRODUCT[2:]), company=False)
    caught = catches(lambda: _memory_is_flat(found, 3 * LEAK_KIB), "not freed") and catches(
        lambda: _counts_are_flat(found), "descriptors grow"
    )
    record("SOAK", caught=caught)


@pytest.mark.torture
def test_what_is_forgotten_is_caught(tmp_path: Path) -> None:
    found = _soak(tmp_path, 15, (*PROGRAM, "forgets-some", *PRODUCT[2:]), company=False)
    caught = catches(lambda: _nothing_lost(tmp_path / "log.db", found.traffic.ledger), "are missing")
    record("SOAK", caught=caught)


def test_a_line_is_fitted_through_what_was_measured() -> None:
    assert slope([(0, 5.0), (100, 205.0), (200, 405.0)]) == pytest.approx(2.0)
    assert slope([(0, 5.0), (1, 9.0), (2, 5.0), (3, 9.0), (4, 5.0)]) == pytest.approx(0.0)
