"""D11: the clock jumps. Order and time limits do not follow it; the age of a signature does."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from http.client import HTTPException
from pathlib import Path

import pytest

from tests.support.factories import make_request
from tests.support.posting import post
from tests.torture.broken_process import PROGRAM
from tests.torture.listeners import Listening, listener
from tests.torture.results import record
from webhook_inspector.core.clock import NS_PER_S
from webhook_inspector.core.secret import Secret
from webhook_inspector.providers.load import builtin
from webhook_inspector.signing import sign

LIBRARY = next(
    (
        path
        for path in (
            Path(os.environ.get("LIBFAKETIME", "/nowhere")),
            *Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"),
            *Path("/usr/lib").glob("faketime/libfaketimeMT.so.1"),
        )
        if path.exists()
    ),
    None,
)
YEAR_S = 365 * 86_400
HELD_S = 2.0
"""How long the listener holds an answer back."""
PATIENCE_S = 20
"""How long `post` waits for an answer."""
SECRET = "whsec_of_a_test"
JUMPS = {"back an hour": "-3600s", "on a year": f"+{YEAR_S}s", "to 2040": "@2040-01-01 00:00:00", "home": "+0s"}

pytestmark = [
    pytest.mark.torture,
    pytest.mark.skipif(LIBRARY is None, reason="libfaketime is not installed"),
]


class Clock:
    """The clock of a listener, as a file says it."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._set_at = time.time()
        self._jump = "+0s"
        self.jump("+0s")

    def jump(self, to: str) -> None:
        self._jump, self._set_at = to, time.time()
        self._file.write_text(to + "\n")

    def now(self) -> float:
        """What the listener's clock shows."""
        if self._jump.startswith("@"):
            start = datetime.strptime(self._jump[1:], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC).timestamp()
            return start + time.time() - self._set_at
        return time.time() + float(self._jump.removesuffix("s"))


@contextmanager
def with_clock(folder: Path, mode: str | None = None) -> Iterator[tuple[Listening, Clock]]:
    """A listener with a clock of its own; monotonic time is left alone, as it is on a machine whose clock is set."""
    config = folder / "webhook-inspector.toml"
    config.write_text('[sources.pay]\nprovider = "stripe"\nsecrets = ["env:PAY"]\nrespond = "200"\n')
    clock = Clock(folder / "clock")
    env = {
        "LD_PRELOAD": str(LIBRARY), "FAKETIME_TIMESTAMP_FILE": str(folder / "clock"), "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1", "TZ": "UTC", "PAY": SECRET,
    }  # fmt: skip
    options = ["--config", str(config), "--respond", f"200 after {HELD_S}s"]
    log = folder / "log.db"
    with (
        listener(log, *([mode] if mode else []), *options, program=PROGRAM, env=env)
        if mode
        else listener(log, *options, env=env) as process
    ):
        yield process, clock


def kept(log: Path) -> int:
    with closing(sqlite3.connect(log)) as connection:
        return int(connection.execute("SELECT count(*) FROM deliveries").fetchone()[0])


def waited(process: Listening, clock: Clock, jump: str, log: Path) -> float:
    """How long an answer took that is held back, when the clock jumps meanwhile."""
    took: list[float] = []
    before = kept(log)

    def send() -> None:
        began = time.monotonic()
        with suppress(OSError, HTTPException):  # an answer that never comes
            assert post(process.url, b"{}")[0] == 200
            took.append(time.monotonic() - began)

    thread = threading.Thread(target=send)
    thread.start()
    # A delivery is kept first, and only then is its answer held back: that is when the clock must jump.
    for _ in range(PATIENCE_S * 50):
        if kept(log) > before:
            break
        threading.Event().wait(0.02)
    threading.Event().wait(HELD_S / 4)
    clock.jump(jump)
    thread.join(PATIENCE_S + 5)
    return took[0] if took else float("inf")


def in_limits(seconds: float) -> bool:
    """Generous above: the machine may be busy."""
    return HELD_S - 0.05 < seconds < PATIENCE_S - 5


def post_signed(process: Listening, at: float) -> None:
    body = b'{"id":"evt_%d","type":"invoice.paid"}' % (at * 1000)
    signed = sign(make_request(body), builtin()["stripe"], Secret(SECRET), now_ns=int(at * NS_PER_S))
    headers = {name.decode(): value.decode() for name, value in signed.headers.pairs}
    assert post(f"{process.url}/pay", body, headers)[0] == 200


def test_jumps_of_the_clock_change_neither_order_nor_limits(tmp_path: Path) -> None:
    expected: list[tuple[float, str]] = []
    longest = 0.0
    with with_clock(tmp_path) as (process, clock):
        for jump in JUMPS.values():
            took = waited(process, clock, jump, tmp_path / "log.db")
            longest = max(longest, took)
            assert in_limits(took), (jump, took)
            for age, status in ((0, "valid"), (400, "stale")):
                expected.append((clock.now(), status))
                post_signed(process, clock.now() - age)
        threading.Event().wait(1)
        assert process.end() == 0
    with closing(sqlite3.connect(tmp_path / "log.db")) as connection:
        rows = connection.execute("SELECT received_ns, sig FROM facts WHERE source = 'pay' ORDER BY id").fetchall()
    assert len(rows) == len(expected)
    for (received_ns, sig), (moment, status) in zip(rows, expected, strict=True):
        assert abs(received_ns / NS_PER_S - moment) < 5
        assert sig == status
    record("D11", jumps=len(JUMPS), signatures_judged=len(rows), a_wait_of_2_s_took_at_most_s=longest)


def test_limits_by_the_wall_clock_are_caught(tmp_path: Path) -> None:
    with with_clock(tmp_path, "wall-limits") as (process, clock):
        caught = not in_limits(waited(process, clock, JUMPS["back an hour"], tmp_path / "log.db"))
    record("D11", caught=caught)
