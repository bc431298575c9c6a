"""D13: the end by a signal or a closed terminal keeps what was answered, and comes soon."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

import pytest

from tests.support.pty_app import PtyApp
from tests.torture.broken_process import PROGRAM
from tests.torture.listeners import listener
from tests.torture.results import record
from tests.torture.senders import Ledger, missing, storm

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals and terminals of this kind are POSIX")

SENDERS = 16
TIMES = 20
"""With `-m torture`."""
APPS = 6
"""The app takes longer to start."""
LIMIT_S = 8.0
"""Generous: it is 5 s on a machine that does nothing else."""
SIGNALS = {"SIGTERM": 0, "SIGINT": 130, "SIGHUP": 0}


@pytest.mark.timeout(200)
@pytest.mark.parametrize("times", [1, pytest.param(TIMES, marks=pytest.mark.torture)])
@pytest.mark.parametrize("name", SIGNALS)
def test_a_signal_keeps_what_was_answered(tmp_path: Path, name: str, times: int) -> None:
    log, ledger = tmp_path / "log.db", Ledger()
    longest = 0.0
    for number in range(times):
        with listener(log) as process:
            threads = storm(process.url, ledger, f"{name}-{number}", SENDERS)
            threading.Event().wait(0.15)
            began = time.monotonic()
            assert process.end(getattr(signal, name)) == SIGNALS[name]
            longest = max(longest, time.monotonic() - began)
            for thread in threads:
                thread.join(15)
    _prove(log, ledger, times, longest)


def _prove(log: Path, ledger: Ledger, ends: int, longest_s: float) -> None:
    """Each end was soon, and nothing that was answered is missing."""
    assert longest_s < LIMIT_S
    assert len(ledger.acknowledged) >= ends
    assert missing(log, ledger) == []
    record("D13", ends=ends, answered=len(ledger.acknowledged), lost=0, longest_s=longest_s)


def _listening_url(log: Path) -> str:
    import json

    for _ in range(600):
        try:
            return str(json.loads(log.with_name(log.name + ".listening").read_text())["url"])
        except (OSError, ValueError):
            threading.Event().wait(0.05)
    raise AssertionError("the app does not listen")


@pytest.mark.torture
@pytest.mark.timeout(200)
@pytest.mark.parametrize("how", ["SIGTERM", "SIGHUP", "a closed terminal"])
def test_the_app_keeps_what_was_answered(tmp_path: Path, how: str) -> None:
    log, ledger = tmp_path / "log.db", Ledger()
    longest = 0.0
    for number in range(APPS):
        with PtyApp(["-m", "webhook_inspector", "--port", "0", "--log", str(log)]) as app:
            url = _listening_url(log)
            app.read(5)
            threads = storm(url, ledger, f"{how}-{number}", SENDERS)
            app.read(0.3)
            began = time.monotonic()
            if how == "a closed terminal":
                app.hang_up()
                assert app.ends(LIMIT_S + 10)
            else:
                os.kill(app.pid, getattr(signal, how))
                app.wait(LIMIT_S + 10)
                assert app.restored
            longest = max(longest, time.monotonic() - began)
            for thread in threads:
                thread.join(15)
    _prove(log, ledger, APPS, longest)


def test_an_end_that_forgets_what_waits_is_caught(tmp_path: Path) -> None:
    log, ledger = tmp_path / "log.db", Ledger()
    with listener(log, "hasty", program=PROGRAM) as process:
        threads = storm(process.url, ledger, "hasty", SENDERS)
        threading.Event().wait(0.15)
        process.end()
        for thread in threads:
            thread.join(15)
    caught = bool(missing(log, ledger))
    record("D13", caught=caught)
